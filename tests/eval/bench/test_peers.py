"""The bench of several pipelines: the choice of questions, the place of found words, the embedder, the table."""

from __future__ import annotations

import base64
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from eval.bench import peer_venvs
from eval.bench.peer_corpus import choose, write
from eval.bench.peer_report import table
from eval.bench.peer_venvs import LANGCHAIN, RAGLITE, Venv, python_of
from eval.bench.peer_worker import MAX_CHARACTERS, RemoteEmbedder, as_markdown, locate
from eval.bench.peers import SYSTEMS, answer
from eval.harness.sets import GoldEvidence, Question, load_corpus, load_set
from rag.errors import BadInput
from rag.indexing.passages import MAX_CHARS
from rag.schema import Article, Run
from tests.support.paths import ROOT


def article(name: str, text: str = "正文。", title: str = "") -> Article:
    return Article(name, name, title, (), "", "article", text, (Run(0, 0, len(text)),))


def question(name: str, *docs: str, also: tuple[str, ...] = (), answerable: bool = True) -> Question:
    return Question(name, f"{name}？", "zh", "t", answerable, (), tuple(GoldEvidence(doc, None) for doc in docs), also)


ARTICLES = [article(name) for name in "abcdefgh"]
# sha256 of q1, q2, q3, q4 begins with c7, be, 58, 11: they are looked at backwards
QUESTIONS = [question("q1", "a"), question("q2", "b", "c"), question("q3", "d", also=("e",)), question("q4", "f", "g")]


def names(found: tuple[list[Article], list[Question]]) -> tuple[str, str]:
    return "".join(a.file for a in found[0]), " ".join(q.id for q in found[1])


def test_every_question_comes_with_all_its_evidence() -> None:
    assert names(choose(ARTICLES, QUESTIONS, 8, 10)) == ("abcdefgh", "q1 q2 q3 q4")
    assert names(choose(ARTICLES, QUESTIONS, 4, 10)) == ("defg", "q3 q4")


def test_a_question_that_does_not_fit_is_skipped() -> None:
    assert names(choose(ARTICLES, QUESTIONS, 3, 10)) == ("afg", "q1 q4")  # with q3 there would be four articles


def test_remaining_places_go_to_other_articles() -> None:
    # sha256 of d, f, c, b, e, h, a, g begins with 18, 25, 2e, 3e, 3f, aa, ca, cd
    assert names(choose(ARTICLES, QUESTIONS, 4, 1)) == ("cdfg", "q4")


def test_the_choice_does_not_depend_on_the_order() -> None:
    turned = choose(ARTICLES[::-1], QUESTIONS[::-1], 5, 2)
    assert {a.file for a in turned[0]} == {a.file for a in choose(ARTICLES, QUESTIONS, 5, 2)[0]}


def test_questions_without_evidence_are_not_asked() -> None:
    with pytest.raises(BadInput, match=r"within 2 articles: give --articles a greater number"):
        choose(ARTICLES, [question("q1", "a", answerable=False), question("q2"), question("q3", "a", "b", "c")], 2, 9)


def test_the_choice_is_written_as_a_set(tmp_path: Path) -> None:
    lines = [
        f'{{"id": "q{n}", "question": "{n}？", "lang": "zh", "type": "t", "answerable": true, "facts": [], '
        f'"evidence": [{{"doc": "{doc}"}}]}}'
        for n, doc in ((1, "a"), (2, "b"), (3, "c"))
    ]
    (tmp_path / "all.jsonl").write_text("\n".join(lines), encoding="utf-8")
    asked = [q for q in load_set(tmp_path / "all.jsonl", None) if q.id != "q2"]
    kept = [article("a", "正文\u2028。", "标题"), article("c")]
    write(tmp_path, kept, tmp_path / "all.jsonl", asked)
    assert load_corpus(tmp_path) == kept
    assert list(load_set(tmp_path / "questions.jsonl", {a.file: a.text for a in kept})) == asked


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("# 标题\n\n第一句。", (0, 4)),
        ("标题\n\n第一", (0, 2)),
        ("# 标题", (0, 0)),
        ("第二句。", (4, 8)),
    ],
)
def test_words_are_located_in_the_text_without_its_headline(words: str, expected: tuple[int, int]) -> None:
    assert locate(article("a", "第一句。第二句。", "标题"), words) == expected


def test_an_article_without_a_headline_is_its_text() -> None:
    assert as_markdown(article("a", "第一句。")) == "第一句。"
    assert locate(article("a", "第一句。"), "一句") == (1, 3)


def test_words_of_another_article_are_not_found() -> None:
    with pytest.raises(ValueError, match="substring not found"):
        locate(article("a", "第一句。"), "第二句。")


def test_all_pipelines_have_the_same_passage_limit() -> None:
    assert MAX_CHARACTERS == MAX_CHARS


class Model:
    """A fake ``Embedder`` with the methods that ``answer`` calls: each text becomes its length and 1."""

    dimension, max_tokens = 2, 5

    def __init__(self) -> None:
        self.asked: list[str] = []

    def count_tokens(self, texts: list[str]) -> list[int]:
        return [len(text) for text in texts]

    def _rows(self, kind: str, texts: list[str]) -> Any:
        self.asked.append(kind)
        return np.array([[len(text), 1.0] for text in texts], np.float32)

    def embed_passages(self, texts: list[str]) -> Any:
        return self._rows("passages", texts)

    def embed_sentences(self, texts: list[str]) -> Any:
        return self._rows("parts", texts)

    def embed_queries(self, texts: list[str]) -> Any:
        return self._rows("queries", texts)


class Line:
    """A ``ParentProcess`` without a process."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.texts: list[list[str]] = []

    def ask(self, **message: Any) -> dict[str, Any]:
        self.texts += [message["texts"]] if "texts" in message else []
        return answer(self.model, message)  # type: ignore[arg-type]


def test_a_text_beyond_the_models_limit_is_embedded_in_parts() -> None:
    model = Model()
    answer(model, {"what": "passages", "texts": ["一二三四五"]})  # type: ignore[arg-type]
    long = answer(model, {"what": "passages", "texts": ["一", "一二三四五六"]})  # type: ignore[arg-type]
    assert model.asked == ["passages", "parts"]
    assert np.frombuffer(base64.b64decode(long["rows"]), np.float32).tolist() == [1.0, 1.0, 6.0, 1.0]


def test_a_text_is_embedded_only_once(tmp_path: Path) -> None:
    line = Line(Model())
    served = RemoteEmbedder(line, tmp_path / "x.npz")  # type: ignore[arg-type]
    assert served.embed_passages(["一二", "一"]).tolist() == [[2.0, 1.0], [1.0, 1.0]]
    assert served.embed_passages(["一", "一二三", "一"]).tolist() == [[1.0, 1.0], [3.0, 1.0], [1.0, 1.0]]
    assert served.count_tokens(["一二三四"]) == [4]
    assert line.texts == [["一二", "一"], ["一二三"], ["一二三四"]]
    served.save()
    again = Line(Model())
    later = RemoteEmbedder(again, tmp_path / "x.npz")  # type: ignore[arg-type]
    assert later.embed_passages(["一二三", "一二"]).tolist() == [[3.0, 1.0], [2.0, 1.0]]
    assert later.count_tokens(["一二三四"]) == [4]
    assert later.embed_queries(["一"]).tolist() == [[1.0, 1.0]]  # a query is cached separately from a passage
    assert again.texts == [["一"]]


def test_a_cell_shows_the_ratio_and_its_range() -> None:
    ours = {"one": 0.5, "other": 0.5, "ratio": 1.0, "low": 1.0, "high": 1.0}
    theirs = {"one": 1500.0, "other": 0.5, "ratio": 3.0, "low": 2.0, "high": 4.25}
    recall = {"mean": 0.5, "low": 0.4, "high": 0.625, "n": 9}
    assert table(
        {"ours": {"s": ours, "r": recall, "c": 400}, "x": {"s": theirs, "r": recall, "c": 1400}, "y": {"s": None}}
    ) == [
        "| | ours | x | y |",
        "|---|---|---|---|",
        "| s | 0.5 | 1,500 (3.00; 2.00–4.25) | – |",
        "| r | 0.50 [0.40, 0.62] | 0.50 [0.40, 0.62] | – |",
        "| c | 400 | 1,400 | – |",
    ]


def test_no_package_of_other_pipelines_is_a_dependency() -> None:
    asked = (ROOT / "pyproject.toml").read_text(encoding="utf-8").split("[project.scripts]")[0]
    theirs = {package.split("==")[0] for venv in (LANGCHAIN, RAGLITE) for package in venv.packages}
    assert [package for package in sorted(theirs) if f'"{package}' in asked] == []


def test_systems_with_one_index_are_neighbours() -> None:
    """In each round the first of them builds the index before the other opens it."""
    assert [system.index for system in SYSTEMS] == ["ours", "langchain", "langchain", "raglite", "raglite"]


def test_a_failed_environment_is_reported_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        code = 1 if "pip" in command else 0
        return subprocess.CompletedProcess(
            command, code, "", "WARNING: retrying\nERROR: No matching distribution\n" if code else ""
        )

    monkeypatch.setattr(peer_venvs.subprocess, "run", run)
    python, why = python_of(Venv("other", ("other==1",), ours=False), tmp_path)
    assert python is None
    assert why == "other is left out, its packages cannot be installed: ERROR: No matching distribution"


def test_an_existing_environment_is_reused(tmp_path: Path) -> None:
    venv = Venv("none", (), ours=True)
    (tmp_path / "none").mkdir()
    (tmp_path / "none" / "packages.txt").write_text("", encoding="utf-8")
    assert python_of(venv, tmp_path) == (tmp_path / "none" / "bin" / "python", "")
    assert sys.prefix not in str(tmp_path)
