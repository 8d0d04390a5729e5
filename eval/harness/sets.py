"""Question sets and the corpora they ask about, JSON Lines in UTF-8, read and checked line by line.

Whatever cannot be used raises BadInput (exit code 2) that names the file, the line and the cause;
nothing is skipped in silence but blank lines."""

from __future__ import annotations

import gzip
import hashlib
import json
import unicodedata
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from rag.errors import BadInput
from rag.schema import Article, Language, Run, Turn

_JSON_NAMES = {bool: "true or false", dict: "an object", list: "a list", str: "a string"}


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where an answer stands: words of document ``doc`` (an ``Article.file``), or, where ``quote``
    is None, anywhere in it."""

    doc: str
    quote: str | None


@dataclass(frozen=True, slots=True)
class Question:
    """A line of a set. An answer states a fact when it has one spelling of its group in ``facts``;
    ``also`` names further documents that answer the question too."""

    id: str
    question: str
    lang: Language
    type: str
    answerable: bool
    facts: tuple[tuple[str, ...], ...]
    evidence: tuple[Evidence, ...]
    also: tuple[str, ...] = ()
    history: tuple[Turn, ...] = ()


def normalise(text: str) -> str:
    """How quotes and facts are compared: NFKC, case folded, white space dropped.

    Idempotent: ``normalise(normalise(x)) == normalise(x)``. The steps run until nothing changes,
    for folding can undo NFKC (U+0345) and a dropped blank can bring an accent to its letter.
    """
    while (folded := "".join(unicodedata.normalize("NFKC", text).casefold().split())) != text:
        text = folded
    return text


def load_set(path: Path, documents: Mapping[str, str] | None) -> tuple[Question, ...]:
    """Read a question set in file order.

    ``documents`` maps each known document to its text; evidence must name one of them and its quote
    be found there (compared by ``normalise``). None leaves documents unchecked. Fields this module
    does not know are allowed.

    Raises BadInput: unreadable or empty file, not UTF-8, malformed JSON, a missing field, a wrong
    type, a duplicate id, an unknown document, a quote not in its document.
    """
    questions: list[Question] = []
    first_seen: dict[str, int] = {}
    searchable: dict[str, str] = {}
    for line in _lines(path):
        question = _question(line)
        line.unique(question.id, first_seen)
        if documents is not None:
            for item in question.evidence:
                _check_evidence(line, item, documents, searchable)
            for doc in question.also:
                if doc not in documents:
                    raise line.error(f"'also' names the unknown document {_short(doc)}")
        questions.append(question)
    if not questions:
        raise BadInput(f"{path} holds no question: give a set with at least one line.")
    return tuple(questions)


def load_corpus(folder: Path) -> list[Article]:
    """Read ``corpus.jsonl`` or ``corpus.jsonl.gz`` of ``folder``: one article a line, in file order.

    A line is ``{"id", "title", "date", "text"}``; its id becomes both ``article_id`` and ``file``,
    and the text, never changed, is one run.

    Raises BadInput: no such file, an unreadable or empty one, not UTF-8, malformed JSON, a missing
    field, a wrong type, an empty text, a duplicate id."""
    path = folder / "corpus.jsonl"
    if not path.exists():
        path = folder / "corpus.jsonl.gz"
    articles: list[Article] = []
    first_seen: dict[str, int] = {}
    for line in _lines(path):
        name, text = line.text("id"), line.text("text")
        line.unique(name, first_seen)
        title, date = line.text("title", empty=True), line.text("date", empty=True)
        articles.append(Article(name, name, title, (), date, "article", text, (Run(0, 0, len(text)),)))
    if not articles:
        raise BadInput(f"{path} holds no article: give a corpus with at least one line.")
    return articles


@dataclass(frozen=True, slots=True)
class _Line:
    """One JSON object and where it stands, so that every complaint can say so."""

    path: Path
    number: int
    fields: Mapping[str, object]

    def error(self, cause: str) -> BadInput:
        return BadInput(f"{self.path}, line {self.number}: {cause}. Correct the line and run again.")

    def value(self, name: str, kind: type) -> object:
        """The field ``name``, which is a ``kind``; raises BadInput where it is missing or another."""
        if name not in self.fields:
            raise self.error(f"the field {name!r} is missing")
        return self.check(self.fields[name], kind, repr(name))

    def check(self, value: object, kind: type, what: str) -> object:
        if not isinstance(value, kind):
            raise self.error(f"{what} is {_short(value)}, not {_JSON_NAMES[kind]}")
        return value

    def text(self, name: str, *, empty: bool = False) -> str:
        return self.words(self.value(name, str), repr(name), empty=empty)

    def words(self, value: object, what: str, *, empty: bool = False) -> str:
        """A string that says something once normalised, or any string where ``empty`` is allowed."""
        words = cast(str, self.check(value, str, what))
        if any("\ud800" <= c <= "\udfff" for c in words):  # JSON can spell what UTF-8 cannot write
            raise self.error(f"{what} holds half a character (a lone surrogate)")
        if not empty and not normalise(words):
            raise self.error(f"{what} is empty")
        return words

    def items(self, name: str, *, optional: bool = False) -> list[object]:
        if optional and name not in self.fields:
            return []
        return cast("list[object]", self.value(name, list))

    def strings(self, value: object, what: str) -> tuple[str, ...]:
        return tuple(self.words(item, f"an entry of {what}") for item in cast("list[object]", value))

    def unique(self, name: str, first_seen: dict[str, int]) -> None:
        """Note where ``name`` stands; raises BadInput where it stood before."""
        first = first_seen.setdefault(name, self.number)
        if first != self.number:
            raise self.error(f"the id {_short(name)} is already on line {first}")


def _question(line: _Line) -> Question:
    name, question, lang, kind = (line.text(field) for field in ("id", "question", "lang", "type"))
    if lang not in ("zh", "en"):
        raise line.error(f"'lang' is {_short(lang)}, not 'zh' or 'en'")
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


def _evidence(line: _Line, item: object) -> Evidence:
    fields = cast("dict[str, object]", line.check(item, dict, "an entry of 'evidence'"))
    if "doc" not in fields:
        raise line.error("an entry of 'evidence' has no 'doc'")
    quote = fields.get("quote")
    doc = line.words(fields["doc"], "'doc' of 'evidence'")
    return Evidence(doc, None if quote is None else line.words(quote, "'quote' of 'evidence'"))


def _check_evidence(line: _Line, item: Evidence, documents: Mapping[str, str], searchable: dict[str, str]) -> None:
    """``searchable`` keeps each document normalised once for the whole set."""
    if item.doc not in documents:
        raise line.error(f"'evidence' names the unknown document {_short(item.doc)}")
    if item.quote is None:
        return
    if item.doc not in searchable:
        searchable[item.doc] = normalise(documents[item.doc])
    if normalise(item.quote) not in searchable[item.doc]:
        raise line.error(f"the quote {_short(item.quote)} is not in {item.doc}")


def _lines(path: Path) -> Iterator[_Line]:
    """Every line that is not blank; numbers count from 1 and include the blank ones."""
    try:
        data = path.read_bytes()
        if path.suffix == ".gz":
            data = gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as problem:  # what gzip raises on damage differs by damage
        cause = getattr(problem, "strerror", None) or problem
        raise BadInput(f"{path} cannot be read: {cause}. Give a readable file.") from problem
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        number = problem.object.count(b"\n", 0, problem.start) + 1  # not ``data``: a BOM shifts it
        raise BadInput(f"{path}, line {number}: not UTF-8. Save the file as UTF-8 and run again.") from problem
    # Not splitlines: JSON allows U+2028 and U+0085 inside a string, where they end no line.
    for number, raw in enumerate(text.split("\n"), 1):
        if raw.strip():
            yield _Line(path, number, _json_object(path, number, raw))


def _json_object(path: Path, number: int, raw: str) -> Mapping[str, object]:
    line = _Line(path, number, {})
    try:
        value = json.loads(raw)
    except json.JSONDecodeError as problem:
        raise line.error(f"malformed JSON ({problem.msg} at column {problem.colno})") from problem
    except (ValueError, RecursionError) as problem:  # a number of thousands of digits; brackets without end
        raise line.error("malformed JSON (a number too long or nesting too deep)") from problem
    return cast("dict[str, object]", line.check(value, dict, "the line"))


def _short(value: object) -> str:
    """``value`` quoted on one line, cut to what a terminal line bears."""
    shown = repr(value)
    return shown if len(shown) <= 60 else f"{shown[:57]}..."


def tuning(identifier: str) -> bool:
    """Whether a question belongs to the half on which thresholds and weights may be fitted; figures
    are reported on the other half. Fixed by the id, so that a set can grow without moving any."""
    return hashlib.sha256(identifier.encode()).digest()[0] % 2 == 0
