"""Chinese text in any script or typesetting -> the simplified text that a reader would type.

Only what is searched and compared is converted. Articles and quotes stay as they are printed.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import opencc

IDEOGRAPH = r"\u3400-\u9fff\uf900-\ufaff"
"""The Chinese characters of the basic plane, for a class of a regular expression."""
RARE_IDEOGRAPH = r"\U00020000-\U000323af"
"""The others: rare names."""
_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff"
    "\ufff9-\ufffb\U000e0001-\U000e01ef]+"
)
_COMPATIBLE = re.compile("[\u2f00-\u2fd5\uf900-\ufaff\U0002f800-\U0002fa1f]")
_RADICALS = (  # CJK Radicals Supplement that are whole characters, by Unicode's EquivalentUnifiedIdeograph.txt
    "⺁厂⺄乙⺅亻⺆冂⺈刀⺉刂⺊卜⺌小⺍小⺎兀⺏尣⺐尢⺒巳⺓幺⺔彑⺖忄⺘扌⺙攵⺛旡⺝月⺞歺⺟母⺠民⺡氵⺢氺⺣灬⺦丬⺧牛⺨犭⺩王⺫目⺬示⺭礻"
    "⺯糹⺰纟⺶羊⺹耂⺺肀⺻聿⺼肉⺾艹⺿艹⻀艹⻁虎⻂衤⻃覀⻄西⻅见⻆角⻈讠⻉贝⻊足⻋车⻌辶⻍辶⻎辶⻏邑⻐钅⻑長⻒镸⻓长⻔门⻖阝⻗雨⻘青⻙韦⻚页"
    "⻛风⻜飞⻝食⻟飠⻠饣⻢马⻣骨⻤鬼⻥鱼⻦鸟⻧卤⻨麦⻩黄⻪黾⻫斉⻬齐⻭歯⻮齿⻯竜⻰龙⻱龜⻲亀⻳龟"
)
_VARIANTS = "衞衛粧妝尙尚吿告靑青鄕鄉曁暨痺痹戱戲旣既淸清"  # forms of type that OpenCC does not know
_FORMS = dict(zip((_RADICALS + _VARIANTS)[::2], (_RADICALS + _VARIANTS)[1::2], strict=True))
_RADICAL, _VARIANT = (re.compile(f"[{pairs[::2]}]") for pairs in (_RADICALS, _VARIANTS))
_WHOLE = re.compile("[^\ud800-\udfff]+")


_SIMPLIFIED = frozenset(
    bytes((row, cell)).decode("gb2312", "ignore") for row in range(0xB0, 0xF8) for cell in range(0xA1, 0xFF)
)
"""The characters of GB 2312. Some of them are traditional forms too, such as 乾 and 著: names keep them in simplified text."""


def legible(text: str) -> str:
    """Return the text in simplified characters, without characters that print nothing, and with radicals as characters.

    A text that has none of them is returned as it is. That keeps its vector: vectors are found by the text embedded.
    """
    if text.isascii():
        return text
    text = _whole(text)
    return simplified(text) if any(map(_is_traditional, set(text) - _SIMPLIFIED)) else text


def simplified(text: str) -> str:
    """Return the text with every traditional character simplified, also those that stand in simplified text."""
    text = _VARIANT.sub(_form, text)
    return _WHOLE.sub(lambda match: _converter().convert(match.group()), text)


def _whole(text: str) -> str:
    """Return the text without characters that print nothing, and with radicals as characters."""
    text = _RADICAL.sub(_form, _UNSEEN.sub("", text))
    return _COMPATIBLE.sub(lambda match: unicodedata.normalize("NFKC", match.group()), text)


def _form(match: re.Match[str]) -> str:
    return _FORMS[match.group()]


@lru_cache(maxsize=50_000)
def _is_traditional(character: str) -> bool:
    return simplified(character) != character


@lru_cache(maxsize=1)
def _converter() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")
