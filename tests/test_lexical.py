from __future__ import annotations

import math
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from rag.errors import IndexDamaged
from rag.index import Index
from rag.lexical import LexicalIndex, normalise, tokens


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("是石科技", ["是石", "石科", "科技"]),
        ("新埭镇", ["新埭", "埭镇"]),
        ("平湖", ["平湖"]),
        ("湖", ["湖"]),
        ("人工智能", ["人工", "工智", "智能", "人工智能"]),
        ("５亿元", ["5", "亿元"]),
        ("1,107万", ["1", "107", "万"]),
        ("1107万立方米", ["1107", "万立", "立方", "方米", "万立方", "立方米", "万立方米"]),
        ("62.3%", ["62.3"]),
        ("ＤｅｅｐＳｅｅｋ大模型", ["deepseek", "大模", "模型"]),
        ("CAD/CAM数字化", ["cad", "cam", "数字", "字化", "数字化"]),
        ("6G、AI", ["6", "g", "ai"]),
        ("STRASSE straße", ["strasse", "strasse"]),
        ("㍿", ["株式", "式会", "会社", "株式会社"]),
        ("，。“”！👍", []),
        ("", []),
    ])
def test_tokens(text: str, found: list[str]) -> None:
    assert Counter(tokens(text)) == Counter(found)


def test_terms_are_repeated_as_often_as_they_occur() -> None:
    assert Counter(tokens("平湖，平湖 AI ai"))["平湖"] == 2
    assert Counter(tokens("平湖，平湖 AI ai"))["ai"] == 2


def test_search_form() -> None:
    assert normalise("ＡＩ１２％，Ⅲ类") == "ai12%,iii类"


TABLE = ["平湖 平湖 ai", "平湖 嘉兴", "上海 ai 5 ai"]


def test_scores_by_hand() -> None:
    """Lucene's BM25, k1 1.2, b 0.75: idf ln(1 + (N-n+.5)/(n+.5)), tf f/(f + k1(1-b+b*len/mean)); lengths 3, 2, 4."""
    built = LexicalIndex.build(TABLE)
    half = math.log(1.6)       # in two of three passages: 1 + 1.5/2.5
    once = math.log(8 / 3)     # in one of three: 1 + 2.5/1.5
    short, mean, long = 1.2 * (0.25 + 0.75 * 2 / 3), 1.2, 1.2 * (0.25 + 0.75 * 4 / 3)
    assert (short, long) == pytest.approx((0.9, 1.5))
    assert built.scores(["平湖"]) == pytest.approx([half * 2 / (2 + mean), half * 1 / (1 + short), 0], abs=1e-6)
    assert built.scores(["ai"]) == pytest.approx([half * 1 / (1 + mean), 0, half * 2 / (2 + long)], abs=1e-6)
    assert built.scores(["嘉兴"]) == pytest.approx([0, once / 1.9, 0], abs=1e-6)
    assert built.scores(["平湖", "ai"]) == pytest.approx(
        [half * (2 / 3.2 + 1 / 2.2), half / 1.9, half * 2 / 3.5], abs=1e-6)
    assert [built.idf(t) for t in ("ai", "嘉兴", "杭州")] == pytest.approx([half, once, math.log(8)])


def test_unknown_and_repeated_terms() -> None:
    built = LexicalIndex.build(TABLE)
    assert built.scores(["杭州"]).tolist() == [0, 0, 0]
    assert built.scores([]).tolist() == [0, 0, 0]
    assert built.scores(["ai", "杭州", "ai"]).tolist() == built.scores(["ai"]).tolist()


def test_passage_without_a_term() -> None:
    built = LexicalIndex.build(["，。", "平湖"])
    scores = built.scores(["平湖"])
    assert scores[0] == 0
    assert scores[1] == pytest.approx(math.log(2) / 2.2, abs=1e-6)


def test_scores_of_the_seeds_are_those_of_the_formula(index: Index) -> None:
    documents = [Counter(tokens(p.context)) for p in index.passages]
    lengths = np.array([sum(d.values()) for d in documents])
    question = tokens("平湖签约了哪些人工智能项目？DeepSeek 5亿元")
    expected = np.zeros(len(documents))
    for term in set(question):
        n = sum(term in d for d in documents)
        if n:
            f = np.array([d[term] for d in documents])
            expected += math.log(1 + (len(documents) - n + 0.5) / (n + 0.5)) * f / (
                f + 1.2 * (0.25 + 0.75 * lengths / lengths.mean()))
    assert index.lexical.scores(question) == pytest.approx(expected, abs=1e-4)
    assert expected.max() > 5


def test_round_trip(tmp_path: Path) -> None:
    built = LexicalIndex.build(TABLE)
    built.save(tmp_path)
    read = LexicalIndex.load(tmp_path, 3)
    assert read.frequencies == built.frequencies == {"平湖": 2, "ai": 2, "嘉兴": 1, "上海": 1, "5": 1}
    for term in built.frequencies:
        assert read.scores([term]).tolist() == built.scores([term]).tolist()
    for path in tmp_path.rglob("*.npy"):
        assert np.load(path, allow_pickle=False).dtype != object


@pytest.mark.parametrize("content", [b"", b"null", b"[]", b"{", b"\xff\xfe"])
@pytest.mark.parametrize("name", ["params.index.json", "vocab.index.json", "frequencies.json", "data.csc.index.npy"])
def test_damaged_files(tmp_path: Path, name: str, content: bytes) -> None:
    LexicalIndex.build(TABLE).save(tmp_path)
    (tmp_path / name).write_bytes(content)
    with pytest.raises(IndexDamaged, match="run `rag index`"):
        LexicalIndex.load(tmp_path, 3)


def test_missing_files(tmp_path: Path) -> None:
    with pytest.raises(IndexDamaged, match="run `rag index`"):
        LexicalIndex.load(tmp_path, 3)
