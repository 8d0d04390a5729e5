"""The marks of a language model's text are checked, and each citation quotes a sentence of an article."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rag.answer.citations import UNVERIFIED, cite, verify
from rag.schema import Article, Citation, Hit, Passage, Run
from rag.text.sentences import sentences

FIRST = "昨天，平湖签约了5个人工智能项目，总投资5亿元。作为装备制造强市，平湖产业基础坚实。"
SECOND = "在集中签约环节，12个机器人项目签约落地平湖，总投资规模约30亿元。同比增长62.3%。"
THIRD = "今天多云到晴，午后局部阴有阵雨。"


def _hit(number: int, text: str) -> Hit:
    article = Article(
        f"p.txt#{number}",
        "p.txt",
        f"第{'一二三'[number - 1]}条",
        ("王强",),
        "2025-06-03",
        "article",
        "头。" + text,
        (Run(0, 100 * number, len(text) + 2),),
    )
    passage = Passage(f"p.txt#{number}:2-{len(text) + 2}", article.article_id, text, 2, len(text) + 2)
    return Hit(passage, article, 1.0, 0.9, 5.0)


HITS = [_hit(1, FIRST), _hit(2, SECOND), _hit(3, THIRD)]
FIRST_SENTENCE = "昨天，平湖签约了5个人工智能项目，总投资5亿元。"
SECOND_SENTENCE = "在集中签约环节，12个机器人项目签约落地平湖，总投资规模约30亿元。"


def _quotes(citations: tuple[Citation, ...]) -> list[str]:
    return [c.quote for c in citations]


def test_citation_holds_everything_that_a_reader_sees() -> None:
    assert cite(4, HITS[0].article, 2, 26) == Citation(
        n=4,
        article_id="p.txt#1",
        title="第一条",
        byline=("王强",),
        date="2025-06-03",
        file="p.txt",
        quote=FIRST_SENTENCE,
        start=2,
        end=26,
        source_start=102,
        source_end=126,
    )


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("平湖签约5个项目，总投资5亿元。[1]", "平湖签约5个项目，总投资5亿元。[1]"),
        ("平湖签约5个项目，总投资5亿元[1]。", "平湖签约5个项目，总投资5亿元。[1]"),
        ("平湖签约5个项目，总投资5亿元【1】。", "平湖签约5个项目，总投资5亿元。[1]"),
        ("平湖签约5个项目，总投资5亿元［１］。", "平湖签约5个项目，总投资5亿元。[1]"),
        ("平湖签约5个项目 [ 1 ]。", "平湖签约5个项目。[1]"),
        ("平湖签约5个项目[1][1]。", "平湖签约5个项目。[1]"),
        ("平湖签约5个项目[1][9]。", "平湖签约5个项目。[1]"),
        ("平湖签约5个项目[9, 1，0]。", "平湖签约5个项目。[1]"),
    ],
)
def test_marks(written: str, expected: str) -> None:
    text, citations = verify(written, HITS, "zh")
    assert text == expected
    assert _quotes(citations) == [FIRST_SENTENCE]


@pytest.mark.parametrize(
    "marks", ["[1][2]", "[1,2]", "[1, 2]", "【1】【2】", "［1，2］", "[1、2]", "[1; 2]", " [1] [2]"]
)
def test_two_marks(marks: str) -> None:
    text, citations = verify(f"平湖签约了总投资5亿元的5个和总投资30亿元的12个项目{marks}。", HITS, "zh")
    assert text == "平湖签约了总投资5亿元的5个和总投资30亿元的12个项目。[1][2]"
    assert [c.article_id for c in citations] == ["p.txt#1", "p.txt#2"]


def test_numbered_in_the_order_of_first_use() -> None:
    text, citations = verify("平湖签约12个项目。[2]\n平湖签约5个项目。[1]\n12个机器人项目签约落地平湖。[2]", HITS, "zh")
    assert text == "平湖签约12个项目。[1]\n平湖签约5个项目。[2]\n12个机器人项目签约落地平湖。[1]"
    assert _quotes(citations) == [SECOND_SENTENCE, FIRST_SENTENCE]
    assert [c.n for c in citations] == [1, 2]


def test_the_sentence_that_supports_the_claim_is_quoted() -> None:
    _, citations = verify("平湖装备制造产业基础坚实。[1]同比增长62.3%。[2]", HITS, "zh")
    assert _quotes(citations) == ["作为装备制造强市，平湖产业基础坚实。", "同比增长62.3%。"]


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(
    "claim",
    [
        "平湖签约5个项目，总投资6亿元[1]。",  # an invented figure
        "平湖签约5个项目，总投资30亿元[1]。",  # a figure of another passage
        "平湖签约5个项目，增长62.3[2]。",  # a percentage as a plain number
        "平湖签约5个项目。",  # no mark
        "平湖签约5个项目[7]。",  # a mark without a passage
        "Pinghu signed 6 projects [1].",
        "Pinghu signed projects.",
    ],
)
def test_unverified(claim: str, language: str) -> None:
    text, citations = verify(claim, HITS, language)
    assert UNVERIFIED[language] in text
    assert len(citations) == ("[1]" in claim or "[2]" in claim)


@pytest.mark.parametrize(
    "claim",
    [
        "平湖签约5个项目，总投资5亿元[1]。",
        "平湖签约五个项目，总投资5亿[1]。",
        "12个项目共30亿元，增长百分之六十二点三[2]。",
        "平湖共签约12个和5个项目[1][2]。",
        "平湖产业基础坚实[1]。",
    ],
)
def test_verified(claim: str) -> None:
    assert UNVERIFIED["zh"] not in verify(claim, HITS, "zh")[0]


def test_verified_in_english() -> None:
    text, citations = verify(
        "Pinghu signed 5 projects worth 500 million yuan [1]. Output grew 62.3 percent [2].", HITS, "en"
    )
    assert text == "Pinghu signed 5 projects worth 500 million yuan.[1] Output grew 62.3 percent.[2]"
    assert _quotes(citations) == [FIRST_SENTENCE, "同比增长62.3%。"]


def test_claim_without_a_word_of_its_source() -> None:
    text, _ = verify("北京举办了奥运会[3]。", HITS, "zh")
    assert text == "北京举办了奥运会（未核实）。[1]" or text == "北京举办了奥运会。（未核实）[1]"


def test_heading_is_not_a_claim() -> None:
    assert verify("签约项目如下：\n平湖签约5个项目。[1]", HITS, "zh")[0] == "签约项目如下：\n平湖签约5个项目。[1]"


def test_only_marks_and_no_passages() -> None:
    assert verify("[1][2]", HITS, "zh") == ("", ())
    assert verify("", HITS, "zh") == ("", ())
    assert verify("平湖签约5个项目。[1]", [], "zh") == ("平湖签约5个项目。（未核实）", ())


REPLY = st.text(
    st.sampled_from("平湖签约5个12项目亿元62.3%。！？!?.\n：:[]【】［］()1239０１,，、;；- ^AI”")
    | st.characters(codec="utf-8"),
    max_size=120,
)
PARTS = [
    "平湖签约5个项目",
    "总投资6亿元",
    "[1]",
    "[2]",
    "[9]",
    "[1,2]",
    "【3】",
    "。",
    ".",
    "\n",
    " ",
    "[",
    "]",
    "[1",
    "12",
]


@given(st.sampled_from(["zh", "en"]), REPLY | st.lists(st.sampled_from(PARTS)).map("".join))
@example("zh", "平湖[9[2]]签约。")
@example("zh", "平湖签约[1234]。")
@example("en", "Pinghu signed. [[4]]")
@example("zh", "一" + "亿" * 45 + "[1]")
@example("zh", "平湖[\n9]。[1]")
def test_any_reply(language: str, reply: str) -> None:
    text, citations = verify(reply, HITS, language)
    assert [c.n for c in citations] == list(range(1, len(citations) + 1))
    referred = {int(n) for n in re.findall(r"\[(\d+)\]", text)}
    assert referred == set(range(1, len(citations) + 1))
    for c in citations:
        article = {h.article.article_id: h.article for h in HITS}[c.article_id]
        assert article.text[c.start : c.end] == c.quote
        assert (c.start, c.end) in sentences_of(article)


def sentences_of(article: Article) -> list[tuple[int, int]]:
    return [(a + 2, b + 2) for a, b in sentences(article.text[2:])]
