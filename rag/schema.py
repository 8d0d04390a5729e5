"""The frozen values that the stages hand to one another. All offsets count Unicode characters and are half open:
``text[start:end]``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal["article", "photo", "notice"]
Mode = Literal["extractive", "llm"]
Language = Literal["zh", "en"]
DateBasis = Literal["", "stated", "sidecar", "file name", "inferred"]
Turn = tuple[str, str]
"""An earlier question and its answer."""


@dataclass(frozen=True, slots=True)
class Outline:
    """An article as a person marked it on its page. ``lines`` are the (first, last) lines of its body, counted from 1."""

    title: str
    byline: tuple[str, ...]
    kind: Kind
    lines: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Stated:
    """Metadata that a file, its front matter or its sidecar YAML gives for its articles. Unknown fields are empty.
    ``source`` is the newspaper, ``page`` its page (``03``), ``date`` is ``YYYY[-MM[-DD]]``. If ``whole`` is true, the
    file is one article and is not cut. ``articles`` says how to cut the page; it holds for the version of the file
    whose hash begins with ``sha256``."""

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
    """A file as received. ``text`` is the decoded bytes, unchanged, with their line ends. For a file that is not plain
    text, ``text`` is the text extracted from it, and offsets count in that text."""

    file: str
    text: str
    encoding: str
    sha256: str
    stated: Stated = Stated()


@dataclass(frozen=True, slots=True)
class Part:
    """A text extracted from a file that is not plain text. ``mark`` names its row or page, such as ``#17``; it is empty
    if the file holds only one text."""

    text: str
    stated: Stated = Stated()
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """A file, or a part of one, that cannot be used. ``why`` is one line. If ``passing`` is true, the cause may be gone
    at the next run. If ``is_note`` is true, the file is read all the same: ``why`` says what of it was not understood,
    or that the YAML named ``file`` is passed over."""

    file: str
    why: str
    passing: bool = False
    is_note: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """``length`` characters of an article's text that are also contiguous in ``file``. An empty ``file`` is the
    article's own file."""

    start: int
    source_start: int
    length: int
    file: str = ""


@dataclass(frozen=True, slots=True)
class Article:
    """One story without the layout of its page. ``runs`` ascend and cover ``text``, except for paragraph breaks
    (newlines) and for blanks between Latin words that replace a line end. ``date`` is ``YYYY[-MM[-DD]]`` or empty. An
    inferred date comes from ``date_words``: words of this text or, if it has none, of another article on the page.
    ``copies`` are the ids of articles that print the same story. ``goes_on`` and ``comes_from`` are the pages named
    after 下转 and 上接, such as ``2``."""

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
    """An article and its record in the index. ``home`` is the file on disk that holds the article, ``place`` its
    number in that file. ``jumps`` is true if the article or a part of it names another page. ``twins`` are the keys of
    texts that tell the same story, and ``bands`` the hashes that find them; ``rag.index.reprints`` computes both."""

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
    """The state of a file when it was read. ``sha256``: the hash of its bytes, "" if it must be read again. ``beside``: the
    hash of its sidecar YAML. ``stamp``: size and times, "" if they cannot show a change. ``articles``: how many. ``pages``:
    the files inside it with their hashes. ``refused``, ``notes``: (part, reason) of parts left out, of parts read all the same."""

    home: str
    sha256: str
    beside: str
    stamp: str
    articles: int = 0
    pages: tuple[tuple[str, str], ...] = ()
    refused: tuple[tuple[str, str], ...] = ()
    notes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Passage:
    """A part of an article: ``article.text[start:end] == text``, at most 400 characters. ``heading`` is the part of the
    headline that is embedded with it, because a passage alone often does not say what its article is about."""

    passage_id: str
    article_id: str
    text: str
    start: int
    end: int
    heading: str = ""

    @property
    def context(self) -> str:
        """Return the text to embed."""
        return f"{self.heading}\n{self.text}" if self.heading else self.text


@dataclass(frozen=True, slots=True)
class Filter:
    """The articles to search. ``since`` and ``until`` are days, ``YYYY-MM-DD``, both included. An empty field accepts
    every article."""

    since: str = ""
    until: str = ""
    source: str = ""
    byline: str = ""
    kind: Kind | None = None
    page: str = ""


EVERYTHING = Filter()


@dataclass(frozen=True, slots=True)
class Query:
    """A question prepared for the search. ``text`` is the question as asked. ``search`` is the text to embed, with the
    Chinese forms of romanised names and English words added. ``lexical`` is the text that BM25 matches word by word.
    ``words`` are the content words, each with its possible forms in the articles. ``only`` selects the articles. ``near``
    are names of the articles that are searched in place of names of the question that no article has. ``read`` is what the
    reader reads: the question in its own language, with the names that the articles have."""

    text: str
    search: str
    lexical: str
    words: tuple[tuple[str, ...], ...]
    language: Language
    only: Filter = EVERYTHING
    near: tuple[str, ...] = ()
    read: str = ""


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that a search found. Hits are ordered by ``score``, highest first. ``dense`` is the cosine with the
    question and ``lexical`` the BM25 score, both raw."""

    passage: Passage
    article: Article
    score: float
    dense: float
    lexical: float


@dataclass(frozen=True, slots=True)
class Citation:
    """Quoted words of an article: ``article.text[start:end] == quote``. The file's characters at
    ``source_start:source_end`` equal the quote if white space is ignored. A citation holds everything that a reader
    sees, so a stored chat keeps its sources."""

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
    """An answer and its sources. ``[n]`` in ``answer`` refers to ``citations[n-1]``. ``notices`` tell the reader how the
    answer was made, for example that the language model failed and quotes replace its text. ``direct`` are the words that
    answer: the first line of ``answer`` without its marks; empty if there is no such line."""

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
    direct: str = ""
