"""Characters with their places -> stretches of text, level and vertical ones.

The order of drawing says little about the order of reading, but characters drawn one after the other that stand side by
side belong together.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence

from rag.reading.boxes import Box
from rag.reading.glyphs import Glyph
from rag.reading.rules import Rule

ASCENT = 0.88  # times the size: how far above its baseline a stretch begins
_NEAR = 0.8  # times the size: characters that are nearer make one stretch
_APART = 0.4  # times the size: more room parts characters whose neighbours stand closer
_WORDS = 2.5  # times the size: the widest blank between Latin words of a line that is set to the full width
_HOLE = 0.2  # times the size: room in which a raised figure may stand
_TIGHT = 0.35  # times the size: room between two Chinese characters of a vertical line
_LEAST_VERTICAL = 3  # characters


def level_stretches(glyphs: Sequence[Glyph], rules: Iterable[Rule] = ()) -> list[Box]:
    """Return the stretches of characters that stand side by side. A step of the baseline, a rule, a raised figure between
    them or more room than between their neighbours ends a stretch."""
    is_parted = _Parting(glyphs, rules)
    found: list[Box] = []
    run: list[Glyph] = []
    right = step = 0.0

    def close() -> None:
        if run and run[0].size > 0:
            top = run[0].baseline - ASCENT * run[0].size
            found.append(Box(run[0].left, top, right, top + run[0].size, _text(run)))
        run.clear()

    for glyph, following in zip(glyphs, [*glyphs[1:], None], strict=False):
        gap = glyph.left - right
        if run and _is_beside(run, gap, glyph) and not is_parted(run[-1], right, glyph):
            steps = [step] if len(run) > 1 else []
            if following and _is_beside([*run, glyph], after := following.left - glyph.right, following):
                steps.append(after)
            if gap > _APART * glyph.size and gap > 2 * max(steps, default=0.0) and not _are_words(run[-1], glyph):
                close()
        else:
            close()
        step = gap
        right = max(right, glyph.right) if run else glyph.right
        run.append(glyph)
    close()
    return found


class _Parting:
    """Whether something stands between two characters: a rule, or a character that is raised or lowered."""

    def __init__(self, glyphs: Iterable[Glyph], rules: Iterable[Rule]) -> None:
        self._rules = sorted((rule for rule in rules if not rule.level), key=lambda rule: rule.at)
        self._glyphs = sorted(glyphs, key=lambda glyph: glyph.left)
        self._places = [rule.at for rule in self._rules]
        self._lefts = [glyph.left for glyph in self._glyphs]

    def __call__(self, last: Glyph, right: float, glyph: Glyph) -> bool:
        first, end = bisect_left(self._places, last.centre[0]), bisect_left(self._places, glyph.centre[0])
        height = glyph.baseline - 0.3 * glyph.size
        if any(rule.start < height < rule.end for rule in self._rules[first:end]):
            return True
        if glyph.left - right < _HOLE * glyph.size:
            return False
        first = bisect_left(self._lefts, right - 0.1 * glyph.size)
        end = bisect_left(self._lefts, glyph.left - 0.05 * glyph.size)
        between = (other for other in self._glyphs[first:end] if other is not last)
        return any(abs(other.baseline - glyph.baseline) < 0.8 * glyph.size for other in between)


def _is_beside(run: Sequence[Glyph], gap: float, glyph: Glyph) -> bool:
    """Whether the character stands beside the last one, on the baseline of the run. Type of the same size may jump a
    little more, as some programs set it."""
    first = run[0]
    near = _WORDS if _are_words(run[-1], glyph) else _NEAR
    if not -_NEAR * first.size < gap < near * first.size:
        return False
    is_same_size = 0.93 * first.size < glyph.size < 1.08 * first.size
    return abs(glyph.baseline - first.baseline) < (0.18 if is_same_size else 0.06) * first.size


def _are_words(last: Glyph, glyph: Glyph) -> bool:
    """Whether a blank stands between Latin words."""
    return glyph.blank and (last.text + glyph.text).isascii() and (last.text.islower() or glyph.text.islower())


def _text(run: Sequence[Glyph]) -> str:
    """The characters; a blank only where there is room for it, as programs add blanks that are not drawn."""
    text, right = "", run[0].left
    for glyph in run:
        is_apart = glyph.blank and glyph.left - right > 0.1 * glyph.size
        text += " " + glyph.text if text and is_apart else glyph.text
        right = max(right, glyph.right)
    return text


def split_vertical(glyphs: Sequence[Glyph]) -> tuple[list[Glyph], list[list[Glyph]]]:
    """Return the characters of level lines, and the vertical lines, each from top to bottom. Turned characters, such as
    figures in a vertical line, belong to it if they stand in it."""
    runs: list[list[Glyph]] = []
    for glyph in glyphs:
        if runs and _is_below(runs[-1][-1], glyph):
            runs[-1].append(glyph)
        else:
            runs.append([glyph])
    vertical = [run for run in runs if len(run) >= _LEAST_VERTICAL and any(not glyph.turned for glyph in run)]
    if 2 * sum(map(len, vertical)) > len(glyphs):  # short last lines of paragraphs are vertical as well
        vertical = [
            run
            for i, run in enumerate(runs)
            if len(run) >= _LEAST_VERTICAL
            or not (
                (i and _is_right_of(runs[i - 1][-1], run[0]))
                or (run is not runs[-1] and _is_right_of(run[-1], runs[i + 1][0]))
            )
        ]
    in_vertical = {id(run) for run in vertical}
    return [glyph for run in runs if id(run) not in in_vertical for glyph in run], vertical


def _is_right_of(last: Glyph, glyph: Glyph) -> bool:
    return abs(glyph.baseline - last.baseline) < 0.3 * glyph.size and 0 < glyph.left - last.left < 2 * glyph.size


def _is_below(last: Glyph, glyph: Glyph) -> bool:
    size = max(last.size, glyph.size)
    (left, top, bottom), (next_left, next_top, next_bottom) = _cell(last), _cell(glyph)
    return (
        abs(next_left - left) < 0.3 * size
        and -0.7 * size < next_top - bottom < _TIGHT * size
        and (next_top + next_bottom) - (top + bottom) > 0.4 * size
    )


def _cell(glyph: Glyph) -> tuple[float, float, float]:
    """The left edge, the top and the bottom of the square that the character has in a vertical line."""
    if glyph.turned:
        return glyph.centre[0] - 0.5 * glyph.size, glyph.top, glyph.bottom
    top = glyph.baseline - ASCENT * glyph.size
    return glyph.start, top, top + glyph.size


def vertical_stretches(lines: Iterable[Sequence[Glyph]]) -> list[Box]:
    """Return a stretch for each vertical line, where these lines stand level and the first one is the uppermost."""
    found = []
    for line in lines:
        size = max(glyph.size for glyph in line)
        middle = sorted(glyph.centre[0] for glyph in line)[len(line) // 2]
        text = "".join(glyph.text for glyph in line)
        top, bottom = _cell(line[0])[1], _cell(line[-1])[2]
        found.append(Box(top, -middle - size / 2, bottom, -middle + size / 2, text))
    return found
