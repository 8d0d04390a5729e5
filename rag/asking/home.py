"""我市, 全县, 本区 -> the place of the newspaper, or of the headline."""

from __future__ import annotations

import re

from rag.asking.gazetteer import Place
from rag.asking.places import places_in

_LOCAL = re.compile(r"(?:我|全|本|该|当地|我们|咱们?)(?P<level>省|市|县|区|州)(?!场|委|级|域|别|分|面|内外|区)")
_PAPER = re.compile(
    r"日报|晚报|晨报|时报|商报|都市报|周报|快报|早报|新闻网?|报$|传媒|融媒|发布|电视台|广播|在线|今日|周刊|版"
)
_LEVELS = {"省": "省区", "市": "市", "县": "县市旗", "区": "区市县", "州": "州"}


def local_place(text: str, source: str, headline: str) -> tuple[str, tuple[Place, ...]] | None:
    """Return the words, such as 全市, and the place that they stand for; None if there are none or it is not known."""
    match = _LOCAL.search(text)
    home = (_of_paper(source) or _of_headline(headline)) if match else ()
    level = _LEVELS[match["level"]] if match else ""
    at_level = tuple(place for place in home if place.name[-1] in level)
    return (match.group(), at_level) if match and at_level else None


def _of_paper(source: str) -> tuple[Place, ...]:
    """Return the place of a newspaper: of 嘉兴日报平湖版 the last one."""
    found = places_in(_PAPER.sub("，", source))
    return found[-1].places if found else ()


def _of_headline(headline: str) -> tuple[Place, ...]:
    """Return the place of a headline that names one place only."""
    found = {name.places for name in places_in(headline) if not name.in_name}
    return found.pop() if len(found) == 1 else ()
