"""This pipeline beside other common pipelines: ``python -m eval.bench.peers [FOLDER]``.

FOLDER holds a set with a corpus (eval/harness/sets.py). All pipelines read the same articles, answer the same questions
and use the same embedder, with passages of at most 400 characters. Each step is a process of its own. A round runs
every pipeline in turn (A B A B ...), and ratios are computed within a round. The model is timed once, in a first round;
later rounds take its vectors from a cache, so that they time the pipelines alone. Results are saved as JSON in
eval/out/bench-peers.json.
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
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from eval.bench.peer_corpus import choose, write
from eval.bench.peer_report import Step, figures, table
from eval.bench.peer_venvs import LANGCHAIN, RAGLITE, Venv, python_of
from eval.harness.sets import load_corpus, load_set
from rag.embedding.embedder import Embedder
from rag.errors import BadInput, RagError

_OUT = Path("eval/out")
_WORK = _OUT / "peers"


@dataclass(frozen=True, slots=True)
class System:
    """``index`` names the index that the system uses; the first system with that name builds it. ``starts``: its process
    can load the model itself, so that the time to a first answer can be measured."""

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
    """Run every pipeline; print and save the table."""
    options = _options()
    articles = load_corpus(options.folder)
    questions = load_set(options.folder / "questions.jsonl", {a.file: a.text for a in articles})
    articles, asked = choose(articles, questions, options.articles, options.questions)
    shutil.rmtree(_WORK, ignore_errors=True)
    corpus = _WORK / "corpus"
    corpus.mkdir(parents=True)
    write(corpus, articles, options.folder / "questions.jsonl", asked)
    systems, remarks = _available_systems()
    embedder = Embedder()
    embedder.embed_passages([articles[0].text[:100]])  # load the model before anything is timed
    rounds: dict[str, list[dict[str, Step]]] = {system.name: [] for system in systems}
    for number in range(options.rounds + 1):  # the first fills the cache of vectors and is reported separately
        for system in systems:
            rounds[system.name].append(_round(system, corpus, embedder))
            print(f"round {number}: {system.name}", file=sys.stderr, flush=True)
    rows = {name: figures(steps, rounds["ours"], articles, asked) for name, steps in rounds.items()}
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


def _available_systems() -> tuple[list[System], list[str]]:
    """Return the systems that can run here, and for each other environment the reason why it cannot."""
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
    """Return the report of the process of a step. Raise BadInput if it fails."""
    home = (_OUT / "peers-venv" / "home").resolve()  # RAGLite and DuckDB write files to the home folder
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
        tempfile.TemporaryFile("w+", encoding="utf-8") as errors,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True) as process,
    ):
        assert process.stdin
        assert process.stdout
        for line in process.stdout:
            message = json.loads(line)
            if "first" in message:
                first = {"first_seconds": time.perf_counter() - start}
            elif "result" in message:
                result: Step = message["result"] | first
                return result
            else:
                process.stdin.write(json.dumps(answer(embedder, message)) + "\n")
                process.stdin.flush()
        errors.seek(0)
        last = (errors.read().strip().splitlines() or ["it printed nothing"])[-1]
    raise BadInput(f"{system.name} failed at {step}: {last}. Run `{' '.join(command)}` to see more.")


def answer(embedder: Embedder, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return what ``eval.bench.peer_worker.RemoteEmbedder`` asks for.

    Where a passage is longer than the model's limit, the texts are embedded in parts.
    """
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


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m eval.bench.peers")
    parser.add_argument("folder", nargs="?", type=Path, default=Path("eval/data/sets/dureader-robust-sample"))
    parser.add_argument("--articles", type=int, default=500)
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    return parser.parse_args()


if __name__ == "__main__":
    try:
        main()
    except RagError as error:
        sys.exit(str(error))
