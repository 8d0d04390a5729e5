"""Measure the shipped reader where the passage is given: a table with 95% intervals.

    python -m eval.reader.measure [SHARED] [--most 1000]

The held-out twins ship. SHARED, the folder of the public sets, adds the held-out fifth of XQuAD, CMRC 2018's dev set and the sets
that are only for checking. ``--most`` questions of each are read, those whose ids hash lowest.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from eval.harness.intervals import Interval, auroc_interval, interval
from eval.reader.checks import overlap
from eval.reader.examples import TWINS, Example, example, lines, xquad_held_out
from rag.reader.network import Network, shipped
from rag.reader.reading import Reading
from rag.text.sentences import sentences

_CHECKS = ("squad2_zh_half", "squad2_en2zh_half", "dureader_checklist", "fincuge_finqa")
_WINDOW = 380
"""The most characters of a text that are read at once; a longer text is read in parts that share a sentence."""

Asked = tuple[str, str, str, tuple[str, ...], bool]
"""Question, headline, text, answers, whether the text answers."""


def sets(shared: Path | None, most: int) -> dict[str, list[Asked]]:
    """Return the questions of each set."""
    found = {"twins, held out": [_asked(example(line, "")) for line in lines(TWINS / "heldout.jsonl.gz")]}
    if shared is None:
        return found
    xquad = lines(shared / "train" / "xquad_en2zh.jsonl.gz")
    paragraphs = list(dict.fromkeys(line["passage"] for line in lines(shared / "train" / "xquad_zh.jsonl.gz")))
    found["xquad en-zh, held-out fifth"] = [
        _asked(example(line, "")) for line in xquad if xquad_held_out(line["passage"], paragraphs)
    ]
    found["cmrc2018 dev"] = _cmrc(shared / "eval" / "cmrc2018", most)
    for name in _CHECKS:
        chosen = _lowest(lines(shared / "train" / "check" / f"{name}.jsonl.gz"), most)
        found[name] = [
            (line["question"], "", line["passage"], tuple(a["text"] for a in line["answers"]), line["answerable"])
            for line in chosen
        ]
    return found


def _asked(one: Example) -> Asked:
    return one.question, one.headline, one.text, tuple(one.text[a:b] for a, b in one.spans), one.answerable


def _cmrc(folder: Path, most: int) -> list[Asked]:
    documents = {line["id"]: line["text"] for line in lines(folder / "corpus.jsonl.gz")}
    with (folder / "questions.jsonl").open(encoding="utf-8") as file:
        asked = _lowest([json.loads(line) for line in file], most)
    return [(q["question"], "", documents[q["evidence"][0]["doc"]], tuple(q["facts"][0]), True) for q in asked]


def _lowest(found: list[dict[str, Any]], most: int) -> list[dict[str, Any]]:
    return sorted(found, key=lambda line: hashlib.sha256(str(line["id"]).encode()).digest())[:most]


def read(network: Network, asked: Sequence[Asked]) -> list[tuple[Reading, str]]:
    """Return the best reading of each text, and the words that it points at."""
    parts = [(i, part) for i, (_, _, text, *_) in enumerate(asked) for part in windows(text)]
    readings = network.read_pairs([(asked[i][0], asked[i][1], part) for i, part in parts])
    best: dict[int, tuple[float, Reading, str]] = {}
    for (i, part), reading in zip(parts, readings, strict=True):
        score = reading.answers + reading.margin
        if i not in best or score > best[i][0]:
            said = part[reading.spans[0].start : reading.spans[0].end] if reading.spans else ""
            best[i] = (score, reading, said)
    return [best[i][1:] for i in range(len(asked))]


def windows(text: str, size: int = _WINDOW) -> list[str]:
    """Return the text in parts of whole sentences and at most ``size`` characters, if no sentence is longer. Each part begins with
    the last sentence of the part before it, if there is room."""
    if len(text) <= size:
        return [text]
    spans = sentences(text)
    parts: list[str] = []
    first = 0
    while first < len(spans):
        last = first
        while last + 1 < len(spans) and spans[last + 1][1] - spans[first][0] <= size:
            last += 1
        parts.append(text[spans[first][0] : spans[last][1]])
        if last + 1 == len(spans):
            break
        first = last if last > first else last + 1
    return parts


def main() -> None:
    """Read every set and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shared", type=Path, nargs="?")
    parser.add_argument("--most", type=int, default=1000)
    given = parser.parse_args()
    print("| set | questions | AUROC | EM | F1 |\n| --- | ---: | ---: | ---: | ---: |")
    for name, asked in sets(given.shared, given.most).items():
        readings = read(shipped(), asked)
        truth = [answerable for *_, answerable in asked]
        area = auroc_interval(truth, [reading.answers for reading, _ in readings])
        right = [
            max(overlap(said, a) for a in one[3]) for one, (_, said) in zip(asked, readings, strict=True) if one[3]
        ]
        exact, shared_characters = interval([float(f == 1.0) for f in right]), interval(right)
        print(f"| {name} | {len(asked)} | {_shown(area)} | {_shown(exact)} | {_shown(shared_characters)} |", flush=True)


def _shown(one: Interval) -> str:
    return "–" if one.mean != one.mean else f"{one.mean:.3f} [{one.low:.3f}, {one.high:.3f}]"


if __name__ == "__main__":
    main()
