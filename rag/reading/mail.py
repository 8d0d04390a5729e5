"""A mail (.eml), or a web page that a browser saved with its pictures (.mht) -> its text; subject and date are stated."""

from __future__ import annotations

import re
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import parsedate_to_datetime

from rag.errors import CorpusError
from rag.reading.charset import decode, decode_html
from rag.reading.fields import stated_of
from rag.reading.html_article import Html
from rag.schema import Part, Refused

_REPLY = re.compile(r"^(?:(?:re|fw|fwd|回复|答复|转发)\s*[:：]\s*)+", re.I)


class Mail:
    """The first part is the body, the others are attachments, which are named and left out."""

    def __init__(self, data: bytes) -> None:
        """Raise CorpusError if the bytes hold no text."""
        self._mail: EmailMessage = BytesParser(policy=policy.default).parsebytes(data)
        self._attachments = [name for part in self._mail.walk() if (name := _attached(part))]
        self._body = self._read_body()

    def __len__(self) -> int:
        return 1 + len(self._attachments)

    def part(self, number: int) -> Part | Refused:
        """Return the body, or the refusal of an attachment."""
        if number:
            name = self._attachments[number - 1]
            return Refused("", f"is read without its attachment {name}: save that as a file beside it.", is_note=True)
        return self._body

    def _read_body(self) -> Part:
        part = next((p for kind in ("plain", "html") if (p := _first(self._mail, kind)) is not None), None)
        if part is None:
            raise CorpusError("is a mail without text: save what is attached as files beside it.")
        data = _bytes_of(part)
        date = _date(self._mail)
        subject = _REPLY.sub("", " ".join(_header(self._mail, "subject").split()))
        if part.get_content_subtype() == "html":
            page = Html(_in_utf8(part, data)).part(0)
            stated = page.stated
            values = {"title": subject or stated.title, "date": stated.date or date, "source": stated.source}
            return Part(page.text, stated_of({**values, "byline": "、".join(stated.byline)}, "stated", whole=True))
        return Part(_text(part, data), stated_of({"title": subject, "date": date}, "stated", whole=True))


def _first(mail: EmailMessage, subtype: str) -> EmailMessage | None:
    """The first text of this kind that is not attached and not empty."""
    for part in mail.walk():
        is_text = part.get_content_maintype() == "text" and part.get_content_subtype() == subtype
        if is_text and not _attached(part) and _bytes_of(part).strip():
            return part
    return None


def _attached(part: object) -> str:
    """The name of an attachment, "" for another part. A picture that the text shows is no attachment."""
    assert isinstance(part, EmailMessage)
    try:
        name = part.get_filename() or ""
        disposition = part.get_content_disposition()
    except (ValueError, AttributeError, IndexError, TypeError):  # a header that the parser of the library cannot read
        return ""
    return " ".join(name.split())[:100] or "without a name" if disposition == "attachment" else ""


def _bytes_of(part: EmailMessage) -> bytes:
    found = part.get_payload(decode=True)
    return found if isinstance(found, bytes) else b""


def _charset(part: EmailMessage) -> str:
    try:
        return part.get_content_charset() or ""
    except (ValueError, AttributeError, IndexError, TypeError, LookupError):
        return ""


def _text(part: EmailMessage, data: bytes) -> str:
    """The text of a part. The bytes decide; what the mail declares counts where they do not."""
    found = decode(data)
    if found:
        return found[0]
    try:
        return data.decode(_charset(part))
    except (LookupError, ValueError) as error:
        raise CorpusError("is not text in UTF-8, UTF-16, GB18030 or Big5: save it again as .txt in UTF-8.") from error


def _in_utf8(part: EmailMessage, data: bytes) -> bytes:
    return (decode_html(data) or _text(part, data)).encode("utf-8", "replace")


def _header(mail: EmailMessage, name: str) -> str:
    try:
        return str(mail[name] or "")
    except (
        ValueError,
        AttributeError,
        IndexError,
        TypeError,
        LookupError,
    ):  # the library's parser fails on some headers
        return ""


def _date(mail: EmailMessage) -> str:
    """The day on which the mail was sent. A saved web page has the day on which it was saved, which is not its own."""
    sender = _header(mail, "from")
    if mail["snapshot-content-location"] or (sender and "@" not in sender):
        return ""
    try:
        return parsedate_to_datetime(_header(mail, "date")).date().isoformat()
    except (ValueError, TypeError, IndexError, OverflowError):
        return _header(mail, "date")
