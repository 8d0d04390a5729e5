"""BM25 against its formula, against bm25s, and over segments with dead passages."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import bm25s
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.errors import IndexDamaged
from rag.index.snapshot import Index
from rag.text.terms import normalise, tokens
from rag.words.bm25 import Bm25Index, top
from rag.words.postings import Postings


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("是石科技", ["是石", "石科", "科技"]),
        ("新埭镇", ["新埭", "埭镇"]),
        ("平湖", ["平湖"]),
        ("湖", ["湖"]),
        ("人工智能", ["人工", "工智", "智能", "人工智能"]),
        ("５亿元", ["5", "亿元", "500000000"]),
        ("1,107万", ["1", "107", "万", "11070000"]),
        ("1107万立方米", ["1107", "11070000", "万立", "立方", "方米", "万立方", "立方米", "万立方米"]),
        ("62.3%", ["62.3"]),
        ("ＤｅｅｐＳｅｅｋ大模型", ["deepseek", "大模", "模型"]),
        ("CAD/CAM数字化", ["cad", "cam", "数字", "字化", "数字化"]),
        ("6G、AI", ["6", "g", "ai"]),
        ("STRASSE straße", ["strasse", "strasse"]),
        ("㍿", ["株式", "式会", "会社", "株式会社"]),
        ("二〇一九年", ["2019", "二", "一九", "九年"]),
        ("百分之十二", ["12", "百分", "分之", "之十", "十二", "百分之", "百分之十二"]),
        ("①25家", ["25", "家"]),
        ("面积500㎡", ["面积", "500", "m", "2"]),
        ("體育館", ["体育", "育馆", "体育馆"]),
        ("养\u2f3c院", ["养心", "心院"]),
        ("\u2ed3期", ["长期"]),
        ("望\u00ad远\u200b镜", ["望远", "远镜", "望远镜"]),
        ("戈登·贝尔", ["戈登", "登贝", "贝尔"]),
        ("𬭚工", ["𬭚", "工"]),
        ("，。“”！👍", []),
        ("", []),
    ],
)
def test_tokens(text: str, expected: list[str]) -> None:
    assert Counter(tokens(text)) == Counter(expected)


def test_a_term_is_repeated_for_each_occurrence() -> None:
    assert Counter(tokens("平湖，平湖 AI ai"))["平湖"] == 2
    assert Counter(tokens("平湖，平湖 AI ai"))["ai"] == 2


def test_normal_form() -> None:
    assert normalise("ＡＩ１２％，Ⅲ类") == "ai12%,iii类"


@pytest.mark.parametrize(
    "forms",
    [
        ("戈登贝尔", "戈登·贝尔", "戈登•贝尔", "戈登・贝尔", "戈登‧贝尔", "戈登･貝爾"),
        ("长期护理车队、民政局、养老院", "⻓期护理⻋队、⺠政局、养⽼院", "長期護理車隊、民政局、養老院"),
        ("石塘县体育馆", "石塘縣體育館", "石\u00ad塘县\u200b体\ufeff育馆", "石塘县体育馆\ufe00"),
        ("王干", "王乾"),
        ("卫生局", "衛生局", "衞生局"),
        ("于是了解干净的台湾", "於是瞭解乾淨的臺灣"),
        ("金额", "\uf90a額"),
    ],
)
def test_forms_of_one_text(forms: tuple[str, ...]) -> None:
    assert {normalise(form) for form in forms} == {forms[0]}


def test_phrases_decide() -> None:
    assert normalise("乾隆皇后萬里") == "乾隆皇后万里"


@given(
    st.text(
        st.sampled_from("二〇一九三百四十五万亿①²½·乾體⻓\u200b年5,.０％ a") | st.characters(codec="utf-8"), max_size=60
    )
)
def test_occurrences_are_the_tokens(text: str) -> None:
    postings = Postings.build([text, "平湖"])
    expected = Counter(tokens(text))
    assert {term: int(postings.find(term)[1][0]) for term in expected if 0 in postings.find(term)[0]} == dict(expected)


TABLE = ["平湖 平湖 ai", "平湖 嘉兴", "上海 ai 5 ai"]


def test_scores_by_hand() -> None:
    """Lucene's BM25, k1 1.2, b 0.75: idf ln(1 + (N-n+.5)/(n+.5)), tf f/(f + k1(1-b+b*len/mean)). Lengths are 3, 2, 4."""
    built = Bm25Index.build(TABLE)
    in_two = math.log(1.6)  # idf in two of three passages: 1 + 1.5/2.5
    in_one = math.log(8 / 3)  # idf in one of three: 1 + 2.5/1.5
    short, mean, long = 1.2 * (0.25 + 0.75 * 2 / 3), 1.2, 1.2 * (0.25 + 0.75 * 4 / 3)
    assert (short, long) == pytest.approx((0.9, 1.5))
    assert built.scores(["平湖"]) == pytest.approx([in_two * 2 / (2 + mean), in_two * 1 / (1 + short), 0], abs=1e-6)
    assert built.scores(["ai"]) == pytest.approx([in_two * 1 / (1 + mean), 0, in_two * 2 / (2 + long)], abs=1e-6)
    assert built.scores(["嘉兴"]) == pytest.approx([0, in_one / 1.9, 0], abs=1e-6)
    assert built.scores(["平湖", "ai"]) == pytest.approx(
        [in_two * (2 / 3.2 + 1 / 2.2), in_two / 1.9, in_two * 2 / 3.5], abs=1e-6
    )
    assert [built.idf(t) for t in ("ai", "嘉兴", "杭州")] == pytest.approx([in_two, in_one, math.log(8)])


def test_unknown_and_repeated_terms() -> None:
    built = Bm25Index.build(TABLE)
    assert built.scores(["杭州"]).tolist() == [0, 0, 0]
    assert built.scores([]).tolist() == [0, 0, 0]
    assert built.scores(["ai", "杭州", "ai"]).tolist() == built.scores(["ai"]).tolist()


def test_passage_without_a_term() -> None:
    built = Bm25Index.build(["，。", "平湖"])
    scores = built.scores(["平湖"])
    assert scores[0] == 0
    assert scores[1] == pytest.approx(math.log(2) / 2.2, abs=1e-6)


def test_scores_of_the_seeds_follow_the_formula(index: Index) -> None:
    question = tokens("平湖签约了哪些人工智能项目？DeepSeek 5亿元")
    expected = _by_formula([p.context for p in index.passages], question)
    assert index.bm25.scores(question) == pytest.approx(expected, abs=1e-5)
    assert max(expected) > 5


def _by_formula(texts: Sequence[str], question: Sequence[str]) -> list[float]:
    """Robertson and Zaragoza (2009), Lucene's variant, k1 1.2, b 0.75: one passage and one term at a time."""
    documents = [Counter(tokens(text)) for text in texts]
    lengths = [max(sum(d.values()), 1) for d in documents]
    mean = sum(lengths) / max(len(lengths), 1)
    containing = {term: sum(term in d for d in documents) for term in question}
    return [
        sum(
            math.log(1 + (len(texts) - n + 0.5) / (n + 0.5))
            * d[term]
            / (d[term] + 1.2 * (1 - 0.75 + 0.75 * length / mean))
            for term, n in containing.items()
        )
        for d, length in zip(documents, lengths, strict=True)
    ]


TEXTS = st.lists(st.text(st.sampled_from("平湖嘉兴人工智能项目签约a5．.，\n"), max_size=24), max_size=6)
SEGMENTS = st.lists(
    TEXTS.flatmap(
        lambda texts: st.tuples(st.just(texts), st.lists(st.booleans(), min_size=len(texts), max_size=len(texts)))
    ),
    min_size=1,
    max_size=4,
)


@given(SEGMENTS, st.text("平湖嘉兴人工智能项目签约a5", min_size=1, max_size=12))
def test_segments_score_as_one_index_of_the_live_passages(
    parts: list[tuple[list[str], list[bool]]], asked: str
) -> None:
    """Terms, statistics and scores equal those of the formula and of a new index, also after merging and reading."""
    alive = [np.array(mask, bool) for _, mask in parts]
    segmented = Bm25Index([Postings.build(texts) for texts, _ in parts], alive)
    live_texts = [text for texts, mask in parts for text, lives in zip(texts, mask, strict=True) if lives]
    fresh = Bm25Index.build(live_texts)
    question = list(dict.fromkeys([*tokens(asked), "湖", "5"]))
    live = np.concatenate(alive)
    scores = segmented.scores(question)
    assert scores[live] == pytest.approx(_by_formula(live_texts, question), abs=1e-5)
    assert scores[live].tolist() == fresh.scores(question).tolist()
    assert not scores[~live].any()
    assert (segmented.size, segmented.live) == (len(live), len(live_texts))
    assert (
        dict(segmented.frequencies)
        == dict(fresh.frequencies)
        == dict(Counter(t for text in live_texts for t in set(tokens(text))))
    )
    assert len(segmented.frequencies) == len(fresh.frequencies)
    assert [segmented.idf(term) for term in question] == [fresh.idf(term) for term in question]
    assert all((term in segmented.frequencies) == (term in fresh.frequencies) for term in question)
    assert segmented.frequencies.pairs_read_as("ping", "hu") == fresh.frequencies.pairs_read_as("ping", "hu")
    with TemporaryDirectory() as folder:
        segmented.save(Path(folder))
        read = Bm25Index.load(Path(folder), len(live_texts))
        assert read.scores(question).tolist() == fresh.scores(question).tolist()
        assert dict(read.frequencies) == dict(fresh.frequencies)


@given(
    TEXTS.filter(lambda texts: any(tokens(text) for text in texts)),
    st.text("平湖嘉兴人工智能项目签约a5", min_size=1, max_size=12),
)
def test_scores_equal_those_of_bm25s(texts: list[str], asked: str) -> None:
    theirs = bm25s.BM25(k1=1.2, b=0.75)
    theirs.index([tokens(text) or ["\0"] for text in texts], show_progress=False)
    built = Bm25Index.build(texts)
    known = [term for term in dict.fromkeys(tokens(asked)) if term in built.frequencies]
    expected = theirs.get_scores(known) if known else np.zeros(len(texts))
    assert built.scores(tokens(asked)) == pytest.approx(expected, abs=1e-5)


def test_top_scores() -> None:
    assert top(np.array([1, 0, 2, 0.5, 0], np.float32), 2).tolist() == [2, 0]
    assert top(np.array([1, 0, 2, 0.5, 0], np.float32), 9).tolist() == [2, 0, 3]
    assert top(np.zeros(5, np.float32), 9).tolist() == []
    equal = Bm25Index.build(["平湖 平湖" if row % 3 else "平湖 上海" for row in range(500)])
    assert top(equal.scores(["平湖"]), 400).tolist() == sorted(range(500), key=lambda row: (row % 3 == 0, row))[:400]


@given(SEGMENTS, st.text("平湖嘉兴人工智能项目签约a5", min_size=1, max_size=12), st.integers(1, 8))
def test_top_is_the_start_of_the_full_ranking(parts: list[tuple[list[str], list[bool]]], asked: str, k: int) -> None:
    segmented = Bm25Index([Postings.build(texts) for texts, _ in parts], [np.array(mask, bool) for _, mask in parts])
    scores = segmented.scores(tokens(asked))
    order = [row for row in np.lexsort((np.arange(len(scores)), -scores)) if scores[row] > 0][:k]
    assert top(scores, k).tolist() == order


def test_round_trip(tmp_path: Path) -> None:
    built = Bm25Index.build(TABLE)
    built.save(tmp_path)
    read = Bm25Index.load(tmp_path, 3)
    assert read.frequencies == built.frequencies == {"平湖": 2, "ai": 2, "嘉兴": 1, "上海": 1, "5": 1}
    for term in built.frequencies:
        assert read.scores([term]).tolist() == built.scores([term]).tolist()
    for path in tmp_path.rglob("*.npy"):
        assert np.load(path, allow_pickle=False).dtype != object


@pytest.mark.parametrize("content", [b"", b"null", b"[]", b"{", b"\xff\xfe"])
@pytest.mark.parametrize("name", ["terms.npy", "offsets.npy", "rows.npy", "counts.npy", "lengths.npy", "sounds.npy"])
def test_damaged_files(tmp_path: Path, name: str, content: bytes) -> None:
    Bm25Index.build(TABLE).save(tmp_path)
    (tmp_path / name).write_bytes(content)
    with pytest.raises(IndexDamaged, match="run `rag index`"):
        Bm25Index.load(tmp_path, 3)


def test_truncated_and_exchanged_files(tmp_path: Path) -> None:
    Bm25Index.build(TABLE).save(tmp_path)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == sorted(
        f"{n}.npy" for n in ("terms", "offsets", "indptr", "rows", "counts", "lengths", "sounds", "spans", "sounding")
    )
    good = {name: (tmp_path / name).read_bytes() for name in names}
    for name in names:
        header = 128  # bytes of an array file before its numbers
        for data in (
            good[name][:-1],
            good[name][:header],
            good[name][: header - 1],
            *(good[o] for o in names if good[o] != good[name]),
        ):
            (tmp_path / name).write_bytes(data)
            with pytest.raises(IndexDamaged, match="run `rag index`"):
                Bm25Index.load(tmp_path, 3)
        (tmp_path / name).write_bytes(good[name])
    with pytest.raises(IndexDamaged, match="run `rag index`"):
        Bm25Index.load(tmp_path, 4)
    assert Bm25Index.load(tmp_path, 3).frequencies == Bm25Index.build(TABLE).frequencies


def test_missing_files(tmp_path: Path) -> None:
    with pytest.raises(IndexDamaged, match="run `rag index`"):
        Bm25Index.load(tmp_path, 3)
