"""The walk of a question: query -> retriever -> extractive | language model -> citations -> Answer."""

from __future__ import annotations

import threading
import time
from collections.abc import Generator, Iterator, Sequence

from rag.answer import citations, llm
from rag.answer.extractive import compose, refuse, weigh
from rag.answer.prompt import NOT_IN_ARTICLES, answer_messages
from rag.config import Settings
from rag.embedding.embedder import Embedder
from rag.errors import EndpointError
from rag.index.manifest import state
from rag.index.reprints import distinct
from rag.index.snapshot import load
from rag.schema import EVERYTHING, Answer, Citation, Filter, Hit, Mode, Query, Turn
from rag.search.query import parse
from rag.search.retriever import Retriever

PASSAGES = 10
"""How many passages an answer may rest on."""


class Assistant:
    """Answers from the index in use, and moves to a newer one between two questions."""

    def __init__(self, settings: Settings, embedder: Embedder | None = None) -> None:
        self.settings = settings
        self.embedder = embedder or Embedder(settings.embedding_model)
        self._lock = threading.Lock()
        self._retriever: Retriever | None = None
        self._state = ("", "")

    @property
    def retriever(self) -> Retriever:
        """Over the generation in use; opened when first asked for and when another takes its place.

        Raises IndexMissing, IndexDamaged or IndexIncompatible.
        """
        with self._lock:
            newest = state(self.settings.index_dir)
            if self._retriever is None or self._state != newest:
                self._retriever = Retriever(
                    load(self.settings.index_dir, self.embedder, self.settings.vector_store), self.embedder
                )
                self._state = newest  # seen before it was loaded: at worst the next question loads it again
            return self._retriever

    def search(self, question: str, history: Sequence[Turn] = (), k: int = 10, only: Filter = EVERYTHING) -> list[Hit]:
        retriever = self.retriever
        return retriever.search(parse(question, history, retriever.names, only), k)

    def ask(self, question: str, history: Sequence[Turn] = (), only: Filter = EVERYTHING) -> Answer:
        """``stream`` collected."""
        *_, answer = self.stream(question, history, only)
        assert isinstance(answer, Answer)
        return answer

    def stream(self, question: str, history: Sequence[Turn] = (), only: Filter = EVERYTHING) -> Iterator[str | Answer]:
        """Pieces of the answer as they come about, then the Answer itself, whose text is the one that
        counts: marks of a language model are verified only once it has finished."""
        retriever, clock = self.retriever, _Clock()
        query = parse(question, history, retriever.names, only)
        hits = retriever.search(query, PASSAGES)
        clock.lap("retrieve")
        sources = distinct(hits)  # a story printed twice is no second witness
        evidence = weigh(query, sources, retriever.index.bm25, self.embedder)
        clock.lap("select")

        mode: Mode = "extractive"
        abstained = evidence.abstains
        notices = _filtered(query, hits, retriever.index.undated(query.only))
        cited: tuple[Citation, ...] = ()
        if abstained:
            text = refuse(query, evidence)
        else:
            text, cited = compose(query, evidence)
            if self.settings.llm_configured:
                try:
                    written = yield from self._written(query, sources, history)
                    mode, abstained = "llm", written.strip().startswith(NOT_IN_ARTICLES)
                    if abstained:
                        text, cited = refuse(query, evidence), ()
                    else:
                        text, cited = citations.verify(written, sources, query.language)
                except EndpointError as error:
                    notices.append(_FAILED[query.language].format(error=error))
                clock.lap("write")
        if mode == "extractive" or abstained:
            yield text
        yield Answer(
            question=query.text,
            answer=text,
            mode=mode,
            abstained=abstained,
            confidence=evidence.confidence,
            language=query.language,
            citations=cited,
            hits=tuple(hits),
            timings_ms=clock.laps(),
            generation=retriever.index.generation,
            model=self.embedder.name,
            notices=tuple(notices),
        )

    def _written(self, query: Query, hits: Sequence[Hit], history: Sequence[Turn]) -> Generator[str, None, str]:
        """The language model's text as it streams; returns the whole of it."""
        pieces: list[str] = []
        messages = answer_messages(query.text, query.language, history, hits)
        held = True  # a refusal is a code word that nobody should see
        for piece in llm.stream_chat(self.settings, messages):
            pieces.append(piece)
            if not held:
                yield piece
            elif not NOT_IN_ARTICLES.startswith("".join(pieces).strip()[: len(NOT_IN_ARTICLES)]):
                held = False
                yield "".join(pieces)
        return "".join(pieces)


def _filtered(query: Query, hits: Sequence[Hit], unknown: int) -> list[str]:
    """What a reader should know of a filter: that nothing passes, and what it may have left out wrongly."""
    nothing = query.only != EVERYTHING and not hits
    return [
        *([_NOTHING_PASSES[query.language]] if nothing else []),
        *([_UNDATED[query.language].format(unknown)] if unknown else []),
    ]


_NOTHING_PASSES = {"zh": "没有报道符合筛选条件。", "en": "No article passes the filter."}
_UNDATED = {
    "zh": "有 {} 篇报道日期不明，按日期筛选时未计入。",
    "en": "{} articles have no known date, and a filter by date leaves them out.",
}
_FAILED = {
    "zh": "语言模型未能作答（{error}），以下为文章原句。",
    "en": "The language model gave no answer ({error}); these are the articles' own sentences.",
}


class _Clock:
    def __init__(self) -> None:
        self._start = self._last = time.perf_counter()
        self._laps: dict[str, float] = {}

    def lap(self, step: str) -> None:
        now = time.perf_counter()
        self._laps[step] = (now - self._last) * 1000
        self._last = now

    def laps(self) -> dict[str, float]:
        return {**self._laps, "total": (time.perf_counter() - self._start) * 1000}
