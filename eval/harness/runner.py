"""A subject and a ranker -> records: every question asked, none dropped, each kept as it comes.

Questions are asked one by one through ``Assistant``, exactly as a reader's are, without a language
model unless its answers are to be judged. Where only retrieval is measured they are searched in batches. Each record goes to a journal
named by a hash of all that decides its values, so that an interrupted run goes on where it stopped.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from eval.harness.judge import judge
from eval.harness.records import HITS, Record, answered, as_json, from_json, retrieved
from eval.harness.sets import Question
from eval.harness.subject import Subject
from rag.answer.assistant import Assistant
from rag.answer.evidence import weigh
from rag.answer.extractive import compose
from rag.config import Settings
from rag.embedding.embedder import Embedder
from rag.errors import BadInput, RagError
from rag.schema import Answer
from rag.search.query import parse
from rag.search.retriever import RANKERS, Retriever

BATCH = 128
"""Questions embedded together where only retrieval is run. Blocks of a set are always the same, for
a vector depends in its last digits on what it is embedded with."""
FORMAT = 2
_ROOT = Path(__file__).parents[2]
_LIBRARIES = ("baowen", "torch", "transformers", "sentence-transformers", "faiss-cpu", "rjieba", "numpy")


@dataclass(frozen=True, slots=True)
class Run:
    """The records of one ranker, in the order of the questions, and the settings that they hold for."""

    ranker: str
    settings: Mapping[str, Any]
    settings_hash: str
    records: tuple[Record, ...]


class Fixed(Assistant):
    """An assistant that stays on one opened index, whatever is built meanwhile."""

    def __init__(self, retriever: Retriever, settings: Settings) -> None:
        super().__init__(settings, retriever.embedder)
        self._fixed = retriever

    @property
    def retriever(self) -> Retriever:
        return self._fixed


def rankers(names: str) -> tuple[str, ...]:
    """``dense,lexical`` -> its rankers in that order. Raises BadInput for an unknown one."""
    chosen = tuple(dict.fromkeys(name.strip() for name in names.split(",") if name.strip()))
    unknown = [name for name in chosen if name not in RANKERS]
    if unknown or not chosen:
        raise BadInput(f"--compare {names!r}: give some of {', '.join(RANKERS)}, with commas between.")
    return chosen


def run(
    subject: Subject,
    ranker: str,
    embedder: Embedder,
    settings: Settings,
    journals: Path,
    *,
    retrieval_only: bool = False,
    judged: bool = False,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Run:
    """Every question of the subject. Records already in the journal are taken from it. ``judged``: the
    settings' language model writes the answers, as it does for a reader, and judges each.

    Raises BadInput when the journal cannot be written, EndpointError when the judge gives no reply.
    """
    decides = _decides(subject, ranker, embedder, retrieval_only) | ({"judge": judge_of(settings)} if judged else {})
    if not judged:
        settings = replace(settings, llm_base_url="", llm_api_key="", llm_model="")
    key = hashlib.sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest()
    journal = journals / f"{key[:24]}.jsonl"
    try:
        journals.mkdir(parents=True, exist_ok=True)
        kept = _kept(journal)
        retriever = Retriever(subject.index, embedder, ranker)
        make = (
            _searched(subject, retriever, kept)
            if retrieval_only
            else _asked(subject, retriever, settings, kept, judged)
        )
        with journal.open("a", encoding="utf-8") as out:
            if kept:
                out.write("\n")  # the last line may have been cut off
            progress(len(kept), len(subject.questions))
            for record in make:
                line = json.dumps(as_json(record), ensure_ascii=False)
                out.write(line + "\n")
                out.flush()
                kept[record.id] = from_json(json.loads(line))  # as a later run would read it
                progress(len(kept), len(subject.questions))
    except OSError as error:
        raise unwritable(journal, error) from error
    return Run(ranker, decides, key, tuple(kept[q.id] for q in subject.questions))


def forget(runs: Sequence[Run], journals: Path) -> None:
    """Drop the journals of runs whose results are kept."""
    for done in runs:
        (journals / f"{done.settings_hash[:24]}.jsonl").unlink(missing_ok=True)
    with suppress(OSError):  # others are still there
        journals.rmdir()


def versions(embedder: Embedder) -> dict[str, str]:
    """Of everything that the figures may depend on."""
    found = {"python": platform.python_version(), "machine": platform.machine()}
    for name in _LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed as a package"
    parameters = embedder.loaded.parameters()
    return {**found, "precision": str(next(parameters).dtype).removeprefix("torch."), "code": code_sha256()}


def judge_of(settings: Settings) -> str:
    """Whose opinion the judged figures are: the model and where it runs, without a password in the address."""
    host = urlsplit(settings.llm_base_url).netloc.rpartition("@")[2] or "api.openai.com"
    return f"{settings.llm_model} at {host}"


def code_sha256() -> str:
    """Of the library and of what measures it."""
    digest = hashlib.sha256()
    harness = Path(__file__).parent
    for file in [
        *sorted((_ROOT / "rag").rglob("*.py")),
        *(harness / f"{name}.py" for name in ("sets", "measures", "records", "runner", "judge")),
    ]:
        digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()


def write_whole(path: Path, text: str) -> None:
    """All of ``text`` or nothing: written beside ``path``, then renamed. Raises BadInput."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with beside.open("w", encoding="utf-8") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        os.replace(beside, path)
    except OSError as error:
        raise unwritable(path, error) from error
    finally:
        if beside.exists():
            beside.unlink()


def unwritable(path: Path, error: OSError) -> BadInput:
    return BadInput(f"{path} cannot be written ({error.strerror or error}): name another folder with --out.")


def _decides(subject: Subject, ranker: str, embedder: Embedder, retrieval_only: bool) -> dict[str, Any]:
    manifest = subject.index.manifest
    return {
        "format": FORMAT,
        "set": subject.set_sha256,
        "half": subject.half,
        "corpus": subject.corpus_sha256,
        "index": subject.index.content,
        "model": manifest.model.fingerprint,
        "ranker": ranker,
        "retrieval_only": retrieval_only,
        "files": subject.texts.files is not None,
        "versions": versions(embedder),
    }


def _asked(
    subject: Subject, retriever: Retriever, settings: Settings, kept: Mapping[str, Record], judged: bool
) -> Iterator[Record]:
    assistant = Fixed(retriever, settings)
    for question in subject.questions:
        if question.id in kept:
            continue
        answer: Answer | None = None
        unrefused: Answer | None = None
        cause = ""
        try:
            answer = assistant.ask(question.question, question.history)
            unrefused = _unrefused(question, answer, retriever)
        except RagError as error:
            answer, cause = None, f"{type(error).__name__}: {error}"
        opinion = judge(answer, settings) if judged and answer else None
        yield answered(question, answer, unrefused, subject.texts, cause, opinion)


def _unrefused(question: Question, answer: Answer, retriever: Retriever) -> Answer:
    """What would have been answered to a question that was refused though the articles answer it."""
    if not (answer.abstained and question.answerable):
        return answer
    query = parse(question.question, question.history, retriever.names)
    evidence = weigh(query, answer.hits, retriever.index.bm25, retriever.embedder)
    if not evidence.sentences:
        return answer
    text, citations = compose(query, evidence)
    return replace(answer, abstained=False, answer=text, citations=citations)


def _searched(subject: Subject, retriever: Retriever, kept: Mapping[str, Record]) -> Iterator[Record]:
    for at in range(0, len(subject.questions), BATCH):
        block = subject.questions[at : at + BATCH]
        if all(question.id in kept for question in block):
            continue
        started = time.perf_counter()
        queries, causes = {}, {}
        for question in block:
            try:
                queries[question.id] = parse(question.question, question.history, retriever.names)
            except RagError as error:
                causes[question.id] = f"{type(error).__name__}: {error}"
        found = dict(zip(queries, retriever.search_many(list(queries.values()), HITS), strict=True)) if queries else {}
        share = (time.perf_counter() - started) * 1000 / len(block)
        for question in block:
            yield retrieved(question, found.get(question.id, []), share, causes.get(question.id, ""))


def _kept(journal: Path) -> dict[str, Record]:
    """The records of a run that was cut short; a line cut off, as the last may be, is no record."""
    try:
        lines = journal.read_text(encoding="utf-8", errors="replace").split("\n")
    except FileNotFoundError:
        return {}
    found: dict[str, Record] = {}
    for line in lines:
        try:
            record = from_json(json.loads(line))
        except (ValueError, TypeError):
            continue
        found[record.id] = record
    return found
