"""A path -> the subject of an evaluation: a question set, checked against its articles, and their index.

A set is a file of questions about the index in use, or a folder with its own corpus (``corpus.jsonl.gz`` and
``questions.jsonl``), which is indexed first. Such an index is kept under a name that depends on the contents of the
corpus and on the embedding model, so that a later run finds it.
"""

from __future__ import annotations

import hashlib
import json
import resource
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from eval.harness.records import Texts
from eval.harness.sets import Question, in_tuning_half, load_corpus, load_set
from rag.config import Settings
from rag.embedding.embedder import Embedder
from rag.errors import BadInput, CorpusError, IndexMissing
from rag.index.manifest import FORMAT, current_generation, read_manifest
from rag.index.segment import SEGMENTS
from rag.index.snapshot import Index, load
from rag.indexing.build import build_from
from rag.reading.folder import list_files, name_of
from rag.reading.reader import FileReader
from rag.schema import Article, Page

Half = Literal["all", "tune", "test"]
HALVES: tuple[Half, ...] = ("all", "tune", "test")
Progress = Callable[[str, int, int], None]
"""Called with (step, done, total)."""


@dataclass(frozen=True, slots=True)
class Subject:
    """``questions``: those of the chosen half, in file order. ``build``: figures of the index's build, if they are known.
    ``remarks``: what the reader of the figures should know."""

    name: str
    questions: tuple[Question, ...]
    half: Half
    set_sha256: str
    corpus_sha256: str
    index: Index
    index_dir: Path
    texts: Texts
    build: Mapping[str, Any]
    remarks: tuple[str, ...] = ()


def open_subject(
    path: Path,
    half: Half,
    settings: Settings,
    index_dir: Path | None,
    cache: Path,
    embedder: Embedder,
    progress: Progress = lambda *_: None,
) -> Subject:
    """Return the subject at ``path``; index its corpus first if it has one that is not indexed yet.

    ``index_dir`` is the folder of the index. Without it, a file of questions uses the folder of the settings, and a
    folder with a corpus uses one under ``cache``.

    Raise BadInput for a set that cannot be used, before anything is written, and for an ``index_dir`` that holds other
    articles than the corpus. Also raise what ``rag.indexing.build`` raises.
    """
    if path.is_dir():
        articles = load_corpus(path)
        file = path / "questions.jsonl"
        questions = _questions_of_half(file, load_set(file, {a.file: a.text for a in articles}), half)
        index_dir = index_dir or cache / f"{corpus_sha256(articles)[:16]}-{embedder.fingerprint[:8]}-{FORMAT}"
        index, build = _indexed(articles, index_dir, embedder, progress)
        texts = Texts({a.article_id: a.text for a in articles}, {a.file: a.text for a in articles})
        return Subject(
            path.resolve().name, questions, half, _sha256(file), corpus_sha256(articles), index, index_dir, texts, build
        )
    index_dir = index_dir or settings.index_dir
    current_generation(index_dir)  # raises if there is no index, before a model is loaded
    load_set(path, None)  # raises for a malformed line, before a model is loaded
    index = load(index_dir, embedder, settings.vector_store)
    files = _indexed_files(index, settings)
    remarks: tuple[str, ...] = ()
    if files is None:
        remarks = (
            f"The files that were indexed are not in {settings.seeds_dir}: quotes were not checked against them, "
            "and exact quotes are not measured. Set RAG_SEEDS_DIR to their folder.",
        )
    questions = _questions_of_half(path, load_set(path, files), half)
    texts = Texts({a.article_id: a.text for a in index.articles.values()}, files)
    return Subject(
        path.stem,
        questions,
        half,
        _sha256(path),
        corpus_sha256(list(index.articles.values())),
        index,
        index_dir,
        texts,
        {},
        remarks,
    )


def corpus_sha256(articles: Sequence[Article]) -> str:
    """Return a hash of the articles' contents that does not depend on their order."""
    digest = hashlib.sha256()
    for a in sorted(articles, key=lambda a: a.article_id):
        digest.update(json.dumps([a.article_id, a.file, a.title, a.date, a.text], ensure_ascii=True).encode())
    return digest.hexdigest()


def bytes_on_disk(index_dir: Path) -> int:
    """Return the size of the generation in use, in bytes."""
    manifest = read_manifest(index_dir)
    folders = [index_dir / manifest.generation, *(index_dir / SEGMENTS / name for name in manifest.segments)]
    return sum(file.stat().st_size for folder in folders for file in folder.rglob("*") if file.is_file())


def _questions_of_half(path: Path, questions: Sequence[Question], half: Half) -> tuple[Question, ...]:
    part = tuple(q for q in questions if half == "all" or in_tuning_half(q.id) == (half == "tune"))
    if not part:
        raise BadInput(f"{path} has no question in its {half} half: leave --half out.")
    return part


def _indexed(
    articles: Sequence[Article], index_dir: Path, embedder: Embedder, progress: Progress
) -> tuple[Index, Mapping[str, Any]]:
    """Return the index of a corpus, built if there is none, and the figures of its build.

    The figures are kept in a file beside the index, so that later runs can report them.
    """
    notes = index_dir / "build.json"
    try:
        index = load(index_dir, embedder)
    except IndexMissing:
        started = time.perf_counter()
        built = build_from(articles, index_dir, embedder, progress)
        seconds = time.perf_counter() - started
        build: dict[str, Any] = {
            "seconds": round(seconds, 1),
            "passages_per_second": round(built.embedded / seconds, 1),
            "bytes": bytes_on_disk(index_dir),
            "peak_memory_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        }
        notes.write_text(json.dumps(build) + "\n", encoding="utf-8")
        return load(index_dir, embedder), build
    if corpus_sha256(list(index.articles.values())) != corpus_sha256(articles):
        raise BadInput(
            f"The index in {index_dir} holds other articles than the set's corpus: leave --index out, or "
            "name a folder of its own."
        )
    try:
        known = json.loads(notes.read_text(encoding="utf-8"))
    except (OSError, ValueError):  # built elsewhere, or the build was interrupted before it wrote them
        known = {}
    return index, known if isinstance(known, dict) else {}


def _indexed_files(index: Index, settings: Settings) -> dict[str, str] | None:
    """Return the text of each indexed file; None if one is missing or has changed since."""
    hashes: Mapping[str, str] = index.page_hashes()
    found = {
        a.file: a.text for a in index.articles.values() if a.file not in hashes
    }  # an article without a file is its own source
    try:
        files = list_files(settings.seeds_dir)
    except CorpusError:
        return None
    with FileReader(settings.seeds_dir, settings.limits) as reader:
        for path in files:
            name = name_of(path, settings.seeds_dir)
            if not any(known == name or known.startswith((f"{name}#", f"{name}/")) for known in hashes):
                continue
            for page in reader.pages_of(path):
                if isinstance(page, Page) and hashes.get(page.file) == page.sha256:
                    found[page.file] = page.text
    if not hashes.keys() <= found.keys():
        return None
    return found


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
