"""Readers' judgements: stored line by line, read back, exported as a set for evaluation."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.harness.feedback_export import export, set_line
from eval.harness.sets import load_set
from rag.answer.feedback import Feedback, latest, store
from rag.errors import BadInput, FeedbackNotStored

UP = Feedback(
    at="2026-01-02T03:04:05+00:00",
    thumb="up",
    comment="",
    question="总投资多少？",
    history=(("签约了什么？", "5个项目。"),),
    answer="总投资5亿元。[1]",
    abstained=False,
    language="zh",
    citations=(
        {"n": 1, "file": "003.txt", "quote": "总投资5亿元。"},
        {"n": 2, "file": "003.txt", "quote": "总投资5亿元。"},
    ),
    generation="g000001",
    model="m",
)
DOWN = replace(UP, thumb="down", comment="还有12个项目", question="签约了哪些项目？", history=())
REFUSED = replace(UP, question="市长几岁？", history=(), answer="文章没有说。", abstained=True, citations=())


def test_stored_judgements_are_read_back(tmp_path: Path) -> None:
    file = tmp_path / "new" / "feedback.jsonl"
    for feedback in (UP, DOWN, REFUSED):
        store(feedback, file)
    assert latest(file) == [UP, DOWN, REFUSED]
    assert file.read_bytes().count(b"\n") == 3


def test_the_last_judgement_of_an_answer_counts(tmp_path: Path) -> None:
    file = tmp_path / "feedback.jsonl"
    for feedback in (UP, DOWN, replace(UP, thumb="down", comment="想错了", at="2026-01-03T00:00:00+00:00")):
        store(feedback, file)
    assert [(f.question, f.thumb, f.comment) for f in latest(file)] == [
        ("总投资多少？", "down", "想错了"),
        ("签约了哪些项目？", "down", "还有12个项目"),
    ]
    store(replace(UP, answer="总投资6亿元。"), file)  # another answer to the same question
    assert len(latest(file)) == 3


@given(st.text(), st.text(), st.text())
def test_any_text_is_one_line(
    tmp_path_factory: pytest.TempPathFactory, comment: str, question: str, answer: str
) -> None:
    file = tmp_path_factory.mktemp("f") / "feedback.jsonl"
    feedback = replace(UP, comment=comment, question=question, answer=answer)
    store(feedback, file)
    store(feedback, file)
    assert latest(file) == [feedback]


def test_concurrent_threads_lose_no_line(tmp_path: Path) -> None:
    file = tmp_path / "feedback.jsonl"
    writers = [threading.Thread(target=store, args=(replace(UP, answer=f"{n}" * 5000), file)) for n in range(24)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert len(latest(file)) == 24


def test_concurrent_processes_lose_no_line(tmp_path: Path) -> None:
    file = tmp_path / "feedback.jsonl"
    store(UP, file)
    script = (
        "import sys; from dataclasses import replace; from pathlib import Path\n"
        "from rag.answer.feedback import latest, store\n"
        "file = Path(sys.argv[1]); first = latest(file)[0]\n"
        "for n in range(20): store(replace(first, answer=f'{sys.argv[2]}-{n}' * 500), file)\n"
    )
    writers = [subprocess.Popen([sys.executable, "-c", script, str(file), str(number)]) for number in range(4)]
    assert [writer.wait(60) for writer in writers] == [0] * 4
    assert len(latest(file)) == 81


def test_a_killed_writer_releases_the_lock(
    tmp_path: Path, within: Callable[[float], AbstractContextManager[None]]
) -> None:
    file = tmp_path / "feedback.jsonl"
    script = (
        "import sys, time; from filelock import lock_descriptor\n"
        "out = open(sys.argv[1], 'ab'); lock_descriptor(out.fileno()); print('locked', flush=True); time.sleep(60)\n"
    )
    writer = subprocess.Popen([sys.executable, "-c", script, str(file)], stdout=subprocess.PIPE)
    assert writer.stdout is not None
    assert writer.stdout.readline() == b"locked\n"
    waiting = threading.Thread(target=store, args=(UP, file))
    waiting.start()
    waiting.join(0.3)
    assert waiting.is_alive()  # it waits for the lock
    writer.kill()
    writer.wait()
    with within(5):
        waiting.join()
    assert latest(file) == [UP]


def test_only_the_file_itself_is_written(tmp_path: Path) -> None:
    store(UP, tmp_path / "feedback.jsonl")
    assert [path.name for path in tmp_path.iterdir()] == ["feedback.jsonl"]


def test_a_full_disk_leaves_the_earlier_lines_unchanged(tmp_path: Path) -> None:
    """A limit on the file size replaces the full disk: the write fails after some bytes."""
    file = tmp_path / "feedback.jsonl"
    store(UP, file)
    before = file.read_bytes()
    script = (
        "import resource, signal, sys; from dataclasses import asdict, replace; from pathlib import Path\n"
        "from rag.errors import FeedbackNotStored; from rag.answer.feedback import latest, store\n"
        f"file = Path({str(file)!r}); stored = latest(file)[0]\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (file.stat().st_size + 100, resource.RLIM_INFINITY))\n"
        "try: store(replace(stored, comment='长' * 900), file)\n"
        "except FeedbackNotStored as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "cannot be written (File too large)" in done.stdout
    assert file.read_bytes() == before


def test_a_path_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FeedbackNotStored, match="RAG_FEEDBACK_FILE"):
        store(UP, tmp_path / "file" / "feedback.jsonl")


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[]",
        '{"thumb": "up"}',
        json.dumps({"thumb": "sideways"}),
        "[" * 100_000,
        *(json.dumps({**asdict(UP), **wrong}) for wrong in ({"question": 5}, {"abstained": "no"}, {"citations": [1]})),
    ],
)
def test_a_line_that_is_not_a_judgement_is_named(tmp_path: Path, line: str) -> None:
    file = tmp_path / "feedback.jsonl"
    store(UP, file)
    with file.open("a") as out:
        out.write(line + "\n")
    with pytest.raises(BadInput, match="line 2: not a judgement"):
        latest(file)


def test_set_lines_by_hand() -> None:
    assert set_line(UP) == {
        "id": f"feedback-{UP.answer_id}",
        "question": "总投资多少？",
        "lang": "zh",
        "type": "feedback",
        "answerable": True,
        "facts": [],
        "evidence": [{"doc": "003.txt", "quote": "总投资5亿元。"}],
        "history": [["签约了什么？", "5个项目。"]],
        "answer": "总投资5亿元。[1]",
        "thumb": "up",
        "comment": "",
    }
    down = set_line(DOWN)
    assert (down["answerable"], down["evidence"], down["comment"]) == (None, [], "还有12个项目")
    refused = set_line(REFUSED)
    assert (refused["type"], refused["answerable"], refused["evidence"]) == ("unanswerable", False, [])
    assert set_line(replace(REFUSED, thumb="down"))["answerable"] is None


def test_a_thumb_up_is_a_label_and_a_thumb_down_needs_one(tmp_path: Path) -> None:
    source = tmp_path / "feedback.jsonl"
    store(UP, source)
    store(REFUSED, source)
    file, lines, unlabelled = export(source, tmp_path / "out")
    assert (file, lines, unlabelled) == (tmp_path / "out" / "feedback.jsonl", 2, 0)
    loaded = load_set(file, {"003.txt": "……总投资5亿元。……"})
    assert [(q.question, q.answerable, [e.quote for e in q.evidence]) for q in loaded] == [
        ("总投资多少？", True, ["总投资5亿元。"]),
        ("市长几岁？", False, []),
    ]
    store(DOWN, source)
    assert export(source, tmp_path / "out")[1:] == (3, 1)
    with pytest.raises(BadInput, match=r"line 3: 'answerable' is None, not true or false"):
        load_set(file, None)


@pytest.mark.parametrize(("content", "cause"), [(None, "does not exist"), ("", "no judgement yet"), ("{\n", "line 1")])
def test_the_command_names_the_cause(tmp_path: Path, content: str | None, cause: str) -> None:
    source = tmp_path / "feedback.jsonl"
    if content is not None:
        source.write_text(content)
    done = subprocess.run(
        [sys.executable, "-m", "rag", "eval", "export-feedback", "--out", str(tmp_path / "out")],
        env={**os.environ, "RAG_FEEDBACK_FILE": str(source)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert cause in done.stderr
    assert not (tmp_path / "out").exists()


def test_the_command_writes_the_set(tmp_path: Path) -> None:
    store(DOWN, tmp_path / "feedback.jsonl")
    done = subprocess.run(
        [sys.executable, "-m", "rag", "eval", "export-feedback", "--json", "--out", str(tmp_path / "out")],
        env={**os.environ, "RAG_FEEDBACK_FILE": str(tmp_path / "feedback.jsonl")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert json.loads(done.stdout) == {"file": str(tmp_path / "out" / "feedback.jsonl"), "lines": 1, "to_label": 1}
