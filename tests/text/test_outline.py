"""A page's articles as lines: shown, corrected, and the correction read back."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.cli.outlined_page import in_terminal
from rag.config import DEFAULT_LIMITS, Limits
from rag.embedding.embedder import Embedder
from rag.index.snapshot import load
from rag.indexing.build import build
from rag.layout.articles import articles_of
from rag.reading.folder import list_files
from rag.reading.reader import FileReader
from rag.schema import Article, Page, Refused
from rag.text.offsets import source_span
from rag.text.outline import Row, as_yaml, line_spans, lines_text, outlines_of, read_lines, rows_of
from rag.web.outlined_page import as_html
from tests.support.paths import DATA

pytestmark = pytest.mark.slow

PAGE = (
    "平湖日报\n"  # 1
    "\n"
    "五个项目签约\n"  # 3
    "■记者 王强\n"  # 4
    "本报讯 昨天，平湖签约了5个人工智能项目，总投资5亿元。\n"  # 5
    "\n"
    "签约仪式在上海举行，市领导出席并致辞。\n"  # 7
    "\n"
    "黄桃喜获丰收\n"  # 9
    "■记者 居丹荔\n"  # 10
    "本报讯 近日，新埭镇的黄桃喜获丰收，果香四溢，游客很多。\n"
)  # 11


def page_of(text: str) -> Page:
    return Page("p.txt", text, "utf-8", "ab" * 32)


def read(folder: Path, limits: Limits = DEFAULT_LIMITS) -> list[Page | Refused]:
    with FileReader(folder, limits) as reader:
        return [page for path in list_files(folder) for page in reader.pages_of(path)]


def test_each_line_is_given_to_its_article() -> None:
    page = page_of(PAGE)
    rows = rows_of(page, articles_of(page))
    assert [(row.number, row.article, row.role) for row in rows] == [
        (1, None, ""),
        (2, None, ""),
        (3, 0, "head"),
        (4, 0, "byline"),
        (5, 0, "body"),
        (6, None, ""),
        (7, 0, "body"),
        (8, None, ""),
        (9, 1, "head"),
        (10, 1, "byline"),
        (11, 1, "body"),
    ]
    assert rows[2] == Row(3, "五个项目签约", 0, "head")


@given(st.text(alphabet="文。 \n\r\f\u2028\u0085x"))
def test_lines_are_counted_as_editors_count_them(text: str) -> None:
    spans = line_spans(text)
    assert "".join(text[start:end] for start, end in spans) == text
    assert len(spans) == len(text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n").split("\n")) - (not text)


@pytest.mark.parametrize(
    ("text", "lines"),
    [("3-18, 22", ((3, 18), (22, 22))), ("7", ((7, 7),)), (" 1 – 2 ，4", ((1, 2), (4, 4))), ("9-9", ((9, 9),))],
)
def test_lines_are_read(text: str, lines: tuple[tuple[int, int], ...]) -> None:
    assert read_lines(text) == lines
    assert read_lines(lines_text(lines)) == lines


@pytest.mark.parametrize("text", ["", "0", "5-3", "a", "3-", "1,,2", "-1", "1-2-3", "1" * 12])
def test_texts_that_name_no_lines(text: str) -> None:
    with pytest.raises(ValueError, match="is not a list of lines like 3-18, 22"):
        read_lines(text)


@pytest.mark.parametrize("number", range(5))
def test_the_articles_found_are_their_own_correction(seeds: Path, tmp_path: Path, number: int) -> None:
    """Saved unchanged, the YAML changes nothing."""
    page = read(seeds)[number]
    assert isinstance(page, Page)
    found = articles_of(page)
    (tmp_path / page.file).write_bytes((seeds / page.file).read_bytes())
    (tmp_path / f"{page.file}.yaml").write_text(as_yaml(page, outlines_of(page, found)), encoding="utf-8")
    (again,) = read(tmp_path)
    assert isinstance(again, Page)
    assert list(again.stated.articles) == outlines_of(page, found)
    corrected = articles_of(again)
    assert [(a.article_id, a.title, a.byline, a.kind, a.text, a.runs) for a in corrected] == [
        (a.article_id, a.title, a.byline, a.kind, a.text, a.runs) for a in found
    ]


def test_a_correction_is_followed_and_survives_another_build(tmp_path: Path, embedder: Embedder) -> None:
    folder = tmp_path / "pages"
    folder.mkdir()
    (folder / "p.txt").write_text(PAGE, encoding="utf-8")
    (folder / "p.txt.yaml").write_text(
        "date: 2025-04-21\nsource: 平湖日报\narticles:\n- {title: 签约, byline: [王强, 张三], lines: 5}\n"
        "- {title: 仪式, kind: photo, lines: '7, 11'}\n",
        encoding="utf-8",
    )
    for _ in range(2):
        build(folder, tmp_path / "index", embedder)
        first, second = load(tmp_path / "index", embedder).articles.values()
        assert (first.title, first.byline, first.text) == (
            "签约",
            ("王强", "张三"),
            "本报讯昨天，平湖签约了5个人工智能项目，总投资5亿元。",
        )
        assert (second.title, second.byline, second.kind) == ("仪式", (), "photo")
        assert (
            second.text
            == "签约仪式在上海举行，市领导出席并致辞。\n本报讯近日，新埭镇的黄桃喜获丰收，果香四溢，游客很多。"
        )
        assert {(a.date, a.date_basis, a.source) for a in (first, second)} == {("2025-04-21", "sidecar", "平湖日报")}
        for article in (first, second):
            for run in article.runs:
                start, end = source_span(article, run.start, run.start + run.length)
                assert PAGE[start:end] == article.text[run.start : run.start + run.length]


@pytest.mark.parametrize(
    ("yaml", "cause"),
    [
        ("articles:\n- {title: 题, lines: 3-99}", "p.txt.yaml names line 99, but p.txt has 11 lines: correct it."),
        (
            "sha256: 'ffffffffffff'\narticles:\n- {title: 题, lines: 3}",
            "p.txt has changed since p.txt.yaml was written",
        ),
        ("articles:\n- {title: 题}", "p.txt.yaml, line 2: '' is not a list of lines like 3-18, 22"),
        ("articles:\n- {title: 题, lines: 3, titel: 错}", "p.txt.yaml, line 2: an article has no field 'titel'"),
        ("articles:\n- {lines: 3, kind: essay}", "p.txt.yaml, line 2: 'essay' is not a kind of article"),
        ("title: x\narticles: 第一篇", "p.txt.yaml, line 2: an article must have the form"),
        ("articles:\n- 3-5", "p.txt.yaml, line 2: an article must have the form"),
    ],
)
def test_a_correction_that_cannot_be_followed_is_passed_over(tmp_path: Path, yaml: str, cause: str) -> None:
    (tmp_path / "p.txt").write_text(PAGE, encoding="utf-8")
    (tmp_path / "p.txt.yaml").write_text(yaml, encoding="utf-8")
    (tmp_path / "q.txt").write_text(PAGE, encoding="utf-8")
    page, note, other = read(tmp_path)
    assert isinstance(note, Refused)
    assert (note.file, note.is_note) == ("p.txt.yaml", True)
    assert note.why.startswith(cause)
    assert "\n" not in note.why
    assert isinstance(page, Page)
    assert isinstance(other, Page)
    assert [a.text for a in articles_of(page)] == [a.text for a in articles_of(other)]


def test_a_page_of_a_pdf_is_corrected_by_itself(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes((DATA / "paper.pdf").read_bytes())
    plain = read(tmp_path)
    assert [p.file for p in plain] == ["a.pdf#1", "a.pdf#2", "a.pdf#3"]
    (tmp_path / "a.pdf#2.yaml").write_text("articles:\n- {title: 只此一篇, lines: 2-6}\n", encoding="utf-8")
    one, two, three = (articles_of(p) for p in read(tmp_path) if isinstance(p, Page))
    assert [a.title for a in two] == ["只此一篇"]
    assert [one, three] == [articles_of(p) for p in (plain[0], plain[2]) if isinstance(p, Page)]
    (tmp_path / "a.pdf#2.yaml").write_text("articles:\n- {lines: 90000}\n", encoding="utf-8")
    assert [type(p) for p in read(tmp_path)] == [Page, Page, Page, Refused]
    assert [articles_of(p) for p in read(tmp_path) if isinstance(p, Page)] == [
        articles_of(p) for p in plain if isinstance(p, Page)
    ]


class Boxes(HTMLParser):
    """(label, line numbers) of each outlined article."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, list[int]]] = []
        self._in: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("meta", "br"):
            return
        self._in.append(dict(attrs).get("class") or tag)

    def handle_endtag(self, tag: str) -> None:
        self._in.pop()

    def handle_data(self, data: str) -> None:
        if self._in and self._in[-1] == "label":
            self.found.append((data, []))
        elif self._in and self._in[-1] == "i" and any(c.startswith("story") for c in self._in):
            self.found[-1][1].append(int(data))


def test_the_page_is_drawn_with_its_articles() -> None:
    page = page_of(PAGE)
    html = as_html(page, articles_of(page), "说明")
    boxes = Boxes()
    boxes.feed(html)
    assert [(label.split(" · ")[:3], lines) for label, lines in boxes.found] == [
        (["1", "五个项目签约", "王强"], [3, 4, 5, 7]),
        (["2", "黄桃喜获丰收", "居丹荔"], [9, 10, 11]),
    ]
    assert "说明" in html
    assert "lines: 5-7" in html
    printed = [line.plain for line in in_terminal(page, articles_of(page))]
    assert "    3   1 H 五个项目签约" in printed
    assert "    1       平湖日报" in printed


def test_a_malicious_page_is_drawn_as_text() -> None:
    evil = "<script>alert(1)</script>"
    page = replace(page_of(PAGE.replace("五个", evil)), file=f"{evil}.txt")
    articles: list[Article] = articles_of(page)
    html = as_html(page, articles, evil)
    assert "<script" not in html
    assert html.count("&lt;script&gt;") >= 4


def test_the_command(seeds: Path, tmp_path: Path, rag) -> None:  # type: ignore[no-untyped-def]
    file = seeds / "003_5555c93f7d3fe842.txt"
    code, printed, _ = rag("show", file, "--page")
    assert code == 0
    assert "   22   1 │ " in printed
    code, printed, _ = rag("show", file, "--page", "--json")
    rows = json.loads(printed)
    assert (rows["file"], [a["lines"] for a in rows["articles"]][:2]) == (file.name, ["14-28", "34-40"])
    code, printed, _ = rag("show", file, "--html")
    assert printed.startswith("<!doctype html>")
    assert rag("show", tmp_path / "none.txt", "--page")[0] == 3


def test_a_line_taken_out_of_a_paragraph_is_gone(tmp_path: Path) -> None:
    text = "签约\n本报讯 昨天，平湖签约了5个项目，总\n广告：招聘热线在此\n投资5亿元，预计明年六月之前全部投入\n生产。\n"
    (tmp_path / "p.txt").write_text(text, encoding="utf-8")
    (tmp_path / "p.txt.yaml").write_text("articles:\n- {title: 签约, lines: '2, 4-5'}\n", encoding="utf-8")
    (page,) = read(tmp_path)
    assert isinstance(page, Page)
    (article,) = articles_of(page)
    assert "".join(article.text.split()) == "本报讯昨天，平湖签约了5个项目，总投资5亿元，预计明年六月之前全部投入生产。"
    for run in article.runs:
        assert (
            text[run.source_start : run.source_start + run.length] == article.text[run.start : run.start + run.length]
        )


def test_a_correction_that_is_out_of_date_can_be_written_again(tmp_path: Path, rag) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "p.txt").write_text(PAGE + "又一行。\n", encoding="utf-8")
    (tmp_path / "p.txt.yaml").write_text("sha256: ffffffffffff\narticles:\n- {title: 旧, lines: 3}\n", encoding="utf-8")
    code, printed, _ = rag("show", tmp_path / "p.txt", "--yaml")
    assert (code, "title: 五个项目签约" in printed) == (0, True)
    (tmp_path / "p.txt.yaml").write_text(printed, encoding="utf-8")
    assert [type(p) for p in read(tmp_path)] == [Page]


def test_a_page_is_found_by_its_name(tmp_path: Path, rag) -> None:  # type: ignore[no-untyped-def]
    pdf = (DATA / "paper.pdf").read_bytes()
    (tmp_path / "a.pdf").write_bytes(pdf)
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.writestr("内/c.txt", PAGE)
        archive.writestr("broken.docx", b"x")
    code, printed, _ = rag("show", tmp_path / "a.pdf#2", "--page", "--json")
    assert (code, json.loads(printed)["file"]) == (0, "a.pdf#2")
    code, printed, _ = rag("show", tmp_path / "b.zip" / "内" / "c.txt", "--page", "--json")
    assert (code, json.loads(printed)["file"]) == (0, "b.zip/内/c.txt")
    code, _, err = rag("show", tmp_path / "a.pdf", "--yaml")
    assert (code, "has 3 pages: name one, e.g. `rag show 'a.pdf#1' --yaml`" in err) == (2, True)
    assert rag("show", tmp_path / "a.pdf#9", "--page")[0] == 3


@pytest.mark.parametrize(
    ("name", "yaml", "cause"),
    [
        ("baowen.yaml", "articles:\n- {lines: 3}", "baowen.yaml gives `articles`, which is for one file"),
        ("p.txt.yaml", "articles:\n- {lines: 2}", "p.txt.yaml: lines 2 of p.txt hold no text"),
    ],
)
def test_corrections_at_the_wrong_place(tmp_path: Path, name: str, yaml: str, cause: str) -> None:
    (tmp_path / "p.txt").write_text(PAGE, encoding="utf-8")
    (tmp_path / name).write_text(yaml, encoding="utf-8")
    *pages, refused = read(tmp_path)
    assert isinstance(refused, Refused)
    assert cause in refused.why
    assert len(pages) == refused.is_note == (name == "p.txt.yaml")


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "outside.txt").write_text(PAGE, encoding="utf-8")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "own.txt").write_text(PAGE, encoding="utf-8")
    (tmp_path / "in" / "alias.txt").symlink_to(tmp_path / "in" / "own.txt")
    (tmp_path / "in" / "link.txt").symlink_to(tmp_path / "outside.txt")
    assert [getattr(p, "why", p.file) for p in read(tmp_path / "in")] == [
        "alias.txt",
        "link.txt is a link to a file outside the folder: copy the file into it.",
        "own.txt",
    ]


def test_control_characters_do_not_reach_the_terminal(tmp_path: Path, rag, embedder: Embedder) -> None:  # type: ignore[no-untyped-def]
    evil = "\x1b]0;pwned\x07\x1b[2J\u202e"
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.jsonl").write_text(
        json.dumps({"title": f"题{evil}", "text": f"平湖签约了五个项目{evil}，总投资五亿元。" * 4}), encoding="utf-8"
    )
    build(folder, tmp_path / "index", embedder)
    for command in (("articles",), ("show", "a.jsonl#1#1"), ("search", "平湖签约"), ("ask", "平湖签约了什么？")):
        code, out, err = rag(*command, "--index", tmp_path / "index")
        assert code == 0
        assert not set("\x1b\x07\u202e") & set(out + err)
    code, out, _ = rag("show", folder / "a.jsonl", "--page")
    assert not set("\x1b\x07\u202e") & set(out)
