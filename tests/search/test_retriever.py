"""A filtered search finds exactly the passages that pass, in the order that they have without the filter."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rag.answer.assistant import Assistant
from rag.config import Settings
from rag.embedding.embedder import Embedder
from rag.index.snapshot import Index
from rag.indexing.build import build_from
from rag.schema import EVERYTHING, Filter
from rag.search.query import parse
from rag.search.retriever import RANKERS, Retriever
from rag.text.filters import filter_of, passes

DATES = ("2024-05-01", "2025-04", "2025", "", "2025-07-28")
SOURCES = ("嘉兴日报·平湖版", "人民政协报")
QUESTION = "人工智能项目签约"


@pytest.fixture(scope="module")
def dated(index: Index, embedder: Embedder, tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    """The seeds' articles with dates and newspapers assigned in turn."""
    articles = [replace(a, date=DATES[i % 5], source=SOURCES[i % 2]) for i, a in enumerate(index.articles.values())]
    folder = tmp_path_factory.mktemp("dated")
    build_from(articles, folder, embedder)
    return Assistant(Settings(index_dir=folder), embedder)


@pytest.mark.parametrize(
    "only",
    [
        filter_of(since="2025"),
        filter_of(until="2024"),
        filter_of(since="2025-04", until="2025-04-30"),
        filter_of(source="人民政协报"),
        filter_of(byline="胡佳英"),
        filter_of(kind="photo"),
        filter_of(since="2025", source="平湖版", byline="胡佳英"),
    ],
    ids=str,
)
@pytest.mark.parametrize("ranker", RANKERS)
def test_every_passage_that_passes_and_no_other(dated: Assistant, ranker: str, only: Filter) -> None:
    retriever = Retriever(dated.retriever.index, dated.embedder, ranker)
    hits = retriever.search(parse(QUESTION, (), retriever.names, only), 1000)
    passing = {p.passage_id for p in retriever.index.passages if passes(only, retriever.index.articles[p.article_id])}
    assert passing
    assert {hit.passage.passage_id for hit in hits} == passing
    if ranker != "fused":  # fused scores are relative to the candidates
        unfiltered = retriever.search(parse(QUESTION, (), retriever.names), 1000)
        assert [h.passage.passage_id for h in hits] == [
            h.passage.passage_id for h in unfiltered if h.passage.passage_id in passing
        ]


def test_a_batch_applies_the_filter_of_each_query(dated: Assistant) -> None:
    retriever = dated.retriever
    filters = [EVERYTHING, filter_of(source="人民政协报"), filter_of(until="2024"), EVERYTHING]
    queries = [parse(QUESTION, (), retriever.names, only) for only in filters]
    together = retriever.search_many(queries, 5)
    assert together == [retriever.search(query, 5) for query in queries]
    assert {hit.article.source for hit in together[1]} == {"人民政协报"}
    assert {hit.article.date for hit in together[2]} == {"2024-05-01"}


def test_a_filtered_answer_cites_passing_articles_and_counts_undated_ones(dated: Assistant) -> None:
    only = filter_of(since="2025-01", until="2025-12-31")
    answer = dated.ask("平湖签约了哪些人工智能项目？", only=only)
    articles = dated.retriever.index.articles
    assert answer.citations
    assert all(passes(only, articles[c.article_id]) for c in answer.citations)
    undated = sum(not a.date for a in articles.values())
    assert answer.notices == (f"有 {undated} 篇报道日期不明，按日期筛选时未计入。",)
    assert dated.ask("平湖签约了哪些人工智能项目？").notices == ()


def test_no_article_passes(dated: Assistant) -> None:
    answer = dated.ask("平湖签约了哪些人工智能项目？", only=filter_of(byline="没有这个人"))
    assert (answer.abstained, answer.hits, answer.citations) == (True, (), ())
    assert answer.notices == ("没有报道符合筛选条件。",)
    assert dated.search(QUESTION, only=filter_of(until="1999")) == []
