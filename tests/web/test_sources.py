"""The sources of an answer: which articles, which passages, which quotes."""

from __future__ import annotations

from dataclasses import replace

from rag.schema import Run
from rag.web.sources import sources_of
from tests.web.examples import ANSWER, ARTICLE, FIRST, TEXT, cite, hit


def test_passages_that_overlap_are_joined_without_a_character_lost_or_doubled() -> None:
    answer = replace(ANSWER, citations=(cite(1, FIRST), cite(2, "展会下月开幕。")))
    (source,) = sources_of(answer)
    assert [e.text for e in source.excerpts] == [TEXT]
    assert [TEXT[start:end] for _, start, end in source.excerpts[0].quotes] == [FIRST, "展会下月开幕。"]


def test_the_passage_is_found_though_each_hit_has_its_own_copy_of_the_article() -> None:
    copies = tuple(replace(h, article=replace(h.article)) for h in ANSWER.hits)
    assert sources_of(replace(ANSWER, hits=copies)) == sources_of(ANSWER)


def test_words_from_a_continuation_lead_to_the_file_they_stand_in() -> None:
    split = TEXT.index("展会")
    article = replace(ARTICLE, runs=(Run(0, 0, split), Run(split, 5, len(TEXT) - split, "004_b.txt")))
    there = replace(cite(2, "展会下月开幕。", article), file="004_b.txt")
    answer = replace(ANSWER, hits=(hit(0, len(TEXT), article),), citations=(cite(1, FIRST, article), there))
    assert [(s.file, s.place, [q[0] for e in s.excerpts for q in e.quotes]) for s in sources_of(answer)] == [
        ("003_a.txt", "a1", [1]),
        ("004_b.txt", "", [2]),
    ]


def test_a_refusal_names_each_of_the_nearest_articles_once() -> None:
    others = tuple(hit(0, 10, replace(ARTICLE, article_id=f"b#{n}", title=f"题{n}")) for n in range(4))
    refused = replace(ANSWER, abstained=True, citations=(), hits=(*ANSWER.hits, *others))
    assert [s.title for s in sources_of(refused)] == ["五个项目签约", "题0", "题1"]
