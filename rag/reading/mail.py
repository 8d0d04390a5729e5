"""A mail (.eml), or a web page that a browser saved with its pictures (.mht) -> its text, and that of the mails in it.

Subject and date are stated.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.message import EmailMessage
from email.utils import parsedate_to_datetime

from rag.errors import CorpusError
from rag.reading.fields import stated_of
from rag.reading.mail_body import FAULTS, body_of, parsed_mail
from rag.schema import Part, Refused

_REPLY = re.compile(r"^(?:(?:re|fw|fwd|回复|答复|转发)\s*[:：]\s*)+", re.I)
_MAX_MAILS = 1000  # in one file


class Mail:
    """The texts that the mail shows are its body. Mails inside it are articles of their own; what else is attached is
    named and left out."""

    def __init__(self, data: bytes) -> None:
        """Raise CorpusError if the bytes hold no text."""
        found = list(_parts(parsed_mail(data)))
        texts = [part for part in found if isinstance(part, Part)]
        refused = [part for part in found if isinstance(part, Refused) and not part.is_note]
        if not texts and not refused:
            raise CorpusError("is a mail without text: save what is attached as files beside it.")
        if not texts and len(refused) == 1:
            raise CorpusError(refused[0].why)
        number = 0
        self._parts: list[Part | Refused] = []
        for part in found:
            is_note = isinstance(part, Refused) and part.is_note
            number += not is_note
            mark = "" if is_note or len(texts) + len(refused) == 1 else f"#{number}"
            self._parts.append(
                Refused(mark, part.why, is_note=is_note)
                if isinstance(part, Refused)
                else Part(part.text, part.stated, mark)
            )

    def __len__(self) -> int:
        return len(self._parts)

    def part(self, number: int) -> Part | Refused:
        """Return a body, or what was passed over."""
        return self._parts[number]


def _parts(outer: EmailMessage) -> Iterator[Part | Refused]:
    """The body of each mail, from the outer one inwards, then the notes on all of them."""
    waiting = [outer]
    notes: list[str] = []
    read = 0
    while waiting and read < _MAX_MAILS:
        mail = waiting.pop(0)
        read += 1
        is_page = _is_page(mail)
        try:
            body = body_of(mail, is_page)
        except CorpusError as error:
            yield Refused("", str(error))
            continue
        waiting = [*body.mails, *waiting]
        notes += [f"is read without its attachment {name}: save that as a file beside it." for name in body.attached]
        notes += body.notes
        if text := "\n\n".join(text.strip("\n") for text in body.texts):
            title = _REPLY.sub("", " ".join(_header(mail, "subject").split()))
            stated = body.stated
            values = {
                "title": title or (stated.title if stated else ""),
                "date": (stated.date if stated else "") or ("" if is_page else _date(mail)),
                "source": stated.source if stated else "",
                "byline": "、".join(stated.byline) if stated else "",
            }
            yield Part(f"{text}\n", stated_of(values, "stated", whole=True))
    if waiting:
        notes.append(f"is read without {len(waiting):,} of the mails in it: save them as files beside it.")
    for why in notes:
        yield Refused("", why, is_note=True)


def _is_page(mail: EmailMessage) -> bool:
    """Whether it is a saved web page, whose date is the day of saving."""
    sender = _header(mail, "from")
    return bool(mail["snapshot-content-location"] or (sender and "@" not in sender))


def _header(mail: EmailMessage, name: str) -> str:
    try:
        return str(mail[name] or "")
    except FAULTS:
        return ""


def _date(mail: EmailMessage) -> str:
    """The day on which the mail was sent."""
    written = _header(mail, "date")
    try:
        return parsedate_to_datetime(written).date().isoformat()
    except (ValueError, TypeError, IndexError, OverflowError):
        return written
