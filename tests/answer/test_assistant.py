"""A question from search to answer, over the index of the seeds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from rag.answer.assistant import Assistant
from rag.schema import Answer
from rag.search.langchain import BaowenRetriever
from rag.search.query import parse
from rag.search.retriever import Retriever
from tests.servers.endpoint import FakeEndpoint, endpoint_fixture  # noqa: F401  (the fixture ``endpoint``)


@pytest.fixture(scope="module")
def retriever(assistant: Assistant) -> Retriever:
    return assistant.retriever


def test_dense_ranking_equals_brute_force(assistant: Assistant, retriever: Retriever) -> None:
    query = parse("平湖再生水一年节约多少水？", (), retriever.names)
    rows = assistant.embedder.embed_passages([p.context for p in retriever.index.passages])
    scores = rows @ assistant.embedder.embed_queries([query.search])[0]
    best = np.argsort(-scores)[:5]
    hits = Retriever(retriever.index, assistant.embedder, "dense").search(query, 5)
    assert [h.passage.passage_id for h in hits] == [retriever.index.passages[i].passage_id for i in best]
    assert np.allclose([h.dense for h in hits], scores[best], atol=5e-3)


def test_a_batch_finds_the_same_as_single_searches(retriever: Retriever) -> None:
    queries = [parse(q, (), retriever.names) for q in ("大禹鼎", "What did Xindai build?", "黄桃在哪里丰收？")]
    together = retriever.search_many(queries, 3)
    assert [[h.passage.passage_id for h in hits] for hits in together] == [
        [h.passage.passage_id for h in retriever.search(query, 3)] for query in queries
    ]


def test_names_and_words_of_an_english_question(retriever: Retriever) -> None:
    query = parse("What AI projects has Pinghu signed?", (), retriever.names)
    assert "平湖" in query.search
    assert "Pinghu" not in query.search
    assert {forms[0]: forms[1:] for forms in query.words}["projects"][0] == "项目"
    assert query.language == "en"


def test_a_follow_up_is_joined_to_the_question_before(retriever: Retriever) -> None:
    history = [("平湖签约了哪些人工智能项目？", "……")]
    assert (
        parse("其中投资最大的呢？", history, retriever.names).search
        == "平湖签约了哪些人工智能项目？ 其中投资最大的呢？"
    )
    assert parse("黄桃在哪里丰收？", history, retriever.names).search == "黄桃在哪里丰收？"


@pytest.mark.parametrize("question", ["平湖签约了哪些人工智能项目？", "What AI projects has Pinghu signed?"])
def test_both_signings_are_cited(assistant: Assistant, question: str) -> None:
    answer = assistant.ask(question)
    quotes = {c.file[:3]: [] for c in answer.citations}
    for c in answer.citations:
        quotes[c.file[:3]].append(c.quote)
    assert any("5个人工智能产业项目" in q and "5亿元" in q for q in quotes["003"])
    assert any("12个" in q and "30亿元" in q for q in quotes["004"])
    assert not answer.abstained


@pytest.mark.parametrize(
    "question", ["平湖到上海的高铁票价是多少？", "Who won the 2022 FIFA World Cup?", "红烧肉怎么做？"]
)
def test_refusal_names_the_nearest_headlines(assistant: Assistant, question: str) -> None:
    answer = assistant.ask(question)
    assert answer.abstained
    assert answer.confidence < 0.5
    assert answer.citations == ()
    first, _, *nearest = answer.answer.splitlines()
    assert first in ("文章里没有说。", "The articles do not say.")
    assert nearest
    assert all(line.startswith(("- 《", "- （无标题）")) for line in nearest)


def test_the_stream_ends_with_the_answer_of_ask(assistant: Assistant) -> None:
    *pieces, last = assistant.stream("润泽项目一期从签约到开工用了多少天？")
    assert isinstance(last, Answer)
    assert (
        "".join(str(p) for p in pieces) == last.answer == assistant.ask("润泽项目一期从签约到开工用了多少天？").answer
    )
    assert "26天" in last.answer


def test_a_sentence_that_refers_back_is_found(assistant: Assistant) -> None:
    assert "该项目总投资1.55亿元" in assistant.ask("德默菲换热器项目总投资多少？").answer


def test_langchain_retriever(retriever: Retriever) -> None:
    documents = BaowenRetriever(retriever=retriever, k=2).invoke("黄桃在哪里丰收？")
    assert len(documents) == 2
    assert "水月湾农场" in documents[0].page_content
    assert documents[0].metadata["file"].startswith("004_")


QUESTION = "平湖签约了哪些人工智能项目？"
Start = Callable[..., FakeEndpoint]


def _with_model(assistant: Assistant, server: FakeEndpoint) -> Assistant:
    settings = replace(assistant.settings, llm_base_url=server.base_url, llm_model="m", llm_timeout=10.0)
    return Assistant(settings, assistant.embedder)


def _streamed(assistant: Assistant) -> tuple[str, Answer]:
    *pieces, answer = assistant.stream(QUESTION)
    assert isinstance(answer, Answer)
    return "".join(str(piece) for piece in pieces), answer


def test_a_language_model_writes_the_answer_and_its_marks_are_checked(assistant: Assistant, endpoint: Start) -> None:
    server = endpoint("ok", deltas=["平湖签约了", "项目。[1]", "总投资999亿元。[1][77]"])
    shown, answer = _streamed(_with_model(assistant, server))
    assert shown == "平湖签约了项目。[1]总投资999亿元。[1][77]"
    assert (answer.mode, answer.abstained, answer.notices) == ("llm", False, ())
    assert answer.answer.startswith("平湖签约了项目。[1]总投资999亿元。（未核实）[")
    assert "[77]" not in answer.answer
    assert answer.citations
    assert list(answer.timings_ms) == ["retrieve", "read", "select", "write", "total"]


def test_a_language_model_refuses_and_its_code_word_is_never_shown(assistant: Assistant, endpoint: Start) -> None:
    shown, answer = _streamed(_with_model(assistant, endpoint("ok", deltas=[" NOT_IN", "_ARTICLES", "."])))
    assert (answer.mode, answer.abstained, answer.citations) == ("llm", True, ())
    assert answer.answer.startswith("文章里没有说。\n最接近的报道：")
    assert shown == answer.answer


@pytest.mark.parametrize(("behaviour", "before"), [("401", ""), ("cut", "平湖签约12个项目，")])
def test_quoted_sentences_replace_a_language_model_that_fails(
    assistant: Assistant, endpoint: Start, behaviour: str, before: str
) -> None:
    shown, answer = _streamed(_with_model(assistant, endpoint(behaviour)))
    expected = assistant.ask(QUESTION)
    assert (answer.mode, answer.answer, answer.citations) == ("extractive", expected.answer, expected.citations)
    assert shown == before + answer.answer
    assert len(answer.notices) == 1
    assert answer.notices[0].startswith("语言模型未能作答（The language model 'm' at 127.0.0.1:")
    assert list(answer.timings_ms) == ["retrieve", "read", "select", "write", "total"]


def test_no_language_model_is_asked_if_the_articles_do_not_answer(assistant: Assistant, endpoint: Start) -> None:
    server = endpoint("ok")
    answer = _with_model(assistant, server).ask("红烧肉怎么做？")
    assert (answer.mode, answer.abstained, server.requests) == ("extractive", True, [])
    assert list(answer.timings_ms) == ["retrieve", "read", "select", "total"]
