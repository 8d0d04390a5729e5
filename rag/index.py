"""Build and load the index: the first walk, from a folder of files to an artefact.

A generation holds articles.jsonl, passages.jsonl, vectors.faiss, lexical/ and manifest.json. It is
written beside the one in use, so a build that fails or is killed leaves yesterday's index
answering. The manifest is written last and holds a checksum of every other file.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from rag.config import DEFAULT_LIMITS, Limits
from rag.continuations import join
from rag.corpus import Reader
from rag.embedder import Embedder
from rag.errors import CorpusError, IndexDamaged, IndexIncompatible, IndexMissing
from rag.folder import list_files, strays
from rag.generation import (
    FORMAT,
    current_folder,
    damage_of,
    digest,
    manifest_of,
    next_generation,
    not_writable,
    read_lines,
    write_lines,
    write_synced,
    writing,
)
from rag.lexical import LexicalIndex
from rag.newspaper import articles_of
from rag.reprints import mark
from rag.schema import Article, Passage, Refused, Run
from rag.splitter import MAX_CHARS, passages_of
from rag.vectors import FlatVectors, Matrix, VectorStore

_KEEP = 2
Progress = Callable[[str, int, int], None]
"""Called with (step, done, of)."""


@dataclass(frozen=True, slots=True)
class Index:
    """A generation, opened. ``vectors`` and ``lexical`` number passages as ``passages`` does."""

    manifest: Mapping[str, Any]
    articles: Mapping[str, Article]
    passages: tuple[Passage, ...]
    vectors: VectorStore
    lexical: LexicalIndex

    @property
    def generation(self) -> str:
        return str(self.manifest["generation"])


@dataclass(frozen=True, slots=True)
class Built:
    """What a build did. ``refused``: (file, why), each a file that could not be used."""

    manifest: Mapping[str, Any]
    refused: tuple[tuple[str, str], ...]
    embedded: int
    reused: int


def build(
    folder: Path, index_dir: Path, embedder: Embedder, limits: Limits = DEFAULT_LIMITS, progress: Progress = lambda *_: None
) -> Built:
    """The walk of an article: files -> pages -> articles -> passages -> vectors and words -> index.

    Raises CorpusError when nothing in ``folder`` can be used, IndexNotWritable when the index cannot
    be written; in both cases the index in use stays as it was.
    """
    files = list_files(folder)
    hashes: dict[str, str] = {}
    articles: list[Article] = []
    refused = [(stray.file, stray.why) for stray in strays(folder)]
    with Reader(folder, limits) as reader:
        for number, path in enumerate(files, 1):
            for page in reader.pages_of(path):
                if isinstance(page, Refused):
                    refused.append((page.file, page.why))
                    continue
                hashes[page.file] = page.sha256
                found = articles_of(page)
                articles += found
                if not found:
                    refused.append((page.file, f"{page.file} holds no article text: add the body or remove it."))
            progress("read", number, len(files))
    if not articles:
        why = refused[0][1] if refused else "the files hold no article text."
        raise CorpusError(f"No article found in {folder}: {why}")
    return build_from(join(articles), hashes, index_dir, embedder, tuple(refused), progress, folder.resolve())


def build_from(
    articles: Sequence[Article], hashes: Mapping[str, str], index_dir: Path, embedder: Embedder,
    refused: tuple[tuple[str, str], ...] = (), progress: Progress = lambda *_: None, folder: Path | None = None,
) -> Built:
    """The second half of the walk, for articles that come from elsewhere than a folder of pages."""
    with writing(index_dir):
        articles = mark(articles)
        passages: list[Passage] = []
        texts: list[str] = []
        for article in articles:
            found = passages_of(article, embedder.max_tokens, embedder.count_tokens)
            passages += found
            texts += [passage.context for passage in found]
        vectors, reused = _embed(texts, _known_vectors(index_dir, embedder.fingerprint), embedder, progress)
        progress("words", 0, 1)
        lexical = LexicalIndex.build(texts)
        progress("words", 1, 1)
        generation = next_generation(index_dir)
        manifest: dict[str, Any] = {
            "format": FORMAT,
            "generation": generation,
            "model": {"name": embedder.name, "fingerprint": embedder.fingerprint, "dimension": embedder.dimension},
            "settings": {"max_chars": MAX_CHARS, "max_tokens": embedder.max_tokens},
            "counts": {"files": len(hashes), "articles": len(articles), "passages": len(passages)},
            "folder": str(folder or ""),
            "files": dict(hashes),
            "refused": [{"file": file, "why": why} for file, why in refused],
        }
        _write(index_dir, generation, manifest, articles, passages, texts, vectors, lexical)
    return Built(manifest, refused, embedded=len(texts) - reused, reused=reused)


def load(index_dir: Path, embedder: Embedder | None = None) -> Index:
    """The generation in use. With an ``embedder``, one made by another model is refused.

    Raises IndexMissing, IndexDamaged or IndexIncompatible.
    """
    folder = current_folder(index_dir)  # asked once: another generation may take its place meanwhile
    manifest = manifest_of(folder)
    if embedder and manifest["model"]["fingerprint"] != embedder.fingerprint:
        made_by = manifest["model"]["name"]
        mend = "" if made_by == embedder.name else "set RAG_EMBEDDING_MODEL back, or "
        other = "another version of it" if made_by == embedder.name else embedder.name
        raise IndexIncompatible(
            f"The index in {index_dir} was made by the model {made_by}, the one in use is {other}: "
            f"{mend}run `rag index` to embed the articles anew.")
    if broken := damage_of(folder, manifest):
        raise IndexDamaged(
            f"The index in {index_dir} is damaged ({', '.join(broken[:3])}): run `rag index` to build it anew.")
    try:
        articles = [_article(line) for line in read_lines(folder / "articles.jsonl")]
        passages = tuple(Passage(**{k: v for k, v in row.items() if k != "sha256"})
                         for row in read_lines(folder / "passages.jsonl"))
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise IndexDamaged(f"The articles in {folder} cannot be read: run `rag index` to build them anew.") from error
    vectors = FlatVectors.load(folder / "vectors.faiss")
    lexical = LexicalIndex.load(folder / "lexical", len(passages))
    if vectors.size != len(passages) or len(passages) != manifest["counts"]["passages"]:
        raise IndexDamaged(f"The index in {index_dir} disagrees with its manifest: run `rag index` to build it anew.")
    return Index(manifest, {a.article_id: a for a in articles}, passages, vectors, lexical)


def _embed(
    texts: Sequence[str], known: Mapping[str, Any], embedder: Embedder, progress: Progress
) -> tuple[Matrix, int]:
    """Vectors (n, d), those of texts embedded before taken from the generation in use."""
    vectors = np.zeros((len(texts), embedder.dimension), np.float32)
    fresh: dict[str, list[int]] = {}  # a text that stands in several places is embedded once
    for row, text in enumerate(texts):
        vector = known.get(_text_digest(text))
        if vector is None:
            fresh.setdefault(text, []).append(row)
        else:
            vectors[row] = vector
    progress("embed", 0, len(fresh))
    if fresh:
        made = embedder.embed_passages(list(fresh), progress=lambda done: progress("embed", done, len(fresh)))
        for rows, vector in zip(fresh.values(), made, strict=True):
            vectors[rows] = vector
    return vectors, len(texts) - len(fresh)


def _known_vectors(index_dir: Path, fingerprint: str) -> dict[str, Any]:
    """Vectors of the generation in use by the hash of what was embedded; none if it cannot be used,
    for the index is then being built anew."""
    try:
        folder = current_folder(index_dir)
        manifest = manifest_of(folder)
        if manifest["model"]["fingerprint"] != fingerprint or damage_of(folder, manifest):
            return {}
        rows = [row["sha256"] for row in read_lines(folder / "passages.jsonl")]
        vectors = FlatVectors.load(folder / "vectors.faiss")
    except (IndexMissing, IndexDamaged, IndexIncompatible):
        return {}
    return dict(zip(rows, vectors.rows(np.arange(len(rows))), strict=True))


def _write(
    index_dir: Path, generation: str, manifest: dict[str, Any], articles: Sequence[Article],
    passages: Sequence[Passage], texts: Sequence[str], vectors: Matrix, lexical: LexicalIndex,
) -> None:
    folder = index_dir / generation
    try:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        write_lines(folder / "articles.jsonl", (asdict(a) for a in articles))
        write_lines(folder / "passages.jsonl", (
            {**asdict(p), "sha256": _text_digest(text)} for p, text in zip(passages, texts, strict=True)))
        FlatVectors.build(vectors).save(folder / "vectors.faiss")
        (folder / "lexical").mkdir()
        lexical.save(folder / "lexical")
        manifest["checksums"] = {
            path.relative_to(folder).as_posix(): digest(path) for path in sorted(folder.rglob("*")) if path.is_file()}
        write_synced(folder / "manifest.json", json.dumps(manifest, ensure_ascii=False, indent=1))
        write_synced(index_dir / "CURRENT.new", generation + "\n")
        os.replace(index_dir / "CURRENT.new", index_dir / "CURRENT")
    except (OSError, RuntimeError) as error:  # FAISS reports a failed write as RuntimeError
        shutil.rmtree(folder, ignore_errors=True)
        raise not_writable(index_dir, error) from error
    for old in sorted(index_dir.glob("g[0-9]*"))[:-_KEEP]:
        shutil.rmtree(old, ignore_errors=True)


def _article(row: Mapping[str, Any]) -> Article:
    lists = {"byline": tuple(row["byline"]), "copies": tuple(row["copies"]), "runs": tuple(Run(**run) for run in row["runs"])}
    return Article(**{**row, **lists})


def _text_digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


