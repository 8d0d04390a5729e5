"""The measures against tables worked by hand, brute force and ir_measures."""

from __future__ import annotations

import math
from dataclasses import replace

import ir_measures
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.harness import answer_figures, measures
from eval.harness.intervals import auroc
from eval.harness.sets import GoldEvidence, Question
from rag.schema import Answer, Article, Citation, Hit, Passage, Run

# Offset 0 is 零, 10 is 一, and so on: each block of ten characters is one passage, unless a test sets other ones.
TEXT = "零甲乙丙丁戊己庚辛壬一甲乙丙丁戊己庚辛壬二甲乙丙丁戊己庚辛壬三甲乙丙丁戊己庚辛壬"


def article(name: str = "a", file: str = "a.txt", text: str = TEXT) -> Article:
    return Article(name, file, "", (), "", "article", text, (Run(0, 0, len(text)),))


def hit(start: int, end: int, of: Article | None = None) -> Hit:
    of = article() if of is None else of
    passage = Passage(f"{of.article_id}:{start}", of.article_id, of.text[start:end], start, end)
    return Hit(passage, of, 0.0, 0.0, 0.0)


def question(*evidence: GoldEvidence, answerable: bool = True, facts: tuple[tuple[str, ...], ...] = ()) -> Question:
    return Question("q", "？", "zh", "factoid", answerable, facts, evidence)


def quote(words: str, doc: str = "a.txt") -> GoldEvidence:
    return GoldEvidence(doc, words)


def citation(words: str, file: str = "a.txt", start: int = 0) -> Citation:
    end = start + len(words)
    return Citation(1, "a", "", (), "", file, words, start, end, start, end)


def answer(text: str = "", *quotes: Citation | str, abstained: bool = False, confidence: float = 0.5) -> Answer:
    cited = tuple(citation(item) if isinstance(item, str) else item for item in quotes)
    return Answer("？", text, "extractive", abstained, confidence, "zh", cited, (), {}, "", "")


# -- where evidence is found


def test_a_quote_is_found_by_the_passage_that_holds_it() -> None:
    hits = [hit(20, 30), hit(0, 10), hit(10, 20)]
    asked = question(quote("一甲乙"), quote("二 甲\n乙"), quote("三甲乙"))
    assert measures.evidence_ranks(asked, hits) == (3, 1, None)


def test_a_quote_is_compared_normalised() -> None:
    of = article(text="平湖ＡＩ项目，总投资\n5 亿元")
    assert measures.evidence_ranks(question(quote("ai项目,总投资5亿")), [hit(0, 15, of)]) == (1,)


def test_the_same_words_in_another_document_do_not_count() -> None:
    other = article("b", "b.txt")
    assert measures.evidence_ranks(question(quote("一甲乙")), [hit(10, 20, other)]) == (None,)


def test_passages_that_touch_or_overlap_cover_a_quote_together() -> None:
    spanning = question(quote("辛壬一甲"))  # 8 to 12
    assert measures.evidence_ranks(spanning, [hit(0, 10), hit(20, 30), hit(10, 20)]) == (3,)
    assert measures.evidence_ranks(spanning, [hit(5, 12), hit(0, 9)]) == (1,)
    assert measures.evidence_ranks(spanning, [hit(9, 20), hit(0, 11)]) == (2,)
    assert measures.evidence_ranks(spanning, [hit(0, 10), hit(11, 20)]) == (None,)
    assert measures.evidence_ranks(question(quote("零" + TEXT[1:30])), [hit(20, 30), hit(0, 10), hit(10, 20)]) == (3,)


def test_a_passage_inside_another_does_not_cut_it_short() -> None:
    assert measures.evidence_ranks(question(quote("辛壬一甲乙丙")), [hit(0, 12), hit(2, 5), hit(12, 20)]) == (3,)


def test_only_white_space_may_lie_between_passages() -> None:
    of = article(text="签约5个\n\n项目，好")
    assert measures.evidence_ranks(question(quote("5个项目")), [hit(0, 4, of), hit(6, 8, of)]) == (2,)
    assert measures.evidence_ranks(question(quote("个项，")), [hit(0, 7, of), hit(8, 9, of)]) == (None,)


def test_two_articles_of_one_file_do_not_touch() -> None:
    first, second = article("a#1", text="甲乙丙"), article("a#2", text="甲乙丙丁戊")
    assert measures.evidence_ranks(question(quote("丙丁")), [hit(0, 3, first), hit(3, 5, second)]) == (None,)
    assert measures.evidence_ranks(question(quote("丙丁")), [hit(0, 3, first), hit(2, 5, second)]) == (2,)


def test_evidence_without_a_quote_is_found_by_its_document_or_one_in_also() -> None:
    a, b, c = (article(name, f"{name}.txt") for name in "abc")
    asked = question(GoldEvidence("a.txt", None), GoldEvidence("b.txt", None))
    assert measures.evidence_ranks(asked, [hit(0, 10, c), hit(0, 10, b), hit(30, 40, a)]) == (3, 2)
    assert measures.evidence_ranks(replace(asked, also=("c.txt",)), [hit(0, 10, c), hit(0, 10, b)]) == (1, 1)
    quoted = replace(question(quote("一甲乙")), also=("c.txt",))
    assert measures.evidence_ranks(quoted, [hit(10, 20, c)]) == (None,)


def test_a_missed_question_finds_nothing_and_counts() -> None:
    ranks = measures.evidence_ranks(question(quote("一甲"), quote("二甲")), [])
    assert ranks == (None, None)
    assert (measures.recall_at(ranks, 10), measures.reciprocal_rank(ranks), measures.ndcg(ranks)) == (0, 0, 0)


def test_an_unanswerable_question_has_nothing_to_find() -> None:
    near_miss = question(quote("一甲"), answerable=False, facts=(("甲",),))
    assert measures.evidence_ranks(near_miss, [hit(10, 20)]) == ()
    assert measures.recall_at((), 5) is measures.reciprocal_rank(()) is measures.ndcg(()) is None
    answered = answer("甲", "一甲")
    assert measures.fact_recall(near_miss, answered) is None
    assert measures.citation_precision(near_miss, answered) is measures.citation_recall(near_miss, answered) is None


# -- ranking measures

LOG3 = math.log2(3)


@pytest.mark.parametrize(
    ("ranks", "recall_1", "recall_5", "reciprocal", "gain"),
    [
        ((1,), 1, 1, 1, 1),
        ((2,), 0, 1, 1 / 2, 1 / LOG3),
        ((None,), 0, 0, 0, 0),
        ((11,), 0, 0, 0, 0),
        ((10,), 0, 0, 1 / 10, 1 / math.log2(11)),
        ((1, None), 1 / 2, 1 / 2, 1, 1 / (1 + 1 / LOG3)),
        ((3, 1), 1 / 2, 1, 1, (1 + 1 / 2) / (1 + 1 / LOG3)),
        ((1, 1), 1, 1, 1, 1),  # one passage holds both
        ((2, 2, None), 0, 2 / 3, 1 / 2, (1 / LOG3) / (1 + 1 / LOG3)),
        ((12, 1), 1 / 2, 1 / 2, 1, 1 / (1 + 1 / LOG3)),
    ],
)
def test_ranking_by_hand(
    ranks: tuple[int | None, ...], recall_1: float, recall_5: float, reciprocal: float, gain: float
) -> None:
    assert measures.recall_at(ranks, 1) == recall_1
    assert measures.recall_at(ranks, 5) == recall_5
    assert measures.reciprocal_rank(ranks) == reciprocal
    assert measures.ndcg(ranks) == pytest.approx(gain)


def test_a_second_passage_of_the_same_evidence_gains_nothing() -> None:
    hits = [hit(0, 12), hit(8, 20), hit(20, 30)]
    ranks = measures.evidence_ranks(question(quote("辛壬一甲"), quote("二甲")), hits)
    assert ranks == (1, 3)
    assert measures.ndcg(ranks) == pytest.approx((1 + 1 / 2) / (1 + 1 / LOG3))


DOCS = [article(f"d{i}", f"d{i}.txt", f"第{i}篇") for i in range(16)]


@st.composite
def rankings(draw: st.DrawFn) -> tuple[dict[str, list[int]], dict[str, list[int]]]:
    """Draw a few questions: the relevant documents of each, and its ranked documents."""
    count = draw(st.integers(1, 4))
    relevant, ranked = {}, {}
    for i in range(count):
        relevant[f"q{i}"] = draw(st.lists(st.integers(0, 15), min_size=1, max_size=12, unique=True))
        ranked[f"q{i}"] = draw(st.permutations(range(16)))[: draw(st.integers(0, 16))]
    return relevant, ranked


@pytest.mark.parametrize("quoted", [False, True])
@given(case=rankings())
def test_ranking_measures_agree_with_ir_measures(
    quoted: bool, case: tuple[dict[str, list[int]], dict[str, list[int]]]
) -> None:
    relevant, ranked = case
    qrels = [ir_measures.Qrel(q, f"d{d}", 1) for q, docs in relevant.items() for d in docs]
    run = [ir_measures.ScoredDoc(q, f"d{d}", 99.0 - i) for q, docs in ranked.items() for i, d in enumerate(docs)]
    names = [ir_measures.R @ 1, ir_measures.R @ 5, ir_measures.R @ 10, ir_measures.RR @ 10, ir_measures.nDCG @ 10]
    theirs = {(m.query_id, str(m.measure)): m.value for m in ir_measures.iter_calc(names, qrels, run)}
    for q, docs in relevant.items():
        asked = question(*(GoldEvidence(f"d{d}.txt", f"第{d}篇" if quoted else None) for d in docs))
        ranks = measures.evidence_ranks(asked, [hit(0, len(DOCS[d].text), DOCS[d]) for d in ranked[q]])
        ours = [measures.recall_at(ranks, k) for k in (1, 5, 10)]
        ours += [measures.reciprocal_rank(ranks), measures.ndcg(ranks)]
        for name, value in zip(names, ours, strict=True):
            assert value == pytest.approx(theirs[q, str(name)]), name


@given(st.lists(st.one_of(st.none(), st.integers(1, 15)), min_size=1, max_size=8), st.integers(1, 15))
def test_ranking_measures_stay_in_bounds_and_recall_grows(ranks: list[int | None], k: int) -> None:
    values = measures.recall_at(ranks, k), measures.reciprocal_rank(ranks, k), measures.ndcg(ranks, k)
    assert all(value is not None and 0 <= value <= 1 + 1e-12 for value in values)
    further = measures.recall_at(ranks, k + 1)
    assert values[0] is not None
    assert further is not None
    assert values[0] <= further


# -- facts

FACTS = (("5亿", "500 million"), ("12个",))


@pytest.mark.parametrize(
    ("answered", "expected"),
    [
        (answer("总投资 5 亿元，共12个。"), 1),
        (answer("总投资５亿[1]。"), 1 / 2),
        (answer("It is 500 Million."), 1 / 2),
        (answer("见引文[1]。", "共12个项目，5亿元"), 1),
        (answer("总投资15亿，112个"), 0),
        (answer("总投资2.5亿"), 0),
        (answer("总投资1,500 million"), 0),
        (answer("5亿，12个", abstained=True), 0),
        (answer(""), 0),
        (None, 0),
    ],
)
def test_fact_recall_by_hand(answered: Answer | None, expected: float) -> None:
    assert measures.fact_recall(question(facts=FACTS), answered) == expected


@pytest.mark.parametrize(
    ("fact", "text", "found"),
    [
        ("12", "12", True),
        ("12", "共12。", True),
        ("12", "12.", True),
        ("12", "12.5", False),
        ("12", "12,000", False),
        ("12", "12,13", True),
        ("12", "0.12", False),
        ("000", "12,000", False),
        ("7%", "17%", False),
        ("约7%", "约7%", True),
        ("(12)", "3(12)4", True),
        ("ＡＩ", "ai", True),
    ],
)
def test_a_fact_is_not_matched_inside_a_longer_number(fact: str, text: str, found: bool) -> None:
    assert measures.fact_recall(question(facts=((fact,),)), answer(text)) == found


def test_without_facts_there_is_nothing_to_recall() -> None:
    assert measures.fact_recall(question(), answer("5亿")) is None
    assert measures.fact_recall(question(), None) is None


# -- citations

GOLD = quote("平湖成功签约5个人工智能产业项目")  # 16 characters


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("平湖成功签约5个人工智能产业项目", True),
        ("昨天，平湖 成功签约５个\n人工智能产业项目，总投资5亿元。", True),  # contains it
        ("签约5个人工智能", True),  # 8 characters of it
        ("签约5个人工智", False),  # 7
        ("人工智能产业项目落户上海推介会", True),  # 8 characters of it
        ("项目", False),
        ("，", False),
    ],
)
def test_a_citation_rests_on_gold_words_by_their_longest_common_run(words: str, expected: bool) -> None:
    assert measures.supports(citation(words), GOLD) is expected


def test_half_of_the_shorter_text_must_be_common() -> None:
    gold = quote("零一二三四五六七八九甲乙丙丁戊己庚辛壬癸")  # 20
    assert measures.supports(citation("子丑寅卯辰巳午未申酉零一二三四五六七八九"), gold)
    assert not measures.supports(citation("子丑寅卯辰巳午未申酉戌零一二三四五六七八"), gold)  # 9
    assert measures.supports(citation("子丑寅卯辰巳午未申零一二三四五六七八"), gold)  # 9 of 18


def test_a_short_gold_quote_must_be_complete() -> None:
    assert measures.supports(citation("共5亿元整"), quote("5亿元"))
    assert not measures.supports(citation("共5亿美元"), quote("5亿元"))


def test_another_document_never_supports_a_quote() -> None:
    assert not measures.supports(citation(GOLD.quote or "", "b.txt"), GOLD)
    assert not measures.supports(citation(GOLD.quote or "", "b.txt"), GOLD, ("b.txt",))


def test_evidence_without_a_quote_is_supported_by_document() -> None:
    anywhere = GoldEvidence("a.txt", None)
    assert measures.supports(citation("，"), anywhere)
    assert not measures.supports(citation("，", "b.txt"), anywhere)
    assert measures.supports(citation("，", "b.txt"), anywhere, ("b.txt",))


@pytest.mark.parametrize(
    ("answered", "precision", "recall"),
    [
        (answer("", "平湖成功签约5个人工智能产业项目"), 1, 1 / 2),
        (answer("", "平湖成功签约5个人工智能", "成功签约5个人工智能产业"), 1, 1 / 2),
        (answer("", "平湖成功签约5个人工智能", "毫不相干的一句话也在这里"), 1 / 2, 1 / 2),
        (answer("", "平湖成功签约5个人工智能", citation("任意", "b.txt"), "另", "外"), 1 / 2, 1),
        (answer(""), 0, 0),
        (answer("", "平湖成功签约5个人工智能产业项目", abstained=True), 0, 0),
        (None, 0, 0),
    ],
)
def test_citation_precision_and_recall_by_hand(answered: Answer | None, precision: float, recall: float) -> None:
    asked = question(GOLD, GoldEvidence("b.txt", None))
    assert measures.citation_precision(asked, answered) == precision
    assert measures.citation_recall(asked, answered) == recall


def test_without_evidence_citations_are_not_judged() -> None:
    assert measures.citation_precision(question(), answer("", "x")) is None
    assert measures.citation_recall(question(), None) is None


def test_exact_quotes_by_hand() -> None:
    articles, files = {"a": "签约5个项目，总投资"}, {"a.txt": "\n签约5个\n项目，总投资"}
    good = replace(citation("5个项目", start=2), source_start=3, source_end=8)
    moved = replace(good, start=1, end=5)
    elsewhere = replace(good, source_start=4)
    altered = replace(good, quote="6个项目")
    unknown = replace(good, article_id="z")
    empty = replace(good, quote="", end=2, source_end=3)
    assert files["a.txt"][3:8] == "5个\n项目"
    assert measures.exact_quotes(answer("", good), articles, files) == 1
    for bad in (moved, elsewhere, altered, unknown, empty, replace(good, file="z.txt")):
        assert measures.exact_quotes(answer("", good, bad), articles, files) == 1 / 2
    assert measures.exact_quotes(answer(""), articles, files) is None
    assert measures.exact_quotes(None, articles, files) == 0


# -- figures


@pytest.mark.parametrize(
    ("answered", "cited"),
    [
        ("总投资5亿元[1]", "总投资５ 亿元"),
        ("500 million yuan [1]", "5亿元"),
        ("五亿元", "5亿元"),
        ("1,000家", "1000家"),
        ("增长百分之四十五点三", "增长45.3%"),
        ("up 45.3 percent", "增长45.3％"),
        ("三成", "30%"),
        ("提高3个百分点", "提高 3 百分点"),
        ("三千五百万", "3500万"),
        ("一亿二千万", "1.2亿"),
        ("1.2万亿", "一万二千亿"),
        ("2023年7月12日", "2023-07-12"),
        ("二〇二三年", "2023年"),
        ("on July 12, 2023", "2023年7月12号"),
        ("十二个", "12家"),
        ("两家", "2家"),
        ("5 mıllion", "5"),  # with a dotless i it is not a scale
        ("第三季度", "3"),
        ("1. 甲\n2. 乙\n（3）丙 ④丁", "甲乙丙丁"),
        ("一些企业统一部署，十分重要[1][12]", "企业"),
    ],
)
def test_figures_that_a_quote_supports(answered: str, cited: str) -> None:
    assert answer_figures.unsupported_figures(answer(answered, cited)) == ()


@pytest.mark.parametrize(
    ("answered", "cited", "missing"),
    [
        ("总投资5亿", "总投资15亿", ("5亿",)),
        ("5亿元", "5万元", ("5亿",)),
        ("增长5%", "增长5个百分点", ("5%",)),
        ("5个", "增长5%", ("5",)),
        ("5月", "5个", ("5月",)),
        ("7月12日", "7月13日", ("12日",)),
        ("2023-07-12", "2023年7月", ("2023-07-12",)),
        ("三家，十二个", "三家", ("十二",)),
        ("1.5亿和2.5亿", "1.5亿", ("2.5亿",)),
        ("5亿", "", ("5亿",)),
        ("[5]亿，[1234]", "5亿", ("1234",)),
        ("5，000人", "5000人", ("5", "000")),
    ],
)
def test_figures_that_no_quote_supports(answered: str, cited: str, missing: tuple[str, ...]) -> None:
    assert answer_figures.unsupported_figures(answer(answered, cited)) == missing


def test_figure_faithfulness_by_hand() -> None:
    assert answer_figures.figure_faithfulness(answer("5亿和3个", "5亿", "3个")) == 1
    assert answer_figures.figure_faithfulness(answer("5亿和4个", "5亿", "3个")) == 0
    assert answer_figures.figure_faithfulness(answer("没有数字[1]", "5亿")) is None
    assert answer_figures.figure_faithfulness(answer("没有5亿", abstained=True)) is None
    assert answer_figures.figure_faithfulness(None) == 0


@given(st.text(alphabet="0123456789.,，-/年月日号%亿万千百十零一二三两点个第分之成[]()（） \n①millonpercth"))
def test_words_cited_verbatim_are_faithful(words: str) -> None:
    # Marks and numbers at the start of a line are removed from answers only, not from quotes.
    words = "。" + "".join(c for c in words if c not in "[]\n")
    assert answer_figures.unsupported_figures(answer(words, words)) == ()


@given(st.text())
def test_any_text_can_be_searched_for_figures(words: str) -> None:
    assert isinstance(answer_figures.unsupported_figures(answer(words, words)), tuple)


@given(st.integers(11, 10**12))
def test_chinese_numerals_equal_digits(number: int) -> None:
    assert answer_figures.unsupported_figures(answer(f"共{in_chinese(number)}整", f"共{number}整")) == ()


def in_chinese(number: int) -> str:
    """Return a number as numerals by place: 1050 is 一千零五十."""
    for size, name in ((10**8, "亿"), (10**4, "万"), (1000, "千"), (100, "百"), (10, "十")):
        if number >= size:
            rest = number % size
            gap = "零" if 0 < rest < size // 10 else ""
            return in_chinese(number // size) + name + gap + (in_chinese(rest) if rest else "")
    return "零一二三四五六七八九"[number]


# -- refusals


def test_refusals_by_hand() -> None:
    asked, impossible = question(), question(answerable=False)
    answered, refused = answer("甲", confidence=0.8), answer("", abstained=True, confidence=0.1)
    assert [measures.refused_unanswerable(impossible, a) for a in (answered, refused, None)] == [0, 1, 0]
    assert [measures.refused_answerable(asked, a) for a in (answered, refused, None)] == [0, 1, 1]
    assert measures.refused_unanswerable(asked, refused) is None
    assert measures.refused_answerable(impossible, refused) is None
    assert [measures.confidence(asked, a) for a in (answered, refused, None)] == [0.8, 0.1, 0.0]
    assert [measures.confidence(impossible, a) for a in (answered, None)] == [0.8, 1.0]


def test_a_missed_question_never_helps_the_area() -> None:
    asked, impossible = question(), question(answerable=False)
    records = [(asked, answer(confidence=0.9)), (impossible, answer(confidence=0.2)), (asked, None), (impossible, None)]
    scores = [measures.confidence(q, a) for q, a in records]
    # of the four pairs, only one is won: the first answerable question above the first unanswerable one
    assert auroc([q.answerable for q, _ in records], scores) == 0.25
