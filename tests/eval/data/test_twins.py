"""The shipped twins hold what their README says of them."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from typing import Any

import pytest

from tests.support.paths import ROOT

TWINS = ROOT / "eval" / "data" / "twins"
NEAR_MISSES = {"missing_attribute", "wrong_entity", "wrong_time", "wrong_relation", "false_premise"}
ANSWERABLE = {"number", "person", "place", "date", "reason", "list", "method", "yes_no", "quote", "office", "other"}
Row = dict[str, Any]


def _rows(name: str) -> list[Row]:
    with gzip.open(TWINS / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


@pytest.fixture(scope="module")
def files() -> dict[str, list[Row]]:
    return {name: _rows(name) for name in ("train", "heldout")}


@pytest.mark.parametrize("name", ["train", "heldout"])
def test_every_answer_stands_in_its_passage(files: dict[str, list[Row]], name: str) -> None:
    for row in files[name]:
        assert row["answerable"] == bool(row["answers"]), row["id"]
        assert row["kind"] in (ANSWERABLE if row["answerable"] else NEAR_MISSES), row["id"]
        for answer in row["answers"]:
            start, text = answer["start"], answer["text"]
            assert text.strip() == text != "", row["id"]
            assert row["passage"][start : start + len(text)] == text, row["id"]


@pytest.mark.parametrize("name", ["train", "heldout"])
def test_five_questions_a_passage_two_of_them_answered(files: dict[str, list[Row]], name: str) -> None:
    asked = Counter(row["id"].rpartition("-")[0] for row in files[name])
    answered = Counter(row["id"].rpartition("-")[0] for row in files[name] if row["answerable"])
    assert set(asked.values()) == {5}
    assert set(answered.values()) == {2}


def test_no_article_is_on_both_sides_and_no_question_twice(files: dict[str, list[Row]]) -> None:
    train, heldout = ({row["source"].partition("@")[0] for row in rows} for rows in files.values())
    assert not train & heldout
    assert not {row["passage"] for row in files["train"]} & {row["passage"] for row in files["heldout"]}
    rows = [row for name in files for row in files[name]]
    assert len({row["id"] for row in rows}) == len(rows) == 3150
    assert len({(row["passage"], row["question"]) for row in rows}) == len(rows)
    assert len(files["heldout"]) / len(rows) == pytest.approx(0.1, abs=0.03)


def test_kinds_are_in_balance_and_a_fifth_is_english(files: dict[str, list[Row]]) -> None:
    rows = [row for name in files for row in files[name]]
    kinds = Counter(row["kind"] for row in rows if not row["answerable"])
    assert min(kinds.values()) > 0.9 * max(kinds.values())
    assert sum(row["lang_q"] == "en" for row in rows) / len(rows) == pytest.approx(0.2, abs=0.01)


def test_form_does_not_tell_the_answerable_from_the_near_misses(files: dict[str, list[Row]]) -> None:
    rows = [row for name in files for row in files[name] if row["lang_q"] == "zh" and "history" not in row]
    mean = {
        answerable: sum(len(row["question"]) for row in rows if row["answerable"] is answerable)
        / sum(row["answerable"] is answerable for row in rows)
        for answerable in (True, False)
    }
    marked = {
        answerable: sum(row["question"][-1] in "?？" for row in rows if row["answerable"] is answerable)
        / sum(row["answerable"] is answerable for row in rows)
        for answerable in (True, False)
    }
    assert mean[True] == pytest.approx(mean[False], rel=0.1)
    assert marked[True] == pytest.approx(marked[False], abs=0.08)
