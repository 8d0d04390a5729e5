"""Romanised names in a question find the characters that the articles use."""

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

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def names(index: Index) -> RomanisedNames:
    return RomanisedNames(index.bm25.frequencies)


@pytest.mark.parametrize(
    ("question", "expected"),
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
def test_names(names: RomanisedNames, question: str, expected: dict[str, str]) -> None:
    assert {name: forms[0] for name, forms in names.chinese_forms(question).items()} == expected


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
def test_no_name_in_the_question(names: RomanisedNames, question: str) -> None:
    assert names.chinese_forms(question) == {}


def test_at_most_two_forms_the_most_likely_first(names: RomanisedNames) -> None:
    forms = names.chinese_forms("Pinghu")["Pinghu"]
    assert forms[0] == "平湖"
    assert 1 <= len(forms) <= 2


def _names_over(frequencies: dict[str, int]) -> RomanisedNames:
    return RomanisedNames(
        Bm25Index.build([text for text, count in frequencies.items() for _ in range(count)]).frequencies
    )


def test_frequency_in_the_articles_decides() -> None:
    names = _names_over({"平湖": 3, "萍湖": 2, "苹湖": 1, "平": 9, "ab": 4, "新埭": 1})
    assert names.chinese_forms("Pinghu") == {"Pinghu": ("平湖", "萍湖")}
    assert names.chinese_forms("Xindai") == {"Xindai": ("新埭",)}
    assert _names_over({"平湖": 9, "萍湖": 2}).chinese_forms("Pinghu") == {"Pinghu": ("平湖",)}
    assert _names_over({}).chinese_forms("Pinghu") == {}


class NamesByTable(RomanisedNames):
    """The same result from a table of all pairs and of all readings of their characters."""

    def _texts_read_as(self, syllables: tuple[str, ...]) -> list[tuple[str, int]]:
        if not hasattr(self, "pairs"):
            self.pairs = {t: n for t, n in self.frequencies.items() if len(t) == 2 and "\u3400" <= t[0] <= "\u9fff"}
            self.by_reading = defaultdict(set)
            for char in {c for pair in self.pairs for c in pair}:
                for reading in readings(char):
                    self.by_reading[reading].add(char)
        partial = [(char, 1 << 60) for char in self.by_reading.get(syllables[0], ())]
        for syllable in syllables[1:]:
            partial = [
                (text + char, min(count, self.pairs[text[-1] + char]))
                for text, count in partial
                for char in self.by_reading.get(syllable, ())
                if text[-1] + char in self.pairs
            ]
        return partial


def test_names_in_the_seeds_agree_with_a_complete_table(index: Index, names: RomanisedNames) -> None:
    table = NamesByTable(index.bm25.frequencies)
    found = 0
    for run in [run for p in index.passages[::4] for run in re.findall(r"[\u4e00-\u9fff]+", p.text)]:
        for at in range(0, len(run) - 3, 5):
            two, three = ("".join(lazy_pinyin(run[at : at + size])).capitalize() for size in (2, 3))
            for question in (two, three, f"{two} {three}", f"Did {three} see {two}?"):
                assert names.chinese_forms(question) == table.chinese_forms(question)
                found += bool(names.chinese_forms(question))
    assert found > 500


SCRIPT = """
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
def test_long_words_need_little_time_and_memory(word: str) -> None:
    """In a process of its own, because one that needs too much may be killed."""
    done = subprocess.run([sys.executable, "-c", SCRIPT, word], capture_output=True, text=True, timeout=10)
    assert (done.returncode, done.stderr[-200:]) == (0, "")
