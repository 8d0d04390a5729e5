"""The page is complete, fetches nothing, and no text of a set or an article can inject markup."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest

from eval.harness import plots, report, summary, table
from eval.harness.records import VERDICTS, Texts, as_json, record_answer
from eval.harness.sets import GoldEvidence, Question
from rag.schema import Answer, Article, Citation, Hit, Passage, Run

EVIL = "<script>alert(1)</script>\"'&<img src=http://x.example/y>"
VOID = {"meta", "input", "br", "line", "polyline", "circle"}


def results(evil: str = "", rankers: tuple[str, ...] = ("dense", "fused")) -> dict[str, Any]:
    text = "新桥今天通车，总投资3亿元。" + evil
    article = Article("a" + evil, "a.txt" + evil, "桥" + evil, (), "", "article", text, (Run(0, 0, len(text)),))
    hit = Hit(Passage("a#0", article.article_id, text, 0, len(text)), article, 1.0, 0.9, 2.0)
    cited = Citation(1, article.article_id, article.title, (), "", article.file, text, 0, len(text), 0, len(text))
    answer = Answer(
        "问",
        f"《{article.title}》：\n{text}[1]",
        "extractive",
        False,
        0.9,
        "zh",
        (cited,),
        (hit,),
        {"total": 12.0},
        "g",
        "m",
    )
    asked = Question(
        "q1" + evil,
        "投资多少？" + evil,
        "zh",
        "numeric" + evil,
        True,
        (("3亿", "3亿" + evil),),
        (GoldEvidence(article.file, "总投资3亿元"),),
        (),
        (("早先" + evil, "答" + evil),),
    )
    none = replace(asked, id="q2", question="谁是市长？", answerable=False, facts=(), evidence=(), type="unanswerable")
    lost = replace(asked, id="q3", question="桥多长？")
    texts = Texts({article.article_id: text}, {article.file: text})
    records = [
        record_answer(asked, answer, answer, texts),
        record_answer(none, replace(answer, confidence=0.7), None, texts),
        record_answer(lost, None, None, texts, "BadInput: " + evil),
    ]
    return {
        "format": 1,
        "created": "2026-01-02T03:04:05+00:00",
        "reference": rankers[-1],
        "judge": "",
        "remarks": ["看" + evil],
        "set": {"name": "set" + evil, "sha256": "0", "half": "all", "questions": 3},
        "index": {
            "generation": "g1",
            "corpus_sha256": "1",
            "model": {"name": "m"},
            "counts": {"articles": 1, "passages": 1},
            "bytes": 10,
            "build": {"seconds": 1.5},
        },
        "versions": {"python": "3" + evil},
        "runs": [
            {"ranker": name, "summary": summary.summarise(records), "records": [as_json(r) for r in records]}
            for name in rankers
        ],
        "comparisons": [
            {"first": "dense", "second": "fused", "baseline": baseline, **summary.compare(records, records)}
            for baseline in (False, True)
        ],
    }


class Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("evil", ["", EVIL])
def test_the_page_fetches_nothing_and_all_tags_are_closed(evil: str) -> None:
    page = Page(report.html(results(evil)))
    assert page.open == []
    assert not {tag for tag, _ in page.tags} & {"script", "img", "link", "iframe", "object", "base"}
    for _, attributes in page.tags:
        assert not [name for name in attributes if name.startswith("on") or name == "src"]
        assert (attributes.get("href") or "#").startswith("#")
    assert not re.search(r"url\(|@import", report.html(results(evil)))


def test_names_of_models_and_rankers_are_escaped() -> None:
    changed = results(rankers=("dense" + EVIL, "fused" + EVIL))
    changed["judge"] = "model" + EVIL
    changed["comparisons"] = [{**c, "first": EVIL, "second": EVIL} for c in changed["comparisons"]]
    page = report.html(changed)
    assert Page(page).open == []
    assert not {tag for tag, _ in Page(page).tags} & {"script", "img"}
    assert "model&lt;script&gt;" in page
    assert "<b>Figures marked (judged)" in page


def test_a_plot_escapes_its_names() -> None:
    axis = plots.Axis(EVIL, ((0.0, EVIL), (1.0, "1")))
    page = plots.page(EVIL, plots.plot(EVIL, [plots.Series(EVIL, ((0.0, 0.0), (1.0, 1.0)), marked=True)], axis, axis))
    assert Page(page).open == []
    assert not {tag for tag, _ in Page(page).tags} & {"script", "img"}


def test_no_text_of_a_set_changes_the_tags() -> None:
    plain, evil = (Page(report.html(results(text))) for text in ("", EVIL))
    assert [tag for tag, _ in plain.tags] == [tag for tag, _ in evil.tags]


def test_every_question_is_shown_failures_first() -> None:
    shown = re.findall(r'<details class="q q(\d)" id="([\w-]+)"', report.html(results()))
    assert [VERDICTS[int(number)] for number, _ in shown] == ["missed", "answered wrongly", "right"]
    assert [name for _, name in shown] == ["q-q3", "q-q2", "q-q1"]
    page = report.html(results())
    assert "BadInput" in page
    assert "总投资3亿元" in page


def test_links_lead_to_questions() -> None:
    changed = results()
    changed["comparisons"][0]["measures"]["fact_recall"]["worse"] = ["q1"]
    page = Page(report.html(changed))
    ids = {attributes.get("id") for _, attributes in page.tags}
    links = [attributes["href"] for tag, attributes in page.tags if tag == "a"]
    assert links == ["#q-q1"]
    assert {str(link)[1:] for link in links} <= ids


def test_same_answers_share_a_column() -> None:
    assert "<h4>dense, fused</h4>" in report.html(results())


def test_markdown_is_one_table() -> None:
    lines = table.markdown(results()).strip().split("\n")
    assert lines[2] == "| measure | n | dense | fused |"
    assert {line.count("|") for line in lines[2:]} == {5}
    assert any(line.startswith("| fact recall | 2 | 0.50 [.00, 1.0] |") for line in lines)


def test_both_halves_are_shown_beside_a_single_ranker() -> None:
    assert list(table.columns(results(rankers=("fused",)))) == ["fused", "test half", "tune half"]
    assert list(table.columns(results())) == ["dense", "fused"]


def test_a_plot_places_points_by_its_axes() -> None:
    x, y = plots.Axis("k", ((0.0, "0"), (10.0, "10"))), plots.linear_axis("share", 1)
    drawn = plots.plot("t", [plots.Series("s", ((0.0, 0.0), (10.0, 1.0)))], x, y)
    (points,) = re.findall(r'<polyline points="([^"]+)"', drawn)
    (left, bottom), (right, top) = (tuple(map(float, pair.split(","))) for pair in points.split())
    assert left < right
    assert top < bottom
    assert [name for _, name in y.ticks] == ["0", "0.2", "0.4", "0.6", "0.8", "1"]


def test_a_step_keeps_its_height() -> None:
    axis = plots.linear_axis("", 1)
    drawn = plots.plot("t", [plots.Series("s", ((0.0, 0.0), (1.0, 1.0)), step=True)], axis, axis)
    (points,) = re.findall(r'<polyline points="([^"]+)"', drawn)
    first, corner, last = points.split()
    assert corner == f"{last.split(',')[0]},{first.split(',')[1]}"


@pytest.mark.parametrize(("high", "last"), [(7, "10"), (30, "30"), (2500, "3,000"), (0.5, "3")])
def test_log_axes_reach_the_highest_value(high: float, last: str) -> None:
    assert plots.log_axis("ms", high).ticks[-1][1] == last


def test_several_sets_share_one_table() -> None:
    one, other = results(), results(rankers=("fused",))
    head, *rows = table.overview([one, {**other, "set": {**other["set"], "name": "other", "half": "test"}}])
    assert [row[:3] for row in rows] == [
        [one["set"]["name"], str(one["set"]["questions"]), "dense"],
        [one["set"]["name"], str(one["set"]["questions"]), "fused"],
        ["other, test half", str(other["set"]["questions"]), "fused"],
    ]
    assert rows[1][head.index("recall@5")] == summary.format_figure(
        one["runs"][1]["summary"]["measures"]["recall@5"], "recall@5"
    )
