"""Text -> the places of China that it names.

A name counts only where the segmenter sees whole words, or after 和: 通海 is not in 沟通海外. A short form that is also an ordinary
word (公安, 朝阳), or the short form of a district, counts only right after the name of a place that contains it:
北京朝阳. A name at the head of the name of something else (北京大学, 上海汽车, 中山装, 南京路) is found, but marked
``in_name``: it says who is meant, not where. An authority of a place (平湖市公安局) does say where.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import rjieba

from rag.asking.gazetteer import Place, by_beginning, by_name, romanised

_CJK = r"\u3400-\u9fff"
_NO_NAME = "的了在有和与及是哪什多几从对向为被把将等这那到去也都就则并或由让吗呢"
NAMED_BODY = (
    r"有限(?:责任)?公司|大学|学院|中学|小学|公司|集团|银行|日报|晚报|晨报|商报|电视台|出版社|医院|研究院|研究所|俱乐部|基金会|"
    r"交易所|博物馆|美术馆|图书馆|体育馆"
    r"|大剧院|剧院|杂技团|歌舞团|乐团|剧团|艺术团|机场|火车站|高铁站|[东西南北]站|大酒店|饭店|幼儿园|商会|事务所|卫视|球队|男足|"
    r"女足|男篮|女篮|女排|大桥|长江|[东西南北中]?路|大道|大街"
)
_AFTER_NAME = re.compile(rf"(?:市|省|县)?[^\W\d_{_NO_NAME}]{{0,10}}?(?:{NAMED_BODY})(?!线|上|口)")
_OF_PLACE = "人岛港草籍境"
"""What can be one dictionary word with a place before it: 浙江人, 海南岛."""
_GOODS = re.compile(
    r"(?:汽车|电气|石化|茅台|啤酒|重工|时装|同仁堂|证券|保险|电影|现代|奔驰|国安|申花|海港|恒大|泰山队)(?!产|保|销|消|市|行|整|协|"
    r"制|工业|总|年)"
    r"|装(?=[\W的]|$)|火锅|拉面|烤鸭|火腿|菜系|牛肉面|方言|话剧"
)


@dataclass(frozen=True, slots=True)
class PlaceName:
    """``text[start:end] == words``. ``places``: what it may name; several where the name does not decide, as 朝阳区."""

    start: int
    end: int
    words: str
    places: tuple[Place, ...]
    in_name: bool = False


def places_in(text: str) -> list[PlaceName]:
    """Return the places that a text names, in order. 浙江省嘉兴市平湖市 is one name, of the last of the three."""
    names = list(_merged(text, list(_found(text))))
    return names + _romanised(text)


def _found(text: str) -> Iterator[PlaceName]:
    """Return names of places, each alone; among them short forms that do not count alone."""
    names, edges = by_beginning(), None
    end = 0
    for at in range(len(text) - 1):
        if at < end:
            continue
        for name in names.get(text[at : at + 2], ()):
            counts = end == at or any(place.alone or place.name == name for place in by_name()[name])
            if not counts or not text.startswith(name, at):
                continue
            edges = edges if edges is not None else _word_edges(text)
            stop, after_and = at + len(name), text[at - 1 : at] == "和"
            if (at in edges or after_and) and (stop in edges or after_and or text[stop] in _OF_PLACE):
                end = at + len(name)
                yield PlaceName(at, end, name, by_name()[name])
                break


def _merged(text: str, found: list[PlaceName]) -> Iterator[PlaceName]:
    before: PlaceName | None = None
    for name in found:
        inner: tuple[Place, ...] = ()
        if before and before.end == name.start:
            inner = tuple(p for p in name.places if any(outer.contains(p) for outer in before.places))
        if inner and before:
            before = PlaceName(before.start, name.end, text[before.start : name.end], inner)
            continue
        if before:
            yield _marked(text, before)
        kept = tuple(p for p in name.places if p.alone or p.name == name.words)
        before = PlaceName(name.start, name.end, name.words, kept) if kept else None
    if before:
        yield _marked(text, before)


def _marked(text: str, name: PlaceName) -> PlaceName:
    if not (_AFTER_NAME.match(text, name.end) or _GOODS.match(text, name.end)):
        return name
    return PlaceName(name.start, name.end, name.words, name.places, True)


def _word_edges(text: str) -> set[int]:
    """Return the offsets at which a word begins or ends."""
    edges, at = {0}, 0
    for word in rjieba.cut(text):
        at += len(word)
        edges.add(at)
    return edges


def _romanised(text: str) -> list[PlaceName]:
    """Return the places that an English text names: a capitalised word, or two, such as Pinghu and Hong Kong."""
    found, end = [], 0
    for match in re.finditer(r"(?<![A-Za-z])[A-Z][a-z']{2,}(?:(?= ([A-Z][a-z]+)))?", text):
        pair = f"{match.group()}_{match[1]}".lower() if match[1] else ""
        key = pair if pair in romanised() else match.group().replace("'", "").lower()
        forms = romanised().get(key, ())
        stop = match.end(1) if key == pair and pair else match.end()
        if forms and match.start() >= end:
            places = tuple(p for form in forms for p in by_name()[form] if p.alone)
            body = re.match(
                r" (?:[A-Z]\w+ ){0,4}(?:University|College|Bank|Group|Co\b|Company|Hospital|Daily|Road)", text[stop:]
            )
            found.append(PlaceName(match.start(), stop, text[match.start() : stop], places, bool(body)))
            end = stop
    return found
