"""The values that stages hand to one another. Frozen, and nothing else lives here.

All offsets are counts of Unicode characters, half open: ``text[start:end]``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal["article", "photo", "notice"]
Mode = Literal["extractive", "llm"]
Language = Literal["zh", "en"]
DateBasis = Literal["", "stated", "sidecar", "file name", "inferred"]
Turn = tuple[str, str]
"""An earlier question and the answer it got."""


@dataclass(frozen=True, slots=True)
class Outline:
    """An article as a person has marked it on its page. ``lines`` of the body, (first, last), from 1."""

    title: str
    byline: tuple[str, ...]
    kind: Kind
    lines: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Stated:
    """What a file, its front matter or the small YAML beside it says of its articles; empty where it
    says nothing. ``source`` is the newspaper, ``page`` its page (``03``), ``date`` ``YYYY[-MM[-DD]]``.
    ``whole``: the file is one article, not a page to be cut. ``articles`` is how it is to be cut, in the
    version of the file whose hash begins with ``sha256``."""

    title: str = ""
    byline: tuple[str, ...] = ()
    date: str = ""
    date_basis: DateBasis = ""
    source: str = ""
    page: str = ""
    whole: bool = False
    articles: tuple[Outline, ...] = ()
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """A file as received: ``text`` is its bytes decoded and never changed, line ends included. Of a
    file that is no plain text it is what was read out of it, and offsets count in that."""

    file: str
    text: str
    encoding: str
    sha256: str
    stated: Stated = Stated()


@dataclass(frozen=True, slots=True)
class Part:
    """A text read out of a file that is no plain text. ``mark`` tells it from the file's others: ``#17`` for
    a row or a page, empty where it is the only one."""

    text: str
    stated: Stated = Stated()
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """A file, or a part of one, that cannot be used. ``why`` is one line. ``passing``: what stood in the way may be gone
    the next time."""

    file: str
    why: str
    passing: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """``length`` characters of an article's text that stand side by side in ``file``; empty for the
    article's own."""

    start: int
    source_start: int
    length: int
    file: str = ""


@dataclass(frozen=True, slots=True)
class Article:
    """One story with its layout undone. ``runs`` ascend and cover ``text`` save the paragraph
    breaks (newlines) and the blanks between Latin words that stand for a line end. ``date`` is
    ``YYYY[-MM[-DD]]`` or empty; one inferred rests on ``date_words``, words of the text or, where it
    has none, of another article on the page. ``copies`` are the ids of articles that print the same
    story elsewhere. ``goes_on`` and ``comes_from``: the pages that its 下转 and 上接 name, ``2``."""

    article_id: str
    file: str
    title: str
    byline: tuple[str, ...]
    date: str
    kind: Kind
    text: str
    runs: tuple[Run, ...]
    source: str = ""
    page: str = ""
    date_basis: DateBasis = ""
    date_words: str = ""
    copies: tuple[str, ...] = ()
    goes_on: str = ""
    comes_from: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """An article and what the index knows of it. ``home``: the file on disk that holds it, ``place``: its number there,
    ``jumps``: it or a part of it names another page. ``twins``: keys of other texts that tell the same, ``bands``: by which
    they are found, as ``rag.index.reprints`` has them."""

    article: Article
    home: str
    place: int
    jumps: bool = False
    twins: tuple[int, ...] = ()
    bands: tuple[int, ...] = ()

    @property
    def order(self) -> tuple[str, int]:
        return self.home.replace("/", "\1"), self.place


@dataclass(frozen=True, slots=True)
class File:
    """A file as it was when read. ``sha256``: of its bytes, empty where they are to be read again; ``beside``: a hash of the
    YAML that speaks for it; ``stamp``: size and times, empty where they would not tell a change; ``articles``: how many it
    gave; ``pages``: the files in it that have a hash of their own; ``refused``: (what, why)."""

    home: str
    sha256: str
    beside: str
    stamp: str
    articles: int = 0
    pages: tuple[tuple[str, str], ...] = ()
    refused: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Passage:
    """``article.text[start:end] == text``; at most 400 characters. ``heading`` is what of the article's
    headline is embedded with it: the passage often does not tell what the article is about."""

    passage_id: str
    article_id: str
    text: str
    start: int
    end: int
    heading: str = ""

    @property
    def context(self) -> str:
        """What is embedded."""
        return f"{self.heading}\n{self.text}" if self.heading else self.text


@dataclass(frozen=True, slots=True)
class Filter:
    """Which articles to look in. ``since`` and ``until`` are days, ``YYYY-MM-DD``, both included; empty
    fields ask for nothing."""

    since: str = ""
    until: str = ""
    source: str = ""
    byline: str = ""
    kind: Kind | None = None
    page: str = ""


EVERYTHING = Filter()


@dataclass(frozen=True, slots=True)
class Query:
    """What to search for. ``text`` is the question as asked; ``search`` is what is embedded, names and
    English words in the articles' language added; ``lexical`` what is matched word by word;
    ``words`` the question's content words, each with what it may be in the articles; ``only`` where
    to look."""

    text: str
    search: str
    lexical: str
    words: tuple[tuple[str, ...], ...]
    language: Language
    only: Filter = EVERYTHING


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found, best first. ``score`` orders; ``dense`` is the cosine with the question and
    ``lexical`` the BM25 score, both raw."""

    passage: Passage
    article: Article
    score: float
    dense: float
    lexical: float


@dataclass(frozen=True, slots=True)
class Citation:
    """Words of an article: ``article.text[start:end] == quote``, and the file's characters at
    ``source_start:source_end`` equal it once white space is dropped. Carries all that a reader
    needs to see, so a stored chat keeps its sources."""

    n: int
    article_id: str
    title: str
    byline: tuple[str, ...]
    date: str
    file: str
    quote: str
    start: int
    end: int
    source_start: int
    source_end: int
    date_basis: DateBasis = ""
    copies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """``[n]`` in ``answer`` refers to ``citations[n-1]``. ``notices`` are remarks for the reader
    about how the answer came about, e.g. that a language model failed and quotes stand in."""

    question: str
    answer: str
    mode: Mode
    abstained: bool
    confidence: float
    language: Language
    citations: tuple[Citation, ...]
    hits: tuple[Hit, ...]
    timings_ms: Mapping[str, float]
    generation: str
    model: str
    notices: tuple[str, ...] = ()
