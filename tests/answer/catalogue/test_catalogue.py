"""Questions about the archive itself, over a small archive without a model."""

from __future__ import annotations

import time
from datetime import date
from pathlib import Path

import pytest

from rag.answer.catalogue.catalogue import Catalogue
from rag.answer.catalogue.examples import examples
from rag.answer.catalogue.question import readings
from rag.index.snapshot import load
from rag.indexing.build import build_from
from rag.schema import Answer, Filter
from rag.search.retriever import Retriever
from rag.web.sources import sources_of
from tests.answer.catalogue.archive import ARTICLES, article, indexed
from tests.answer.catalogue.questions import ASKED, NOT_ASKED
from tests.faults.update import Stub

TODAY = date(2026, 1, 5)


@pytest.fixture(scope="module")
def retriever(tmp_path_factory: pytest.TempPathFactory) -> Retriever:
    return indexed(tmp_path_factory.mktemp("catalogue"))


@pytest.fixture(scope="module")
def catalogue(retriever: Retriever) -> Catalogue:
    return Catalogue(retriever)


def _asked(catalogue: Catalogue, retriever: Retriever, question: str, only: Filter | None = None) -> Answer:
    found = catalogue.answer(retriever.parse(question, (), only or Filter()), (), TODAY)
    assert found, question
    return found


@pytest.mark.parametrize(("question", "begins", "citations"), ASKED)
def test_the_catalogue_answers(
    catalogue: Catalogue, retriever: Retriever, question: str, begins: str, citations: int
) -> None:
    found = _asked(catalogue, retriever, question)
    assert found.answer.startswith(begins)
    assert len(found.citations) == citations
    assert (found.mode, found.confidence) == ("extractive", 0.0 if found.abstained else 1.0)
    assert found.language == ("en" if "a" <= question[0].lower() <= "z" else "zh")
    texts = {a.article_id: a.text for a in ARTICLES}
    for n, citation in enumerate(found.citations, 1):
        assert citation.n == n
        assert citation.quote
        assert texts[citation.article_id][citation.start : citation.end] == citation.quote
        assert f"[{n}]" in found.answer
    assert len(sources_of(found)) == len({c.article_id for c in found.citations})


@pytest.mark.parametrize("question", NOT_ASKED)
def test_the_articles_answer_everything_else(catalogue: Catalogue, retriever: Retriever, question: str) -> None:
    assert catalogue.answer(retriever.parse(question), (), TODAY) is None


def test_english_frames_are_answered_in_english(catalogue: Catalogue, retriever: Retriever) -> None:
    found = _asked(catalogue, retriever, "Who wrote 《平湖再建三座图书馆》?")
    assert (found.language, found.answer) == ("en", "《平湖再建三座图书馆》 (2025-07-02) is signed by 胡佳英[1]")
    found = _asked(catalogue, retriever, "how many stories from 平湖日报")
    assert found.answer.startswith("Articles of 平湖日报: 5 (3 articles, 1 notice, 1 photograph).")


def test_dates_say_what_is_inferred_what_is_vague_and_what_is_not_known(
    catalogue: Catalogue, retriever: Retriever
) -> None:
    assert _asked(catalogue, retriever, "报道的时间范围是什么？").answer == (
        "日期从 2024-10-11 到 2025-07-03。有 1 篇只知道年份或月份。"
        "按日期：2024-10-11 1 篇，2024-11-20 1 篇，2025 1 篇，2025-06-18 1 篇，2025-07-02 2 篇，2025-07-03 1 篇。"
        "有 1 篇的日期是推断的。有 1 篇日期不明。"
    )
    assert "《图书馆读者突破百万人次》（2025，推断）" in _asked(catalogue, retriever, "关于图书馆的报道有哪些").answer
    assert _asked(catalogue, retriever, "2025年有多少篇").answer.endswith("另有 1 篇日期不明，未计入。")
    assert "可能更靠后" in _asked(catalogue, retriever, "最新的报道是什么").answer


def test_the_filter_of_the_question_holds(catalogue: Catalogue, retriever: Retriever) -> None:
    only = Filter(source="嘉兴日报")
    assert _asked(catalogue, retriever, "有多少篇报道", only).answer.startswith("这里的报道共有 3 篇")
    assert catalogue.answer(retriever.parse("《平湖再建三座图书馆》是谁写的", (), only), (), TODAY) is None


def test_this_article_is_the_one_named_last(catalogue: Catalogue, retriever: Retriever) -> None:
    history = [
        ("夜跑赛多少人参加", "《嘉兴南湖夜跑赛吸引千名跑者》（2024-10-11）：\n南湖边，千名跑者参加了夜跑赛。[1]")
    ]
    found = catalogue.answer(retriever.parse("这篇是谁写的？", history), history, TODAY)
    assert found
    assert found.answer == "《嘉兴南湖夜跑赛吸引千名跑者》（2024-10-11）署名：陆雨欣[1]"
    unclear = _asked(catalogue, retriever, "这篇是谁写的？")
    assert unclear.abstained
    assert unclear.answer.startswith("是哪一篇？")


def test_an_archive_of_today_answers_about_today(tmp_path: Path) -> None:
    embedder = Stub()
    build_from([article(1, "今日多云", "今天多云，最高气温8℃。", "2026-01-05")], tmp_path, embedder)
    retriever = Retriever(load(tmp_path), embedder)
    catalogue = Catalogue(retriever)
    assert catalogue.answer(retriever.parse("今天天气怎么样"), (), TODAY) is None
    found = catalogue.answer(retriever.parse("今天有什么新闻"), (), TODAY)
    assert found
    assert found.answer == "2026-01-05的报道有 1 篇：\n《今日多云》（2026-01-05）[1]"


def test_removed_articles_are_not_counted(tmp_path: Path) -> None:
    embedder = Stub()
    build_from(ARTICLES, tmp_path, embedder)
    build_from(
        [*ARTICLES[:3], article(9, "新桥通车", "新桥昨天通车。", "2025-08-01", byline=("李渔",))], tmp_path, embedder
    )
    retriever = Retriever(load(tmp_path), embedder)
    catalogue = Catalogue(retriever)
    assert _asked(catalogue, retriever, "有多少篇").answer.startswith("这里的报道共有 4 篇。")
    assert _asked(catalogue, retriever, "最新的报道").answer.startswith("最新的是 2025-08-01 的 1 篇：\n《新桥通车》")
    assert _asked(catalogue, retriever, "谁写的报道最多").answer.startswith("署名的有 4 人，篇数最多的：胡佳英 2 篇")
    assert catalogue.answer(retriever.parse("陆雨欣写了哪些报道"), (), TODAY) is None


def test_a_list_shows_twenty_and_says_the_rest(tmp_path: Path) -> None:
    embedder = Stub()
    many = [
        article(n, f"平湖建成第{n}座水厂", f"第{n}座水厂昨天供水。", f"2025-03-{n:02}", byline=("王强",))
        for n in range(1, 26)
    ]
    build_from(many, tmp_path, embedder)
    retriever = Retriever(load(tmp_path), embedder)
    found = _asked(Catalogue(retriever), retriever, "王强写了哪些报道")
    first, second, *_, last = found.answer.splitlines()
    assert first == "署名“王强”的报道有 25 篇，先列 20 篇："
    assert second == "《平湖建成第25座水厂》（2025-03-25；王强）[1]"
    assert last == "另有 5 篇未列出。"
    assert len(found.citations) == 20


def test_examples_are_made_of_headlines() -> None:
    assert examples(ARTICLES, "zh") == [
        "平湖西瓜节开幕，今年产量增长多少？",
        "《平湖西瓜节开幕 今年产量增长12.5%》是谁写的？",
        "关于图书馆的报道有哪些？",
    ]
    assert examples([], "en") == ["How many articles are there?"]


def test_examples_are_answered(catalogue: Catalogue, retriever: Retriever) -> None:
    for question in [*examples(ARTICLES, "zh")[1:], *examples(ARTICLES, "en")]:
        assert not _asked(catalogue, retriever, question).abstained


@pytest.mark.parametrize(
    "text", ["平湖" * 60, "的报道" * 40, "what is the " * 10, "《" * 100, "how many articles in " * 5]
)
def test_reading_a_question_takes_no_time(text: str) -> None:
    start = time.process_time()
    list(readings(text))
    assert time.process_time() - start < 0.5
