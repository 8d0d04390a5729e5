"""The fitted body over questions whose passage is given -> AUROC of its answers, exact matches and F1 of its spans."""

from __future__ import annotations

import copy
from collections import Counter
from pathlib import Path

import torch

from eval.harness.intervals import auroc
from eval.reader.examples import TWINS, Example, example, lines, xquad_held_out
from rag.reader.body import Body
from rag.reader.network import Network


def held_out(train: Path) -> dict[str, list[Example]]:
    """Return what is never fitted on: the twins of other passages, and a fifth of XQuAD's paragraphs."""
    xquad = lines(train / "xquad_en2zh.jsonl.gz")
    paragraphs = list(dict.fromkeys(line["passage"] for line in lines(train / "xquad_zh.jsonl.gz")))
    return {
        "twins": [example(line, line["passage"]) for line in lines(TWINS / "heldout.jsonl.gz")],
        "xquad_en": [example(line, line["id"]) for line in xquad if xquad_held_out(line["passage"], paragraphs)],
    }


def report(body: Body, sets: dict[str, list[Example]]) -> dict[str, object]:
    """Return the figures of each set, by a copy of the body in bfloat16."""
    network = Network(copy.deepcopy(body), torch.bfloat16, body.pos.weight.device.type)
    figures: dict[str, object] = {}
    for name, examples in sets.items():
        readings = network.read_pairs([(one.question, one.headline, one.text) for one in examples])
        truth = [one.answerable for one in examples]
        if not all(truth):
            figures[f"{name} AUROC"] = round(auroc(truth, [r.answers for r in readings]), 4)
            figures[f"{name} AUROC of spans"] = round(auroc(truth, [r.margin for r in readings]), 4)
        said = [
            (one, one.text[reading.spans[0].start : reading.spans[0].end])
            for one, reading in zip(examples, readings, strict=True)
            if one.spans
        ]
        right = [max(overlap(text, one.text[a:b]) for a, b in one.spans) for one, text in said]
        figures[f"{name} EM"] = round(sum(f == 1.0 for f in right) / len(right), 4)
        figures[f"{name} F1"] = round(sum(right) / len(right), 4)
    return figures


def overlap(a: str, b: str) -> float:
    """Return the F1 of the characters that two answers share, as the CMRC measures do: punctuation aside."""
    x, y = ([c for c in text.lower() if c.isalnum()] for text in (a, b))
    if x == y:
        return 1.0
    common = sum((Counter(x) & Counter(y)).values())
    return 2 * common / (len(x) + len(y)) if common else 0.0
