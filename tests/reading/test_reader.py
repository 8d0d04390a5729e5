from __future__ import annotations

import hashlib
import io
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from rag.config import Limits
from rag.errors import CorpusError
from rag.layout.articles import articles_of
from rag.reading.folder import list_files, list_folder
from rag.reading.reader import FileReader, read_page
from rag.schema import Page, Refused, Stated
from tests.support.paths import DATA

TEXT = "平湖发布\r\n\r\n　　昨天，平湖签约了5个人工智能项目，总投资5亿元。\n"


def _write(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def test_seeds_are_the_five_pages(seeds: Path) -> None:
    assert [path.name for path in list_files(seeds)] == [
        "000_ee2ebb659d30a726.txt",
        "001_e345b16bb7633470.txt",
        "002_c1cb0aaa8a107e2a.txt",
        "003_5555c93f7d3fe842.txt",
        "004_56421505ce6c9c76.txt",
    ]


def test_files_are_sorted_and_readme_hidden_and_other_kinds_left_out(tmp_path: Path) -> None:
    for name in (
        "b.txt",
        "a/z.TXT",
        "a/notes.md",
        "README.md",
        "a/readme.MD",
        ".hidden.txt",
        ".git/x.txt",
        "x.pdf",
        "old.doc",
        "b.txt.yaml",
        "baowen.yaml",
        "photo.psd",
        "e.csv",
        "x.HTML",
    ):
        _write(tmp_path, name, b"x")
    (tmp_path / "folder.txt").mkdir()
    assert [p.relative_to(tmp_path).as_posix() for p in list_files(tmp_path)] == [
        "a/notes.md",
        "a/z.TXT",
        "b.txt",
        "e.csv",
        "x.HTML",
        "x.pdf",
    ]
    assert [stray.why for stray in list_folder(tmp_path).strays] == [
        "old.doc is of a kind that is not read: save it as .docx.",
        "photo.psd ends in .psd, which is no kind that is read: save it as .txt, .docx or .pdf, or remove it.",
    ]


@pytest.mark.parametrize("name", ["missing", "file.txt"])
def test_no_folder(tmp_path: Path, name: str) -> None:
    _write(tmp_path, "file.txt", b"x")
    with pytest.raises(CorpusError, match=r"is not a folder: .*`rag index seeds`"):
        list_files(tmp_path / name)


def test_folder_without_a_file_that_is_read(tmp_path: Path) -> None:
    _write(tmp_path, "photo.psd", b"x")
    with pytest.raises(
        CorpusError, match=r"holds no file of a kind that is read \(\.txt, \.md, .*\): put the articles there"
    ):
        list_files(tmp_path)


@pytest.mark.parametrize(
    ("codec", "encoding"), [("utf-8", "utf-8"), ("gbk", "gb18030"), ("gb18030", "gb18030"), ("utf-16", "utf-16")]
)
def test_text_and_encoding(tmp_path: Path, codec: str, encoding: str) -> None:
    data = TEXT.encode(codec)
    page = read_page(_write(tmp_path, "sub/页.txt", data), tmp_path, 4.0)
    assert (page.file, page.text, page.encoding) == ("sub/页.txt", TEXT, encoding)
    assert page.sha256 == hashlib.sha256(data).hexdigest()
    assert data.decode(page.encoding) == page.text


def test_byte_order_mark_is_kept_as_a_character(tmp_path: Path) -> None:
    page = read_page(_write(tmp_path, "a.txt", TEXT.encode("utf-8-sig")), tmp_path, 4.0)
    assert page.text == "\ufeff" + TEXT
    assert page.encoding == "utf-8"


def test_gbk_copy_of_every_seed_reads_as_the_original(tmp_path: Path, seeds: Path) -> None:
    for path in list_files(seeds):
        original = read_page(path, seeds, 4.0)
        copy = read_page(_write(tmp_path, path.name, original.text.encode("gb18030")), tmp_path, 4.0)
        assert copy.text == original.text
        assert copy.encoding == "gb18030"


@pytest.mark.parametrize("data", [b"", b" \n\t\r\n "])
def test_empty_file(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(CorpusError, match=r"^a\.txt is empty: fill it or remove it\.$"):
        read_page(_write(tmp_path, "a.txt", data), tmp_path, 4.0)


@pytest.mark.parametrize(
    "data",
    [
        b"\x7fELF\x02\x01\x01" + bytes(200),
        b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20,
        bytes(range(256)),
        "平湖".encode() + b"\xff\xff\xff",
        TEXT.encode("utf-16")[:-1],
    ],
    ids=["elf", "png", "bytes", "broken utf-8", "cut utf-16"],
)
def test_binary_file(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(CorpusError, match=r"^a\.txt is not text in UTF-8, UTF-16, GB18030 or Big5"):
        read_page(_write(tmp_path, "a.txt", data), tmp_path, 4.0)


def test_file_over_the_limit(tmp_path: Path) -> None:
    path = _write(tmp_path, "a.txt", "平".encode() * 1_700_000)
    with pytest.raises(CorpusError, match=r"^a\.txt has 5\.1 MB, over the limit of 4 MB a file: .*RAG_MAX_FILE_MB"):
        read_page(path, tmp_path, 4.0)
    assert len(read_page(path, tmp_path, 6.0).text) == 1_700_000


def test_file_that_cannot_be_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    link = tmp_path / "gone.txt"
    link.symlink_to(tmp_path / "nowhere")
    with pytest.raises(CorpusError, match=r"^gone\.txt cannot be read \(No such file or directory\)"):
        read_page(link, tmp_path, 4.0)

    def refuse(self: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(self))

    locked = _write(tmp_path, "locked.txt", b"x")
    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(CorpusError, match=r"^locked\.txt cannot be read \(Permission denied\)"):
        read_page(locked, tmp_path, 4.0)


def test_pipe_is_not_an_article(tmp_path: Path, within) -> None:
    _write(tmp_path, "a.txt", b"x")
    os.mkfifo(tmp_path / "pipe.txt")
    with within(5):
        files = list_files(tmp_path)
        read = [path.name for path in files if path.name != "pipe.txt" and read_page(path, tmp_path, 4.0)]
        if len(files) == 2:  # if the pipe is not left out, it is refused
            with pytest.raises(CorpusError, match=r"^pipe\.txt "):
                read_page(files[1], tmp_path, 4.0)
    assert read == ["a.txt"]


ARTICLE = "平湖签约五个项目\n\n■记者 王强\n\n　　本报讯 昨天，平湖签约了5个人工智能项目，总投资5亿元。\n"


def _pages(folder: Path, limits: Limits = Limits()) -> list[Page | Refused]:  # noqa: B008
    with FileReader(folder, limits) as reader:
        return [page for path in list_files(folder) for page in reader.pages_of(path)]


def _whys(folder: Path, limits: Limits = Limits()) -> list[str]:  # noqa: B008
    found = _pages(folder, limits)
    assert all("\n" not in page.why for page in found if isinstance(page, Refused))
    return [page.why if isinstance(page, Refused) else page.file for page in found]


def test_plain_text_is_unchanged(tmp_path: Path) -> None:
    path = _write(tmp_path, "a.txt", TEXT.encode())
    assert _pages(tmp_path) == [read_page(path, tmp_path, 4.0)]


def test_sidecar_then_the_file_then_its_folders(tmp_path: Path) -> None:
    _write(tmp_path, "baowen.yaml", "source: 平湖日报\ndate: 2025\npage: 1\n".encode())
    _write(tmp_path, "七月/baowen.yaml", b"date: 2025-07\n")
    _write(tmp_path, "七月/a.txt", ARTICLE.encode())
    _write(tmp_path, "七月/a.txt.yaml", b"page: 3\n")
    _write(tmp_path, "七月/b.md", ("---\ndate: 2025-07-31\n---\n" + ARTICLE).encode())
    _write(tmp_path, "七月/c.csv", "正文,日期\n昨天，平湖签约。,2025-07-30\n昨天，签约。,\n".encode())
    assert [page.stated for page in _pages(tmp_path) if isinstance(page, Page)] == [
        Stated(date="2025-07", date_basis="sidecar", source="平湖日报", page="3"),
        Stated(date="2025-07-31", date_basis="sidecar", source="平湖日报", page="1"),
        Stated(date="2025-07-30", date_basis="stated", source="平湖日报", page="1", whole=True),
        Stated(date="2025-07", date_basis="sidecar", source="平湖日报", page="1", whole=True),
    ]


def test_stated_values_are_in_the_articles(tmp_path: Path) -> None:
    _write(tmp_path, "a.txt", ARTICLE.encode())
    _write(tmp_path, "a.txt.yaml", "source: 平湖日报\npage: 3\ndate: 2025-07-31\n".encode())
    (page,) = _pages(tmp_path)
    assert isinstance(page, Page)
    (article,) = articles_of(page)
    assert (article.title, article.byline, article.source, article.page, article.date, article.date_basis) == (
        "平湖签约五个项目",
        ("王强",),
        "平湖日报",
        "3",
        "2025-07-31",
        "sidecar",
    )


def test_front_matter_is_not_text_and_offsets_are_those_of_the_file(tmp_path: Path) -> None:
    text = "---\ntitle: 平湖签约五个项目\nauthors: [王强]\n---\n# " + ARTICLE
    _write(tmp_path, "a.md", text.encode())
    (page,) = _pages(tmp_path)
    assert isinstance(page, Page)
    assert page.text == text
    (article,) = articles_of(page)
    assert (article.title, article.byline, article.text) == (
        "平湖签约五个项目",
        ("王强",),
        "本报讯昨天，平湖签约了5个人工智能项目，总投资5亿元。",
    )
    assert [text[run.source_start : run.source_start + run.length] for run in article.runs] == [
        article.text[run.start : run.start + run.length] for run in article.runs
    ]


def test_a_file_stated_to_be_whole_is_one_article(tmp_path: Path) -> None:
    """Lines that look like headlines and bylines stay in its text, except those that repeat what is stated."""
    _write(
        tmp_path,
        "a.txt",
        (ARTICLE + "\n东片再生水厂投用\n\n■记者 居丹荔\n\n　　本报讯 近日，东片再生水厂投入使用。\n").encode(),
    )
    _write(tmp_path, "a.txt.yaml", "title: 平湖签约五个项目\n".encode())
    (page,) = _pages(tmp_path)
    assert isinstance(page, Page)
    (article,) = articles_of(page)
    assert (article.title, article.byline) == ("平湖签约五个项目", ("王强",))
    assert article.text.split("\n") == [
        "本报讯昨天，平湖签约了5个人工智能项目，总投资5亿元。",
        "东片再生水厂投用",
        "■记者居丹荔",
        "本报讯近日，东片再生水厂投入使用。",
    ]


@pytest.mark.parametrize("text", [ARTICLE, "平湖签约五个项目\n", "昨天，平湖签约。\n"])
def test_a_whole_file_without_other_statements(text: str) -> None:
    """Its first lines are its headline and byline, unless no text would be left."""
    (article,) = articles_of(Page("a.txt", text, "utf-8", "", Stated(whole=True)))
    assert (article.title, article.byline) == (("平湖签约五个项目", ("王强",)) if text == ARTICLE else ("", ()))
    assert article.text == "".join(text.split("　　")[-1].split())


def test_wrong_sidecar_is_passed_over(tmp_path: Path) -> None:
    for name in ("a.txt", "b.txt"):
        _write(tmp_path, name, ARTICLE.encode())
    _write(tmp_path, "a.txt.yaml", b"source: x\ntitel: y\n")
    assert _whys(tmp_path) == [
        "a.txt",
        "a.txt.yaml, line 2: unknown field 'titel', known are title, byline, date, source, page, whole, columns, "
        "articles, sha256: correct it or remove the file's YAML. a.txt is read without it.",
        "b.txt",
    ]


def test_yaml_without_a_file_is_reported(tmp_path: Path) -> None:
    for name in ("a.txt", "a.txt.yaml", "baowen.yaml", "x/b.yaml", "a.txt.yml", ".c.yaml"):
        _write(tmp_path, name, b"source: x")
    advice = "has no file beside it: name it after one, e.g. page.txt.yaml, or baowen.yaml for a folder."
    assert list_folder(tmp_path).strays == (
        Refused("a.txt.yml", f"a.txt.yml {advice}"),
        Refused("x/b.yaml", f"x/b.yaml {advice}"),
    )


def test_yaml_beside_an_archive_is_for_all_its_files(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "p.zip", "w") as pack:
        pack.writestr("a.txt", ARTICLE)
        pack.writestr("x/b.txt", ARTICLE)
        pack.writestr("x/baowen.yaml", "source: 嘉兴日报")
    _write(tmp_path, "p.zip.yaml", "source: 平湖日报\ndate: 2025-07-31".encode())
    _write(tmp_path, "c.txt", ARTICLE.encode())
    assert [
        (page.file, page.stated.source, page.stated.date) for page in _pages(tmp_path) if isinstance(page, Page)
    ] == [("c.txt", "", ""), ("p.zip/a.txt", "平湖日报", "2025-07-31"), ("p.zip/x/b.txt", "嘉兴日报", "2025-07-31")]


def test_wrong_yaml_of_a_folder_is_reported_for_each_file(tmp_path: Path) -> None:
    for name in ("x/a.txt", "x/b.txt", "c.txt"):
        _write(tmp_path, name, ARTICLE.encode())
    _write(tmp_path, "x/baowen.yaml", b"date: soon\n")
    why = "is left out because of x/baowen.yaml, line 1: 'soon' is not a date like 2025-07-31: correct it or remove the file's YAML."
    assert _whys(tmp_path) == ["c.txt", f"x/a.txt {why}", f"x/b.txt {why}"]


def test_members_rows_and_pages_are_named(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("内/a.txt", ARTICLE)
        archive.writestr("内/a.txt.yaml", "source: 平湖日报\n")
        archive.writestr("baowen.yaml", "date: 2025\n")
        archive.writestr("e.csv", '正文\n昨天，平湖签约。\n""\n昨天，签约。\n')
        archive.writestr("paper.pdf", (DATA / "paper.pdf").read_bytes())
        archive.writestr("old.doc", b"x")
        archive.writestr("photo.psd", b"x")
        archive.writestr("../evil.txt", ARTICLE)
    assert _whys(tmp_path) == [
        "all.zip/../evil.txt has a path that leads out of its archive: pack it again.",
        "all.zip/old.doc is of a kind that is not read: save it as .docx.",
        "all.zip/photo.psd ends in .psd, which is no kind that is read: save it as .txt, .docx or .pdf, or remove it.",
        "all.zip/e.csv#1",
        "all.zip/e.csv#2",
        "all.zip/paper.pdf#1",
        "all.zip/paper.pdf#2",
        "all.zip/paper.pdf#3",
        "all.zip/内/a.txt",
    ]
    assert [page.stated for page in _pages(tmp_path) if isinstance(page, Page)][-1] == Stated(
        source="平湖日报", date="2025", date_basis="sidecar"
    )


def test_a_pdf_stated_to_be_one_article_is_one_text(tmp_path: Path) -> None:
    _write(tmp_path, "paper.pdf", (DATA / "paper.pdf").read_bytes())
    _write(tmp_path, "paper.pdf.yaml", b"whole: true\n")
    (page,) = _pages(tmp_path)
    assert isinstance(page, Page)
    assert page.file == "paper.pdf"
    assert page.text.count("\f") == 2


def test_each_bad_file_is_refused_by_itself(tmp_path: Path) -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        for i in range(4):
            archive.writestr(f"{i}.txt", bytes(3_000_000))
    files = {
        "a.pdf": (DATA / "locked.pdf").read_bytes(),
        "b.pdf": b"%PDF-1.4",
        "c.docx": b"PK",
        "d.zip": b"PK",
        "e.zip": bomb.getvalue(),
        "f.csv": "题,稿\n甲,乙\n".encode(),
        "g.jsonl": b"{bad\n",
        "h.html": b"<html></html>",
        "i.txt": bytes(range(256)),
        "k.csv": b"",
        "l.txt": "平湖\u200f签约\u202e项目😀\n\n昨天，平湖签约了5个项目😀。\n".encode(),
        "m.txt": ARTICLE.encode(),
        "n.txt": "市政府開會\n\n昨天，市政府開會討論經濟發展，市長說這是今年的重要工作。\n".encode("big5"),
    }
    for name, data in files.items():
        _write(tmp_path, name, data)
    assert _whys(tmp_path, Limits(source_mb=10.0)) == [
        "a.pdf is protected by a password: save it without one.",
        "b.pdf is damaged or not a PDF: save it again.",
        "c.docx is damaged or not a Word document: save it again as .docx.",
        "d.zip is damaged or not a ZIP archive: pack it again.",
        "e.zip unpacks to 12 MB, over the limit of 10 MB: split it, or raise RAG_MAX_SOURCE_MB.",
        "f.csv has no column for the text (columns: 题, 稿): name it in f.csv.yaml, e.g. `columns: {text: 稿件}`.",
        "g.jsonl#1 is not a JSON object: correct the line or remove it.",
        "h.html holds no text: fill it or remove it.",
        "i.txt is not text in UTF-8, UTF-16, GB18030 or Big5: convert it to UTF-8 or remove it.",
        "k.csv holds no text: fill it or remove it.",
        "l.txt",
        "m.txt",
        "n.txt",
    ]


def test_limits(tmp_path: Path) -> None:
    _write(tmp_path, "a.csv", ("正文\n" + "平" * 1000 + "\n昨天，签约。\n").encode())
    _write(tmp_path, "b.pdf", (DATA / "paper.pdf").read_bytes())
    _write(tmp_path, "c.txt", ("平" * 1000).encode())
    with zipfile.ZipFile(tmp_path / "d.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("c.txt", "平" * 1000)
    assert _whys(tmp_path, Limits(text_mb=0.001, source_mb=1.0)) == [
        "a.csv#1 has 0.0 MB, over the limit of 0.001 MB a file: split it, or raise RAG_MAX_FILE_MB.",
        "a.csv#2",
        "b.pdf has 1.1 MB, over the limit of 1 MB a file: split it, or raise RAG_MAX_SOURCE_MB.",
        "c.txt has 0.0 MB, over the limit of 0.001 MB a file: split it, or raise RAG_MAX_FILE_MB.",
        "d.zip/c.txt has 0.0 MB, over the limit of 0.001 MB a file: split it, or raise RAG_MAX_FILE_MB.",
    ]


def test_no_parser_is_loaded_until_a_file_needs_it() -> None:
    code = (
        "import sys, rag.reading.reader; print([m for m in sys.modules if m.split('.')[0] in "
        "('pypdfium2', 'docx', 'lxml', 'trafilatura', 'rapidocr', 'PIL', 'numpy')])"
    )
    assert (
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=DATA.parent.parent
        ).stdout
        == "[]\n"
    )
