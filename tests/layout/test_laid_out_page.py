"""A page with its lines and blocks: front matter, and what is read off the edges of the page."""

from __future__ import annotations

import pytest

from rag.layout import laid_out_page
from rag.layout.articles import articles_of
from rag.layout.laid_out_page import lay_out
from rag.layout.masthead import Masthead, masthead_of
from rag.schema import Outline, Page, Stated
from rag.text.lines import lines_of

MARKDOWN = "---\ntitle: 平湖签约\n---\n# 平湖签约\n\n昨天，平湖签约了5个人工智能项目，总投资5亿元。\n"
MARKED = Stated(articles=(Outline("题", (), "article", ((6, 6),)),))


def test_front_matter_is_in_the_lines_but_in_no_block() -> None:
    laid_out = lay_out(Page("a.md", MARKDOWN, "utf-8", ""))
    assert [line.text for line in laid_out.lines][:2] == ["---", "title: 平湖签约"]
    assert [(block.kind, block.text[:4]) for block in laid_out.blocks] == [("head", "平湖签约"), ("prose", "昨天，平")]


@pytest.mark.parametrize("page", [Page("a.txt", MARKDOWN, "utf-8", ""), Page("a.md", MARKDOWN, "utf-8", "", MARKED)])
def test_blocks_hold_every_line_of_other_files_and_of_marked_pages(page: Page) -> None:
    laid_out = lay_out(page)
    assert tuple(line for block in laid_out.blocks for line in block.lines) == laid_out.lines


def test_lines_of_a_page_are_found_once(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = []

    def counted(text: str) -> object:
        texts.append(text)
        return lines_of(text)

    for module in ("rag.layout.laid_out_page", "rag.text.lines"):
        monkeypatch.setattr(f"{module}.lines_of", counted)
    assert laid_out_page.lines_of is counted
    assert len(articles_of(Page("a.md", MARKDOWN, "utf-8", ""))) == 1
    assert texts == [MARKDOWN]


def test_masthead_stands_at_the_edges_of_the_page() -> None:
    body = ["正文。"] * 9
    assert masthead_of(lines_of("\n".join(["平湖日报", *body, "第03版"]))) == Masthead("平湖日报", "03")
    assert masthead_of(lines_of("\n".join([*body, "平湖日报", "第03版", *body]))) == Masthead("", "")
