"""Page of a PDF -> its rules: straight lines, level or upright."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium

from rag.reading.glyphs import Point, turned


@dataclass(frozen=True, slots=True)
class Rule:
    """A straight line, level or upright: ``at`` is its y or x, from ``start`` to ``end``."""

    level: bool
    at: float
    start: float
    end: float


_THIN = 3.0  # points: a rectangle that is thinner is a rule
_SHORT = 4.0  # points: a shorter rule parts nothing
_MAX_DEPTH = 4  # of forms in forms
_MAX_RULES = 8000  # a map or a drawing has more


def rules_of(page: pypdfium2.PdfPage, angle: int) -> list[Rule]:
    """Return the rules of a page and the edges of its frames, placed like text of this angle; none if there are so many
    that it is a drawing."""
    rules: list[Rule] = []
    if angle % 90:
        return rules
    for path, matrix in _paths(page, pypdfium2.PdfMatrix()):
        for a, b in _lines(path, matrix):
            (x0, y0), (x1, y1) = turned(a, angle), turned(b, angle)
            level = abs(y0 - y1) <= abs(x0 - x1)
            start, end = sorted((x0, x1) if level else (y0, y1))
            if end - start >= _SHORT and min(abs(x0 - x1), abs(y0 - y1)) <= _THIN:
                rules.append(Rule(level, (y0 + y1) / 2 if level else (x0 + x1) / 2, start, end))
        if len(rules) > _MAX_RULES:
            return []
    return rules


def _paths(
    parent: Any, placed: pypdfium2.PdfMatrix, level: int = 0
) -> Iterator[tuple[pdfium.FPDF_PAGEOBJECT, pypdfium2.PdfMatrix]]:
    """The paths of a page or a form, and how each is placed on the page. Texts, which are most of a page, are passed
    over."""
    count = pdfium.FPDFFormObj_CountObjects if level else pdfium.FPDFPage_CountObjects
    get = pdfium.FPDFFormObj_GetObject if level else pdfium.FPDFPage_GetObject
    own = pdfium.FS_MATRIX()
    for i in range(count(parent)):
        item = get(parent, i)
        kind = pdfium.FPDFPageObj_GetType(item)
        is_form = kind == pdfium.FPDF_PAGEOBJ_FORM
        if (is_form or kind == pdfium.FPDF_PAGEOBJ_PATH) and pdfium.FPDFPageObj_GetMatrix(item, ctypes.byref(own)):
            matrix = pypdfium2.PdfMatrix.from_raw(own).multiply(placed)
            if not is_form:
                yield item, matrix
            elif level < _MAX_DEPTH:
                yield from _paths(item, matrix, level + 1)


Line = tuple[Point, Point]


def _lines(path: pdfium.FPDF_PAGEOBJECT, matrix: pypdfium2.PdfMatrix) -> Iterator[Line]:
    """The straight lines of a path; a thin rectangle as one line."""
    points: list[tuple[float, float]] = []
    lines: list[Line] = []
    x, y = ctypes.c_float(), ctypes.c_float()
    for i in range(pdfium.FPDFPath_CountSegments(path)):
        segment = pdfium.FPDFPath_GetPathSegment(path, i)
        if not pdfium.FPDFPathSegment_GetPoint(segment, ctypes.byref(x), ctypes.byref(y)):
            continue
        kind = pdfium.FPDFPathSegment_GetType(segment)
        if kind == pdfium.FPDF_SEGMENT_BEZIERTO:
            points.clear()
            continue
        if kind == pdfium.FPDF_SEGMENT_MOVETO:
            yield from _merged(points, lines)
            points, lines = [], []
        point = matrix.on_point(x.value, y.value)
        if points:
            lines.append((points[-1], point))
        points.append(point)
        if pdfium.FPDFPathSegment_GetClose(segment) and point != points[0]:
            lines.append((point, points[0]))
    yield from _merged(points, lines)


def _merged(points: list[tuple[float, float]], lines: list[Line]) -> list[Line]:
    if len(lines) < 3:
        return lines
    xs, ys = [x for x, _ in points], [y for _, y in points]
    wide, high = max(xs) - min(xs), max(ys) - min(ys)
    if min(wide, high) > _THIN:
        return lines
    if wide > high:
        return [((min(xs), (min(ys) + max(ys)) / 2), (max(xs), (min(ys) + max(ys)) / 2))]
    return [(((min(xs) + max(xs)) / 2, min(ys)), ((min(xs) + max(xs)) / 2, max(ys)))]
