"""Line plots as SVG that stands inside a page: colours and text sizes come from the page's style."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from eval.harness.style import CSS

_WIDTH, _HEIGHT = 420, 270
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 20, 12, 44
STYLES = 4
"""Lines the page's style tells apart; further ones repeat."""

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Series:
    """``bars``: (x, low, high), an interval each. ``step``: the line keeps its height up to the next
    point. Points lie within the axes or are cut off at their edge."""

    name: str
    points: tuple[Point, ...]
    bars: tuple[tuple[float, float, float], ...] = ()
    step: bool = False
    marked: bool = False


@dataclass(frozen=True, slots=True)
class Axis:
    """From the first tick to the last."""

    label: str
    ticks: tuple[tuple[float, str], ...]

    def share(self, value: float) -> float:
        low, high = self.ticks[0][0], self.ticks[-1][0]
        return min(1.0, max(0.0, (value - low) / (high - low)))


def even(label: str, high: float, form: str = "g", parts: int = 5) -> Axis:
    """An axis from 0 to ``high``, or to the next round number where that is not one."""
    step = _round_up(high / parts)
    ticks = [(step * i, f"{step * i:{form}}") for i in range(parts + 1)]
    while len(ticks) > 2 and ticks[-2][0] >= high:
        ticks.pop()
    return Axis(label, tuple(ticks))


def powers(label: str, high: float) -> Axis:
    """An axis of logarithms to base 10, ticks at 1, 3, 10, ... up to ``high`` or the next of these."""
    ticks = [(0.0, "1")]
    while ticks[-1][0] < math.log10(max(high, 3)):
        value = 10 ** (len(ticks) // 2) * (1 if len(ticks) % 2 == 0 else 3)
        ticks.append((math.log10(value), f"{value:,}"))
    return Axis(label, tuple(ticks))


def page(title: str, figure: str) -> str:
    """A plot as a page of its own."""
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{CSS}</style></head><body><main><h1>{escape(title)}</h1>'
        f'<div class="plots">{figure}</div></main></body></html>'
    )


def plot(title: str, series: Sequence[Series], x: Axis, y: Axis) -> str:
    """A figure with its legend; ``title`` is also what a screen reader says."""
    grid = [
        f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{_y(y, at)}" y2="{_y(y, at)}" class="grid"/>'
        f'<text x="{_LEFT - 6}" y="{_y(y, at) + 4:.1f}" text-anchor="end">{escape(name)}</text>'
        for at, name in y.ticks
    ]
    grid += [
        f'<text x="{_x(x, at)}" y="{_HEIGHT - _BOTTOM + 17}" text-anchor="middle">{escape(name)}</text>'
        for at, name in x.ticks
    ]
    middle = (_TOP + _HEIGHT - _BOTTOM) / 2
    labels = (
        f'<text x="{(_LEFT + _WIDTH - _RIGHT) / 2}" y="{_HEIGHT - 8}" text-anchor="middle">{escape(x.label)}</text>'
        f'<text transform="translate(11 {middle}) rotate(-90)" text-anchor="middle">{escape(y.label)}</text>'
    )
    drawn = [_series(one, number % STYLES, len(series), number, x, y) for number, one in enumerate(series)]
    legend = "".join(
        f'<li><svg viewBox="0 0 26 8" class="key" aria-hidden="true"><line x1="0" x2="26" y1="4" y2="4" class="s{i % STYLES}"/>'
        f"</svg>{escape(one.name)}</li>"
        for i, one in enumerate(series)
    )
    return (
        f'<figure><figcaption>{escape(title)}</figcaption><svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'aria-label="{escape(title, quote=True)}">{"".join(grid)}{labels}{"".join(drawn)}</svg>'
        f'<ul class="legend">{legend}</ul></figure>'
    )


def _series(one: Series, style: int, count: int, number: int, x: Axis, y: Axis) -> str:
    shift = (number - (count - 1) / 2) * 5 if one.bars else 0.0  # so that intervals do not hide each other
    places = [(_x(x, a) + shift, _y(y, b)) for a, b in one.points]
    path = []
    for at, (a, b) in enumerate(places):
        if at and one.step:
            path.append(f"{a:.1f},{places[at - 1][1]:.1f}")
        path.append(f"{a:.1f},{b:.1f}")
    bars = "".join(
        f'<line x1="{_x(x, a) + shift:.1f}" x2="{_x(x, a) + shift:.1f}" y1="{_y(y, low)}" y2="{_y(y, high)}" class="bar s{style}"/>'
        for a, low, high in one.bars
    )
    dots = (
        "".join(f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3.2" class="dot f{style}"/>' for a, b in places)
        if one.marked
        else ""
    )
    return f'{bars}<polyline points="{" ".join(path)}" class="s{style}"/>{dots}'


def _x(axis: Axis, value: float) -> float:
    return round(_LEFT + axis.share(value) * (_WIDTH - _LEFT - _RIGHT), 1)


def _y(axis: Axis, value: float) -> float:
    return round(_HEIGHT - _BOTTOM - axis.share(value) * (_HEIGHT - _TOP - _BOTTOM), 1)


def _round_up(value: float) -> float:
    """The next of 1, 2, 2.5 and 5 times a power of ten."""
    scale = 1e-6
    while True:
        for factor in (1, 2, 2.5, 5):
            if factor * scale >= value:
                return factor * scale
        scale *= 10
