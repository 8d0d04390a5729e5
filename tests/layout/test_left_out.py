"""Every line of a page is in an article, or is said to be in none, with the reason."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.cli.outlined_page import in_terminal
from rag.layout.articles import CutPage, cut
from rag.reading.folder import list_files
from rag.reading.reader import read_page
from rag.schema import Outline, Page, Stated
from rag.text.outline import rows_of
from rag.web.outlined_page import as_html
from tests.conftest import Run

pytestmark = pytest.mark.slow

PAGE = (
    "平湖日报\n\n五个项目签约\n■记者 王强\n本报讯 昨天，平湖签约了5个人工智能项目，总投资5亿元。\n（下转2版）\n\n"
    "黄桃喜获丰收\n■记者 居丹荔\n本报讯 近日，新埭镇的黄桃喜获丰收，果香四溢，游客很多。\n\n亮眼数据\n"
)
LINES = st.sampled_from(
    [
        "平湖日报", "第03版", "五个项目签约", "■记者 王强", "亮眼数据", "（下转2版）", "", "名单如下：", "王强\t22",
        "本报讯 昨天，平湖签约了5个人工智能项目，总投资5亿元。", "签约仪式在上海举行．", "青岩 3:1 海川", "摄影 王强",
        "地址：平湖市人民路1号 电话：0573-85087980", "## 节", "陆海生 青岩钢厂",
    ]
)  # fmt: skip


def _cut(text: str, stated: Stated | None = None, file: str = "p.txt") -> CutPage:
    return cut(Page(file, text, "utf-8", "0" * 64, stated or Stated()))


def _reasons(found: CutPage) -> list[tuple[str, str]]:
    return [(found.page.text[line.start : line.end], line.why) for line in found.left_out]


def test_reasons() -> None:
    assert _reasons(_cut(PAGE)) == [
        ("平湖日报", "page furniture"),
        ("（下转2版）", "jump line"),
        ("亮眼数据", "headline without text"),
    ]


def test_reasons_of_a_marked_page() -> None:
    stated = Stated(articles=(Outline("五个项目签约", ("王强",), "article", ((5, 5),)),))
    assert [why for _, why in _reasons(_cut(PAGE, stated))] == ["not marked"] * 6
    assert "五个项目签约" not in [text for text, _ in _reasons(_cut(PAGE, stated))]


def test_front_matter_is_no_article_text() -> None:
    found = _cut("---\ntitle: 签约\n---\n平湖签约了5个项目，总投资5亿元。\n", file="a.md")
    assert {why for _, why in _reasons(found)} == {"front matter"}


@given(st.lists(LINES, max_size=30))
def test_each_line_is_in_an_article_or_left_out(lines: list[str]) -> None:
    """A line of a headline or byline has words of its article; all others are text of an article or have a reason."""
    found = _cut("\n".join(lines))
    body = {
        at for article in found.articles for run in article.runs for at in range(run.source_start, run.source_start + run.length)
    }  # fmt: skip
    left_out = {line.start for line in found.left_out}
    titles = "".join("".join(article.title.split()) + "".join(article.byline) for article in found.articles)
    start = 0
    for line in lines:
        inside = [at for at in range(start, start + len(line)) if at in body]
        if line and not inside and not left_out & set(range(start, start + len(line))):
            words = line.strip("■# （）").removeprefix("记者").removeprefix("摄影").strip()
            assert "".join(words.split()) in titles
        assert not (inside and left_out & set(range(start, start + len(line))))
        start += len(line) + 1


def test_seeds_leave_out_what_they_left_out(seeds: Path) -> None:
    pages = [cut(read_page(path, seeds, 4.0)) for path in list_files(seeds)]
    assert [(p.page.file[:3], *reason) for p in pages for reason in _reasons(p)] == [
        ("002", "创新突破看半年", "headline without text"),
        ("002", "2025上半年平湖经济亮眼数据", "headline without text"),
        ("002", "增幅列嘉兴第一位", "headline without text"),
        ("002", "列嘉兴第二位", "headline without text"),
        ("002", "城镇居民人均可支配收入 农村居民人均可支配收入", "headline without text"),
        ("002", "列嘉兴第二位", "headline without text"),
        ("003", "平湖发布 今平湖客户端", "page furniture"),
        ("003", "DIYI PINGLUN 栏目统筹:黄金凤", "page furniture"),
        ("003", "创新实干 “镇”不简单", "headline without text"),
        ("003", "“八大行动 实干开图”", "headline without text"),
        ("004", "(下转2版)", "jump line"),
    ]


def test_page_view_shows_the_reason() -> None:
    found = _cut(PAGE)
    rows = rows_of(found.page, found.articles, found.left_out)
    assert [(row.number, row.why) for row in rows if row.why] == [
        (1, "page furniture"),
        (6, "jump line"),
        (12, "headline without text"),
    ]
    printed = [line.plain for line in in_terminal(found.page, found.articles, found.left_out)]
    assert "    1     × 平湖日报  [page furniture]" in printed
    html = as_html(found.page, found.articles, left_out=found.left_out)
    assert "版面信息 / page furniture" in html
    assert html.count('class="row none left-out"') == 3


@pytest.mark.parametrize("as_json", [False, True])
def test_index_counts_them(rag: Run, tmp_path: Path, as_json: bool) -> None:
    folder = tmp_path / "pages"
    folder.mkdir()
    (folder / "a b.txt").write_text(PAGE, encoding="utf-8")
    (folder / "whole.txt").write_text("五个项目签约\n\n平湖签约了5个人工智能项目，总投资5亿元。\n", encoding="utf-8")
    code, out, _ = rag("index", folder, "--index", tmp_path / "index", *(["--json"] if as_json else []))
    assert code == 0
    if as_json:
        assert json.loads(out)["lines_in_no_article"] == {"a b.txt": 3}
    else:
        assert [line for line in out.splitlines() if "no article" in line] == [
            "3 lines in no article: rag show 'a b.txt' --page"
        ]
        code, out, _ = rag("show", "a b.txt", "--page", "--json", "--index", tmp_path / "index")
        assert [line["why"] for line in json.loads(out)["left_out"]] == [
            "page furniture",
            "jump line",
            "headline without text",
        ]
