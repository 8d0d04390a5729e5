"""Page of a PDF -> its characters, with their places.

Places are turned so that text of one angle stands upright: x grows to the right along the line, y grows downwards.
"""

from __future__ import annotations

import ctypes
import math
from functools import cache
from typing import NamedTuple

import pypdfium2
import pypdfium2.raw as pdfium

_BLANKS = {32, 160, 0x3000}
_UPRIGHT = {  # punctuation as it is drawn in vertical lines -> the same character in a text
    **dict(zip("︐︑︒︓︔︕︖︗︘︙︰︱︲︳︵︶", "，、。：；！？〖〗…：—–_（）", strict=True)),
    **dict(zip("︷︸︹︺︻︼︽︾︿﹀﹁﹂﹃﹄﹇﹈", "{}〔〕【】《》〈〉「」『』[]", strict=True)),
}
UNKNOWN = "\ufffd"
"""Stands for a character to which the font gives no meaning."""
Point = tuple[float, float]


class Glyph(NamedTuple):
    """A character where text of one angle stands upright: its frame, its baseline and the size of its type. ``blank`` is
    true if a blank stands before it, ``turned`` if it is turned clockwise by a right angle. ``start`` is the place from
    which it is drawn, which is the same for a narrow and a wide character in a vertical line."""

    left: float
    top: float
    right: float
    bottom: float
    baseline: float
    start: float
    size: float
    text: str
    blank: bool
    turned: bool

    @property
    def centre(self) -> Point:
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2


class Drawn(NamedTuple):
    """A character as it is drawn on the page. ``angle`` is in degrees, counterclockwise: right angles are met exactly,
    others to 5 degrees."""

    corners: tuple[Point, Point]
    origin: Point
    size: float
    width: float
    angle: int
    text: str
    blank: bool

    @property
    def centre(self) -> Point:
        (left, bottom), (right, top) = self.corners
        return (left + right) / 2, (bottom + top) / 2

    def at(self, angle: int) -> Glyph:
        """Return its place where text of this angle stands upright."""
        (left, top), (right, bottom) = turned(self.corners[0], angle), turned(self.corners[1], angle)
        left, right = (left, right) if left <= right else (right, left)
        top, bottom = (top, bottom) if top <= bottom else (bottom, top)
        start, baseline = turned(self.origin, angle)
        size = self.size
        if size < 0.2 * (bottom - top) and not angle % 90:  # a font with a unit of its own
            size = bottom - top
        if angle % 90:  # the frame of a slanting character is wider than the character
            left, right = start, start + size * (1.0 if self.text > "\u2e7f" else 0.5)
            top, bottom = baseline - 0.88 * size, baseline + 0.12 * size
        elif "\u3400" <= self.text <= "\u9fff" and self.angle == angle:  # its frame may be as narrow as its ink
            left, right = min(left, start), max(right, start + self.width)
        is_turned = self.angle == (angle - 90) % 360
        return Glyph(left, top, right, bottom, baseline, start, size, self.text, self.blank, is_turned)


def drawn_on(page: pypdfium2.PdfPage) -> list[Drawn]:
    """Return the characters of a page, without blanks, in the order of drawing."""
    found: list[Drawn] = []
    page_text = page.get_textpage()
    text = page_text.raw
    edge, matrix = pdfium.FS_RECTF(), pdfium.FS_MATRIX()
    x, y = ctypes.c_double(), ctypes.c_double()
    to_edge, to_matrix, to_x, to_y = (ctypes.byref(value) for value in (edge, matrix, x, y))
    blank = False
    for i in range(page_text.count_chars()):
        code = pdfium.FPDFText_GetUnicode(text, i)
        if code in _BLANKS or code in (9, 10, 13):
            blank = blank or code in _BLANKS
        elif (
            pdfium.FPDFText_GetLooseCharBox(text, i, to_edge)
            and pdfium.FPDFText_GetCharOrigin(text, i, to_x, to_y)
            and pdfium.FPDFText_GetMatrix(text, i, to_matrix)
        ):
            corners = ((edge.left, edge.bottom), (edge.right, edge.top))
            size = pdfium.FPDFText_GetFontSize(text, i)
            a, b, c, d = matrix.a, matrix.b, matrix.c, matrix.d
            width, size = size * math.hypot(a, b), size * math.hypot(c, d)
            angle = 0 if b == 0 < a else _angle(math.degrees(math.atan2(b, a)))
            is_hyphen = not 0x2E80 <= code < 0xFB00 and pdfium.FPDFText_IsHyphen(text, i) == 1
            letter = "-" if is_hyphen else _letter(code)
            found.append(Drawn(corners, (x.value, y.value), size, width, angle, letter, blank))
            blank = False
    page_text.close()
    return found


def _letter(code: int) -> str:
    has_meaning = 32 <= code < 127 or 160 <= code < 0xFFFE or code > 0xFFFF
    return _UPRIGHT.get(chr(code), chr(code)) if has_meaning else UNKNOWN


def _angle(degrees: float) -> int:
    right = 90 * round(degrees / 90)
    return (right if abs(degrees - right) < 3 else 5 * round(degrees / 5)) % 360


def turned(point: Point, angle: int) -> Point:
    """Return the place of a point of the page where text of this angle stands upright."""
    x, y = point
    if not angle:
        return x, -y
    cos, sin = _direction(angle)
    return x * cos + y * sin, x * sin - y * cos


@cache
def _direction(angle: int) -> Point:
    return round(math.cos(math.radians(angle)), 9), round(math.sin(math.radians(angle)), 9)
