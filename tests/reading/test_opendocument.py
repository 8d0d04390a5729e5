from __future__ import annotations

import io
import zipfile

import pytest

from rag.errors import CorpusError
from rag.reading.opendocument import OpenText

_NAMES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{full}:1.0"'
    for name, full in {
        "office": "office",
        "text": "text",
        "table": "table",
        "style": "style",
        "draw": "drawing",
    }.items()
)
_STYLES = """<style:style style:name="up"><style:text-properties style:text-position="super 58%"/></style:style>
<style:style style:name="low"><style:text-properties style:text-position="sub 58%"/></style:style>
<style:style style:name="dark"><style:text-properties text:display="none"/></style:style>"""


def open_text(body: str, manifest: str = "<manifest/>") -> bytes:
    styles = f"<office:automatic-styles>{_STYLES}</office:automatic-styles>"
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.text")
        archive.writestr("META-INF/manifest.xml", manifest)
        archive.writestr(
            "content.xml",
            f"<office:document-content {_NAMES}>{styles}<office:body><office:text>{body}</office:text></office:body>"
            "</office:document-content>",
        )
    return file.getvalue()


def span(style: str, text: str) -> str:
    return f'<text:span text:style-name="{style}">{text}</text:span>'


NOTE = "<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>容量4万吨。</text:p></text:note-body></text:note>"
ROW = '<table:table-row><table:table-cell table:number-rows-spanned="2"><text:p>上屿村</text:p></table:table-cell>'
ROWS = (
    f"{ROW}<table:table-cell><text:p>水稻</text:p></table:table-cell></table:table-row>"
    "<table:table-row><table:covered-table-cell/><table:table-cell><text:p>红薯</text:p></table:table-cell></table:table-row>"
)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (
            "<text:h>题</text:h><text:p>一<text:tab/>二<text:line-break/>三<text:s/>四</text:p>",
            "\n题\n\n一\t二\n三 四\n",
        ),
        (
            f"<text:p>产值346{span('up', '1')}亿元，10{span('up', '6')}，CO{span('low', '2')}</text:p>",
            "产值346亿元¹，10⁶，CO₂\n",
        ),
        (
            f"<text:p>甲{span('dark', '密')}乙<office:annotation><text:p>批</text:p></office:annotation></text:p>",
            "甲乙\n",
        ),
        (
            f"<text:p>新增冷库{NOTE}，就业增加。明年投产。</text:p>",
            "新增冷库，就业增加。（注：容量4万吨。）明年投产。\n",
        ),
        (
            "<text:p><text:ruby><text:ruby-base>郜</text:ruby-base><text:ruby-text>gào</text:ruby-text></text:ruby>家</text:p>",
            "郜家\n",
        ),
        (f"<table:table>{ROWS}</table:table>", "上屿村\t水稻\n上屿村\t红薯\n"),
        ("<text:tracked-changes><text:p>旧</text:p></text:tracked-changes><text:p>新</text:p>", "新\n"),
        ("<text:list><text:list-item><text:p>甲</text:p></text:list-item></text:list>", "甲\n"),
    ],
)
def test_what_a_person_sees(body: str, text: str) -> None:
    assert OpenText(open_text(body)).part(0).text == text


def test_files_that_cannot_be_read() -> None:
    with pytest.raises(CorpusError, match=r"^is protected by a password"):
        OpenText(open_text("", "<manifest><encryption-data/></manifest>"))
    with pytest.raises(CorpusError, match=r"^is damaged or not an OpenDocument text"):
        OpenText(b"PK no zip")
