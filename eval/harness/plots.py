"""Series of points -> a line plot as SVG; the style sheet of the page gives it colours and text sizes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from eval.harness.templating import render, style_sheet

_WIDTH, _HEIGHT = 420, 270
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 20, 12, 44
STYLES = 4
"""The number of line styles in the style sheet; further lines repeat them."""

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Series:
    """One line of a plot. ``bars``: intervals (x, low, high). ``step``: the line keeps its height until the next point.
    A point outside the axes is drawn at their edge."""

    name: str
    points: tuple[Point, ...]
    bars: tuple[tuple[float, float, float], ...] = ()
    step: bool = False
    marked: bool = False


@dataclass(frozen=True, slots=True)
class Axis:
    """An axis from its first tick to its last; a tick is a value and its label."""

    label: str
    ticks: tuple[tuple[float, str], ...]

    def share(self, value: float) -> float:
        """Return the position of a value: 0 at the first tick, 1 at the last."""
        low, high = self.ticks[0][0], self.ticks[-1][0]
        return min(1.0, max(0.0, (value - low) / (high - low)))


@dataclass(frozen=True, slots=True)
class _Line:
    """A series in the coordinates of the drawing: ``path`` as SVG writes points, ``bars`` as (x, low, high)."""

    name: str
    style: int
    path: str
    bars: list[tuple[float, float, float]]
    dots: list[Point]


def linear_axis(label: str, high: float, form: str = "g", parts: int = 5) -> Axis:
    """Return an axis from 0 to ``high``, or to the next round number if ``high`` is not one."""
    step = _round_up(high / parts)
    ticks = [(step * i, f"{step * i:{form}}") for i in range(parts + 1)]
    while len(ticks) > 2 and ticks[-2][0] >= high:
        ticks.pop()
    return Axis(label, tuple(ticks))


def log_axis(label: str, high: float) -> Axis:
    """Return an axis of base-10 logarithms with ticks at 1, 3, 10, ... that ends at or above ``high``."""
    ticks = [(0.0, "1")]
    while ticks[-1][0] < math.log10(max(high, 3)):
        value = 10 ** (len(ticks) // 2) * (1 if len(ticks) % 2 == 0 else 3)
        ticks.append((math.log10(value), f"{value:,}"))
    return Axis(label, tuple(ticks))


def page(title: str, figure: Markup) -> str:
    """Return a plot as a complete HTML page."""
    return render("plot_page.html", title=title, figure=figure, style_sheet=style_sheet())


def plot(title: str, series: Sequence[Series], x: Axis, y: Axis) -> Markup:
    """Return a figure with its legend; screen readers announce it by ``title``."""
    return render(
        "plot.html",
        title=title,
        width=_WIDTH,
        height=_HEIGHT,
        left=_LEFT,
        right=_WIDTH - _RIGHT,
        bottom=_HEIGHT - _BOTTOM,
        centre=(_LEFT + _WIDTH - _RIGHT) / 2,
        middle=(_TOP + _HEIGHT - _BOTTOM) / 2,
        x_label=x.label,
        y_label=y.label,
        x_ticks=[(_x(x, value), name) for value, name in x.ticks],
        y_ticks=[(_y(y, value), name) for value, name in y.ticks],
        lines=list(_lines(series, x, y)),
    )


def _lines(series: Sequence[Series], x: Axis, y: Axis) -> Iterator[_Line]:
    for number, one in enumerate(series):
        # Intervals at the same x are drawn side by side, so that they do not hide each other.
        shift = (number - (len(series) - 1) / 2) * 5 if one.bars else 0.0
        points = [(_x(x, a) + shift, _y(y, b)) for a, b in one.points]
        path = []
        for at, (a, b) in enumerate(points):
            if at and one.step:
                path.append(f"{a:.1f},{points[at - 1][1]:.1f}")
            path.append(f"{a:.1f},{b:.1f}")
        bars = [(_x(x, a) + shift, _y(y, low), _y(y, high)) for a, low, high in one.bars]
        yield _Line(one.name, number % STYLES, " ".join(path), bars, points if one.marked else [])


def _x(axis: Axis, value: float) -> float:
    return round(_LEFT + axis.share(value) * (_WIDTH - _LEFT - _RIGHT), 1)


def _y(axis: Axis, value: float) -> float:
    return round(_HEIGHT - _BOTTOM - axis.share(value) * (_HEIGHT - _TOP - _BOTTOM), 1)


def _round_up(value: float) -> float:
    """Return the smallest of 1, 2, 2.5 and 5 times a power of ten that is not below ``value``."""
    scale = 1e-6
    while True:
        for factor in (1, 2, 2.5, 5):
            if factor * scale >= value:
                return factor * scale
        scale *= 10
