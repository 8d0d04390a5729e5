"""Files of questions with their passages -> examples to fit the reader on.

A line of a file is ``{"id", "question", "passage", "answers": [{"text", "start"}], "answerable", ...}``. Examples that share
their passage or their question, with an answer and without, form a unit and are read in one batch.
"""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

from eval.reader.settings import Fitting
from rag.text.sentences import sentences

TWINS = Path(__file__).parents[1] / "data" / "twins"
HELD_OUT_XQUAD = 5
"""One paragraph of XQuAD in so many is held out, in both languages."""


@dataclass(frozen=True, slots=True)
class Example:
    """A question over ``text``. ``spans``: the ``text[start:end]`` that answer it; none if it is not answered, or the place
    of its answer is not known."""

    question: str
    headline: str
    text: str
    spans: tuple[tuple[int, int], ...]
    answerable: bool
    unit: str


def lines(path: Path) -> list[dict[str, Any]]:
    """Return the objects of a gzipped file of JSON lines."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def example(line: dict[str, Any], unit: str, headline: str = "") -> Example:
    """Return the example of one line. Raise ValueError if an answer does not stand where the line says."""
    text, spans = line["passage"], []
    for answer in line["answers"]:
        start = answer.get("start", -1)
        if start is not None and start >= 0:
            spans.append((start, start + len(answer["text"])))
            if text[start : spans[-1][1]] != answer["text"]:
                raise ValueError(f"{line['id']}: {answer['text']!r} does not stand at {start}")
    return Example(line["question"], headline, text, tuple(spans), line["answerable"], unit)


def xquad_held_out(passage: str, passages: Sequence[str]) -> bool:
    """Return whether XQuAD's paragraph is among those that only measure. ``passages``: all paragraphs, in file order."""
    return passages.index(passage) % HELD_OUT_XQUAD == 0


def sources(train: Path) -> dict[str, list[Example]]:
    """Return the examples of each source that may be fitted on, in file order. ``train``: the folder of public sets."""
    titles = {claim["id"]: claim["title"] for claim in lines(train / "uhgeval_claims.jsonl.gz") if claim.get("title")}

    def title(line: dict[str, Any]) -> str:
        return str(titles.get(line["source"].removeprefix("uhg-").split("@")[0], ""))

    def plain(name: str, unit: str = "") -> list[Example]:
        return [example(line, unit + _base(line["id"])) for line in lines(train / f"{name}.jsonl.gz")]

    twins = [*lines(train / "twins.jsonl.gz"), *lines(TWINS / "train.jsonl.gz")]
    chronoqa = lines(train / "chronoqa.jsonl.gz")
    xquad = {name: lines(train / f"{name}.jsonl.gz") for name in ("xquad_en2zh", "xquad_zh")}
    paragraphs = list(dict.fromkeys(line["passage"] for line in xquad["xquad_zh"]))
    kept = {
        name: [example(line, line["id"]) for line in found if not xquad_held_out(line["passage"], paragraphs)]
        for name, found in xquad.items()
    }
    return {
        "twins": [example(line, line["passage"], title(line)) for line in twins],
        "cmrc": plain("cmrc2018_train"),
        "cmrc_other": plain("cmrc2018_train_hardneg"),
        "cmrc_dateswap": plain("cmrc2018_train_dateswap"),
        "drcd": list(_drcd(train.parent / "eval" / "train")),
        "xquad_en": kept["xquad_en2zh"],
        "xquad_zh": kept["xquad_zh"],
        "chronoqa": [example(line, _base(line["id"])) for line in chronoqa if line["answerable"]],
        "chronoqa_other": [example(line, _base(line["id"])) for line in chronoqa if not line["answerable"]],
        "chronoqa_dateswap": plain("chronoqa_dateswap"),
        "fewfc": [example(line, line["passage"]) for line in lines(train / "fewfc_qa.jsonl.gz")],
    }


def _base(line_id: str) -> str:
    """Return the id of the question that a derived line was made from."""
    return line_id.removesuffix(":n").removesuffix(":sw").split(":n")[0]


def _drcd(folder: Path) -> Iterator[Example]:
    for name in ("DRCD_dev", "DRCD_test"):
        with gzip.open(folder / f"{name}.json.gz", "rt", encoding="utf-8") as file:
            articles = json.load(file)["data"]
        for article in articles:
            for paragraph in article["paragraphs"]:
                for asked in paragraph["qas"]:
                    line = {
                        "id": asked["id"],
                        "question": asked["question"],
                        "passage": paragraph["context"],
                        "answerable": True,
                        "answers": [{"text": a["text"], "start": a["answer_start"]} for a in asked["answers"][:1]],
                    }
                    yield example(line, paragraph["id"], article["title"])


def epoch_units(found: dict[str, list[Example]], fitting: Fitting, random: Random) -> list[list[Example]]:
    """Return the units to fit on, in random order: each source as often as ``fitting.epochs`` says, with made negatives."""
    everything: list[Example] = []
    units: list[list[Example]] = []
    for name, times in fitting.epochs.items():
        for part in range(int(times) + (times % 1 > 0)):
            by_unit: dict[str, list[Example]] = defaultdict(list)
            share = min(1.0, times - part)
            for one in found[name]:
                if share == 1.0 or Random(f"{fitting.seed} {name} {part} {one.unit}").random() < share:
                    shown = one if random.random() < fitting.headline else replace(one, headline="")
                    by_unit[one.unit].append(cropped(shown, fitting.crop, random))
            everything += [one for unit in by_unit.values() for one in unit]
            units += by_unit.values()
    answered = [one for one in everything if one.answerable and one.spans]
    for unit in units:
        unit += list(_made_negatives(unit, answered, fitting, random))
    random.shuffle(units)
    return units


def cropped(one: Example, sizes: tuple[int, int], random: Random) -> Example:
    """Return an example over at most some 400 characters of its text: whole sentences around its first answer."""
    size = random.randint(int(sizes[0] * 1.6), int(sizes[1] * 1.6))
    if len(one.text) <= 400:
        return one
    parts = list(sentences(one.text))
    start, end = one.spans[0] if one.spans else parts[random.randrange(len(parts))]
    first = next(i for i, (_, stop) in enumerate(parts) if stop > start)
    last = max(first, max(i for i, (begin, _) in enumerate(parts) if begin < end))
    while parts[last][1] - parts[first][0] < size and (first > 0 or last < len(parts) - 1):
        if last == len(parts) - 1 or (first > 0 and random.random() < 0.5):
            first -= 1
        else:
            last += 1
    begin, stop = parts[first][0], parts[last][1]
    spans = tuple((a - begin, b - begin) for a, b in one.spans if begin <= a and b <= stop)
    return replace(one, text=one.text[begin:stop], spans=spans)


def _made_negatives(
    unit: Iterable[Example], answered: Sequence[Example], fitting: Fitting, random: Random
) -> Iterator[Example]:
    for one in list(unit):
        if not (one.answerable and one.spans):
            continue
        if random.random() < fitting.off_topic:
            other = answered[random.randrange(len(answered))]
            if other.unit != one.unit and one.text[one.spans[0][0] : one.spans[0][1]] not in other.text:
                yield replace(one, headline=other.headline, text=other.text, spans=(), answerable=False)
        if random.random() < fitting.cut_answer:
            yield from _without_answer(one)


def _without_answer(one: Example) -> Iterator[Example]:
    """Yield the example without the sentence that holds its answer, if the answer stands nowhere else."""
    start, end = one.spans[0]
    answer = one.text[start:end]
    kept = "".join(one.text[a:b] for a, b in sentences(one.text) if b <= start or a >= end)
    if len(kept) > 40 and answer not in kept and answer not in one.headline:
        yield replace(one, text=kept, spans=(), answerable=False)
