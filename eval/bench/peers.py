"""Our pipeline beside those that people would otherwise write: ``python -m eval.bench.peers [FOLDER]``.

FOLDER holds a set with a corpus (eval/harness/sets.py). All read the same articles, answer the same questions and use the same
embedder, with passages of at most 400 characters. Each step is a process of its own; a round takes every pipeline in
turn (A B A B ...), and a ratio is taken within a round. What the model does is measured once, in a first round, and then
served from what was kept, so that the others time the pipelines. Results are kept as JSON in eval/out/bench-peers.json.
"""

from __future__ import annotations

import argparse
import base64
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from eval.bench.peer_corpus import chosen, write
from eval.bench.peer_venvs import LANGCHAIN, RAGLITE, Venv, python_of
from eval.bench.ratios import ratio
from eval.harness.intervals import interval, percentile
from eval.harness.measures import evidence_ranks, recall_at
from eval.harness.sets import Question, load_corpus, load_set
from rag.embedding.embedder import Embedder
from rag.errors import BadInput, RagError
from rag.schema import Article, Hit, Passage

_OUT = Path("eval/out")
_WORK = _OUT / "peers"
Step = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class System:
    """``index`` names what it builds; of two that name the same the first builds it. ``starts``: its process can load
    the model itself, so that the way to a first answer can be timed."""

    name: str
    index: str
    variant: str
    venv: Venv | None
    starts: bool


SYSTEMS = (
    System("ours", "ours", "fused", None, True),
    System("LangChain, BM25 of words", "langchain", "words", LANGCHAIN, True),
    System("LangChain, BM25 as it comes", "langchain", "blanks", LANGCHAIN, False),
    System("RAGLite, hybrid", "raglite", "hybrid", RAGLITE, False),
    System("RAGLite, vectors (its default)", "raglite", "vector", RAGLITE, False),
)


def main() -> None:
    options = _options()
    articles = load_corpus(options.folder)
    questions = load_set(options.folder / "questions.jsonl", {a.file: a.text for a in articles})
    articles, asked = chosen(articles, questions, options.articles, options.questions)
    shutil.rmtree(_WORK, ignore_errors=True)
    corpus = _WORK / "corpus"
    corpus.mkdir(parents=True)
    write(corpus, articles, options.folder / "questions.jsonl", asked)
    systems, remarks = _ready()
    embedder = Embedder()
    embedder.embed_passages([articles[0].text[:100]])  # the model is loaded before anything is timed
    rounds: dict[str, list[dict[str, Step]]] = {system.name: [] for system in systems}
    for number in range(options.rounds + 1):  # the first makes the vectors and is told apart
        for system in systems:
            rounds[system.name].append(_round(system, corpus, embedder))
            print(f"round {number}: {system.name}", file=sys.stderr, flush=True)
    rows = {name: _row(steps, rounds["ours"], articles, asked) for name, steps in rounds.items()}
    report = {
        "corpus": options.folder.name,
        "articles": len(articles),
        "questions": len(asked),
        "rounds": options.rounds,
        "remarks": remarks,
        "systems": rows,
    }
    (_OUT / "bench-peers.json").write_text(json.dumps(report, ensure_ascii=False, indent=1), encoding="utf-8")
    print(
        f"{len(articles)} articles of {options.folder.name}, {len(asked)} questions, {options.rounds} rounds; "
        "in brackets the median ratio to ours and its range\n"
    )
    print("\n".join([*table(rows), *remarks]))


def table(rows: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Markdown, a line a figure and a column a system."""
    lines = ["| | " + " | ".join(rows) + " |", "|---|" + "---|" * len(rows)]
    for what in rows["ours"]:
        lines.append(f"| {what} | " + " | ".join(_cell(row.get(what)) for row in rows.values()) + " |")
    return lines


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, int):
        return f"{value:,}"
    if "n" in value:
        return f"{value['mean']:.2f} [{value['low']:.2f}, {value['high']:.2f}]"
    shown = f"{value['one']:.3g}" if value["one"] < 1000 else f"{value['one']:,.0f}"
    return (
        shown
        if value["ratio"] == value["low"] == value["high"] == 1
        else (f"{shown} ({value['ratio']:.2f}; {value['low']:.2f}–{value['high']:.2f})")
    )


def _row(
    steps: Sequence[Mapping[str, Step]],
    ours: Sequence[Mapping[str, Step]],
    articles: Sequence[Article],
    asked: Sequence[Question],
) -> dict[str, Any]:
    """The figures of a system, each a ``Ratio`` to ours, an ``Interval`` over questions or a number."""
    row: dict[str, Any] = {}
    for what, step, figure in _FIGURES:
        pairs = [
            (figure(a[step]), figure(b[step]))
            for a, b in zip(steps[1:], ours[1:], strict=True)
            if step in a and step in b
        ]
        row[what] = asdict(ratio(pairs)) if pairs else None
    first = steps[0].get("build")
    row["whole build once, s"] = asdict(ratio([(first["seconds"], ours[0]["build"]["seconds"])])) if first else None
    row["texts embedded"], row["their characters"] = (first["texts"], first["characters"]) if first else (None, None)
    row["of it the model, s"] = (
        asdict(ratio([(first["model_seconds"], ours[0]["build"]["model_seconds"])])) if first else None
    )
    by_id = {article.article_id: article for article in articles}
    ranks = [
        evidence_ranks(question, [_hit(by_id[name], start, end) for name, start, end in found])
        for question, found in zip(asked, steps[-1]["ask"]["found"], strict=True)
    ]
    for k in (1, 5):
        row[f"recall@{k}"] = asdict(interval([recall_at(rank, k) for rank in ranks]))
    row["longest passage found, characters"] = max(
        end - start for found in steps[-1]["ask"]["found"] for _, start, end in found
    )
    return row


_FIGURES: tuple[tuple[str, str, Any], ...] = (
    ("build without the model, s", "build", lambda step: step["seconds"] - step["model_seconds"]),
    ("peak memory of a build, MB", "build", lambda step: step["peak_bytes"] / 1e6),
    ("disk, MB", "build", lambda step: step["bytes"] / 1e6),
    ("open and answer once, without the model, s", "ask", lambda step: step["open_seconds"]),
    ("question without the model p50, ms", "ask", lambda step: percentile(step["milliseconds"], 50)),
    ("question without the model p95, ms", "ask", lambda step: percentile(step["milliseconds"], 95)),
    ("peak memory of asking, MB", "ask", lambda step: step["peak_bytes"] / 1e6),
    ("start to first answer, with the model, s", "first", lambda step: step["first_seconds"]),
    ("second question, with the model, s", "first", lambda step: step["warm_seconds"]),
    ("peak memory with the model, MB", "first", lambda step: step["peak_bytes"] / 1e6),
)


def _ready() -> tuple[list[System], list[str]]:
    """The systems that can run here, and why others cannot."""
    pythons: dict[str, Path] = {}
    remarks = []
    for venv in (LANGCHAIN, RAGLITE):
        python, why = python_of(venv, _OUT / "peers-venv")
        if python:
            pythons[venv.name] = python
        else:
            remarks.append(why)
    return [s for s in SYSTEMS if s.venv is None or s.venv.name in pythons], remarks


def _round(system: System, corpus: Path, embedder: Embedder) -> dict[str, Step]:
    builds = next(other for other in SYSTEMS if other.index == system.index) == system
    steps = (["build"] if builds else []) + ["ask"] + (["first"] if system.starts else [])
    return {step: _step(system, step, corpus, embedder) for step in steps}


def _step(system: System, step: str, corpus: Path, embedder: Embedder) -> Step:
    """What the process of a step has to say. Raises BadInput where it fails."""
    home = (_OUT / "peers-venv" / "home").resolve()  # RAGLite and DuckDB keep files in the home folder
    home.mkdir(parents=True, exist_ok=True)
    python = _OUT / "peers-venv" / system.venv.name / "bin" / "python" if system.venv else Path(sys.executable)
    command = [
        "env",
        f"HOME={home}",
        "LITELLM_LOCAL_MODEL_COST_MAP=True",
        str(python),
        "-m",
        f"eval.bench.peer_{system.index}",
        step,
        system.variant,
        str(corpus),
        str(_WORK / system.index),
    ]
    start = time.perf_counter()
    first: dict[str, float] = {}
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8") as complaint,
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=complaint, text=True
        ) as process,
    ):
        assert process.stdin
        assert process.stdout
        for line in process.stdout:
            said = json.loads(line)
            if "first" in said:
                first = {"first_seconds": time.perf_counter() - start}
            elif "result" in said:
                result: Step = said["result"] | first
                return result
            else:
                process.stdin.write(json.dumps(answer(embedder, said)) + "\n")
                process.stdin.flush()
        complaint.seek(0)
        last = (complaint.read().strip().splitlines() or ["it said nothing"])[-1]
    raise BadInput(f"{system.name} failed at {step}: {last}. Run `{' '.join(command)}` to see more.")


def answer(embedder: Embedder, asked: Mapping[str, Any]) -> dict[str, Any]:
    """What ``eval.bench.peer_worker.Served`` asks for. A passage longer than the model sees is embedded in parts."""
    if "about" in asked:
        return {"dimension": embedder.dimension, "max_tokens": embedder.max_tokens}
    texts: list[str] = asked["texts"]
    if asked["what"] == "tokens":
        rows = np.array(embedder.count_tokens(texts), np.float32)
    elif asked["what"] == "queries":
        rows = embedder.embed_queries(texts)
    elif max(embedder.count_tokens(texts)) <= embedder.max_tokens:
        rows = embedder.embed_passages(texts)
    else:
        rows = embedder.embed_sentences(texts)
    return {"rows": base64.b64encode(rows.tobytes()).decode()}


def _hit(article: Article, start: int, end: int) -> Hit:
    passage = Passage(f"{article.article_id}:{start}-{end}", article.article_id, article.text[start:end], start, end)
    return Hit(passage, article, 0.0, 0.0, 0.0)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m eval.bench.peers")
    parser.add_argument("folder", nargs="?", type=Path, default=Path("../shared/eval/crud-news"))
    parser.add_argument("--articles", type=int, default=500)
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    return parser.parse_args()


if __name__ == "__main__":
    try:
        main()
    except RagError as error:
        sys.exit(str(error))
