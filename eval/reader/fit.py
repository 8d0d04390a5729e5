"""Fit the reader: the encoder's own body on questions over passages.

    python -m eval.reader.fit SHARED_TRAIN OUT [--device cpu]

SHARED_TRAIN is the folder of the public sets. OUT receives ``state.pt``, from which an interrupted fit goes on, ``log.jsonl``
and, at the end, ``fitted.pt``. Amounts and rates are those of ``eval/reader/settings.py``; the same seed and the same number of
threads give the same batches.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from pathlib import Path
from random import Random

import torch
from torch import Tensor
from torch.nn import functional

from eval.reader.batches import Batch, cut, tensors
from eval.reader.checks import held_out, report
from eval.reader.examples import epoch_units, sources
from eval.reader.settings import Fitting
from rag.embedding import e5_parts
from rag.embedding.word_table import WordTable
from rag.reader.body import Body
from rag.reader.encoder_start import from_encoder
from rag.reader.tokens import PairTokens

SAVE_EVERY = 300
"""Seconds between two states on disk."""
CHECK_EVERY = 1200
"""Seconds between two looks at the held-out twins."""


def loss_of(batch: Batch, answers: Tensor, span: Tensor, fitting: Fitting) -> tuple[Tensor, Tensor, Tensor]:
    """Return the losses: of the answer (cross-entropy), of its place (cross-entropy over tokens), of pairs (logistic)."""
    said = functional.binary_cross_entropy_with_logits(answers, batch.answerable)
    logits = span.masked_fill(~batch.spots[..., None], -1e4).log_softmax(1)
    known = batch.starts.sum(1) > 0
    placed = -(logits[..., 0] * batch.starts + logits[..., 1] * batch.ends).sum(1)[known]
    place = placed.mean() if len(placed) else answers.new_zeros(())
    if not len(batch.pairs):
        return said, place, answers.new_zeros(())
    first, second = batch.pairs.unbind(1)
    null = logits[:, 0].sum(1)
    best = logits[:, 1:].amax(1).sum(1) - null  # of the place against no place
    apart = functional.softplus(answers[second] - answers[first]) + 0.25 * functional.softplus(
        best[second] - best[first]
    )
    return said, place, apart.mean()


def main() -> None:
    """Fit, or go on with an interrupted fit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("train", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--steps", type=int, default=0, help="read so many batches; 0: all of them")
    given = parser.parse_args()
    fit(given.train, given.out, given.device, Fitting(), given.steps)


def fit(train: Path, out: Path, device: str, fitting: Fitting, steps: int = 0) -> None:
    """Fit the reader and write it to ``out``."""
    out.mkdir(parents=True, exist_ok=True)
    packed = e5_parts.packed()
    joiner, table = PairTokens(packed, e5_parts.tokenizer()), WordTable(packed).to(device)
    random = Random(fitting.seed)
    torch.manual_seed(fitting.seed)
    batches = cut(epoch_units(sources(train), fitting, random), joiner, fitting.tokens, random)
    body = Body(fitting.dropout).to(device)
    from_encoder(body, packed)
    heads = {id(p) for head in (body.pool, body.answers, body.span) for p in head.parameters()}
    optimizer = torch.optim.AdamW(
        [
            {"params": [p for p in body.parameters() if id(p) not in heads], "base": fitting.rate},
            {"params": [p for p in body.parameters() if id(p) in heads], "base": fitting.heads_rate},
        ],
        lr=fitting.rate,
        weight_decay=fitting.decay,
        fused=True,
    )
    state, at = out / "state.pt", 0
    if state.is_file():
        saved = torch.load(state, map_location=device, weights_only=True)
        body.load_state_dict(saved["body"])
        optimizer.load_state_dict(saved["optimizer"])
        at = saved["step"]
    batches = batches[: steps or len(batches)]
    total = len(batches)
    print(f"{total} batches, {sum(map(len, batches))} examples, from step {at}", flush=True)
    checks = held_out(train)
    saved_at = checked_at = started = time.monotonic()
    sums, tokens = [0.0, 0.0, 0.0], 0
    for step in range(at, total):
        batch = tensors(batches[step], packed.pad)
        body.train()
        for group in optimizer.param_groups:
            group["lr"] = group["base"] * _rate(step / total, fitting.warm_up)
        with torch.autocast(device, torch.bfloat16):
            answers, span = body(table(batch.ids.to(device)), batch.kinds.to(device), batch.mask.to(device))
        said, place, apart = loss_of(batch, answers.cpu(), span.cpu(), fitting)
        (said + fitting.span * place + fitting.pairs * apart).backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(body.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        sums = [a + b.item() for a, b in zip(sums, (said, place, apart), strict=True)]
        tokens += batch.ids.numel()
        now = time.monotonic()
        if (step + 1) % 50 == 0:
            line = {
                "step": step + 1,
                "loss": [round(s / 50, 4) for s in sums],
                "tokens/s": round(tokens / (now - started)),
            }
            _log(out, line)
            sums = [0.0, 0.0, 0.0]
        if now - saved_at > SAVE_EVERY:
            _save(state, {"body": body.state_dict(), "optimizer": optimizer.state_dict(), "step": step + 1})
            saved_at = now
        if now - checked_at > CHECK_EVERY:
            _log(out, {"step": step + 1, **report(body, checks)})
            checked_at = time.monotonic()
    _save(state, {"body": body.state_dict(), "optimizer": optimizer.state_dict(), "step": total})
    _log(out, {"step": total, **report(body, checks)})
    _save(out / "fitted.pt", body.state_dict())


def _rate(share: float, warm_up: float) -> float:
    """Return the share of the full rate: it rises over ``warm_up`` and falls along half a cosine to zero."""
    return share / warm_up if share < warm_up else 0.5 + 0.5 * math.cos(math.pi * (share - warm_up) / (1 - warm_up))


def _save(path: Path, value: object) -> None:
    torch.save(value, path.with_suffix(".new"))
    path.with_suffix(".new").replace(path)


def _log(out: Path, line: dict[str, object]) -> None:
    print(line, flush=True)
    with (out / "log.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main()
