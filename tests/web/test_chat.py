"""The HTML of a chat: marks, headlines, refusals, sources, labels."""

from __future__ import annotations

import re
from dataclasses import replace

from rag.web.chat import EXAMPLES, finished_html, sources_html, writing_html
from rag.web.labels import LABELS
from rag.web.record import answered_turn, failed_turn
from tests.web.examples import ANSWER, FIRST, REFUSAL, SECOND, cite, hit, marked_words, visible


def test_each_mark_leads_to_the_quote_with_its_number() -> None:
    turn = answered_turn(ANSWER)
    chips = re.findall(r'data-turn="0" data-n="(\d+)"', finished_html([turn]))
    shown = sources_html([turn])
    assert chips == ["1", "2"]
    assert re.findall(r'id="s0-(\d)" tabindex="-1"><b>(\d)</b>', shown) == [("1", "1"), ("2", "2")]
    assert marked_words(shown) == [FIRST, SECOND]
    for words in ("五个项目签约", "胡佳英、谢建伟", "2025-07-28", "003_a.txt"):
        assert words in shown


def test_quotes_that_overlap_are_all_shown() -> None:
    both = replace(ANSWER, citations=(cite(1, FIRST + SECOND), cite(2, SECOND)))
    assert sorted(marked_words(sources_html([answered_turn(both)]))) == sorted([FIRST + SECOND, SECOND])


def test_a_quote_outside_every_passage_is_shown_by_itself() -> None:
    far = replace(ANSWER, citations=(cite(1, "展会下月开幕。"),), hits=(hit(0, 18),))
    assert marked_words(sources_html([answered_turn(far)])) == ["展会下月开幕。"]


def test_an_excerpt_is_shown_character_for_character() -> None:
    (source,) = answered_turn(ANSWER).sources
    (shown,) = re.findall(r"<blockquote>(.*?)</blockquote>", sources_html([answered_turn(ANSWER)]), re.DOTALL)
    (excerpt,) = source.excerpts
    assert visible(re.sub(r"<b>\d</b>", "", shown)) == excerpt.text


def test_headlines_stand_over_the_sentences_quoted_from_them() -> None:
    assert "<h3>《五个项目签约》（2025-07-28）</h3>" in finished_html([answered_turn(ANSWER)])


def test_only_marks_that_refer_to_something_are_buttons() -> None:
    written = replace(ANSWER, mode="llm", answer="签约5个[1][2]，见[9]和[0]。（未核实）")
    html = finished_html([answered_turn(written)])
    assert re.findall(r'data-n="(\d+)"', html) == ["1", "2"]
    assert "[9]" in visible(html)
    assert "[0]" in visible(html)
    assert '<span class="unverified">（未核实）</span>' in html


def test_brackets_inside_quoted_words_belong_to_the_article() -> None:
    html = finished_html([answered_turn(replace(ANSWER, answer="据报告[2]，签约5个。[1]"))])
    assert re.findall(r'data-n="(\d+)"', html) == ["1"]
    assert "据报告[2]" in visible(html)


def test_a_refusal_shows_the_nearest_articles_and_marks_nothing() -> None:
    turn = answered_turn(REFUSAL)
    assert 'class="answer refusal"' in finished_html([turn])
    assert "<li>《五个项目签约》</li>" in finished_html([turn])
    assert "003_a.txt" in sources_html([turn])
    assert marked_words(sources_html([turn])) == []


def test_the_sources_of_the_latest_answer_are_in_view_and_the_others_are_there() -> None:
    turns = [answered_turn(ANSWER), answered_turn(REFUSAL), failed_turn("？", "坏了")]
    panels = re.findall(r'<aside class="panel" data-turn="(\d)"( hidden)?>', sources_html(turns))
    assert panels == [("0", " hidden"), ("1", "")]


def test_an_answer_being_written_shows_no_marks_yet() -> None:
    html = writing_html(0, "甲？", "签约5个[3]。")
    assert "签约5个。" in visible(html)
    assert 'aria-busy="true"' in html


def test_every_label_has_two_languages() -> None:
    assert all(zh and en and not re.search(r"[A-Za-z]{2}", zh) for zh, en in LABELS.values())
    assert set(EXAMPLES) == {"zh", "en"}
