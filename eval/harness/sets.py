"""JSON Lines -> question sets and corpora, each line checked.

A line that cannot be used raises BadInput (exit code 2), which names the file, the line and the cause. Only blank
lines are skipped.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from eval.harness.json_lines import Line, read_lines, shorten
from rag.errors import BadInput
from rag.schema import Article, Language, Run, Turn


@dataclass(frozen=True, slots=True)
class GoldEvidence:
    """The place of an answer: the words ``quote`` of document ``doc`` (an ``Article.file``), or, where ``quote`` is
    None, any place in it."""

    doc: str
    quote: str | None


@dataclass(frozen=True, slots=True)
class Question:
    """A line of a set. An answer states a fact if it has one spelling of the fact's group in ``facts``; ``also`` names
    other documents that answer the question."""

    id: str
    question: str
    lang: Language
    type: str
    answerable: bool
    facts: tuple[tuple[str, ...], ...]
    evidence: tuple[GoldEvidence, ...]
    also: tuple[str, ...] = ()
    history: tuple[Turn, ...] = ()


def normalise(text: str) -> str:
    """Return the form in which quotes and facts are compared: NFKC, case folded, without white space.

    ``normalise(normalise(x)) == normalise(x)``. The steps repeat until nothing changes: case folding can undo NFKC
    (U+0345), and where a blank is dropped an accent can meet its letter.
    """
    while (folded := "".join(unicodedata.normalize("NFKC", text).casefold().split())) != text:
        text = folded
    return text


def load_set(path: Path, documents: Mapping[str, str] | None) -> tuple[Question, ...]:
    """Read a question set in file order.

    ``documents`` maps document names to texts: evidence must name one of them, and its quote must be in the text
    (compared by ``normalise``). With None, documents are not checked. Unknown fields are allowed.

    Raise BadInput: unreadable or empty file, not UTF-8, malformed JSON, missing field, wrong type, duplicate id,
    unknown document, quote not in its document.
    """
    questions: list[Question] = []
    first_seen: dict[str, int] = {}
    normalised: dict[str, str] = {}
    for line in read_lines(path):
        question = _question(line)
        line.check_unique(question.id, first_seen)
        if documents is not None:
            for item in question.evidence:
                _check_evidence(line, item, documents, normalised)
            for doc in question.also:
                if doc not in documents:
                    raise line.error(f"'also' names the unknown document {shorten(doc)}")
        questions.append(question)
    if not questions:
        raise BadInput(f"{path} holds no question: give a set with at least one line.")
    return tuple(questions)


def load_corpus(folder: Path) -> list[Article]:
    """Read ``corpus.jsonl`` or ``corpus.jsonl.gz`` in ``folder``: one article a line, in file order.

    A line is ``{"id", "title", "date", "text"}``. The id becomes ``article_id`` and ``file``; the text is not changed
    and is one run.

    Raise BadInput: missing, unreadable or empty file, not UTF-8, malformed JSON, missing field, wrong type, empty
    text, duplicate id.
    """
    path = folder / "corpus.jsonl"
    if not path.exists():
        path = folder / "corpus.jsonl.gz"
    articles: list[Article] = []
    first_seen: dict[str, int] = {}
    for line in read_lines(path):
        name, text = line.text("id"), line.text("text")
        line.check_unique(name, first_seen)
        title, date = line.text("title", empty=True), line.text("date", empty=True)
        articles.append(Article(name, name, title, (), date, "article", text, (Run(0, 0, len(text)),)))
    if not articles:
        raise BadInput(f"{path} holds no article: give a corpus with at least one line.")
    return articles


def in_tuning_half(identifier: str) -> bool:
    """Return whether a question belongs to the half on which thresholds and weights may be fitted.

    Figures are reported on the other half. The id alone decides, so that new questions never move old ones.
    """
    return hashlib.sha256(identifier.encode()).digest()[0] % 2 == 0


def _question(line: Line) -> Question:
    name, question, lang, kind = (line.text(field) for field in ("id", "question", "lang", "type"))
    if lang not in ("zh", "en"):
        raise line.error(f"'lang' is {shorten(lang)}, not 'zh' or 'en'")
    facts = []
    for group in line.items("facts"):
        spellings = line.strings(line.check(group, list, "an entry of 'facts'"), "a group of 'facts'")
        if not spellings:
            raise line.error("a group of 'facts' has no spelling")
        facts.append(spellings)
    history = []
    for turn in line.items("history", optional=True):
        pair = line.strings(line.check(turn, list, "an entry of 'history'"), "a turn of 'history'")
        if len(pair) != 2:
            raise line.error(f"a turn of 'history' has {len(pair)} entries, not a question and its answer")
        history.append((pair[0], pair[1]))
    return Question(
        id=name,
        question=question,
        lang=cast(Language, lang),
        type=kind,
        answerable=cast(bool, line.value("answerable", bool)),
        facts=tuple(facts),
        evidence=tuple(_evidence(line, item) for item in line.items("evidence")),
        also=line.strings(line.items("also", optional=True), "'also'"),
        history=tuple(history),
    )


def _evidence(line: Line, item: object) -> GoldEvidence:
    fields = cast("dict[str, object]", line.check(item, dict, "an entry of 'evidence'"))
    if "doc" not in fields:
        raise line.error("an entry of 'evidence' has no 'doc'")
    quote = fields.get("quote")
    doc = line.string(fields["doc"], "'doc' of 'evidence'")
    return GoldEvidence(doc, None if quote is None else line.string(quote, "'quote' of 'evidence'"))


def _check_evidence(line: Line, item: GoldEvidence, documents: Mapping[str, str], normalised: dict[str, str]) -> None:
    """``normalised`` caches the documents of the whole set in their normalised form."""
    if item.doc not in documents:
        raise line.error(f"'evidence' names the unknown document {shorten(item.doc)}")
    if item.quote is None:
        return
    if item.doc not in normalised:
        normalised[item.doc] = normalise(documents[item.doc])
    if normalise(item.quote) not in normalised[item.doc]:
        raise line.error(f"the quote {shorten(item.quote)} is not in {item.doc}")
