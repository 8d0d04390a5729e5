"""What the figures of an evaluation mean: one pure function a measure.

Measures of one question give 0..1, or None where the measure has nothing to say about it (an
unanswerable one has no evidence to find and no facts to state, whatever its line lists). A question
that a run missed is given as no hits, or as the answer None, and gets the worst value: 0, or 1 where
less is better. It is never dropped. Those of many records at once are in ``eval.harness.intervals``, and
named here too. Texts are compared by ``eval.harness.sets.normalise``; documents are ``Article.file``.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from decimal import Decimal
from difflib import SequenceMatcher

from eval.harness.intervals import aurc as aurc
from eval.harness.intervals import auroc as auroc
from eval.harness.intervals import percentile as percentile
from eval.harness.intervals import risk_coverage as risk_coverage
from eval.harness.sets import Evidence, Question, normalise
from rag.schema import Answer, Article, Citation, Hit

Ranks = Sequence[int | None]  # of each evidence of a question: from 1, None where it is not found

OVERLAP, OVERLAP_LEAST = 0.5, 8  # see ``supports``; the second so that a word or two do not count


def evidence_ranks(question: Question, hits: Sequence[Hit]) -> tuple[int | None, ...]:
    """The rank at which each evidence of ``question`` is found in ``hits``, best first.

    A quote is found at rank r when the first r passages, those of one article of its document that
    overlap or touch (white space between them aside) joined, contain it: one passage that holds it,
    or several that cover it together. Evidence without a quote is found by any passage of its
    document or of a document in ``also``. Empty when there is nothing to find."""
    gold = question.evidence if question.answerable else ()
    ranks: list[int | None] = [None] * len(gold)
    spans: dict[str, list[tuple[int, int]]] = {}
    for rank, hit in enumerate(hits, 1):
        seen = spans.setdefault(hit.article.article_id, [])
        seen.append((hit.passage.start, hit.passage.end))
        for i, item in enumerate(gold):
            if ranks[i] is None and _finds(item, question.also, hit.article, seen):
                ranks[i] = rank
    return tuple(ranks)


def recall_at(ranks: Ranks, k: int) -> float | None:
    """Evidence recall@k: the share of evidence found in the first k passages. None without evidence.
    Recall (Cleverdon, 1967) counted over evidence instead of relevant documents."""
    return sum(1 for rank in ranks if rank and rank <= k) / len(ranks) if ranks else None


def reciprocal_rank(ranks: Ranks, k: int = 10) -> float | None:
    """1 / rank of the first evidence found in the first k passages, else 0. None without evidence.
    Its mean over questions is MRR@k (Voorhees, TREC-8 question answering track, 1999)."""
    return max(1 / rank if rank and rank <= k else 0.0 for rank in ranks) if ranks else None


def ndcg(ranks: Ranks, k: int = 10) -> float | None:
    """nDCG@k with binary gains: sum of 1 / log2(1 + rank) over gaining ranks, over the best such sum.

    A rank gains 1 when it completes evidence not found above it: a second passage with the same
    evidence gains nothing. Evidence completed at one rank counts as one, in the best sum too: one
    passage that holds all of it, at rank 1, scores 1. None without evidence. (Järvelin and
    Kekäläinen, ACM TOIS 20(4), 2002; the discount as in trec_eval.)"""
    if not ranks:
        return None
    gaining = {rank for rank in ranks if rank}
    ideal = min(k, len(gaining) + sum(rank is None for rank in ranks))
    best = sum(1 / math.log2(1 + rank) for rank in range(1, ideal + 1))
    return sum(1 / math.log2(1 + rank) for rank in sorted(gaining) if rank <= k) / best


def fact_recall(question: Question, answer: Answer | None) -> float | None:
    """The share of fact groups of which a spelling is in the answer or in a quote it cites.

    A spelling that begins or ends with a digit does not match inside a longer number: ``5亿`` is not
    in ``15亿``, nor ``12`` in ``12.5``. A refusal states nothing: 0. None without facts. Own
    definition, after nugget recall (Voorhees, TREC 2003 question answering track)."""
    if not (question.answerable and question.facts):
        return None
    if answer is None or answer.abstained:
        return 0.0
    texts = [normalise(text) for text in (_MARK.sub("", answer.answer), *(c.quote for c in answer.citations))]
    said = [any(_says(text, normalise(word)) for text in texts for word in group) for group in question.facts]
    return sum(said) / len(said)


def citation_precision(question: Question, answer: Answer | None) -> float | None:
    """The share of citations that rest on gold evidence (see ``supports``): 0 where nothing is
    cited, as in a refusal; None without evidence. The idea is that of ALCE (Gao et al., EMNLP 2023),
    with gold quotes in place of an entailment model."""
    cited = _cited(answer)
    good = [any(supports(c, item, question.also) for item in question.evidence) for c in cited]
    return sum(good) / max(1, len(good)) if question.answerable and question.evidence else None


def citation_recall(question: Question, answer: Answer | None) -> float | None:
    """The share of evidence that a citation rests on; 0 and None as for ``citation_precision``."""
    met = [any(supports(c, item, question.also) for c in _cited(answer)) for item in question.evidence]
    return sum(met) / len(met) if question.answerable and met else None


def supports(citation: Citation, item: Evidence, also: Sequence[str] = ()) -> bool:
    """Whether a citation rests on gold evidence: same document, and enough words in common.

    Enough: their longest common substring, normalised, has at least OVERLAP of the characters of the
    shorter, and at least OVERLAP_LEAST or the whole gold quote. Evidence without a quote is met by
    any citation of its document or of ``also``."""
    if item.quote is None or citation.file != item.doc:
        return item.quote is None and citation.file in (item.doc, *also)
    cited, gold = normalise(citation.quote), normalise(item.quote)
    common = SequenceMatcher(None, cited, gold, autojunk=False).find_longest_match().size
    return common >= max(OVERLAP * min(len(cited), len(gold)), min(OVERLAP_LEAST, len(gold)))


def exact_quotes(answer: Answer | None, articles: Mapping[str, str], files: Mapping[str, str]) -> float | None:
    """The share of citations whose quote is, character for character, where it says it is.

    ``articles`` maps article ids, ``files`` file names to texts. The article's characters at
    ``start:end`` must equal the quote and the file's at ``source_start:source_end`` too once white
    space is dropped. None for an answer without citations; 0 for a missed question."""
    if answer is None:
        return 0.0
    exact = [
        bool(c.quote)
        and articles.get(c.article_id, "")[c.start : c.end] == c.quote
        and "".join(files.get(c.file, "")[c.source_start : c.source_end].split()) == "".join(c.quote.split())
        for c in answer.citations
    ]
    return sum(exact) / len(exact) if exact else None


def unsupported_figures(answer: Answer) -> tuple[str, ...]:
    """The figures of an answer, as written and in order, that neither the quotes it cites nor their headlines and dates contain.

    A figure is a number in digits or Chinese numerals with its scale (亿, 万, million, ...) and its
    unit where that is a percentage or part of a date. It is compared by value and unit: 5亿, 500
    million and 五亿 are one, 15亿 is another. A number without unit (2023) is also met by part of a
    date (2023年), never by a percentage. Not figures: ``[n]`` marks, the numbering of a list, and
    lone Chinese numerals that count nothing (一些, 三明)."""
    sources = [text for c in answer.citations for text in (c.quote, c.title, c.date)]
    known = {(value, unit) for text in sources for _, value, unit in _figures(text)}
    plain = {value for value, unit in known if not unit.startswith("%")}
    figures = _figures(_claims(answer))
    return tuple(said for said, value, unit in figures if (value, unit) not in known and (unit or value not in plain))


def figure_faithfulness(answer: Answer | None) -> float | None:
    """1 if every figure of the answer is in a quote it cites, else 0; None for a refusal or an
    answer without figures. The mean is the share of answers that invent none. Own definition."""
    if answer is None:
        return 0.0
    return float(not unsupported_figures(answer)) if not answer.abstained and _figures(_claims(answer)) else None


def refused_unanswerable(question: Question, answer: Answer | None) -> float | None:
    """1 if an unanswerable question was refused, else 0; None for an answerable one. The mean is
    the recall of refusals (Rajpurkar et al., ACL 2018: no-answer questions)."""
    return None if question.answerable else float(answer is not None and answer.abstained)


def refused_answerable(question: Question, answer: Answer | None) -> float | None:
    """1 if an answerable question was refused or missed, else 0; None for an unanswerable one. The
    mean is the rate of false refusals: less is better."""
    return float(answer is None or answer.abstained) if question.answerable else None


def confidence(question: Question, answer: Answer | None) -> float:
    """The answer's confidence, 0..1; for a missed question the one that misleads most."""
    return float(not question.answerable) if answer is None else answer.confidence


_NUMERAL = "零〇一二两三四五六七八九"
_SCALES = {"": 0, "百": 2, "千": 3, "万": 4, "百万": 6, "千万": 7, "亿": 8, "万亿": 12}  # powers of ten
_SCALES |= {"thousand": 3, "million": 6, "billion": 9, "trillion": 12}
_UNITS = {"": "", "年": "年", "月": "月", "日": "日", "号": "日", "%": "%", "percent": "%", "成": "%"}
_MARK = re.compile(r"[\[［]\d{1,3}[\]］]")
_LIST_NUMBER = re.compile(r"^\s*(?:\d{1,2}[.．、)）](?!\d)|[(（]\d{1,2}[)）])", re.MULTILINE)
_FIGURE = re.compile(
    rf"""(?P<y>\d{{4}})([-/.])(?P<m>\d\d?)\2(?P<d>\d\d?)(?!\d)
    |(?P<of>百分之)?(?:(?P<digits>\d{{1,3}}(?:,\d{{3}})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)?)
        |(?P<chinese>(?<=百分之)[{_NUMERAL}十百]+(?:点[{_NUMERAL}]+)?
            |[{_NUMERAL}十](?:[{_NUMERAL}十百千万亿]+(?:点[{_NUMERAL}]+)?|点[{_NUMERAL}]+)
            |(?<=第)[{_NUMERAL}十]|[二两三四五六七八九十](?=[个名家项位人次倍成年月日号元吨米亩座条种届批天岁])))
    \s*(?P<scale>万亿|千万|百万|[万亿]|百(?!分点)|千(?![克米瓦])|thousand|million|billion|trillion)?
    \s*(?P<unit>个?百分点|percentage\s+points?|%|per\s?cent|[年月日号]|成(?![员立功为本果长]))?""",
    re.VERBOSE | re.IGNORECASE | re.ASCII,  # ASCII: else ı is an i, and mıllion a scale
)


def _cited(answer: Answer | None) -> tuple[Citation, ...]:
    return () if answer is None or answer.abstained else answer.citations


def _finds(item: Evidence, also: Sequence[str], article: Article, spans: Sequence[tuple[int, int]]) -> bool:
    """Whether the passages of ``article`` at ``spans`` hold the evidence."""
    if item.quote is None or article.file != item.doc:
        return item.quote is None and article.file in (item.doc, *also)
    joined: list[list[int]] = []
    for start, end in sorted(spans):
        if joined and not article.text[joined[-1][1] : start].strip():
            joined[-1][1] = max(end, joined[-1][1])
        else:
            joined.append([start, end])
    return any(normalise(item.quote) in normalise(article.text[start:end]) for start, end in joined)


def _says(text: str, fact: str) -> bool:
    """``text`` and ``fact`` normalised; digits and the marks inside a number must not continue."""
    before = r"(?<!\d)(?<!\d\.)" if fact[0].isdecimal() else ""
    before += r"(?<!\d,)" if re.match(r"\d{3}(?!\d)", fact) else ""  # 500 is no part of 1,500
    after = r"(?!\.?\d|,\d{3}(?!\d))" if fact[-1].isdecimal() else ""
    return re.search(before + re.escape(fact) + after, text) is not None


def _claims(answer: Answer) -> str:
    return _LIST_NUMBER.sub(" ", _MARK.sub(" ", answer.answer))


def _figures(text: str) -> list[tuple[str, Decimal, str]]:
    """Each figure as (as written, value, unit), a full date as three."""
    found = []
    text = re.sub("[，①-⑳]", "、", text)  # NFKC would make one number of 5，000, and of 5①
    for match in _FIGURE.finditer(unicodedata.normalize("NFKC", text)):
        if match["y"]:
            found += [(match[0], Decimal(match[part]), unit) for part, unit in zip("ymd", "年月日", strict=True)]
            continue
        value = Decimal(match["digits"].replace(",", "")) if match["digits"] else _chinese(match["chinese"])
        value = value.scaleb(_SCALES[(match["scale"] or "").lower()])
        unit = "%" if match["of"] else _UNITS.get("".join((match["unit"] or "").split()).lower(), "%p")
        found.append((match[0].strip(), value * 10 if match["unit"] == "成" else value, unit))
    return found


def _chinese(word: str) -> Decimal:
    """三千五百万 by place, 二〇二三 digit by digit, 三点五 with its fraction."""
    whole, _, fraction = word.replace("两", "二").partition("点")
    total = section = digit = 0
    for n in (int(unicodedata.numeric(c)) for c in whole):
        if n < 10:
            digit = digit * 10 + n
        elif n < 10_000:
            section, digit = section + (digit or 1) * n, 0
        else:  # 一亿二千万 adds, 一万亿 multiplies
            rest, section, digit = section + digit, 0, 0
            total = total + rest * n if total >= n else (total + rest) * n
    return Decimal(f"{total + section + digit}.{''.join(str(int(unicodedata.numeric(c))) for c in fraction)}")
