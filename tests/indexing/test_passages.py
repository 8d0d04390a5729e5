from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.embedding.embedder import Embedder
from rag.index.snapshot import Index, load
from rag.indexing.build import build_from
from rag.indexing.passages import MAX_CHARS, PassageSplitter, passages_of
from rag.schema import Article, Run
from rag.text.sentences import sentences

PROSE = st.text(
    st.sampled_from("平湖人工智能，。！？；：“”‘’…、5. \n说表示（）Aa.?!\"'\u3000") | st.characters(codec="utf-8"),
    max_size=1500,
)


def _article(text: str, title: str = "") -> Article:
    return Article("a.txt#1", "a.txt", title, (), "", "article", text, (Run(0, 0, len(text)),))


def _characters(texts: Sequence[str]) -> list[int]:
    return [len(text) for text in texts]


def _cut(text: str) -> list[str]:
    return [text[a:b] for a, b in sentences(text)]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("一。二！三？四", ["一。", "二！", "三？", "四"]),
        ("他说：“来吧。”大家都来了。", ["他说：“来吧。”", "大家都来了。"]),
        ("“平湖拥有算力基础。”闫博文说。企业很多。", ["“平湖拥有算力基础。”闫博文说。", "企业很多。"]),
        ("“科创引领。”顾补荣说。他提交了建议。", ["“科创引领。”顾补荣说。", "他提交了建议。"]),
        (
            "“要推进智能化转型。”詹鹏飞委员说。\n“要研究。”李宏宇常委认为。",
            ["“要推进智能化转型。”詹鹏飞委员说。", "“要研究。”李宏宇常委认为。"],
        ),
        ("“来了。”他带着一家老小从新埭镇赶到城里去看平湖一年一度的西瓜灯节并且说。", None),
        ("真的吗？！是的……好。", ["真的吗？！", "是的……好。"]),
        ("（见图。）下一句。", ["（见图。）", "下一句。"]),
        ("第一段\n\n第二段\n", ["第一段", "第二段"]),
        ("增长62.3%。比重14.1%。", ["增长62.3%。", "比重14.1%。"]),
        ("AI grew 4.5 percent. Pinghu signed. No 3.", ["AI grew 4.5 percent.", "Pinghu signed.", "No 3."]),
        ("  。  ", ["。"]),
        (" \n ", []),
        ("", []),
    ],
)
def test_sentences(text: str, parts: list[str] | None) -> None:
    if parts is None:
        assert len(_cut(text)) == 2
    else:
        assert _cut(text) == parts


@given(PROSE)
def test_sentences_cover_all_that_is_no_blank(text: str) -> None:
    spans = sentences(text)
    assert all(a < b and text[a:b] == text[a:b].strip() for a, b in spans)
    assert all(a[1] <= b[0] for a, b in pairwise(spans))
    assert (
        "".join(text[a:b] for a, b in spans).split()
        == "".join(c for i, c in enumerate(text) if any(a <= i < b for a, b in spans)).split()
    )
    assert "".join("".join(text[a:b].split()) for a, b in spans) == "".join(text.split())


@given(PROSE | st.text("字", min_size=300, max_size=2000) | st.lists(PROSE, max_size=4).map("。".join))
def test_pieces_are_the_text(text: str) -> None:
    pieces = PassageSplitter().split_text(text)
    assert "".join(pieces) == text
    assert all(0 < len(piece) <= MAX_CHARS for piece in pieces)


def test_passages_end_where_sentences_end() -> None:
    text = "".join(f"第{i:02}句话说的是平湖的人工智能产业在过去一年里发展得很快。" for i in range(60))
    pieces = PassageSplitter().split_text(text)
    assert all(piece.startswith("第") and piece.endswith("快。") for piece in pieces)
    assert all(160 <= len(piece) <= 330 for piece in pieces[:-1])


def test_long_sentence_is_cut_at_its_clauses() -> None:
    text = "，".join("平湖的人工智能产业在过去一年里发展得很快" for _ in range(40)) + "。"
    pieces = PassageSplitter().split_text(text)
    assert len(pieces) > 1
    assert all(piece.endswith("，") for piece in pieces[:-1])


@given(PROSE, st.integers(20, 500))
def test_passages_are_the_articles_words(text: str, limit: int) -> None:
    article = _article(text, "平湖")
    passages = passages_of(article, limit, _characters)
    assert all(article.text[p.start : p.end] == p.text for p in passages)
    assert all(p.passage_id == f"a.txt#1:{p.start}-{p.end}" and p.article_id == "a.txt#1" for p in passages)
    assert all(p.text == p.text.strip() and len(p.text) <= MAX_CHARS for p in passages)
    assert all(len(p.context) <= limit for p in passages)
    assert all(a.end <= b.start for a, b in pairwise(passages))
    assert "".join("".join(p.text.split()) for p in passages) == "".join(text.split())


HOSTILE = {
    "emoji": "👍🎉🤖👨\u200d👩\u200d👧🇨🇳" * 150,
    "bismillah": "ﷺ" * 400,
    "square": "㍿㌀㍻" * 400,
    "rare hanzi": "𠮷𡃁𪚥龘靐齉" * 200,
    "no punctuation": "平湖人工智能产业签约落地" * 834,
    "one letter": "a" * 5000,
    "digits": "3.1415926535" * 500,
    "combining": "e\u0301\u0302\u0303\u0304" * 500,
    "fullwidth": "ＡＩ２０２５％" * 400,
    "unassigned": "\u0378\ufffe\ue000" * 400,
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("title", ["", "平湖5个人工智能产业项目签约,总投资5亿元"], ids=["bare", "titled"])
def test_no_passage_is_longer_than_the_model_sees(embedder: Embedder, name: str, title: str) -> None:
    article = _article(HOSTILE[name], title)
    passages = passages_of(article, embedder.max_tokens, embedder.count_tokens)
    counts = embedder.count_tokens([p.context for p in passages])
    assert max(counts) <= embedder.max_tokens == 512
    assert "".join(p.text for p in passages) == article.text
    assert max(len(p.text) for p in passages) <= MAX_CHARS


def test_headline_longer_than_the_model_sees_leaves_room_for_the_passage() -> None:
    article = _article("昨天，平湖签约了5个项目，总投资5亿元。" * 4, "题" * 80)
    passages = passages_of(article, 64, _characters)
    assert max(len(p.context) for p in passages) <= 64


def test_headline_of_many_tokens(embedder: Embedder) -> None:
    article = _article("昨天，平湖签约了5个人工智能项目，总投资5亿元。" * 14, "ﷺ" * 80)
    passages = passages_of(article, embedder.max_tokens, embedder.count_tokens)
    assert max(embedder.count_tokens([p.context for p in passages])) <= embedder.max_tokens
    assert "".join(p.text for p in passages) == article.text


@settings(max_examples=25)
@given(st.text(st.characters(codec="utf-8"), max_size=3000))
def test_no_passage_of_any_text_is_longer_than_the_model_sees(embedder: Embedder, text: str) -> None:
    article = _article(text, text[:80])
    passages = passages_of(article, embedder.max_tokens, embedder.count_tokens)
    assert max(embedder.count_tokens([p.context for p in passages]), default=0) <= embedder.max_tokens


def test_seed_passages(index: Index) -> None:
    assert sum(p.text.endswith(("。", "”", "！", "？", "……")) for p in index.passages) >= len(index.passages) - 8
    for p in index.passages:
        assert index.articles[p.article_id].text[p.start : p.end] == p.text
    ends = {p.article_id: p.end for p in index.passages}
    assert ends == {key: len(a.text) for key, a in index.articles.items()}


def test_headline_is_context_and_not_text() -> None:
    article = _article("平湖签约。", "总投资5亿元")
    (passage,) = passages_of(article, 512, _characters)
    assert passage.text == "平湖签约。"
    assert passage.context == "总投资5亿元\n平湖签约。"
    (untitled,) = passages_of(_article("平湖签约。"), 512, _characters)
    assert untitled.context == "平湖签约。"


TABLE = "名额见下表。\n单位\t岗位\t名额\n" + "\n".join(f"青岩第{n}医院\t护士、医生。\t{n}" for n in range(1, 80))


def test_passages_never_cut_inside_a_row_and_carry_the_header() -> None:
    passages = passages_of(_article(TABLE, "青岩招考"), 512, _characters)
    rows = TABLE.split("\n")
    assert [row for p in passages for row in p.text.split("\n")] == rows
    assert passages[0].heading == "青岩招考"
    assert {p.heading for p in passages[1:]} == {"青岩招考\n单位\t岗位\t名额"}


def test_header_that_is_too_long_is_left_out() -> None:
    passages = passages_of(_article(TABLE, "青岩招考"), 36, _characters)
    assert {p.heading for p in passages} == {"青岩招考"}
    assert all(len(p.context) <= 36 for p in passages)


def test_stored_passage_keeps_the_header(tmp_path: Path, embedder: Embedder) -> None:
    article = _article(TABLE, "青岩招考")
    build_from([article], tmp_path, embedder)
    stored = list(load(tmp_path).passages)
    assert [p.context for p in stored] == [
        p.context for p in passages_of(article, embedder.max_tokens, embedder.count_tokens)
    ]
    assert stored[-1].heading == "青岩招考\n单位\t岗位\t名额"


def test_row_longer_than_a_passage_is_cut_between_cells() -> None:
    text = "\t".join("平湖的人工智能产业在过去一年里发展得很快" for _ in range(40))
    pieces = PassageSplitter().split_text(text)
    assert len(pieces) > 1
    assert all(piece.endswith("\t") for piece in pieces[:-1])
