from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from rag.cli.main import app
from rag.reading.reader import read_page
from tests.support.paths import ROOT

pytestmark = pytest.mark.slow

QUESTIONS = [  # over all five pages, in both languages
    "平湖签约了哪些人工智能项目？",
    "What AI projects has Pinghu signed?",
    "是石科技的董事长是谁？",
    "润泽项目一期从签约到开工用了多少天？",
    "川源机械承接了什么工程？",
    "新埭镇落户了多少家人工智能相关企业？",
    "重庆市政协提出了哪些发展算力经济的建议？",
    "沈阳铁西区有多少个智能工厂？",
    "浙东南智算经济产业园什么时候开园？",
    "芦溪县工业园的机器人能提起多重的泥段？",
    "漯河市政协邀请了谁作讲座？",
    "上半年平湖39家规上人工智能企业产值是多少？",
    "2024年平湖再生水利用量是多少？",
    "“三极”审批改革是什么？",
    "上半年平湖城镇居民人均可支配收入是多少？",
    "杰上杰投入多少资金改造生产设备？",
    "“大禹鼎”金鼎是什么奖？",
    "Who attended the China-Japan robotics meeting in Pinghu?",
    "德默菲换热器项目总投资多少？",
    "张丽燕和尹淑萍一起提交了什么建议？",
]
UNANSWERABLE = ["平湖到上海的高铁票价是多少？", "Who won the 2022 FIFA World Cup?"]
KEYS = ["question", "answer", "mode", "abstained", "confidence", "language", "citations", "hits", "timings_ms", "index"]


def _run(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the program as a user does, in another process and another folder."""
    root = ROOT
    return subprocess.run(
        [sys.executable, "-m", "rag", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=240,
        cwd="/",
        env={**os.environ, "PYTHONPATH": str(root), **environment},
    )


def _rows(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("\n")
    return [json.loads(line) for line in done.stdout[:-1].split("\n")]


@pytest.fixture(scope="module")
def lines() -> list[dict[str, Any]]:
    asked = [{"id": f"q{n}", "question": q} for n, q in enumerate(QUESTIONS)]
    asked += [{"id": n, "question": q, "history": [["平湖有哪些企业？", "很多。"]]} for n, q in enumerate(UNANSWERABLE)]
    return [*asked, {"id": "again", "question": QUESTIONS[0]}, {"question": QUESTIONS[2]}]


@pytest.fixture(scope="module")
def answers(
    lines: list[dict[str, Any]], index_dir: Path, tmp_path_factory: pytest.TempPathFactory
) -> list[dict[str, Any]]:
    path = tmp_path_factory.mktemp("batch") / "questions.jsonl"
    path.write_text("\n\n".join(json.dumps(line, ensure_ascii=False) for line in lines) + "\n", encoding="utf-8")
    return _rows(_run("ask", "--batch", path, "--json", "--index", index_dir))


@pytest.fixture(scope="module")
def texts(index_dir: Path) -> dict[str, str]:
    from rag.index.snapshot import load

    return {key: a.text for key, a in load(index_dir).articles.items()}


def test_batch_answers_in_order(lines: list[dict[str, Any]], answers: list[dict[str, Any]]) -> None:
    assert [(a["id"], a["question"]) for a in answers] == [(line.get("id"), line["question"]) for line in lines]
    for answer in answers:
        assert [key for key in answer if key not in ("id", "notices", "direct")] == KEYS
        assert answer["mode"] == "extractive"
        assert answer["index"] == {"generation": "g000001", "model": "multilingual-e5-small"}
        assert answer["language"] == ("zh" if re.search("[一-龥]", answer["question"]) else "en")
        assert 0 <= answer["confidence"] <= 1
        assert 1 <= len(answer["hits"]) <= 10
        assert [h["score"] for h in answer["hits"]] == sorted((h["score"] for h in answer["hits"]), reverse=True)


def test_every_quote_is_in_the_article_and_in_the_file(
    answers: list[dict[str, Any]], texts: dict[str, str], seeds: Path
) -> None:
    pages = {path.name: read_page(path, seeds, 4.0).text for path in seeds.glob("0*.txt")}
    citations = [c for a in answers for c in a["citations"]]
    assert len(citations) >= 20
    assert {c["file"][:3] for c in citations} == {"000", "001", "002", "003", "004"}
    for c in citations:
        assert c["quote"].strip()
        assert texts[c["article_id"]][c["start"] : c["end"]] == c["quote"]
        assert "".join(pages[c["file"]][c["source_start"] : c["source_end"]].split()) == "".join(c["quote"].split())
    for hit in (h for a in answers for h in a["hits"]):
        assert texts[hit["article_id"]][hit["start"] : hit["end"]] == hit["text"]
        assert len(hit["text"]) <= 400


def test_marks_refer_to_citations(answers: list[dict[str, Any]]) -> None:
    for answer in answers:
        numbers = list(range(1, len(answer["citations"]) + 1))
        assert [c["n"] for c in answer["citations"]] == numbers
        marks = [int(n) for n in re.findall(r"\[(\d+)\]", answer["answer"])]
        assert (
            list(dict.fromkeys(marks)) == numbers
        )  # the words that answer come first, and their sentence has the mark again
        assert answer["abstained"] == (not numbers)
        for c in answer["citations"]:
            assert f"{c['quote']}[{c['n']}]" in answer["answer"]


@pytest.mark.parametrize(
    ("question", "facts", "file"),
    [
        (0, ["5亿元", "5个"], "003"),
        (0, ["30亿元", "12个"], "004"),
        (1, ["5亿元", "5个"], "003"),
        (1, ["30亿元", "12个"], "004"),
        (2, ["闫博文"], "00"),
        (3, ["26天"], "000"),
        (5, ["46家"], "000"),
        (7, ["23个"], "001"),
        (8, ["2023年10月18日"], "001"),
        (9, ["40公斤"], "001"),
        (10, ["陈海波"], "001"),
        (11, ["70.1亿元"], "002"),
        (12, ["1107万立方米"], "002"),
        (14, ["41486元"], "002"),
        (15, ["1000万元"], "003"),
        (18, ["1.55亿元"], "004"),
    ],
)
def test_answers(answers: list[dict[str, Any]], question: int, facts: list[str], file: str) -> None:
    quotes = "".join(c["quote"] for c in answers[question]["citations"] if c["file"].startswith(file))
    assert [fact for fact in facts if fact not in quotes] == []


@pytest.mark.parametrize("number", range(len(UNANSWERABLE)))
def test_unanswerable_questions_are_refused(answers: list[dict[str, Any]], number: int) -> None:
    answer = answers[len(QUESTIONS) + number]
    assert answer["abstained"] is True
    assert answer["citations"] == []
    assert answer["answer"].split("\n")[0] == ("文章里没有说。", "The articles do not say.")[number]
    assert answer["answer"].count("\n- ") == 3


def _lasting(answer: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in answer.items() if key not in ("id", "timings_ms")}


def test_same_question_same_answer(answers: list[dict[str, Any]], index_dir: Path) -> None:
    """The answer is equal after other questions in the same process, and in a process of its own."""
    assert _lasting(answers[-2]) == _lasting(answers[0])
    assert _lasting(answers[-1]) == _lasting(answers[2])
    (alone,) = _rows(_run("ask", QUESTIONS[11], "--json", "--index", index_dir))
    assert "id" not in alone
    assert _lasting(alone) == _lasting(answers[11])


def test_search(rag, index_dir: Path, texts: dict[str, str], tmp_path: Path) -> None:
    code, out, err = rag("search", "东片再生水厂", "-k", 3, "--json", "--index", index_dir)
    assert (code, err) == (0, "")
    (found,) = [json.loads(line) for line in out.splitlines()]
    assert list(found) == ["hits"]
    assert len(found["hits"]) == 3
    first = found["hits"][0]
    assert list(first) == ["passage_id", "article_id", "title", "file", "text", "start", "end", "score"]
    assert first["article_id"] == "002_c1cb0aaa8a107e2a.txt#5"
    assert texts[first["article_id"]][first["start"] : first["end"]] == first["text"]
    batch = tmp_path / "b.jsonl"
    batch.write_text('{"id": 7, "question": "东片再生水厂"}\n{"id": "x", "question": "黄桃"}\n', encoding="utf-8")
    code, out, _ = rag("search", "--batch", batch, "-k", 3, "--json", "--index", index_dir)
    rows = [json.loads(line) for line in out.splitlines()]
    assert [row["id"] for row in rows] == [7, "x"]
    assert rows[0]["hits"] == found["hits"]
    assert rows[1]["hits"][0]["article_id"] == "004_56421505ce6c9c76.txt#5"


def test_articles_and_show(rag, index_dir: Path, texts: dict[str, str]) -> None:
    code, out, err = rag("articles", "--json", "--index", index_dir)
    assert (code, err) == (0, "")
    rows = json.loads(out)
    assert [row["article_id"] for row in rows] == list(texts)
    assert rows[14] == {
        "article_id": "003_5555c93f7d3fe842.txt#1",
        "title": "吸引沪上目光 深化产业协同 平湖5个人工智能产业项目签约,总投资5亿元",
        "byline": ["胡佳英", "谢建伟", "曹金凤"],
        "date": "2026",
        "file": "003_5555c93f7d3fe842.txt",
        "kind": "article",
        "date_basis": "inferred",
        "date_words": "今年是“十五五”规划的开局之年",
    }
    code, out, err = rag("show", rows[14]["article_id"], "--json", "--index", index_dir)
    assert (code, err) == (0, "")
    assert json.loads(out) == {**rows[14], "text": texts[rows[14]["article_id"]]}
    code, out, _ = rag("show", rows[14]["article_id"], "--index", index_dir)
    assert texts[rows[14]["article_id"]] in out


def test_status(rag, index_dir: Path) -> None:
    code, out, err = rag("status", "--json", "--index", index_dir)
    assert (code, err) == (0, "")
    shown = json.loads(out)
    assert shown["health"] == {"ok": True, "damaged": []}
    assert shown["counts"]["articles"] == 27
    code, out, _ = rag("status", "--index", index_dir)
    assert "27 articles from 5 files" in out


def test_index_directory_from_the_environment(rag, index_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAG_INDEX_DIR", str(index_dir))
    assert rag("status")[0] == 0


def test_build_by_the_command_line(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text(
        "平湖签约\n\n■记者 王强\n\n　　昨天，平湖签约了5个项目，总投资5亿元。\n", encoding="utf-8"
    )
    (tmp_path / "in" / "b.txt").write_bytes(b"")
    done = _run("index", tmp_path / "in", "--index", tmp_path / "out", "--json")
    assert done.returncode == 0
    shown = json.loads(done.stdout)
    assert (shown["embedded"], shown["reused"]) == (1, 0)
    assert shown["counts"] == {"files": 1, "articles": 1, "passages": 1}
    assert "left out: b.txt is empty: fill it or remove it." in done.stderr
    assert "Traceback" not in done.stderr


def test_plain_answer_for_a_reader(rag, index_dir: Path) -> None:
    code, out, err = rag("ask", "2024年平湖再生水利用量是多少？", "--index", index_dir)
    assert (code, err) == (0, "")
    assert "1107万立方米" in out
    assert (
        "[1] 我市再生水利用案例入选全省典型 每年节约用水1107万立方米 居丹荔 邱冬白 2025，推断 002_c1cb0aaa8a107e2a.txt\n    “"
        in out
    )


@pytest.mark.parametrize("command", ["", "index", "eval", "ask", "search", "articles", "show", "status", "serve"])
def test_help(command: str) -> None:
    shown = CliRunner().invoke(app, [*command.split(), "--help"])
    assert shown.exit_code == 0
    assert "Usage: " in shown.output
    if command:
        assert "--index" in shown.output


@pytest.mark.parametrize("arguments", [["nonsense"], ["ask", "--nonsense"], ["search", "x", "-k", "0"], ["show"]])
def test_wrong_usage(arguments: list[str]) -> None:
    assert CliRunner().invoke(app, arguments).exit_code == 2


def test_line_separator_inside_a_question(rag, index_dir: Path, tmp_path: Path) -> None:
    """JSON strings may contain U+2028 and U+0085; only a newline ends a line of JSON Lines."""
    batch = tmp_path / "b.jsonl"
    batch.write_text(
        json.dumps({"id": 1, "question": "黄桃\u2028在哪里\u0085丰收"}, ensure_ascii=False) + "\r\n", encoding="utf-8"
    )
    code, out, _ = rag("search", "--batch", batch, "--json", "--index", index_dir)
    assert code == 0
    assert json.loads(out)["id"] == 1


def test_filters_on_the_command_line(index_dir: Path) -> None:
    (found,) = _rows(_run("search", "人工智能", "--byline", "凌云", "--json", "--index", index_dir))
    assert {row["article_id"] for row in found["hits"]} == {"001_e345b16bb7633470.txt#1"}
    (answer,) = _rows(_run("ask", "平湖签约了哪些人工智能项目？", "--kind", "photo", "--json", "--index", index_dir))
    (articles,) = _rows(_run("articles", "--json", "--index", index_dir))
    photos = {row["article_id"] for row in articles if row["kind"] == "photo"}
    assert {hit["article_id"] for hit in answer["hits"]} == photos


@pytest.mark.parametrize(
    ("options", "cause"),
    [
        (("--since", "昨天"), "is not a date"),
        (("--since", "2025", "--until", "2024"), "Nothing lies between"),
        (("--kind", "essay"), "not a kind of article"),
    ],
)
def test_wrong_filters(options: tuple[str, ...], cause: str) -> None:
    failed = _run("ask", "平湖", *options)
    assert (failed.returncode, failed.stdout) == (2, "")
    assert cause in failed.stderr
