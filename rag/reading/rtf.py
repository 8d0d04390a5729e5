"""Rich Text Format (.rtf) -> its text: a line for each paragraph and each row of a table, as a person sees it.

striprtf was tried: it glues raised figures (346¹亿元 becomes 3461亿元), keeps hidden and deleted text and drops footnotes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from rag.errors import CorpusError
from rag.reading import grid
from rag.reading.raised import Piece, Place, line_of
from rag.schema import Part

_TOKEN = re.compile(r"\\([a-zA-Z]+)(-?\d+)? ?|\\'([0-9a-fA-F]{2})|\\(.)|([{}])|[\r\n]+|([^\\{}\r\n]+)", re.S)
_SKIPPED = set(
    "fonttbl colortbl stylesheet info pict header headerl headerr headerf footer footerl footerr footerf fldinst listtable "
    "listoverridetable nonshppict shprslt sp objdata objclass annotation atnid atnauthor ftnsep ftnsepc ftncn aftnsep "
    "aftnsepc aftncn bkmkstart bkmkend themedata datastore xe tc".split()
)
_SIGNS = {
    **dict.fromkeys(("par", "line", "sect", "page", "column"), "\n"),
    "tab": "\t",
    "emdash": "—",
    "endash": "–",
    "bullet": "•",
    "lquote": "‘",
    "rquote": "’",
    "ldblquote": "“",
    "rdblquote": "”",
    "emspace": " ",
    "enspace": " ",
    "qmspace": " ",
}
_CHARSETS = {128: "cp932", 129: "cp949", 134: "gb18030", 136: "big5hkscs", 204: "cp1251", 161: "cp1253", 238: "cp1250"}
_PAGES = {"936": "gb18030", "950": "big5hkscs", "65001": "utf-8"}


@dataclass(frozen=True, slots=True)
class _State:
    """What holds to the end of a group."""

    skipped: bool = False
    place: Place = ""
    hidden: bool = False
    deleted: bool = False
    font: int | None = None
    fallback: int = 1  # how many characters stand for a Unicode one in old programs
    is_note: bool = False
    in_fonts: bool = False


class Rtf:
    def __init__(self, data: bytes) -> None:
        """Raise CorpusError if this is no such file."""
        if not data.lstrip().startswith(b"{\\rtf"):
            raise CorpusError("is damaged or not Rich Text: save it again as .docx.")
        self._source = re.sub(r"\\bin\d+ .*?(?=\})", "", data.decode("latin-1"), flags=re.S)

    def __len__(self) -> int:
        return 1

    def part(self, number: int) -> Part:
        text = "".join(_Walk().lines(self._source))
        return Part(text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace"))  # \\u gives halves


class _Walk:
    def __init__(self) -> None:
        self._state = _State()
        self._outer: list[_State] = []
        self._bytes = bytearray()
        self._pieces: list[Piece] = []
        self._notes: list[list[Piece]] = []
        self._codecs: dict[int, str] = {}
        self._default = "cp1252"
        self._to_skip = 0
        self._is_heading = False
        self._cells: list[str] = []
        self._edges: list[tuple[int, str]] = []  # (right edge, "", "first" or "below") of the cells of a row
        self._merge = ""
        self._above: dict[int, str] = {}

    def lines(self, source: str) -> Iterator[str]:
        """The text of the file, a line for each paragraph and each row of a table."""
        starred = False
        for match in _TOKEN.finditer(source):
            word, number, code, sign, brace, text = match.groups()
            if word:
                yield from self._word(word, int(number) if number else None, starred)
            elif code or text:
                self._raw(bytes.fromhex(code) if code else text.encode("latin-1"))
            elif sign:
                self._add({"~": "\u00a0", "_": "-", "\n": "\n", "\r": "\n"}.get(sign, sign if sign in "\\{}" else ""))
            elif brace == "{":
                self._decode()
                self._outer.append(self._state)
                self._state = replace(self._state, is_note=False)
            elif brace == "}":
                self._close()
            starred = sign == "*"
        yield from self._line()

    def _word(self, word: str, number: int | None, starred: bool) -> Iterator[str]:
        state, is_on = self._state, number != 0
        if word == "u" and number is not None:
            self._add(chr(number % 65536))
            self._to_skip = state.fallback
            return
        self._decode()
        if word == "ansicpg":
            self._default = _PAGES.get(str(number), f"cp{number}")
        elif word == "fcharset" and state.in_fonts and state.font is not None:
            if codec := _CHARSETS.get(number or 0):
                self._codecs[state.font] = codec
        elif word in ("footnote", "endnote"):
            self._notes.append(self._pieces)
            self._pieces = []
            self._state = replace(state, is_note=True, place="")
        elif word in _SKIPPED or (starred and word not in ("shpinst", "shptxt")):
            self._state = replace(state, skipped=True, in_fonts=word == "fonttbl")
        elif word in _SIGNS:
            if state.skipped or self._notes or word == "tab":
                self._add(_SIGNS[word])
            else:
                yield from self._line()
        elif word in ("cell", "nestcell"):
            self._cells.append(line_of(self._pieces))
            self._pieces = []
        elif word in ("row", "nestrow"):
            yield grid.lines([self._row()])
        elif word in ("trowd", "clvmgf", "clvmrg", "cellx"):
            self._define(word, number or 0)
        else:
            self._format(word, number, is_on)

    def _format(self, word: str, number: int | None, is_on: bool) -> None:
        if word == "plain":
            self._state = replace(self._state, place="", hidden=False, deleted=False, font=None)
        elif word in ("super", "sub", "nosupersub"):
            places: dict[str, Place] = {"super": "raised", "sub": "lowered"}
            self._state = replace(self._state, place=places.get(word, "") if is_on else "")
        elif word == "v":
            self._state = replace(self._state, hidden=is_on)
        elif word in ("deleted", "strike", "striked"):
            self._state = replace(self._state, deleted=is_on)
        elif word == "f":
            self._state = replace(self._state, font=number)
        elif word == "uc":
            self._state = replace(self._state, fallback=number if number is not None else 1)
        elif word == "pard":
            self._is_heading = False
        elif word == "outlinelevel":
            self._is_heading = True

    def _define(self, word: str, number: int) -> None:
        if word == "trowd":
            self._edges, self._merge = [], ""
        elif word == "cellx":
            self._edges.append((number, self._merge))
            self._merge = ""
        else:
            self._merge = "first" if word == "clvmgf" else "below"

    def _row(self) -> list[str]:
        """The cells of a row; one that goes on from the row above has its text."""
        cells, self._cells = self._cells, []
        for i, (edge, merge) in enumerate(self._edges[: len(cells)]):
            if merge == "below" and not cells[i].strip():
                cells[i] = self._above.get(edge, "")
            self._above[edge] = cells[i] if merge else ""
        return cells

    def _line(self) -> Iterator[str]:
        self._decode()
        text, self._pieces = line_of(self._pieces), []
        if self._cells and text.strip():  # a paragraph inside a cell; the cell goes on
            self._pieces = [Piece(text + " ")]
        elif text.strip():
            yield f"\n{text}\n\n" if self._is_heading else f"{text}\n"

    def _close(self) -> None:
        self._decode()
        if self._state.is_note and self._notes:
            text = " ".join(line_of(self._pieces).split())
            self._pieces = [*self._notes.pop(), Piece(text, "note")]
        if self._outer:
            self._state = self._outer.pop()
        self._to_skip = 0

    def _raw(self, data: bytes) -> None:
        skipped = min(self._to_skip, len(data))
        self._to_skip -= skipped
        self._bytes += data[skipped:]

    def _decode(self) -> None:
        """Turn the bytes so far into text, in the code of the font."""
        if self._bytes:
            codec = self._codecs.get(-1 if self._state.font is None else self._state.font, self._default)
            data, self._bytes = bytes(self._bytes), bytearray()
            try:
                text = data.decode(codec)
            except (LookupError, UnicodeDecodeError):  # a Western sign, such as ×, in a Chinese file
                text = data.decode("cp1252", "replace")
            self._write(text)

    def _add(self, text: str) -> None:
        self._decode()
        self._write(text)

    def _write(self, text: str) -> None:
        state = self._state
        if text and not (state.skipped or state.hidden or state.deleted):
            self._pieces.append(Piece(text, state.place))
