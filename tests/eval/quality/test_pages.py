"""The score of cut pages: worked by hand; the gold checked against the pages; floors."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from eval.quality import variants
from eval.quality.gold import Gold, Score, f1, match, same_text, score
from eval.quality.pages import GOLD, pages_with_gold
from rag.layout.articles import articles_of
from rag.schema import Article, Run
from rag.text.offsets import source_span
from tests.support.paths import ROOT

pytestmark = pytest.mark.slow

FLOORS: dict[str, dict[str, float]] = json.loads((ROOT / "eval/floors.json").read_text(encoding="utf-8"))["pages"]
SEEDS = pages_with_gold(ROOT / "seeds")


@pytest.mark.parametrize(
    ("wanted", "given", "figure"),
    [
        ({1, 2, 3, 4}, {3, 4, 5, 6}, 0.5),
        ({1, 2}, {1, 2}, 1.0),
        ({1}, {2}, 0.0),
        ({1, 2, 3}, {1}, 0.5),
        (set(), set(), 1.0),
        (set(), {1}, 0.0),
    ],
)
def test_f1(wanted: set[int], given: set[int], figure: float) -> None:
    assert f1(wanted, given) == figure


def test_match_is_one_to_one_and_takes_the_largest_overlap_first() -> None:
    assert match([{1, 2, 3}, {3, 4, 5, 6}], [{2, 3, 4, 5, 6}, {1}]) == {1: 0, 0: 1}
    assert match([{1}], [{2}]) == {}
    assert match([], [{1}]) == {}


@pytest.mark.parametrize(
    ("a", "b", "equal"),
    [("签约 5亿", "签约5亿", True), ("签约，５亿", "签约,5亿", True), ("签约5亿", "签约6亿", False), ("", " ", True)],
)
def test_same_headline(a: str, b: str, equal: bool) -> None:
    assert same_text(a, b) is equal


#                 0123456789012345678
TEXT = "甲题\n甲文甲文。\n乙文 乙文。\n丙"


def _article(title: str, byline: str, kind: Any, *spans: tuple[int, int]) -> Article:
    at = 0
    runs = []
    for start, end in spans:
        runs.append(Run(at, start, end - start))
        at += end - start
    return Article("", "", title, tuple(byline.split()), "", kind, "字" * at, tuple(runs))


def test_score_by_hand() -> None:
    gold = [
        Gold("article", ("甲题",), ("王一", "李二"), ((3, 8),)),  # 甲文甲文。
        Gold("photo", (), ("张三",), ((9, 15),)),  # 乙文 乙文。: five characters count
        Gold("notice", (), (), ((16, 17),)),  # 丙
    ]
    found = [
        _article("甲 题", "王一 赵四", "article", (3, 7)),  # four of five: F1 8/9
        _article("乙", "张三", "article", (8, 11), (12, 15)),  # all five; the newline is not counted
        _article("甲", "", "article", (0, 1)),  # not a story
    ]
    got = score(TEXT, gold, found)
    assert got == Score(f1=(8 / 9, 1.0, 0.0), headlines=1, kinds=1, named=2, wanted=3, given=3, spurious=1)
    assert got.figures() == {
        "body_f1": pytest.approx((8 / 9 + 1) / 3),
        "body_f1_min": 0.0,
        "bodies": pytest.approx(1 / 3),
        "headline": pytest.approx(1 / 3),
        "byline_recall": pytest.approx(2 / 3),
        "byline_precision": pytest.approx(2 / 3),
        "kind": pytest.approx(1 / 3),
        "spurious": pytest.approx(1 / 3),
    }
    assert (got + got).figures() == got.figures()
    assert len((got + got).f1) == 6


def test_characters_aside_do_not_count() -> None:
    gold = [Gold("article", (), (), ((3, 8),), aside=((5, 8),))]
    for spans in ([(3, 5)], [(3, 8)], [(3, 6)]):
        assert score(TEXT, gold, [_article("", "", "article", *spans)]).f1 == (1.0,)


def test_nothing_found_and_nothing_to_find() -> None:
    gold = [Gold("article", ("甲题",), ("王一",), ((3, 8),))]
    assert score(TEXT, gold, []) == Score(f1=(0.0,), wanted=1)
    assert Score().figures()["body_f1"] == 1.0
    assert score(TEXT, [], [_article("", "", "article", (3, 8))]).figures()["spurious"] == 1.0


def test_gold_is_what_the_pages_hold() -> None:
    assert [len(gold) for _, gold in SEEDS] == [1, 5, 8, 6, 7]
    for page, gold in SEEDS:
        rows = [
            json.loads(line)
            for line in (GOLD / f"{Path(page.file).stem}.jsonl").read_text(encoding="utf-8").splitlines()
        ]
        bare = "".join(page.text.split())
        at = 0
        for row, story in zip(rows, gold, strict=True):
            body = "".join("".join(page.text[a:b].split()) for a, b in story.body)
            assert (body[:12], body[-12:]) == (row["opens"], row["closes"])
            assert all(
                "".join(line.split()) in bare for line in story.headline if "三极" not in line
            )  # the file has this headline twice
            assert all(name in bare for name in story.byline)
            for start, end in story.body:
                assert at <= start < end
                assert not page.text[start].isspace()
                assert not page.text[end - 1].isspace()
                at = end


def test_every_paragraph_of_the_gold_closes_or_is_a_line_of_its_own() -> None:
    loose = [
        page.text[a:b]
        for page, gold in SEEDS
        for story in gold
        if story.kind != "notice"
        for a, b in story.body
        if page.text[b - 1] not in "。！？?…”：》)"
    ]
    assert loose[:-1] == ["主动破难,栽下梧桐引凤来", "建言践行,双重角色赋新能", "监督破障,深入一线解难题", "二"]
    assert loose[-1].endswith("也是向高而攀的发展方式,")


def _above_floors(row: Score, name: str) -> None:
    figures = row.figures()
    for figure, floor in FLOORS[name].items():
        assert figures[figure] <= floor if figure == "spurious" else figures[figure] >= floor, (
            name,
            figure,
            figures[figure],
            floor,
        )


def test_no_paragraph_is_broken() -> None:
    for page, gold in SEEDS:
        for article in articles_of(page):
            for at in (i for i, c in enumerate(article.text) if c == "\n"):
                before, after = source_span(article, at - 1, at)[0], source_span(article, at + 1, at + 2)[0]
                assert not [page.text[a:b] for story in gold for a, b in story.body if a <= before and after < b]


def test_pages_as_printed() -> None:
    _above_floors(sum((score(page.text, gold, articles_of(page)) for page, gold in SEEDS), Score()), "as printed")


@pytest.mark.parametrize("name", ["pages", "practice", "heldout"])
def test_pages_printed_in_other_styles(name: str) -> None:
    stories = (
        [variants.stories_of(page.text, gold) for page, gold in SEEDS]
        if name == "pages"
        else variants.read_stories(GOLD / f"{name}.jsonl")
    )
    styles = [*list(variants.styles())[::3], *variants.mixtures(12, seed=2026)]
    _above_floors(variants.score_styles(stories, styles), name)


def test_held_out_stories_are_not_practice_stories() -> None:
    sources = [
        [json.loads(line)["source"] for line in (GOLD / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]
        for name in ("practice", "heldout")
    ]
    assert [len(set(names)) for names in sources] == [18, 16]
    assert not set(sources[0]) & set(sources[1])


def test_the_command_reports_an_error_in_one_line(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "eval.quality.pages", str(tmp_path / "none")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
