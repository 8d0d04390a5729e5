"""Articles as they are printed, asked for in another script, spelling or form of numbers."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag.answer.assistant import Assistant
from rag.config import Settings
from rag.embedding.embedder import Embedder
from rag.indexing.build import build
from rag.schema import Answer
from tests.support.paths import DATA

CASES = DATA / "cases"
BRIDGE = (CASES / "reprint-other-figure" / "r1_first.txt").read_text(encoding="utf-8")


def ask(folder: Path, index_dir: Path, embedder: Embedder, question: str) -> Answer:
    build(folder, index_dir, embedder)
    answer = Assistant(Settings(index_dir=index_dir), embedder).ask(question)
    for citation in answer.citations:
        text = (folder / citation.file).read_text(encoding="utf-8")
        printed = text[citation.source_start : citation.source_end]
        assert "".join(printed.split()) == "".join(citation.quote.split())
    return answer


@pytest.mark.parametrize(
    ("case", "question", "quoted"),
    [
        ("chinese-zero-date", "石塘县2019年3月发生了什么", "二〇一九年三月石塘县迁址"),
        ("chinese-zero-date", "石塘县２０２０年五月启用了什么", "二〇二〇年五月新县府启用"),
        ("chinese-zero-date", "石塘县融资多少亿元", "③融资12²亿元"),
        ("chinese-zero-date", "石塘县有多少家企业签约", "①25家企业签约"),
        ("trad-simp", "石塘县兴建的体育馆预算多少", "預算為三億二千萬元"),
        ("trad-simp", "体育馆动工典礼由谁主持", "由縣長劉偉華主持動工典禮"),
        ("trad-simp", "石塘縣興建的圖書樓預算多少", "预算为一亿九千万元"),
        ("zero-width", "望远镜口径多少", "望\u00ad远\u00ad镜口径二米"),
        ("zero-width", "石塘海洋馆投资多少", "投资1\u200b2.5\u200b亿元"),
        ("zero-width", "石塘海洋馆企鹅数量多少", "企\u200b鹅\u200b数\u200b量达四十只"),
        ("console-gbk", "石塘养老院床位多少", "石塘养⽼院落成，床位三百张"),
        ("console-gbk", "馆长𬱖敏介绍藏品多少", "藏品九百件"),
    ],
)
def test_the_case_is_answered(case: str, question: str, quoted: str, tmp_path: Path, embedder: Embedder) -> None:
    answer = ask(CASES / case, tmp_path / "index", embedder, question)
    assert not answer.abstained
    assert quoted in answer.citations[0].quote
    assert answer.notices == ()


def test_a_date_in_another_article_is_not_quoted(tmp_path: Path, embedder: Embedder) -> None:
    answer = ask(CASES / "chinese-zero-date", tmp_path / "index", embedder, "石塘县2019年3月发生了什么")
    assert {citation.file for citation in answer.citations} == {"u5_ling.txt"}


@pytest.mark.parametrize("question", ["总投资多少亿元", "石塘跨海大桥总投资多少", "石塘跨海大桥總投資多少億元"])
def test_both_figures_of_a_reprint_are_quoted(question: str, tmp_path: Path, embedder: Embedder) -> None:
    answer = ask(CASES / "reprint-other-figure", tmp_path / "index", embedder, question)
    assert {(c.file, figure) for c in answer.citations for figure in ("125亿元", "152亿元") if figure in c.quote} == {
        ("r1_first.txt", "125亿元"),
        ("r2_correct.txt", "152亿元"),
    }
    assert {citation.copies for citation in answer.citations} == {()}


@pytest.mark.parametrize(
    ("figures", "question"),
    [
        (("125亿元", "152亿元", "一百二十八亿元", "131亿元"), "石塘跨海大桥总投资多少亿元"),
        (("十八公里", "28公里"), "石塘跨海大桥全长多少公里"),
        (("预计四年", "预计5年"), "石塘跨海大桥预计几年建成"),
        (("二十分钟", "三十分钟", "12分钟"), "石塘至东岛车程缩短至多少分钟"),
    ],
)
def test_every_version_is_quoted_with_its_date(
    figures: tuple[str, ...], question: str, tmp_path: Path, embedder: Embedder
) -> None:
    (tmp_path / "articles").mkdir()
    for day, figure in enumerate(figures, 1):
        text = BRIDGE.replace(figures[0], figure)
        (tmp_path / "articles" / f"2025030{day}_A01.txt").write_text(text, encoding="utf-8")
    answer = ask(tmp_path / "articles", tmp_path / "index", embedder, question)
    quotes = {
        citation.date: citation.quote for citation in answer.citations if any(f in citation.quote for f in figures)
    }
    assert sorted(quotes) == [f"2025-03-0{day}" for day in range(1, len(figures) + 1)]
    assert all(figure in quotes[f"2025-03-0{day}"] for day, figure in enumerate(figures, 1))
    assert all(date in answer.answer for date in quotes)


def test_a_shortened_reprint_is_a_copy(tmp_path: Path, embedder: Embedder) -> None:
    (tmp_path / "articles").mkdir()
    for name, text in (("a", BRIDGE + "大桥由三家单位承建，县里要求确保工程质量。"), ("b", BRIDGE)):
        (tmp_path / "articles" / f"{name}.txt").write_text(text, encoding="utf-8")
    answer = ask(tmp_path / "articles", tmp_path / "index", embedder, "石塘跨海大桥总投资多少亿元")
    assert len({citation.file for citation in answer.citations}) == 1
    assert all(citation.copies for citation in answer.citations)


@pytest.mark.parametrize(
    ("text", "question", "quoted"),
    [
        ("海川县粮库去年入库稻谷四万七千吨。", "海川县粮库入库稻谷47000吨是哪一年", "四万七千吨"),
        ("海川县粮库去年入库稻谷4.7万吨。", "海川县粮库去年入库稻谷四万七千吨吗", "4.7万吨"),
        ("海川县有学校三百四十五所。", "海川县有345所什么", "三百四十五所"),
        ("海川县⻓青⻋站⻅闻馆开馆，展品⼆百件。", "海川县长青车站见闻馆展品多少", "展品⼆百件"),
        ("海川縣貳零貳零年徵收土地壹佰畝，工程款贰佰万元。", "海川县征收土地多少亩", "壹佰畝"),
        ("海川大学授予戈登•贝尔荣誉博士。", "海川大学授予戈登·贝尔什么", "戈登•贝尔"),
    ],
)
def test_forms_of_the_question_and_of_the_article(
    text: str, question: str, quoted: str, tmp_path: Path, embedder: Embedder
) -> None:
    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "a.txt").write_text(f"海川县新闻\n\n　　本报讯 {text}\n", encoding="utf-8")
    (tmp_path / "articles" / "b.txt").write_text(
        "海川县天气\n\n　　本报讯 海川县昨日降雨，县气象台提醒市民出门带伞。\n", encoding="utf-8"
    )
    answer = ask(tmp_path / "articles", tmp_path / "index", embedder, question)
    assert quoted in answer.citations[0].quote
