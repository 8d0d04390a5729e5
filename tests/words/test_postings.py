"""A segment of the word index holds exactly the terms of its passages, however it was built."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.text.terms import tokens
from rag.words import postings
from rag.words.postings import Postings
from rag.words.vocabulary import Vocabulary

MIXED = st.text(
    st.sampled_from("平湖嘉兴人工智能制造业㐀豈平１ａA1.9٣万，。 \n\t\ud800𠀀👍ß㍿"), max_size=30
) | st.text(max_size=12)


@given(st.lists(MIXED, max_size=5))
def test_a_segment_counts_the_terms_of_each_text(texts: list[str]) -> None:
    """The segment counts all texts at once; ``tokens`` counts one text at a time."""
    built = Postings.build(texts)
    expected = [Counter(tokens(text)) for text in texts]
    found: list[Counter[str]] = [Counter() for _ in texts]
    for term in built.vocabulary:
        rows, counts = built.find(term)
        assert rows.tolist() == sorted(set(rows.tolist()))
        for row, count in zip(rows.tolist(), counts.tolist(), strict=True):
            found[row][term] = count
    assert found == expected
    assert list(built.vocabulary) == sorted({term for counted in expected for term in counted})
    assert built.lengths.tolist() == [max(sum(counted.values()), 1) for counted in expected]


def test_blocks_are_joined(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = ["平湖 ai", "嘉兴 嘉兴", "", "平湖 嘉兴", "ai", "上海", "平湖平湖"]
    one_block = Postings.build(texts)
    monkeypatch.setattr(postings, "BLOCK", 2)
    blocks = Postings.build(texts)
    assert list(blocks.vocabulary) == list(one_block.vocabulary)
    for term in one_block.vocabulary:
        assert [a.tolist() for a in blocks.find(term)] == [a.tolist() for a in one_block.find(term)]
    assert blocks.lengths.tolist() == [2, 2, 1, 2, 1, 1, 3]


@pytest.mark.parametrize(("count", "kind"), [(255, np.uint8), (256, np.uint16), (70_000, np.uint32)])
def test_counts_use_the_fewest_bytes_possible(count: int, kind: type) -> None:
    built = Postings.build(["ai " * count, "ai"])
    rows, counts = built.find("ai")
    assert (rows.tolist(), counts.tolist(), counts.dtype) == ([0, 1], [count, 1], kind)
    assert built.lengths.tolist() == [count, 1]


def test_merging_drops_dead_passages() -> None:
    first, second = Postings.build(["平湖 上海", "嘉兴"]), Postings.build(["平湖", "ai 嘉兴", ""])
    merged = Postings.merged([first, second], [np.array([False, True]), None])
    assert list(merged.vocabulary) == ["ai", "嘉兴", "平湖"]
    assert {term: merged.find(term)[0].tolist() for term in merged.vocabulary} == {
        "ai": [2],
        "嘉兴": [0, 2],
        "平湖": [1],
    }
    assert merged.lengths.tolist() == [1, 1, 2, 1]
    assert merged.find("上海")[0].tolist() == []
    assert [merged.vocabulary[n] for n in merged.syllables.find("jia", "xing")] == ["嘉兴"]
    assert merged.syllables.find("shang", "hai") == []


@given(
    st.sets(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=4), max_size=40), st.text(max_size=4)
)
def test_every_term_is_found_at_its_number_and_no_other(terms: set[str], other: str) -> None:
    vocabulary = Vocabulary.from_sorted(sorted(terms))
    assert list(vocabulary) == sorted(terms)
    assert [vocabulary.find(term) for term in sorted(terms)] == list(range(len(terms)))
    assert [vocabulary[n] for n in range(len(vocabulary))] == sorted(terms)
    assert (vocabulary.find(other) >= 0) == (other in terms)
