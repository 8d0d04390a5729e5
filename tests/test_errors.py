"""Each cause has its own class and exit code. Each failure is one line that says how to mend it."""

from __future__ import annotations

import inspect
import json
import re
import shutil
import socket
from pathlib import Path

import pytest

from rag import errors
from rag.errors import RagError
from rag.index.manifest import FORMAT
from rag.index.snapshot import load

CLASSES = [c for c in vars(errors).values() if isinstance(c, type) and issubclass(c, RagError)]


def test_every_class_has_its_own_exit_code() -> None:
    codes = {c.__name__: c.exit_code for c in CLASSES}
    assert codes == {
        "RagError": 1,
        "BadInput": 2,
        "CorpusError": 3,
        "IndexMissing": 4,
        "IndexDamaged": 5,
        "IndexIncompatible": 6,
        "IndexNotWritable": 7,
        "ModelError": 8,
        "EndpointError": 9,
        "NotFound": 10,
        "PortInUse": 11,
        "FeedbackNotStored": 12,
        "VectorServerError": 13,
        "RayClusterError": 14,
        "IndexUnreadable": 15,
    }
    assert len(set(codes.values())) == len(codes)


def test_the_documented_tree_is_complete() -> None:
    documented = re.findall(r"^(?:[├└]── )?(\w+) \((\d+)\)", errors.__doc__ or "", re.MULTILINE)
    assert documented == [(c.__name__, str(c.exit_code)) for c in CLASSES]


def test_each_class_says_its_cause_and_how_to_mend_it() -> None:
    for c in CLASSES:
        if c is not RagError:
            cause, mend = [part for part in inspect.cleandoc(c.__doc__ or "").splitlines() if part]
            assert cause.startswith("Raised when ")
            assert mend.endswith(".")


@pytest.fixture
def copy(index_dir: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(index_dir, tmp_path / "index"))


def _one_line(run: tuple[int, str, str], code: int, *words: str) -> None:
    got, out, err = run
    assert (got, out) == (code, ""), err
    assert err.startswith("rag: ")
    assert err.endswith("\n")
    assert err.count("\n") == 1
    assert [word for word in words if word not in err] == []


def test_missing_index(rag, tmp_path: Path) -> None:
    for command in (["ask", "平湖"], ["search", "平湖"], ["articles"], ["show", "x"], ["status"], ["serve"]):
        _one_line(
            rag(*command, "--index", tmp_path / "none"),
            4,
            "There is no index in",
            f"run `rag index --index {tmp_path / 'none'}`",
        )


def test_unknown_article(rag, index_dir: Path) -> None:
    _one_line(rag("show", "x.txt#1", "--index", index_dir), 10, "'x.txt#1'", f"`rag articles --index {index_dir}`")


@pytest.mark.parametrize("question", ["", "  \n ", "平" * 2001])
def test_unusable_question(rag, index_dir: Path, question: str) -> None:
    _one_line(rag("search", question, "--index", index_dir), 2)


@pytest.mark.parametrize(
    "arguments", [["ask"], ["ask", "平湖", "--batch", "x.jsonl"], ["ask", "--batch", "/nonexistent.jsonl"]]
)
def test_unusable_arguments(rag, index_dir: Path, arguments: list[str]) -> None:
    _one_line(rag(*arguments, "--index", index_dir), 2)


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[]",
        "3",
        '"平湖"',
        "null",
        "{}",
        '{"question": 5}',
        '{"question": "  "}',
        '{"question": "平湖", "history": [["a"]]}',
        '{"question": "平湖", "history": 5}',
    ],
)
def test_unusable_batch_line(rag, index_dir: Path, tmp_path: Path, line: str) -> None:
    """The error names the line, and comes before any line is answered."""
    batch = tmp_path / "b.jsonl"
    batch.write_text('{"question": "平湖"}\n' + line + "\n", encoding="utf-8")
    _one_line(rag("ask", "--batch", batch, "--json", "--index", index_dir), 2, "b.jsonl, line 2:")


def test_batch_file_in_another_encoding(rag, index_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "b.jsonl").write_bytes('{"question": "平湖"}'.encode("gbk"))
    _one_line(rag("ask", "--batch", tmp_path / "b.jsonl", "--index", index_dir), 2, "UTF-8")


@pytest.mark.parametrize("question", ["平湖\ud800", "\udcff\udcfe平湖"])
def test_question_with_half_a_character(rag, index_dir: Path, tmp_path: Path, question: str) -> None:
    """A terminal in another encoding or escaped JSON can pass one. The command answers or fails without a traceback."""
    batch = tmp_path / "b.jsonl"
    batch.write_text(json.dumps({"question": question}), encoding="utf-8")
    for run in (
        rag("search", question, "--json", "--index", index_dir),
        rag("search", "--batch", batch, "--json", "--index", index_dir),
    ):
        assert run[0] in (0, 2)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        (None, b"", ["holds no file of a kind that is read"]),
        ("x.txt", b"", ["x.txt is empty"]),
        ("x.txt", b"\x7fELF" + bytes(300), ["x.txt is not text in UTF-8, UTF-16, GB18030 or Big5"]),
        ("x.txt", "平".encode() * 1_700_000, ["x.txt has 5.1 MB", "RAG_MAX_FILE_MB"]),
    ],
    ids=["empty folder", "0 bytes", "binary", "5 MB of one line"],
)
def test_unusable_folder(rag, copy: Path, tmp_path: Path, name: str | None, content: bytes, words: list[str]) -> None:
    (tmp_path / "in").mkdir()
    if name:
        (tmp_path / "in" / name).write_bytes(content)
    _one_line(rag("index", tmp_path / "in", "--index", copy), 3, *words)
    assert len(load(copy).articles) == 27


def test_missing_folder(rag, copy: Path, tmp_path: Path) -> None:
    _one_line(rag("index", tmp_path / "none", "--index", copy), 3, "is not a folder")


def test_damaged_index(rag, copy: Path) -> None:
    path = next(copy.glob("segments/*/vectors.npy"))
    path.write_bytes(path.read_bytes()[:-1000])
    _one_line(rag("ask", "平湖签约了哪些项目？", "--index", copy), 5, f"run `rag index --index {copy} --anew`")
    code, out, _ = rag("status", "--json", "--index", copy)
    assert code == 5
    assert json.loads(out)["health"] == {"ok": False, "damaged": [f"{path.parent.name}/vectors.npy"]}


def test_index_that_cannot_be_written(rag, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text("昨天，平湖签约了5个人工智能项目，总投资5亿元。", encoding="utf-8")
    (tmp_path / "file").touch()
    _one_line(rag("index", tmp_path / "in", "--index", tmp_path / "file"), 7, "could not be written", "--index")
    _one_line(rag("index", tmp_path / "in", "--index", "/proc/baowen"), 7, "could not be written")
    _one_line(
        rag("index", tmp_path / "in", "--index", tmp_path / "in"), 3, "is the folder of the index: name the folder"
    )
    _one_line(
        rag("index", tmp_path / "in", "--index", tmp_path / "in" / "index"),
        3,
        "among the articles: name a folder outside",
    )


def test_index_of_another_format(rag, copy: Path) -> None:
    path = copy / "g000001" / "manifest.json"
    path.write_text(path.read_text(encoding="utf-8").replace(f'"format": {FORMAT}', '"format": 99'), encoding="utf-8")
    for command in (["status"], ["articles"]):
        _one_line(
            rag(*command, "--index", copy),
            6,
            "has format 99",
            f"update the program, or run `rag index --index {copy} --anew`",
        )


def test_unknown_model(rag, index_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAG_EMBEDDING_MODEL", "/nonexistent/model")
    _one_line(rag("search", "平湖", "--index", index_dir), 8, "/nonexistent/model", "RAG_EMBEDDING_MODEL")


@pytest.mark.parametrize("value", ["viel", "-1", "0", "nan", "inf"])
@pytest.mark.parametrize("name", ["RAG_LLM_TIMEOUT", "RAG_MAX_FILE_MB", "RAG_MAX_SOURCE_MB", "RAG_MAX_FILE_SECONDS"])
def test_setting_that_is_not_a_number(
    rag, index_dir: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    _one_line(rag("status", "--index", index_dir), 2, name, repr(value))


def test_port_in_use(rag, index_dir: Path) -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        _one_line(rag("serve", "--port", port, "--index", index_dir), 11, str(port))


def test_malformed_endpoint(rag, index_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sentences of the articles replace the model's text, and a notice says so."""
    for name, value in (("OPENAI_BASE_URL", "not a url"), ("OPENAI_API_KEY", "k"), ("RAG_LLM_MODEL", "m")):
        monkeypatch.setenv(name, value)
    code, out, err = rag("ask", "2024年平湖再生水利用量是多少？", "--json", "--index", index_dir)
    assert (code, err) == (0, "")
    answer = json.loads(out)
    assert answer["mode"] == "extractive"
    assert "1107万立方米" in answer["answer"]
    assert len(answer["notices"]) == 1
    assert "OPENAI_BASE_URL" in answer["notices"][0]


def test_message_with_markup_is_shown_as_it_is(rag, index_dir: Path) -> None:
    _one_line(rag("show", "[red]x[/red] :smile:", "--index", index_dir), 10, "[red]x[/red] :smile:")
