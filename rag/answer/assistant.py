"""Question -> Answer: query -> hits -> evidence -> refusal, quoted sentences, or a language model's checked text."""

from __future__ import annotations

import threading
import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace

from rag.answer.catalogue.catalogue import Catalogue
from rag.answer.citations import verify
from rag.answer.extractive import compose, refuse
from rag.answer.finding import find
from rag.answer.llm import stream_chat
from rag.answer.prompt import NOT_IN_ARTICLES, answer_messages
from rag.config import Settings
from rag.embedding.embedder import Embedder
from rag.errors import EndpointError
from rag.index.manifest import generation_key
from rag.index.snapshot import load
from rag.reader.cross_encoder import CrossEncoderReader
from rag.reader.reader import PassageReader, Reader
from rag.schema import EVERYTHING, Answer, Citation, Filter, Hit, Query, Turn
from rag.search.retriever import Retriever


class Assistant:
    """Answers questions from the index in use. Opens a newer generation between two questions."""

    def __init__(
        self, settings: Settings, embedder: Embedder | None = None, reader: PassageReader | None = None
    ) -> None:
        """Choose what answers: by default the embedder and the reader of the settings, loaded at their first use."""
        self.settings = settings
        self.embedder = embedder or Embedder(settings.embedding_model)
        self.reader = reader or _reader(settings)
        self._lock = threading.Lock()
        self._retriever: Retriever | None = None
        self._state = ("", "")
        self._shelf: tuple[Retriever, Catalogue] | None = None

    @property
    def retriever(self) -> Retriever:
        """The search over the generation in use, opened at its first use.

        Raise IndexMissing, IndexDamaged or IndexIncompatible.
        """
        with self._lock:
            newest = generation_key(self.settings.index_dir)
            if self._retriever is None or self._state != newest:
                index = load(self.settings.index_dir, self.embedder, self.settings.vector_store)
                self._retriever = Retriever(index, self.embedder)
                self._state = newest  # read before the index: at worst the next question opens it again
            return self._retriever

    def search(self, question: str, history: Sequence[Turn] = (), k: int = 10, only: Filter = EVERYTHING) -> list[Hit]:
        """Return the ``k`` best passages, best first. Raise BadInput for a question that is not valid."""
        retriever = self.retriever
        return retriever.search(retriever.parse(question, history, only), k)

    def ask(self, question: str, history: Sequence[Turn] = (), only: Filter = EVERYTHING) -> Answer:
        """Return the last item of ``stream``."""
        *_, answer = self.stream(question, history, only)
        assert isinstance(answer, Answer)
        return answer

    def stream(self, question: str, history: Sequence[Turn] = (), only: Filter = EVERYTHING) -> Iterator[str | Answer]:
        """Yield pieces of the answer's text while it is written, and last the Answer.

        Only the text of the Answer is final: the marks of a language model are checked after its last word. Raise
        BadInput for a question that is not valid, and what ``retriever`` raises.
        """
        retriever, clock = self.retriever, _Clock()
        query = retriever.parse(question, history, only)

        known = self._catalogue(retriever).answer(query, history)  # what the index itself knows, without a search
        if known:
            clock.lap("retrieve")
            notices = _filter_notices(query, known.hits, retriever.index.undated(query.only)) if known.hits else []
            yield known.answer
            yield replace(known, timings_ms=clock.laps(), notices=tuple(notices))
            return

        found = find(query, retriever, self.reader, clock.lap)
        hits, evidence = found.hits, found.evidence

        notices = [_NEAR_NAME[query.language].format(name) for name in query.near]
        notices += _filter_notices(query, hits, retriever.index.undated(query.only))
        asks_model = self.settings.llm_configured and not evidence.abstains
        written: str | None = None  # by the language model
        if asks_model:
            try:
                written = yield from self._write(query, evidence.hits, history)
            except EndpointError as error:
                notices.append(_MODEL_FAILED[query.language].format(error=error))

        abstained = evidence.abstains if written is None else written.strip().startswith(NOT_IN_ARTICLES)
        citations: tuple[Citation, ...] = ()
        direct = ""
        if abstained:
            text = refuse(query, evidence)
        elif written is None:
            composed = compose(query, evidence)
            text, citations, direct = composed.text, composed.citations, composed.direct
        else:
            text, citations = verify(written, evidence.hits, query.language)
        if asks_model:
            clock.lap("write")

        if written is None or abstained:
            yield text
        yield Answer(
            question=query.text,
            answer=text,
            mode="extractive" if written is None else "llm",
            abstained=abstained,
            confidence=evidence.confidence,
            language=query.language,
            citations=citations,
            hits=hits,
            timings_ms=clock.laps(),
            generation=retriever.index.generation,
            model=self.embedder.name,
            notices=tuple(notices),
            direct=direct,
        )

    def _catalogue(self, retriever: Retriever) -> Catalogue:
        """Return the catalogue of the index that ``retriever`` searches."""
        if self._shelf is None or self._shelf[0] is not retriever:
            self._shelf = retriever, Catalogue(retriever)
        return self._shelf[1]

    def _write(self, query: Query, hits: Sequence[Hit], history: Sequence[Turn]) -> Generator[str, None, str]:
        """Yield the language model's text in pieces and return all of it. Raise EndpointError."""
        pieces: list[str] = []
        shown = False  # a refusal is a code word, which is never shown
        for piece in stream_chat(self.settings, answer_messages(query.text, query.language, history, hits)):
            pieces.append(piece)
            if shown:
                yield piece
            elif not NOT_IN_ARTICLES.startswith("".join(pieces).strip()[: len(NOT_IN_ARTICLES)]):
                shown = True
                yield "".join(pieces)
        return "".join(pieces)


def _reader(settings: Settings) -> PassageReader | None:
    if not settings.reader:
        return None
    return CrossEncoderReader(settings.reader_model) if settings.reader_model else Reader()


def _filter_notices(query: Query, hits: Sequence[Hit], undated: int) -> list[str]:
    """Return the notices about the filter: that no article passes it, and how many it excludes for lack of a date."""
    notices = []
    if query.only != EVERYTHING and not hits:
        notices.append(_NO_ARTICLE_PASSES[query.language])
    if undated:
        notices.append(_UNDATED[query.language].format(undated))
    return notices


_NEAR_NAME = {"zh": "按“{}”查找。", "en": "Searched for “{}”."}
_NO_ARTICLE_PASSES = {"zh": "没有报道符合筛选条件。", "en": "No article passes the filter."}
_UNDATED = {
    "zh": "有 {} 篇报道日期不明，按日期筛选时未计入。",
    "en": "{} articles have no known date, and a filter by date leaves them out.",
}
_MODEL_FAILED = {
    "zh": "语言模型未能作答（{error}），以下为文章原句。",
    "en": "The language model gave no answer ({error}); these are the articles' own sentences.",
}


class _Clock:
    """Measures the milliseconds of each step."""

    def __init__(self) -> None:
        self._start = self._last = time.perf_counter()
        self._laps: dict[str, float] = {}

    def lap(self, step: str) -> None:
        now = time.perf_counter()
        self._laps[step] = (now - self._last) * 1000
        self._last = now

    def laps(self) -> dict[str, float]:
        return {**self._laps, "total": (time.perf_counter() - self._start) * 1000}
