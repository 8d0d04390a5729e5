"""A subject and a ranker -> records: every question is asked, none is dropped, each record is saved at once.

Questions go through ``Assistant`` one by one, exactly as a reader's do. A language model is used only where its answers
are to be judged. Where only retrieval is measured, questions are searched in batches. Records are saved to a journal,
named by a hash of everything that decides their values, so that an interrupted run continues where it stopped.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from eval.harness.atomic_write import not_writable
from eval.harness.judge import judge
from eval.harness.provenance import judge_name, versions
from eval.harness.records import HITS, Record, as_json, from_json, record_answer, record_search
from eval.harness.sets import Question
from eval.harness.subject import Subject
from rag.answer.assistant import Assistant
from rag.answer.extractive import compose
from rag.answer.finding import find
from rag.config import Settings
from rag.embedding.embedder import Embedder
from rag.errors import BadInput, RagError
from rag.reader.reader import SHA256
from rag.schema import Answer
from rag.search.retriever import RANKERS, Retriever

BATCH = 128
"""Questions embedded together where only retrieval is run. The blocks of a set are always the same: the last digits of
a vector depend on the texts that are embedded with it."""
FORMAT = 2


@dataclass(frozen=True, slots=True)
class Run:
    """The records of one ranker, in the order of the questions, and the settings that decide their values."""

    ranker: str
    settings: Mapping[str, Any]
    settings_hash: str
    records: tuple[Record, ...]


class FixedAssistant(Assistant):
    """An assistant that stays on one open index, whatever is built meanwhile. Only the fused search has a reader: "dense" and
    "lexical" show what a ranker is worth alone."""

    def __init__(self, retriever: Retriever, settings: Settings) -> None:
        super().__init__(settings, retriever.embedder)
        self._fixed = retriever
        if retriever.ranker != "fused":
            self.reader = None

    @property
    def retriever(self) -> Retriever:
        """The retriever over the open index."""
        return self._fixed


def parse_rankers(names: str) -> tuple[str, ...]:
    """Return the rankers of ``dense,lexical`` in that order. Raise BadInput for an unknown one."""
    chosen = tuple(dict.fromkeys(name.strip() for name in names.split(",") if name.strip()))
    unknown = [name for name in chosen if name not in RANKERS]
    if unknown or not chosen:
        raise BadInput(f"--compare {names!r}: give some of {', '.join(RANKERS)}, separated by commas.")
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
    """Ask every question of the subject, except those whose records are already in the journal.

    With ``judged``, the language model of the settings writes the answers, as it does for a reader, and judges each.

    Raise BadInput if the journal cannot be written, EndpointError if the judge gives no reply.
    """
    decisive = _decisive_settings(subject, ranker, embedder, retrieval_only)
    if ranker == "fused" and not retrieval_only:
        decisive["reader"] = (settings.reader_model or SHA256) if settings.reader else "off"
    if judged:
        decisive["judge"] = judge_name(settings)
    else:
        settings = replace(settings, llm_base_url="", llm_api_key="", llm_model="")
    key = hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()
    journal = _journal_path(journals, key)
    try:
        journals.mkdir(parents=True, exist_ok=True)
        records = _read_journal(journal)
        retriever = Retriever(subject.index, embedder, ranker)
        new_records = (
            _search_all(subject, retriever, records)
            if retrieval_only
            else _ask_all(subject, retriever, settings, records, judged)
        )
        with journal.open("a", encoding="utf-8") as out:
            if records:
                out.write("\n")  # the last line may be incomplete
            progress(len(records), len(subject.questions))
            for record in new_records:
                line = json.dumps(as_json(record), ensure_ascii=False)
                out.write(line + "\n")
                out.flush()
                records[record.id] = from_json(json.loads(line))  # the same values as a later run would read
                progress(len(records), len(subject.questions))
    except OSError as error:
        raise not_writable(journal, error) from error
    return Run(ranker, decisive, key, tuple(records[q.id] for q in subject.questions))


def delete_journals(runs: Sequence[Run], journals: Path) -> None:
    """Delete the journals of runs whose results are saved."""
    for finished in runs:
        _journal_path(journals, finished.settings_hash).unlink(missing_ok=True)
    with suppress(OSError):  # the folder holds other journals
        journals.rmdir()


def _decisive_settings(subject: Subject, ranker: str, embedder: Embedder, retrieval_only: bool) -> dict[str, Any]:
    """Return everything that decides the values of records, apart from the judge."""
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


def _ask_all(
    subject: Subject, retriever: Retriever, settings: Settings, records: Mapping[str, Record], judged: bool
) -> Iterator[Record]:
    assistant = FixedAssistant(retriever, settings)
    for question in subject.questions:
        if question.id in records:
            continue
        answer: Answer | None = None
        unrefused: Answer | None = None
        cause = ""
        try:
            answer = assistant.ask(question.question, question.history)
            unrefused = _without_refusal(question, answer, assistant)
        except RagError as error:
            answer, cause = None, f"{type(error).__name__}: {error}"
        judgement = judge(answer, settings) if judged and answer else None
        yield record_answer(question, answer, unrefused, subject.texts, cause, judgement)


def _without_refusal(question: Question, answer: Answer, assistant: Assistant) -> Answer:
    """Return the answer that a wrongly refused question would otherwise have got; any other answer as it is."""
    if not (answer.abstained and question.answerable):
        return answer
    query = assistant.retriever.parse(question.question, question.history)
    evidence = find(query, assistant.retriever, assistant.reader).evidence
    if not evidence.sentences:
        return answer
    composed = compose(query, evidence)
    return replace(answer, abstained=False, answer=composed.text, citations=composed.citations, direct=composed.direct)


def _search_all(subject: Subject, retriever: Retriever, records: Mapping[str, Record]) -> Iterator[Record]:
    for at in range(0, len(subject.questions), BATCH):
        block = subject.questions[at : at + BATCH]
        if all(question.id in records for question in block):
            continue
        started = time.perf_counter()
        queries, causes = {}, {}
        for question in block:
            try:
                queries[question.id] = retriever.parse(question.question, question.history)
            except RagError as error:
                causes[question.id] = f"{type(error).__name__}: {error}"
        found = dict(zip(queries, retriever.search_many(list(queries.values()), HITS), strict=True)) if queries else {}
        share = (time.perf_counter() - started) * 1000 / len(block)
        for question in block:
            yield record_search(question, found.get(question.id, []), share, causes.get(question.id, ""))


def _journal_path(journals: Path, settings_hash: str) -> Path:
    return journals / f"{settings_hash[:24]}.jsonl"


def _read_journal(journal: Path) -> dict[str, Record]:
    """Return the records of an interrupted run; an incomplete line, as the last may be, is ignored."""
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
