"""Files as newsrooms have them: each kind from the file to the article, with siblings of the stored cases."""

from __future__ import annotations

import io
import json
import os
import shutil
import socket
import zipfile
from email.message import EmailMessage
from pathlib import Path

import pytest

from rag.answer.assistant import Assistant
from rag.config import DEFAULT_LIMITS, Settings
from rag.embedding.embedder import Embedder
from rag.errors import CorpusError
from rag.index.snapshot import load
from rag.indexing.build import Built, build
from rag.reading.charset import decode, decode_html
from rag.reading.folder import list_folder
from rag.reading.reader import FileReader
from rag.schema import Article, Page, Refused
from tests.support.paths import DATA

pytestmark = pytest.mark.slow

CASES = DATA / "cases"
TEXT = "海川港一季度出口创新高\n\n本报讯（记者 高远）今年一季度海川港出口罐头总值达到380万元，同比增长百分之十二。\n"


def _built(folder: Path, embedder: Embedder) -> tuple[Built, list[Article]]:
    index = folder.parent / f"{folder.name}-index"
    done = build(folder, index, embedder)
    return done, list(load(index).articles.values())


def _case(name: str, tmp_path: Path) -> Path:
    return Path(shutil.copytree(CASES / name, tmp_path / "in"))


def _read(folder: Path, **files: bytes | str) -> tuple[dict[str, Page], list[str]]:
    """Pages by name, and the lines on what was left out or not understood."""
    folder.mkdir(exist_ok=True)
    for name, data in files.items():
        path = folder / name
        path.write_bytes(data.encode() if isinstance(data, str) else data)
    listing = list_folder(folder)
    with FileReader(folder, DEFAULT_LIMITS) as reader:
        found = [page for path in listing.files for page in reader.pages_of(path)]
    pages = {page.file: page for page in found if isinstance(page, Page)}
    return pages, [r.why for r in (*listing.strays, *found) if isinstance(r, Refused)]


# half characters, links, sockets: a run survives


@pytest.mark.parametrize("name", ["a_jsonl_surr", "b_jsonl_title_surr"])
def test_lone_surrogate(name: str, tmp_path: Path, embedder: Embedder) -> None:
    done, articles = _built(_case(f"lone-surrogate/{name}", tmp_path), embedder)
    assert {a.file for a in articles} == {"good.txt", "x.jsonl#1"}
    (article,) = [a for a in articles if a.file == "x.jsonl#1"]
    assert "\ufffd" in article.title + article.text
    assert "观众五千人" in article.text
    if name == "a_jsonl_surr":
        assert [why for _, why in done.notes] == [
            "x.jsonl is read, but holds a character without a meaning: U+FFFD (replacement character) in #1; "
            "correct the file if you know better."
        ]


def test_half_characters_in_every_field_of_every_format(tmp_path: Path, embedder: Embedder) -> None:
    folder = tmp_path / "in"
    half = "\\ud83d"
    body = "平湖市政府昨天发布公告，说明今年重点工程的进展和资金安排。"
    row = json.dumps(
        {"标题": "甲", "正文": body, "作者": "乙", "来源": "丙", "版次": "3", "日期": "2025"}, ensure_ascii=False
    )
    for number, field in enumerate("甲乙丙"):
        _read(folder, **{f"a{number}.jsonl": row.replace(field, field + half)})
    _read(
        folder,
        **{
            "b.txt": body,
            "b.txt.yaml": f'title: "甲{half}"\nbyline: ["乙{half}"]\nsource: "丙{half}"\n',
            "c.md": f'---\ntitle: "甲{half}"\n---\n{body}',
            "d.csv": f"标题,正文\n甲&#xD83D;,{body}\n",
            "e.html": f'<title>甲</title><script type=\'application/ld+json\'>{{"headline": "甲{half}"}}</script><p>{body * 3}',
            "f.txt": body.encode() + b"\xed\xa0\xbd" + body.encode(),
            "g.txt": b"\xff\xfe" + body.encode("utf-16-le") + b"\x3d\xd8" + body.encode("utf-16-le"),
        },
    )
    (folder / os.fsdecode(b"h\xff.txt")).write_text(body, encoding="utf-8")
    done, articles = _built(folder, embedder)
    assert done.refused == ()
    assert len({a.file for a in articles}) == 10
    for article in articles:
        str(article).encode()
    titles = {a.file: a.title for a in articles}
    assert [titles[name] for name in ("a0.jsonl#1", "b.txt", "c.md", "d.csv#1", "e.html")] == ["甲\ufffd"] * 5


def test_pairs_of_halves_are_one_character() -> None:
    text = "昨天，平湖签约了5个人工智能项目"
    assert decode(text.encode() + b"\xed\xa0\xbd\xed\xb8\x80") == (text + "😀", "utf-8-halves")


def test_symlink_loop(tmp_path: Path, embedder: Embedder) -> None:
    folder = _case("symlink-loop", tmp_path)
    (folder / "loop.txt").symlink_to("loop.txt")
    (folder / "one.txt").symlink_to("two.txt")
    (folder / "two.txt").symlink_to("one.txt")
    (folder / "gone.txt").symlink_to("nowhere.txt")
    (folder / "folder").symlink_to(".")
    with socket.socket(socket.AF_UNIX) as server:
        before = os.getcwd()
        os.chdir(folder)  # the name of a socket is limited to 108 bytes
        try:
            server.bind("socket.txt")
        finally:
            os.chdir(before)
        os.mkfifo(folder / "pipe.txt")
        done, articles = _built(folder, embedder)
    assert [a.file for a in articles] == ["good.txt"]
    assert [file for file, _ in done.refused] == [
        "folder",
        "gone.txt",
        "loop.txt",
        "one.txt",
        "pipe.txt",
        "socket.txt",
        "two.txt",
    ]
    assert "Too many levels of symbolic links" in dict(done.refused)["loop.txt"]


def test_index_dir_that_is_a_loop(tmp_path: Path, rag) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text(TEXT, encoding="utf-8")
    (tmp_path / "loop").symlink_to("loop")
    code, _, err = rag("index", tmp_path / "in", "--index", tmp_path / "loop")
    assert code in (3, 7)
    assert err.count("\n") == 1


def test_one_damaged_member_does_not_take_the_others(tmp_path: Path) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("a.txt", "b.txt", "c.txt"):
            archive.writestr(name, TEXT + name)
    data = bytearray(file.getvalue())
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        start = archive.getinfo("b.txt").header_offset
    data[start + 40 : start + 60] = bytes(20)
    pages, said = _read(tmp_path / "in", **{"p.zip": bytes(data)})
    assert list(pages) == ["p.zip/a.txt", "p.zip/c.txt"]
    assert said == ["p.zip/b.txt is damaged in its archive: pack it again."]


# what is left out is said


def test_silent_kinds(tmp_path: Path, embedder: Embedder) -> None:
    done, articles = _built(_case("silent-kinds", tmp_path), embedder)
    assert sorted(a.file for a in articles) == ["good.txt", "k1.tsv#1", "k3.eml", "k7.markdown"]
    assert [file for file, _ in done.refused] == ["k10", "k2.ndjson#1", "k2.ndjson#2", "k6.docm"]


SILENT = ["README.md", "README", ".hidden", "x/.git", "Thumbs.db", "desktop.ini", "~$稿件.docx", "baowen.yaml"]
NAMED = {
    "a.odp": "save it as .pdf",
    "a.djvu": "save it as .pdf",
    "a.msg": "save it as .eml",
    "a.jp2": "save it as .png",
    "a.wps": "save it as .docx",
    "a.xyz": "ends in .xyz, which is no kind that is read: save it as .txt, .docx or .pdf, or remove it",
    "noname": "has no suffix, which is no kind that is read",
}


@pytest.mark.parametrize("is_packed", [False, True])
def test_every_other_kind_is_named(tmp_path: Path, is_packed: bool) -> None:
    names = [*SILENT, *NAMED, "good.txt", *(f"pictures/{n:04}.psd" for n in range(1200))]
    folder = tmp_path / "in"
    folder.mkdir()
    if is_packed:
        with zipfile.ZipFile(folder / "p.zip", "w") as archive:
            for name in names:
                archive.writestr(name, TEXT if name == "good.txt" else "")
    else:
        for name in names:
            path = folder / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(TEXT if name == "good.txt" else "", encoding="utf-8")
    pages, said = _read(folder)
    prefix = "p.zip/" if is_packed else ""
    assert list(pages) == [f"{prefix}good.txt"]
    assert len(said) == len(NAMED) + 1
    for name, advice in NAMED.items():
        assert [line for line in said if line.startswith(f"{prefix}{name} ") and advice in line], name
    assert [line for line in said if ".psd" in line] == [
        f"{prefix}1,200 files such as pictures/0000.psd end in .psd, which is no kind that is read: "
        "save it as .txt, .docx or .pdf, or remove it."
    ]


def _mail(subject: str = "稿件：海川港出口", **content: object) -> EmailMessage:
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["Date"] = subject, "高远 <a@example.org>", "Thu, 31 Jul 2025 08:00:00 +0800"
    return mail


def test_mail(tmp_path: Path) -> None:
    plain = _mail("Re: 转发：海川港出口")
    plain.set_content(TEXT, charset="gb18030")
    both = _mail()
    both.set_content(TEXT, charset="utf-8")
    both.add_alternative(f"<p>{TEXT}</p>", subtype="html")
    both.add_attachment(b"x", "application", "msword", filename="稿件.doc")
    page = _mail()
    page.set_content(
        "<h1>海川港</h1>" + "<p>今年一季度海川港出口罐头总值达到380万元，同比增长百分之十二。</p>" * 4, subtype="html"
    )
    lie = both.as_bytes().replace(b'charset="utf-8"', b'charset="iso-8859-1"')
    files = {"a.eml": plain.as_bytes(), "b.eml": both.as_bytes(), "c.eml": page.as_bytes(), "d.eml": lie}
    pages, said = _read(tmp_path / "in", **files)
    assert list(pages) == list(files)
    assert all("总值达到380万元" in p.text for p in pages.values())
    assert {p.stated.date for p in pages.values()} == {"2025-07-31"}
    assert [p.stated.title for p in pages.values()] == ["海川港出口", *["稿件：海川港出口"] * 3]
    assert said == [
        f"{name} is read without its attachment 稿件.doc: save that as a file beside it." for name in ("b.eml", "d.eml")
    ]


def test_saved_web_page(tmp_path: Path) -> None:
    """Its date is the day of saving: not the article's."""
    saved = EmailMessage()
    saved["From"], saved["Subject"], saved["Date"] = "<Saved by Blink>", "海川港出口", "Thu, 31 Jul 2025 08:00:00 +0800"
    saved["Snapshot-Content-Location"] = "https://example.org/a.html"
    html = "<h1>海川港出口</h1>" + "<p>今年一季度海川港出口罐头总值达到380万元，同比增长百分之十二。</p>" * 4
    saved.set_content(html, subtype="html")
    saved.add_related(b"x", "image", "png", cid="<a>")
    dated = html.replace("<h1>", '<meta name="pubdate" content="2025-07-30"><h1>')
    data = saved.as_bytes()
    saved.get_payload(0).set_content(dated, subtype="html")  # type: ignore[union-attr]
    pages, said = _read(tmp_path / "in", **{"a.mht": data, "b.mhtml": saved.as_bytes()})
    assert [(p.stated.title, p.stated.date) for p in pages.values()] == [
        ("海川港出口", ""),
        ("海川港出口", "2025-07-30"),
    ]
    assert all("380万元" in p.text for p in pages.values())
    assert said == []


def test_book(tmp_path: Path) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("META-INF/container.xml", "<c><rootfiles><rootfile full-path='o/b.opf'/></rootfiles></c>")
        archive.writestr(
            "o/b.opf",
            "<package xmlns:dc='http://purl.org/dc/elements/1.1/'><metadata><dc:date>2025-07-31</dc:date>"
            "<dc:publisher>海川日报</dc:publisher></metadata><manifest><item id='2' href='t/b%20b.xhtml'/>"
            "<item id='1' href='a.xhtml'/><item id='3' href='none.xhtml'/></manifest>"
            "<spine><itemref idref='1'/><itemref idref='2'/><itemref idref='3'/></spine></package>",
        )
        archive.writestr("o/a.xhtml", "<html><body><h2>第一篇</h2><p>总值380万元。</p><p>第二段。</p></body></html>")
        archive.writestr(
            "o/t/b b.xhtml", "<html><body><h2>第二篇</h2><p>总值12万元。</p></body></html>".encode("gb18030")
        )
    pages, said = _read(
        tmp_path / "in", **{"b.epub": file.getvalue(), "c.epub": b"PK", "d.epub": file.getvalue()[:200]}
    )
    assert [(p.file, p.stated.title, p.text.split(), p.stated.date, p.stated.source) for p in pages.values()] == [
        ("b.epub#1", "第一篇", ["总值380万元。", "第二段。"], "2025-07-31", "海川日报"),
        ("b.epub#2", "第二篇", ["总值12万元。"], "2025-07-31", "海川日报"),
    ]
    assert said == [
        "b.epub#3 (o/none.xhtml) is damaged in the book: save it again.",
        "c.epub is damaged or not an EPUB: save it again.",
        "d.epub is damaged or not an EPUB: save it again.",
    ]


# encodings


def test_html_charset_lie(tmp_path: Path) -> None:
    folder = _case("html-charset-lie", tmp_path)
    pages, said = _read(folder)
    (page,) = pages.values()
    assert "占地二百三十亩" in page.text
    assert said == []


LIES = [
    ("iso-8859-1", "utf-8"),
    ("windows-1252", "gb18030"),
    ("utf-16", "utf-8"),
    ("utf-8", "gb18030"),
    ("gbk", "utf-8"),
]


@pytest.mark.parametrize(
    ("declared", "codec"), [*LIES, ("gb2312", "gb18030"), ("nosuch", "utf-8"), ("base64", "utf-8")]
)
def test_the_bytes_of_a_page_decide(declared: str, codec: str) -> None:
    page = f'<meta charset="{declared}"><p>{TEXT}</p>'
    assert decode_html(page.encode(codec)) == page


@pytest.mark.parametrize(
    ("declared", "text"),
    [
        ("euc-kr", "오늘은 날씨가 좋아서 서울의 공원을 산책했습니다."),
        ("shift_jis", "今日は天気がよいので、東京の公園を散歩しました。"),
        ("windows-1252", "Il fait très beau, nous avons visité la bibliothèque."),
        ("big5", "昨天，市政府開會討論經濟發展，市長說這是今年的重要工作。"),
    ],
)
def test_a_true_charset_counts(declared: str, text: str) -> None:
    page = f'<meta charset="{declared}"><p>{text}</p>'
    assert decode_html(page.encode(declared)) == page


def test_a_page_with_one_broken_byte_is_read() -> None:
    page = f'<meta charset="utf-8"><p>{TEXT}</p>'.encode()
    assert decode_html(page[:-5] + b"\xff" + page[-5:]) == page[:-5].decode() + "\ufffd" + page[-5:].decode()


def test_cp936_euro(tmp_path: Path) -> None:
    pages, said = _read(_case("cp936-euro", tmp_path))
    (page,) = pages.values()
    assert "总值达到€380万" in page.text
    data = (CASES / "cp936-euro" / "e1_cp936_euro.txt").read_bytes()
    assert data.decode(page.encoding) == page.text
    assert said == []


@pytest.mark.parametrize("suffix", ["txt", "md", "csv", "jsonl", "html"])
def test_euro_sign_of_windows_in_every_kind(suffix: str, tmp_path: Path) -> None:
    text = TEXT.replace("380", "E380")
    rows = {"csv": f'标题,正文\n甲,"{text}"\n', "jsonl": json.dumps({"正文": text}, ensure_ascii=False)}
    made = rows.get(suffix, f"<h1>甲</h1><p>{text}</p>" * 2 if suffix == "html" else text)
    pages, _ = _read(tmp_path / "in", **{f"a.{suffix}": made.encode("gbk").replace(b"E380", b"\x80380")})
    assert "€380万元" in next(iter(pages.values())).text


def test_pua_one_char(tmp_path: Path) -> None:
    pages, said = _read(_case("pua-one-char", tmp_path))
    assert "仅有六人" in pages["p1_pua.txt"].text
    assert "\ue5e5姓" in pages["p1_pua.txt"].text
    assert said == [
        "p1_pua.txt is read, but holds a character without a meaning: U+E5E5 (private use) in line 3; "
        "correct the file if you know better."
    ]


@pytest.mark.parametrize(
    ("char", "named"),
    [
        ("\ufffd", "a character without a meaning: U+FFFD (replacement character) in line 4"),
        ("\x00", "a character without a meaning: U+0000 (control character) in line 4"),
        ("\x01\x02", "2 characters without a meaning: U+0001 (control character) in line 4, U+0002"),
        ("\U000f0001", "a character without a meaning: U+F0001 (private use) in line 4"),
    ],
)
@pytest.mark.parametrize("codec", ["utf-8", "gb18030", "utf-16"])
def test_one_strange_character_in_a_sound_file(char: str, named: str, codec: str, tmp_path: Path) -> None:
    pages, said = _read(
        tmp_path / "in",
        **{"a.txt": (TEXT + char).encode(codec), "b.csv": f"正文\n{TEXT.split()[2]}{char}\n".encode(codec)},
    )
    assert pages["a.txt"].text == TEXT + char
    assert named in said[0]
    assert said[1].startswith("b.csv is read, but holds")
    assert "in #1" in said[1]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (TEXT.encode() + b"\xff" + TEXT.encode(), "(it is UTF-8, but for byte 155 in line 4)"),
        (TEXT.encode("gbk") * 2 + b"\xff", "(it is GB18030, but for byte"),
        ((TEXT[:60] + "\ue000" * 9).encode(), "(9 of its characters have no meaning, such as U+E000 (private use))"),
    ],
)
def test_a_refusal_gives_the_true_reason(data: bytes, why: str, tmp_path: Path) -> None:
    _, said = _read(tmp_path / "in", **{"a.txt": data, "b.txt": TEXT})
    assert why in said[0]


def test_radicals_and_compatibility_characters_stay(tmp_path: Path) -> None:
    text = "石塘养⽼院⻢落成，⼼理咨询㍿豈"
    pages, said = _read(tmp_path / "in", **{"a.txt": text + TEXT})
    assert (pages["a.txt"].text, said) == (text + TEXT, [])


# exports and front matter


def test_csv_dates(tmp_path: Path, embedder: Embedder) -> None:
    done, articles = _built(_case("csv-dates", tmp_path), embedder)
    dates = {a.title: a.date for a in articles}
    assert dates.pop("Excel序列日期") == "2025-07-30"
    assert dates.pop("民国日期") == "1947-07-31"
    assert dates.pop("两位年") == ""
    assert dates.pop("圈年") == "2025-07"
    assert set(dates.values()) == {"2025-07-31"}
    assert len(dates) == 12
    assert [why for _, why in done.notes] == [
        "c3_dates.csv is read, but 1 row has no date that can be read (#11 '25-07-31'): write it as 2025-07-31."
    ]


def test_undated_rows_are_counted(tmp_path: Path) -> None:
    rows = "".join(f"第{n}篇。,{d}\n" for n, d in enumerate(["昨天", "03/04/2025", "", "2025", "x" * 99]))
    folder = tmp_path / "in"
    _, said = _read(folder, **{"a.csv": f"正文,日期\n{rows}", "b.csv": "正文\n第一篇。\n"})
    assert said == [
        "a.csv is read, but 4 rows have no date that can be read (#1 '昨天', #2 '03/04/2025', #3 and 1 more): "
        "write it as 2025-07-31."
    ]
    _, said = _read(folder, **{"baowen.yaml": "date: 2025"})  # a row that says nothing has the folder's date
    assert "3 rows have no date" in said[0]


def test_csv_entities(tmp_path: Path, embedder: Embedder) -> None:
    _, (article,) = _built(_case("csv-entities", tmp_path), embedder)
    assert article.title == "海川童装节"
    assert "“海川童装节”昨日开幕——参展商达120家。" in article.text
    assistant = Assistant(Settings(index_dir=tmp_path / "in-index"), embedder)
    assert "120家" in assistant.ask("海川童装节参展商有多少家").answer


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("参展商&#x31;&#50;0家", "参展商120家"),
        ("&amp;ldquo;好&amp;rdquo;", "“好”"),
        ("AT&T和R&D，?a=1&copy=2", "AT&T和R&D，?a=1&copy=2"),
        ("第一段。\\n第二段。\\r\\n第三段。", "第一段。\n第二段。\n第三段。"),
        ("C:\\new和D:\\docs\\notes", "C:\\new和D:\\docs\\notes"),
        ("当a&lt;b且c&gt;d时", "当a<b且c>d时"),
        ("<p>当a&lt;b且c&gt;d时</p>", "当a<b且c>d时"),
        ("&lt;p&gt;第一段。&lt;/p&gt;&lt;p&gt;第二段。&lt;/p&gt;", "第一段。\n第二段。"),
        ("<p>第一段\x01。</p>", "第一段\x01。"),
    ],
)
def test_entities_tags_and_line_ends_of_exports(cell: str, text: str, tmp_path: Path) -> None:
    pages, _ = _read(
        tmp_path / "in",
        **{"a.csv": f'正文\n"{cell}"\n', "b.jsonl": json.dumps({"正文": cell}), "c.tsv": f"id\t正文\n1\t{cell}\n"},
    )
    assert [page.text.strip() for page in pages.values()] == [text] * 3


def test_csv_sep_line(tmp_path: Path, embedder: Embedder) -> None:
    _, (article,) = _built(_case("csv-sep-line", tmp_path), embedder)
    assert (article.title, article.date) == ("海川地铁开工", "2025-03-02")
    assert "全长二十八公里" in article.text


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "gbk", "utf-16"])
@pytest.mark.parametrize(
    "top", ["sep={}\r\n", '"sep={}"\r\n', "海川日报稿件导出\r\n", "\r\n海川日报{}{}\r\n导出时间{}2025\r\n", ""]
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_what_stands_above_a_header(codec: str, top: str, delimiter: str, tmp_path: Path) -> None:
    rows = (
        f"标题{delimiter}正文{delimiter}日期\r\n地铁{delimiter}全长二十八公里，投资1.50亿元。{delimiter}2025-03-02\r\n"
    )
    pages, said = _read(tmp_path / "in", **{"a.csv": (top.replace("{}", delimiter) + rows).encode(codec)})
    (page,) = pages.values()
    assert (page.stated.title, page.text, page.stated.date) == ("地铁", "全长二十八公里，投资1.50亿元。", "2025-03-02")
    assert len(said) == ("海川" in top)
    assert all("begins with rows above its header, which are in no article: 海川日报" in line for line in said)


def test_a_row_that_is_cut_by_a_comma_is_named(tmp_path: Path) -> None:
    pages, said = _read(tmp_path / "in", **{"a.csv": "标题,正文\n甲,投资一百,二百万元。\n乙,投资1,200万元。\n"})
    assert [page.text for page in pages.values()] == ["投资1,200万元。"]
    assert said == ["a.csv#1 has 3 cells, more than the header: put text that holds a delimiter in quotes."]


def test_text_in_columns_without_a_name_is_named(tmp_path: Path) -> None:
    pages, said = _read(tmp_path / "in", **{"a.csv": "标题,正文\n甲,一。,备注\n乙,二。,备注\n"})
    assert [page.text for page in pages.values()] == ["一。", "二。"]
    assert said == ["a.csv has text in columns without a name, which is in no article (#1, #2): name the columns."]


def test_a_number_of_json_stays_as_it_is_written(tmp_path: Path) -> None:
    pages, _ = _read(
        tmp_path / "in",
        **{"a.jsonl": '{"正文": 1.50}\n{"正文": 1e22}\n{"正文": 007}\n{"正文": 12345678901234567890.10}'},
    )
    assert [page.text for page in pages.values()] == ["1.50", "1e22", "12345678901234567890.10"]


def test_md_frontmatter(tmp_path: Path, embedder: Embedder) -> None:
    done, articles = _built(_case("md-frontmatter", tmp_path), embedder)
    assert [(a.title, a.date) for a in articles] == [
        ("青岩: 新篇章", "2025-07-01"),
        ("青岩茶叶节", "2025-07-02"),
        ("青岩杏花节", "2025-07-05"),
    ]
    assert not any("title" in a.text or "---" in a.text or "+++" in a.text for a in articles)
    assert done.notes == ()


FIELDS = ["title: 青岩: 新: 篇", 'title: "青岩: 新: 篇"', "title:   青岩: 新: 篇  "]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("top", ["", "\ufeff", "\n\n", "\ufeff\r\n"])
@pytest.mark.parametrize("field", [*FIELDS, 'title = "青岩: 新: 篇"', "title = '青岩: 新: 篇'"])
def test_front_matter_in_every_form(field: str, top: str, end: str, tmp_path: Path) -> None:
    mark = "+++" if "=" in field else "---"
    more = (
        ["date = 2025-07-02", "authors = ['王强', '李明']"]
        if "=" in field
        else ["date: 2025-07-02", "authors: [王强, 李明]"]
    )
    text = top + end.join([mark, field, *more, mark, "青岩县昨日发布新篇章计划，投资九亿元。", ""])
    pages, said = _read(tmp_path / "in", **{"a.md": text, "b.markdown": text})
    for page in pages.values():
        stated = page.stated
        assert (stated.title, stated.date, stated.byline) == ("青岩: 新: 篇", "2025-07-02", ("王强", "李明"))
        assert page.text == text
    assert (len(pages), said) == (2, [])


@pytest.mark.parametrize(("mark", "field", "line"), [("---", "title: [甲", 3), ("+++", "title = 甲", 2)])
def test_front_matter_that_cannot_be_read_does_not_take_the_text(
    mark: str, field: str, line: int, tmp_path: Path
) -> None:
    pages, said = _read(tmp_path / "in", **{"a.md": f"{mark}\n{field}\n{mark}\n{TEXT}"})
    assert list(pages) == ["a.md"]
    assert said[0].startswith(f"a.md, line {line}: not valid ")
    assert said[0].endswith("The text is read without its front matter.")


# YAML


@pytest.mark.parametrize(
    ("yaml", "why"),
    [
        (b"titel: x\n", "unknown field 'titel'"),
        (b"\xff\xfe\xff", "not text in UTF-8"),
        (b"title: a: b\n", "not valid YAML"),
        (b"date: soon\n", "is not a date"),
        (b"articles: [{lines: 99}]\n", "names line 99"),
        (b"x" * 2_000_000, "over the limit"),
    ],
)
def test_bad_yaml_does_not_take_the_page(yaml: bytes, why: str, tmp_path: Path) -> None:
    pages, said = _read(
        tmp_path / "in", **{"a.txt": TEXT, "a.txt.yaml": yaml, "b.csv": f'正文\n"{TEXT}"\n', "b.csv.yaml": yaml}
    )
    assert "a.txt" in pages
    assert any(line.startswith("a.txt.yaml") and why in line and "a.txt is read without" in line for line in said)
    if b"articles" not in yaml:
        assert "b.csv#1" in pages


def test_bad_yaml_in_an_archive_does_not_take_its_files(tmp_path: Path) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in ("a.txt", "x/b.txt", "x/c.txt"):
            archive.writestr(name, TEXT)
        archive.writestr("x/baowen.yaml", "data: 2020\n")
        archive.writestr("a.txt.yaml", "data: 2020\n")
    pages, said = _read(tmp_path / "in", **{"p.zip": file.getvalue(), "p.zip.yaml": "date: soon"})
    assert list(pages) == ["p.zip/a.txt", "p.zip/x/b.txt", "p.zip/x/c.txt"]
    assert [line.split(",")[0] for line in said] == ["p.zip/a.txt.yaml", "p.zip.yaml", "p.zip/x/baowen.yaml"]


def test_the_exit_code_says_that_yaml_was_not_used(tmp_path: Path, rag) -> None:  # type: ignore[no-untyped-def]
    folder = tmp_path / "in"
    _read(folder, **{"a.txt": TEXT, "a.txt.yaml": "titel: x"})
    code, out, err = rag("index", folder, "--index", tmp_path / "index", "--json")
    assert code == 16
    assert json.loads(out)["notes"][0]["file"] == "a.txt.yaml"
    assert json.loads(out)["counts"]["articles"] == 1
    assert err.splitlines()[0].startswith("note: a.txt.yaml, line 1: unknown field 'titel'")
    assert err.splitlines()[1].startswith(
        "rag: The index is up to date, but 1 YAML file could not be used (a.txt.yaml)"
    )
    assert "note        a.txt.yaml, line 1" in rag("status", "--index", tmp_path / "index")[1]
    (folder / "a.txt.yaml").write_text("source: 海川日报\n", encoding="utf-8")
    assert rag("index", folder, "--index", tmp_path / "index")[0] == 0


def test_a_folder_with_only_other_kinds_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"a\.doc is of a kind that is not read: save it as \.docx\.$"):
        _read(tmp_path / "in", **{"a.doc": b"x"})
