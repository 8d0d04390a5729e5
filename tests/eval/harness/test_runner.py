"""Runs over the index of the seed pages and over a small corpus."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from eval.harness import provenance, runner, subject, summary
from eval.harness.atomic_write import write_atomically
from eval.harness.measure_list import MEASURES
from eval.harness.records import Record, as_json, from_json, record_answer
from eval.harness.sets import Question, load_set
from rag import payload
from rag.answer.assistant import Assistant
from rag.cli.main import main
from rag.config import Settings
from rag.embedding.embedder import Embedder
from rag.errors import BadInput
from rag.schema import Answer
from tests.support.paths import ROOT

pytestmark = pytest.mark.slow

SET = ROOT / "eval" / "data" / "sets" / "pinghu.jsonl"
CORPUS = [
    {"id": "a", "title": "桥", "date": "2024-05-01", "text": "新桥今天通车，总投资3亿元。桥长两公里，双向六车道。"},
    {"id": "b", "title": "茶", "date": "2024-05-02", "text": "春茶上市，今年亩产四十斤，茶农说价格比去年高一成。"},
    {"id": "c", "title": "赛", "date": "", "text": "龙舟赛在东湖举行，二十支队伍参加，冠军是城东队。"},
]


def line(name: str, question: str, doc: str = "", facts: list[list[str]] | None = None, **more: Any) -> dict[str, Any]:
    return {
        "id": name,
        "question": question,
        "lang": "zh",
        "type": "factoid" if doc else "unanswerable",
        "answerable": bool(doc),
        "facts": facts or [],
        "evidence": [{"doc": doc}] if doc else [],
        **more,
    }


LINES = [
    line("q1", "新桥投资多少？", "a", [["3亿"]]),
    line("q2", "龙舟赛冠军是谁？", "c", [["城东队"]]),
    line("q3", "今年春茶亩产多少？", "b", [["四十斤"]]),
    line("q4", "谁赢得了世界杯？"),
    line("q5", "长" * 3000, "a", [["两公里"]]),
    line("q6", "它有多长？", "a", [["两公里"]], history=[["新桥投资多少？", "3亿元。"]]),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "tiny"
    made.mkdir()
    (made / "corpus.jsonl").write_text("\n".join(json.dumps(a) for a in CORPUS), encoding="utf-8")
    (made / "questions.jsonl").write_text("\n".join(json.dumps(q) for q in LINES), encoding="utf-8")
    return made


@pytest.fixture
def tiny(folder: Path, tmp_path: Path, embedder: Embedder) -> subject.Subject:
    return subject.open_subject(folder, "all", Settings(), None, tmp_path / "out" / "cache", embedder)


def values(run: runner.Run) -> list[dict[str, Any]]:
    return [{k: v for k, v in as_json(record).items() if k != "timings_ms"} for record in run.records]


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, embedder: Embedder) -> Callable[..., Any]:
    """Run ``rag eval`` in this process: -> (exit code, stdout, stderr)."""
    monkeypatch.setattr("rag.embedding.embedder.Embedder", lambda name: embedder)

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["rag", "eval", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out, err

    return run


# -- records


def test_records_are_what_the_assistant_answers(assistant: Assistant, seeds: Path, tmp_path: Path) -> None:
    settings = replace(assistant.settings, seeds_dir=seeds)
    target = subject.open_subject(SET, "test", settings, None, tmp_path, assistant.embedder)
    target = replace(
        target, questions=target.questions[:4] + tuple(q for q in target.questions if not q.answerable)[:2]
    )
    records = runner.run(target, "fused", assistant.embedder, settings, tmp_path).records
    for question, record in zip(target.questions, records, strict=True):
        answer = assistant.ask(question.question, question.history)
        assert (record.answer, record.abstained, record.confidence) == (
            answer.answer,
            answer.abstained,
            answer.confidence,
        )
        assert [{k: v for k, v in c.items() if k != "supported"} for c in record.citations] == [
            payload.citation(c) for c in answer.citations
        ]
        assert [h["passage_id"] for h in record.hits] == [h.passage.passage_id for h in answer.hits]


def test_a_failing_question_counts_as_zero(tiny: subject.Subject, embedder: Embedder, tmp_path: Path) -> None:
    records = runner.run(tiny, "fused", embedder, Settings(), tmp_path).records
    failed = records[4]
    assert "BadInput" in failed.error
    assert failed.verdict == "missed"
    assert failed.values["recall@10"] == failed.values["fact_recall"] == failed.values["exact_quotes"] == 0.0
    assert failed.values["false_refusals"] == failed.loss == 1.0
    total = summary.summarise(records)
    assert (total["questions"], total["errors"], total["measures"]["recall@10"]["n"]) == (6, 1, 5)


def test_no_language_model_is_called(tiny: subject.Subject, embedder: Embedder, tmp_path: Path) -> None:
    settings = Settings(llm_base_url="http://127.0.0.1:9/v1", llm_api_key="none", llm_model="none")
    first = runner.run(tiny, "fused", embedder, settings, tmp_path).records[0]
    assert first.answer
    assert first.error == ""


def test_a_record_survives_json(tiny: subject.Subject, embedder: Embedder, tmp_path: Path) -> None:
    for record in runner.run(tiny, "dense", embedder, Settings(), tmp_path).records:
        assert from_json(json.loads(json.dumps(as_json(record)))) == record


def test_figures_of_headlines_are_not_claims(assistant: Assistant) -> None:
    question = load_set(SET, None)[0]
    answer = assistant.ask(question.question)
    cited = [replace(c, title=f"{c.title}99.9%", date="2025-04-21") for c in answer.citations[:1]]
    said = replace(
        answer, answer=f"《{cited[0].title}》（2025-04-21）：\n没有数字。[1]", abstained=False, citations=tuple(cited)
    )
    assert record_answer(question, said, said, _texts()).values["figure_faithfulness"] == 1.0
    bare = replace(said, citations=answer.citations[:1])
    assert record_answer(question, bare, bare, _texts()).values["figure_faithfulness"] == 0.0


def _texts() -> Any:
    from eval.harness.records import Texts

    return Texts({}, {})


# -- the journal


@pytest.mark.parametrize("retrieval_only", [False, True])
def test_an_interrupted_run_continues(
    tiny: subject.Subject, embedder: Embedder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, retrieval_only: bool
) -> None:
    monkeypatch.setattr(runner, "BATCH", 2)
    whole = runner.run(tiny, "fused", embedder, Settings(), tmp_path / "whole", retrieval_only=retrieval_only)

    def stop(done: int, of: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        runner.run(tiny, "fused", embedder, Settings(), tmp_path / "cut", retrieval_only=retrieval_only, progress=stop)
    (journal,) = (tmp_path / "cut").iterdir()
    with journal.open("a", encoding="utf-8") as out:
        out.write('{"id": "q4", "quest')  # as a process leaves it that is killed while writing
    seen: list[int] = []
    again = runner.run(
        tiny,
        "fused",
        embedder,
        Settings(),
        tmp_path / "cut",
        retrieval_only=retrieval_only,
        progress=lambda done, of: seen.append(done),
    )
    assert seen[0] == 3
    assert values(again) == values(whole)
    assert (
        again.records[:3]
        == runner.run(tiny, "fused", embedder, Settings(), tmp_path / "cut", retrieval_only=retrieval_only).records[:3]
    )
    runner.delete_journals([again], tmp_path / "cut")
    assert not (tmp_path / "cut").exists()


def test_other_settings_have_another_journal(tiny: subject.Subject, embedder: Embedder, tmp_path: Path) -> None:
    hashes = {
        runner.run(tiny, name, embedder, Settings(), tmp_path, retrieval_only=only).settings_hash
        for name in ("dense", "lexical")
        for only in (True, False)
    }
    other = replace(tiny, set_sha256="0" * 64)
    assert len(hashes | {runner.run(other, "dense", embedder, Settings(), tmp_path).settings_hash}) == 5


def test_the_code_hash_covers_the_library_and_the_harness() -> None:
    covered = {file.relative_to(ROOT).as_posix() for file in provenance.hashed_files()}
    assert {"rag/answer/assistant.py", "rag/search/retriever.py", "rag/text/terms.py", "rag/schema.py"} <= covered
    harness = ("sets", "json_lines", "measures", "answer_figures", "records", "runner", "judge", "subject")
    assert {f"eval/harness/{name}.py" for name in harness} <= covered
    assert not [name for name in covered if not name.startswith(("rag/", "eval/harness/"))]


# -- the subject


def test_a_corpus_is_indexed_once(
    folder: Path, tmp_path: Path, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = subject.open_subject(folder, "all", Settings(), None, tmp_path / "cache", embedder)
    assert first.build["bytes"] > 0
    monkeypatch.setattr(subject, "build_from", lambda *_: pytest.fail("built again"))
    again = subject.open_subject(folder, "all", Settings(), None, tmp_path / "cache", embedder)
    assert (again.index_dir, again.build) == (first.index_dir, first.build)


def test_an_index_of_other_articles_is_left_alone(
    folder: Path, index_dir: Path, tmp_path: Path, embedder: Embedder
) -> None:
    before = (index_dir / "CURRENT").read_text()
    with pytest.raises(BadInput, match="holds other articles"):
        subject.open_subject(folder, "all", Settings(), index_dir, tmp_path, embedder)
    assert (index_dir / "CURRENT").read_text() == before


def test_without_the_files_exact_quotes_are_not_measured(index_dir: Path, tmp_path: Path, embedder: Embedder) -> None:
    settings = Settings(index_dir=index_dir, seeds_dir=tmp_path)
    target = subject.open_subject(SET, "all", settings, None, tmp_path, embedder)
    assert "exact quotes are not measured" in target.remarks[0]
    record = runner.run(replace(target, questions=target.questions[:1]), "fused", embedder, settings, tmp_path).records[
        0
    ]
    assert record.values["exact_quotes"] is None


# -- figures


def record(name: str, **measured: float | None) -> Record:
    question = Question(name, "问", "zh", "factoid", True, (), ())
    texts = _texts()
    answer = Answer("问", "答", "extractive", False, 0.5, "zh", (), (), {"total": 10.0}, "g", "m")
    return replace(record_answer(question, answer, answer, texts), values=measured)


def test_paired_differences_name_the_questions() -> None:
    a = [
        record("1", **{"mrr@10": 1.0, "false_refusals": 0.0}),
        record("2", **{"mrr@10": 0.5, "false_refusals": 1.0}),
        record("3"),
    ]
    b = [
        record("2", **{"mrr@10": 1.0, "false_refusals": 0.0}),
        record("1", **{"mrr@10": 0.0, "false_refusals": 1.0}),
        record("4"),
    ]
    found = summary.compare(a, b)
    assert (found["questions"], found["only_in_first"], found["only_in_second"]) == (2, ["3"], ["4"])
    assert found["measures"]["mrr@10"]["mean"] == 0.25
    assert (found["measures"]["mrr@10"]["better"], found["measures"]["mrr@10"]["worse"]) == (["1"], ["2"])
    assert found["measures"]["false_refusals"]["better"] == ["1"]  # fewer refusals


@pytest.mark.parametrize(
    ("mean", "low", "high", "expected"),
    [
        (0.934, 0.891, 0.96, "0.93 [.89, .96]"),
        (1.0, 1.0, 1.0, "1.00 [1.0, 1.0]"),
        (0.0, 0.0, 0.0, "0.00 [.00, .00]"),
        (0.98, 0.95, 0.995, "0.98 [.95, .99]"),
        (0.99, 0.97, 0.9951, "0.99 [.97, 1.0]"),
    ],
)
def test_a_figure_is_short(mean: float, low: float, high: float, expected: str) -> None:
    assert summary.format_figure({"mean": mean, "low": low, "high": high, "n": 9}, "mrr@10") == expected
    assert (
        summary.format_figure({"mean": -0.1, "low": -0.2, "high": 0.05, "n": 9}, "mrr@10", signed=True)
        == "-0.10 [-.20, +.05]"
    )


# -- the command


def test_the_command_from_a_folder(folder: Path, tmp_path: Path, call: Callable[..., Any]) -> None:
    out = tmp_path / "out"
    code, printed, err = call(folder, "--out", out, "--compare", "dense,lexical,fused", "--json")
    assert code == 0, err
    results = json.loads(printed)
    assert [run["ranker"] for run in results["runs"]] == ["dense", "lexical", "fused"]
    assert all("records" not in run for run in results["runs"])
    assert results["runs"][2]["summary"]["measures"]["recall@10"] == {
        "mean": 0.8,
        "low": pytest.approx(0.4),
        "high": 1.0,
        "n": 5,
    }
    names = {measure.name for measure in MEASURES}
    assert set(results["runs"][2]["summary"]["measures"]) <= names
    assert sorted(p.name for p in out.iterdir()) == [
        "cache",
        *(f"tiny-dense-lexical-fused.{s}" for s in ("html", "json", "md")),
    ]

    kept = json.loads((out / "tiny-dense-lexical-fused.json").read_text())
    code, table, _ = call(folder, "--out", tmp_path / "again", "--baseline", out / "tiny-dense-lexical-fused.json")
    assert code == 0
    assert "fused minus the baseline's fused, 6 questions: no measure differs" in " ".join(table.split())
    again = json.loads((tmp_path / "again" / "tiny.json").read_text())
    assert _timeless(again["runs"][0]) == _timeless(kept["runs"][2])


def _timeless(run: dict[str, Any]) -> dict[str, Any]:
    rows = [{k: v for k, v in row.items() if k != "timings_ms"} for row in run["records"]]
    settings = {k: v for k, v in run["settings"].items() if k != "index"}  # another index of the same corpus
    return {"records": rows, "settings": settings, **{k: v for k, v in run["summary"].items() if k != "timings"}}


def test_retrieval_only_gives_no_answers(folder: Path, tmp_path: Path, call: Callable[..., Any]) -> None:
    code, printed, _ = call(folder, "--out", tmp_path / "out", "--retrieval-only", "--json")
    measures = json.loads(printed)["runs"][0]["summary"]["measures"]
    assert code == 0
    assert list(measures) == ["recall@1", "recall@3", "recall@5", "recall@10", "mrr@10", "ndcg@10"]


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ({"answerable": "yes"}, "line 1"),
        ({"evidence": [{"doc": "z"}]}, "unknown document"),
        ({"id": "q2"}, "already on line"),
    ],
)
def test_a_bad_set_leaves_nothing_behind(
    folder: Path, tmp_path: Path, call: Callable[..., Any], change: dict[str, Any], cause: str
) -> None:
    lines = [LINES[0] | change, LINES[1]]
    (folder / "questions.jsonl").write_text("\n".join(json.dumps(q) for q in lines), encoding="utf-8")
    code, printed, err = call(folder, "--out", tmp_path / "out", "--json")
    assert (code, printed) == (2, "")
    assert cause in " ".join(err.split())
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("options", "cause"),
    [
        (("--compare", "dense,best"), "dense,best"),
        (("--half", "upper"), "upper"),
        (("--baseline", "missing.json"), "missing.json"),
        (("--judge",), "needs a language model"),
        (("--judge", "--retrieval-only"), "needs answers"),
    ],
)
def test_bad_options(
    folder: Path, tmp_path: Path, call: Callable[..., Any], options: tuple[str, ...], cause: str
) -> None:
    code, _, err = call(folder, "--out", tmp_path / "out", *options)
    assert code == 2
    assert cause in err
    assert not (tmp_path / "out").exists()


def test_a_baseline_of_other_questions(folder: Path, tmp_path: Path, call: Callable[..., Any]) -> None:
    base = tmp_path / "base.json"
    base.write_text(json.dumps({"runs": [{"ranker": "fused", "records": [asdict(record("other"))]}]}), encoding="utf-8")
    code, _, err = call(folder, "--out", tmp_path / "out", "--baseline", base)
    assert code == 2
    assert "other questions" in err
    base.write_text("[]", encoding="utf-8")
    assert call(folder, "--out", tmp_path / "out", "--baseline", base)[0] == 2


def test_a_file_is_written_completely_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "results.json"
    write_atomically(target, "old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(BadInput, match="No space left"):
        write_atomically(target, "new")
    assert [p.name for p in tmp_path.iterdir()] == ["results.json"]
    assert target.read_text() == "old"
