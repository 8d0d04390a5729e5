"""The parts of a mail -> the texts that are shown one below the other, the mails inside it, and what is attached."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any

from rag.errors import CorpusError
from rag.reading.charset import decode, decode_html
from rag.reading.html_article import Html, text_of_markup
from rag.reading.json_text import differing
from rag.schema import Stated

FAULTS = (ValueError, AttributeError, IndexError, TypeError, LookupError)
"""What the parser of the library raises on some headers."""
_MAX_DEPTH = 20  # of parts in parts
_ALIKE = 0.8  # share of the letters of the HTML part that are in a plain part of the same words
_OTHER_WORDS = 100  # letters of a plain part beyond those of the HTML part: more than a line for old programs


@dataclass(slots=True)
class Body:
    """``texts`` are those that are shown, from top to bottom. ``stated`` is what the first HTML part states. ``attached``
    names what is not read, ``unknown`` counts texts in no known encoding, ``notes`` say what else was passed over."""

    texts: list[str] = field(default_factory=list)
    mails: list[EmailMessage] = field(default_factory=list)
    attached: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    stated: Stated | None = None
    unknown: int = 0


def body_of(mail: EmailMessage, is_page: bool) -> Body:
    """Return what a mail holds. ``is_page``: it is a saved web page, of which only the article is read.

    Raise CorpusError if all of its texts are in unknown encodings.
    """
    body = Body()
    _read(mail, body, is_page, 0)
    body.texts = differing(body.texts)
    if body.unknown and not body.texts:
        raise CorpusError("is not text in UTF-8, UTF-16, GB18030 or Big5: save it again as .txt in UTF-8.")
    if body.unknown:
        body.notes.append("is read without a text in an unknown encoding: save that as .txt in UTF-8.")
    return body


def parsed_mail(data: bytes) -> EmailMessage:
    """Return the mail that the bytes hold; any bytes make a mail."""
    return BytesParser(policy=policy.default).parsebytes(data)


def _read(part: EmailMessage, body: Body, is_page: bool, depth: int) -> None:
    kind, name = part.get_content_type(), _file_name(part)
    inner: Any = part.get_payload()
    if depth > _MAX_DEPTH:
        body.notes.append(f"is read without parts inside {_MAX_DEPTH} others: save them as files beside it.")
    elif kind == "message/rfc822" or (name or "").lower().endswith(".eml"):
        mail = _enclosed(part)
        if mail is not None:
            body.mails.append(mail)
        else:
            body.attached.append(name or "without a name")
    elif kind == "multipart/alternative" and isinstance(inner, list):
        _read_alternative(inner, body, is_page, depth)
    elif kind == "multipart/related" and isinstance(inner, list):
        _read_related(inner, body, is_page, depth)
    elif isinstance(inner, list):
        for child in inner:
            _read(child, body, is_page, depth + 1)
    elif part.get_content_maintype() == "text" and (name is None or not _is_attached(part)):
        _read_text(part, body, is_page)
    elif name is not None or kind not in ("message/delivery-status", "application/pgp-signature"):
        body.attached.append(name or "without a name")


def _read_related(parts: Sequence[EmailMessage], body: Body, is_page: bool, depth: int) -> None:
    """The first part with text is what is shown; the others are its pictures and styles, or attached files."""
    found = False
    for part in parts:
        kind = part.get_content_maintype()
        if found and kind in ("text", "image", "audio", "video", "font") and not _is_attached(part):
            continue
        if found and part.get("content-location") and not _is_attached(part):
            continue
        before = len(body.texts)
        _read(part, body, is_page, depth + 1)
        found = found or len(body.texts) > before


def _read_alternative(parts: Sequence[EmailMessage], body: Body, is_page: bool, depth: int) -> None:
    """Read one of several forms of one text: the plain one, but HTML where the plain one says less."""
    forms = []
    for part in parts:
        form = Body()
        _read(part, form, is_page, depth + 1)
        forms.append((part.get_content_subtype(), form))
    for _, form in forms:
        body.unknown += form.unknown
        body.mails += form.mails
        body.attached += form.attached
        body.notes += form.notes
    plain = next((form for kind, form in forms if kind == "plain" and form.texts), None)
    rich = next((form for kind, form in reversed(forms) if kind != "plain" and form.texts), None)
    chosen = plain or rich
    if plain and rich and not _says_as_much("".join(plain.texts), rich.texts):
        if _letters(rich.texts) > _letters(plain.texts):
            others = _lines_beyond(plain.texts, rich.texts)
            rich.texts += ["\n".join(others)] if sum(map(len, others)) > _OTHER_WORDS else []
            chosen = rich
        else:
            plain.texts.append("\n".join(_lines_beyond(rich.texts, plain.texts)))
    if chosen:
        body.texts += chosen.texts
        body.stated = body.stated or chosen.stated


def _letters(texts: Sequence[str]) -> int:
    return sum(len("".join(text.split())) for text in texts)


def _lines_beyond(texts: Sequence[str], others: Sequence[str]) -> list[str]:
    """The lines of texts that are not in the others."""
    letters = "".join("".join(others).split())
    return [line for line in "\n".join(texts).split("\n") if "".join(line.split()) not in letters]


def _says_as_much(plain: str, texts: Sequence[str]) -> bool:
    """Return whether most letters of the texts are in lines or cells that the plain one has."""
    letters = "".join(plain.split())
    cells = ["".join(cell.split()) for text in texts for cell in re.split("[\t\n]", text)]
    return sum(len(cell) for cell in cells if cell in letters) >= _ALIKE * sum(map(len, cells))


def _read_text(part: EmailMessage, body: Body, is_page: bool) -> None:
    data = _bytes_of(part)
    is_markup = part.get_content_subtype() in ("html", "xhtml", "xml")
    found = (decode_html(data) if is_markup else None) or _decoded(part, data)
    if found is None:
        body.unknown += 1
    elif not is_markup:
        body.texts += [found] if found.strip() else []
    elif found.strip():
        page = Html(found.encode("utf-8", "replace")).part(0)
        body.stated = body.stated or page.stated
        text = page.text if is_page else _whole_text(found) or page.text
        body.texts += [text] if text.strip() else []


def _whole_text(markup: str) -> str:
    try:
        return text_of_markup(markup)
    except ValueError:  # characters that XML forbids
        return ""


def _enclosed(part: EmailMessage) -> EmailMessage | None:
    """The mail in a part, None if there is none. Some programs encode it, which the library does not undo."""
    inner = part.get_payload()
    if not isinstance(inner, list):
        return parsed_mail(data) if (data := _bytes_of(part)).strip() else None
    mail: Any = inner[0] if inner else None
    if isinstance(mail, EmailMessage) and not mail.keys() and str(part.get("content-transfer-encoding")) == "base64":
        try:
            return parsed_mail(base64.b64decode(str(mail.get_payload()), validate=False))
        except (binascii.Error, ValueError):
            return None
    return mail if isinstance(mail, EmailMessage) else None


def _is_attached(part: EmailMessage) -> bool:
    try:
        return part.get_content_disposition() == "attachment"
    except FAULTS:
        return False


def _file_name(part: EmailMessage) -> str | None:
    """The name of a part that is a file, "without a name" if it is attached without one, None for another part."""
    try:
        name = " ".join((part.get_filename() or "").split())[:100]
    except FAULTS:
        name = ""
    return name or ("without a name" if _is_attached(part) else None)


def _bytes_of(part: EmailMessage) -> bytes:
    found = part.get_payload(decode=True)
    return found if isinstance(found, bytes) else b""


def _charset(part: EmailMessage) -> str:
    try:
        return part.get_content_charset() or ""
    except FAULTS:
        return ""


def _decoded(part: EmailMessage, data: bytes) -> str | None:
    """The text of a part, None if it is in no known encoding. The bytes decide; what the mail declares counts where they
    do not."""
    found = decode(data)
    if found:
        return found[0]
    try:
        return data.decode(_charset(part))
    except (LookupError, ValueError):
        return None
