"""Names that are misspelt in a question, over the seeds and the shipped sample of encyclopedia texts."""

from __future__ import annotations

import gzip
import json
from collections import Counter

import pytest

from rag.answer.assistant import Assistant
from rag.embedding.embedder import Embedder
from rag.index.snapshot import Index, load
from rag.indexing.build import build_from
from rag.schema import Article, Run
from rag.search.retriever import Retriever
from rag.text.terms import normalise
from tests.faults.update import Stub
from tests.search.slips import names_of, slips_of
from tests.support.paths import ROOT

pytestmark = pytest.mark.slow

SETS = ROOT / "eval" / "data" / "sets"


@pytest.fixture(scope="module")
def wide(index: Index, tmp_path_factory: pytest.TempPathFactory) -> Retriever:
    """The seeds and 250 other articles."""
    folder = tmp_path_factory.mktemp("wide")
    with gzip.open(SETS / "cmrc2018-sample" / "corpus.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines][:250]
    others = [
        Article(
            row["id"], row["id"], row.get("title") or "", (), "", "article", row["text"], (Run(0, 0, len(row["text"])),)
        )
        for row in rows
    ]
    build_from([*index.articles.values(), *others], folder, Stub())
    return Retriever(load(folder), Stub(), "lexical")


def test_slips_are_found_and_right_names_are_left(wide: Retriever) -> None:
    articles = wide.index.articles.values()
    texts = normalise("\n".join(f"{article.title}\n{article.text}" for article in articles))
    names = names_of(article.text for article in articles)
    slips = [(slip, name) for name in names for slip in slips_of(name) if slip not in texts]
    assert len(slips) >= 200
    found: Counter[str] = Counter()
    for slip, name in slips:
        near = wide.parse(f"{slip}有什么消息").near
        found["right" if near == (name,) else "other" if near else "none"] += 1
    assert found["right"] >= FOUND * len(slips), found
    assert found["other"] <= WRONG * len(slips), found
    assert [name for name in names if wide.parse(f"{name}有什么消息").near] == []


FOUND, WRONG = 0.6, 0.05


@pytest.mark.parametrize("name", ["pinghu", "off_topic"])
def test_no_question_of_the_sets_is_changed(name: str, index: Index, embedder: Embedder) -> None:
    retriever = Retriever(index, embedder)
    questions = [json.loads(line) for line in (SETS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]
    asked = [(q["question"], [tuple(turn) for turn in q.get("history", [])]) for q in questions]
    assert [question for question, history in asked if retriever.parse(question, history).near] == []


@pytest.mark.parametrize(
    ("question", "name", "quoted"),
    [
        ("是时科技是哪年成立的？", "是石科技", "是石科技"),
        ("新代镇有多少家人工智能企业？", "新埭镇", "新埭镇"),
        ("顾补容去智算中心看了什么？", "顾补荣", "顾补荣"),
    ],
)
def test_the_answer_says_what_was_searched(assistant: Assistant, question: str, name: str, quoted: str) -> None:
    answer = assistant.ask(question)
    assert answer.question == question
    assert answer.notices == (f"按“{name}”查找。",)
    assert any(quoted in hit.passage.text for hit in answer.hits[:3])
    found = {hit.passage.passage_id for hit in assistant.search(question)}
    assert {hit.passage.passage_id for hit in answer.hits} == found  # the reader changes their order alone
