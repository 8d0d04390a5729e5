"""Readings made by hand: which passage comes first, which sentence, which words."""

from __future__ import annotations

import numpy as np

from rag.answer.extractive import refuse
from rag.answer.reading import ordered, weigh
from rag.reader.reading import Reading, Span
from rag.schema import Article, Hit, Passage, Query
from rag.words.bm25 import Bm25Index

TEXT = "平湖签约仪式昨天举行。仪式共签约5个项目，总投资超12亿元。市民围观。"
OTHER = "嘉善也举行仪式。嘉善签约9个项目。"
ASKED = "平湖签约几个项目"
QUERY = Query(ASKED, ASKED, ASKED, (("平湖",), ("签约",), ("项目",)), "zh", read=ASKED)


def hit(name: str, text: str, score: float) -> Hit:
    article = Article(name, f"{name}.txt", f"标题{name}", (), "", "article", text, ())
    return Hit(Passage(f"{name}#0", name, text, 0, len(text)), article, score, 0.8, 3.0)


def read(text: str, answers: float, *spans: tuple[str, float]) -> Reading:
    """Return a reading by characters, all of whose mass is in the first span."""
    places = np.array([[i, i + 1] for i in range(len(text))], np.int32)
    mass = np.full(len(text), 1e-6, np.float32)
    if spans:
        at = text.index(spans[0][0])
        mass[at : at + len(spans[0][0])] = 1 / len(spans[0][0])
    found = tuple(Span(text.index(s), text.index(s) + len(s), score) for s, score in spans)
    return Reading(answers, found, places, mass)


HITS = [hit("b", OTHER, 1.0), hit("a", TEXT, 0.9)]
READINGS = [read(OTHER, -4.0, ("9", -3.0)), read(TEXT, 4.0, ("5", 6.0), ("12", 1.0))]
BM25 = Bm25Index.build([TEXT, OTHER])


def test_the_passage_that_answers_comes_first() -> None:
    assert [hit.article.article_id for hit, _ in ordered(HITS, READINGS)] == ["a", "b"]
    undecided = [READINGS[0], read(TEXT, -4.0, ("5", -3.0))]
    found = ordered(HITS, undecided)  # the search decides
    assert [hit.article.article_id for hit, _ in found] == ["b", "a"]
    assert found[0][0].score > found[1][0].score
    assert [one for _, one in found] == undecided


def test_the_sentence_with_the_words_comes_first_and_the_words_are_whole() -> None:
    evidence = weigh(QUERY, [HITS[1]], [READINGS[1]], BM25)
    best = evidence.sentences[0]
    assert TEXT[best.start : best.end] == "仪式共签约5个项目，总投资超12亿元。"
    assert [TEXT[w.start : w.end] for w in evidence.words] == ["5个", "超12亿元"]
    assert [w.sentence for w in evidence.words] == [best, best]
    assert evidence.words[0].score > evidence.words[1].score


def test_confidence_rises_with_what_the_reader_says() -> None:
    said = [weigh(QUERY, [HITS[1]], [read(TEXT, a, ("5", 2 * a))], BM25).confidence for a in (-4.0, -1.0, 1.0, 4.0)]
    assert said == sorted(said)
    assert said[0] < 0.5 < said[-1]


def test_words_that_many_passages_say_are_shown_once() -> None:
    copies = [hit("c", TEXT, 1.0), hit("d", TEXT, 0.5)]
    evidence = weigh(QUERY, copies, [READINGS[1], READINGS[1]], BM25)
    assert [w.article.text[w.start : w.end] for w in evidence.words] == ["5个", "超12亿元"]


def test_without_a_sentence_there_is_nothing_to_say() -> None:
    evidence = weigh(QUERY, [], [], BM25)
    assert (evidence.sentences, evidence.words, evidence.confidence) == ((), (), 0.0)


def test_another_place_is_refused_with_the_place_that_the_articles_have() -> None:
    asked = "嘉善签约几个项目"
    query = Query(asked, asked, asked, (("嘉善",), ("签约",), ("项目",)), "zh", read=asked)
    text, far = "平湖签约5个项目，总投资超12亿元。", "天气晴。" * 12
    found = [hit("a", text, 0.9), hit("c", far, 0.1)]
    evidence = weigh(query, found, [read(text, 0.5, ("5", 2.0)), read(far, -6.0)], BM25)
    assert evidence.instead == ("嘉善", "平湖")
    assert evidence.abstains
    assert refuse(query, evidence).split("\n")[:2] == ["文章里没有说。", "问的是“嘉善”，最接近的文章说的是“平湖”。"]
