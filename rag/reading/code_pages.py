"""Encodings that Python lacks: those of files that are sound but for single characters.

The text of a page is ``data.decode(page.encoding)``. For this to hold for a GBK file with a Windows euro sign, or a file
with half a surrogate pair, each such reading is a codec with a name of its own.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable

_HALVES = range(0xD800, 0xE000)
Repair = tuple[str, int]
"""What stands for the bytes that cannot be decoded, and where decoding goes on."""


def _euro(data: bytes, at: int) -> Repair | None:
    """Windows' code page 936 has the euro sign as the single byte 0x80."""
    return ("\u20ac", at + 1) if data[at : at + 1] == b"\x80" else None


def _utf8_half(data: bytes, at: int) -> Repair | None:
    """Half a surrogate pair written as three bytes, or both halves: six bytes that mean one character (CESU-8)."""
    halves = [_utf8_unit(data[i : i + 3]) for i in (at, at + 3)]
    if halves[0] is None:
        return None
    if halves[0] < 0xDC00 and halves[1] is not None and halves[1] >= 0xDC00:
        return chr(0x10000 + ((halves[0] - 0xD800) << 10) + halves[1] - 0xDC00), at + 6
    return "\ufffd", at + 3


def _utf8_unit(three: bytes) -> int | None:
    if len(three) == 3 and three[0] == 0xED and 0xA0 <= three[1] < 0xC0 and 0x80 <= three[2] < 0xC0:
        return 0xD000 | (three[1] & 0x3F) << 6 | (three[2] & 0x3F)
    return None


def _utf16_half(order: str) -> Callable[[bytes, int], Repair | None]:
    def repair(data: bytes, at: int) -> Repair | None:
        pair = data[at : at + 2]
        is_half = len(pair) == 2 and int.from_bytes(pair, "little" if order == "le" else "big") in _HALVES
        return ("\ufffd", at + 2) if is_half else None

    return repair


_CODECS = {  # name -> the codec that it is but for the repaired bytes, the repair
    "windows-936": ("gb18030", _euro),
    "utf-8-halves": ("utf-8", _utf8_half),
    "utf-16-le-halves": ("utf-16-le", _utf16_half("le")),
    "utf-16-be-halves": ("utf-16-be", _utf16_half("be")),
}
REPAIRED = {base: name for name, (base, _) in _CODECS.items()}
"""A codec of Python -> the codec that reads more files."""


def _handler(repair: Callable[[bytes, int], Repair | None]) -> Callable[[UnicodeError], Repair]:
    def handle(error: UnicodeError) -> Repair:
        found = repair(error.object, error.start) if isinstance(error, UnicodeDecodeError) else None
        if found is None:
            raise error
        return found

    return handle


def _find(name: str) -> codecs.CodecInfo | None:
    wanted = name.replace("_", "-")
    if wanted not in _CODECS:
        return None
    base = codecs.lookup(_CODECS[wanted][0])
    handler = f"baowen.{wanted}"

    def decode(data: bytes, errors: str = "strict") -> tuple[str, int]:
        return base.decode(data, handler if errors == "strict" else errors)

    class Decoder(codecs.IncrementalDecoder):
        """The incremental decoder of the base, with the repair."""

        def __init__(self, errors: str = "strict") -> None:
            super().__init__(errors)
            self._decoder = base.incrementaldecoder(handler if errors == "strict" else errors)

        def decode(self, data: bytes, final: bool = False) -> str:  # type: ignore[override]
            """Decode the next bytes."""
            return self._decoder.decode(data, final)

        def reset(self) -> None:
            """Forget the bytes that wait."""
            self._decoder.reset()

    return codecs.CodecInfo(
        base.encode,
        decode,  # type: ignore[arg-type]
        name=wanted,
        incrementaldecoder=Decoder,
        incrementalencoder=base.incrementalencoder,
    )


for _name, (_base, _repair) in _CODECS.items():
    codecs.register_error(f"baowen.{_name}", _handler(_repair))
codecs.register(_find)
