from __future__ import annotations

import re
import subprocess
import sys
from collections import defaultdict

import pytest
from pypinyin import lazy_pinyin

from rag.index.snapshot import Index
from rag.search.romanised_names import RomanisedNames
from rag.words.bm25 import Bm25Index
from rag.words.syllables import readings


@pytest.fixture(scope="module")
def bridge(index: Index) -> RomanisedNames:
    return RomanisedNames(index.bm25.frequencies)


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("What AI projects has Pinghu signed?", {"Pinghu": "平湖"}),
        ("What happened in Xindai?", {"Xindai": "新埭"}),
        ("Who is Liu Minqiang?", {"Liu Minqiang": "刘民强"}),
        ("Who is Minqiang Liu?", {"Minqiang Liu": "刘民强"}),
        ("What did Yan Bowen say?", {"Yan Bowen": "闫博文"}),
        ("What did Zhou Junbo promise?", {"Zhou Junbo": "周军波"}),
        ("Did Zhong Xudong meet Zhong Xudong?", {"Zhong Xudong": "仲旭东"}),
        ("Compare Chongqing, Shenyang and Taizhou.", {"Chongqing": "重庆", "Shenyang": "沈阳", "Taizhou": "台州"}),
        ("Who spoke in Luohe and who in Pingxiang?", {"Luohe": "漯河", "Pingxiang": "萍乡"}),
        ("What is Dushangang?", {"Dushangang": "独山港"}),
        ("Is Jiaxing near Shanghai?", {"Jiaxing": "嘉兴", "Shanghai": "上海"}),
        ("What did Ping-hu sign?", {"Ping-hu": "平湖"}),
    ],
)
def test_names(bridge: RomanisedNames, question: str, found: dict[str, str]) -> None:
    assert {name: readings[0] for name, readings in bridge.chinese_forms(question).items()} == found


@pytest.mark.parametrize(
    "question",
    [
        "What can China and Japan do?",
        "How Many Women Are There In Open Areas?",
        "Who won the 2022 FIFA World Cup?",
        "Name the men who made the wine.",
        "More Data Centers Were Made",
        "An AI Era",
        "pinghu",
        "what has PH signed",
        "平湖签约了哪些项目？",
        "DeepSeek and CAD",
        "",
    ],
)
def test_what_is_no_name(bridge: RomanisedNames, question: str) -> None:
    assert bridge.chinese_forms(question) == {}


def test_likeliest_first_and_at_most_two(bridge: RomanisedNames) -> None:
    readings = bridge.chinese_forms("Pinghu")["Pinghu"]
    assert readings[0] == "平湖"
    assert 1 <= len(readings) <= 2


def _counted(frequencies: dict[str, int]) -> RomanisedNames:
    return RomanisedNames(
        Bm25Index.build([text for text, count in frequencies.items() for _ in range(count)]).frequencies
    )


def test_the_articles_words_decide() -> None:
    made = _counted({"平湖": 3, "萍湖": 2, "苹湖": 1, "平": 9, "ab": 4, "新埭": 1})
    assert made.chinese_forms("Pinghu") == {"Pinghu": ("平湖", "萍湖")}
    assert made.chinese_forms("Xindai") == {"Xindai": ("新埭",)}
    assert _counted({"平湖": 9, "萍湖": 2}).chinese_forms("Pinghu") == {"Pinghu": ("平湖",)}
    assert _counted({}).chinese_forms("Pinghu") == {}


class Tabled(RomanisedNames):
    """The same, by a table of all pairs and of all their characters' readings."""

    def _spell(self, syllables: tuple[str, ...]) -> list[tuple[str, int]]:
        if not hasattr(self, "pairs"):
            self.pairs = {t: n for t, n in self.frequencies.items() if len(t) == 2 and "\u3400" <= t[0] <= "\u9fff"}
            self.read = defaultdict(set)
            for char in {c for pair in self.pairs for c in pair}:
                for reading in readings(char):
                    self.read[reading].add(char)
        partial = [(char, 1 << 60) for char in self.read.get(syllables[0], ())]
        for syllable in syllables[1:]:
            partial = [
                (text + char, min(count, self.pairs[text[-1] + char]))
                for text, count in partial
                for char in self.read.get(syllable, ())
                if text[-1] + char in self.pairs
            ]
        return partial


def test_names_of_the_seeds_are_read_as_by_a_table_of_everything(index: Index, bridge: RomanisedNames) -> None:
    table = Tabled(index.bm25.frequencies)
    found = 0
    for run in [run for p in index.passages[::4] for run in re.findall(r"[\u4e00-\u9fff]+", p.text)]:
        for at in range(0, len(run) - 3, 5):
            two, three = ("".join(lazy_pinyin(run[at : at + size])).capitalize() for size in (2, 3))
            for question in (two, three, f"{two} {three}", f"Did {three} see {two}?"):
                assert bridge.chinese_forms(question) == table.chinese_forms(question)
                found += bool(bridge.chinese_forms(question))
    assert found > 500


BRIDGE = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
from rag.words.bm25 import Bm25Index
from rag.search.romanised_names import RomanisedNames
assert RomanisedNames(Bm25Index.build(["平湖", "平湖", "西安"]).frequencies).chinese_forms(f"Who is {sys.argv[1]}?") == {}
"""


@pytest.mark.parametrize(
    "word",
    ["N" + "an" * 30, "A" + "a" * 1900, "Xian" * 40, "Xi" * 900, "G" + "uang" * 300],
    ids=["nan", "aaa", "xian", "xi", "guang"],
)
def test_long_words_take_neither_time_nor_memory(word: str) -> None:
    """In a process of its own, for one that does may well be killed."""
    done = subprocess.run([sys.executable, "-c", BRIDGE, word], capture_output=True, text=True, timeout=10)
    assert (done.returncode, done.stderr[-200:]) == (0, "")
