"""Word packages made from pieces of their XML, and the figures that such a file shows."""

from __future__ import annotations

import io
import re
import zipfile
from xml.etree import ElementTree

_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
NAMES = (
    f'xmlns:w="{_W}" xmlns:r="{_R}" xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" xmlns:v="urn:schemas-microsoft-com:vml"'
)
_KINDS = ("footnotes", "endnotes", "styles", "numbering")
_STRICT = {
    _W: "http://purl.oclc.org/ooxml/wordprocessingml/main",
    _R: "http://purl.oclc.org/ooxml/officeDocument/relationships",
    "http://schemas.openxmlformats.org/officeDocument/2006/math": "http://purl.oclc.org/ooxml/officeDocument/math",
}


def word_file(body: str, strict: bool = False, macro: bool = False, **parts: str) -> bytes:
    """Return a package. ``body`` is the inside of w:body; ``parts`` are the insides of footnotes, styles and so on."""
    package = "http://schemas.openxmlformats.org/package/2006"
    form = "ms-word.document.macroEnabled" if macro else "openxmlformats-officedocument.wordprocessingml.document"
    relations = "".join(
        f'<Relationship Id="r{i}" Type="{_R}/{kind}" Target="{kind}.xml"/>'
        for i, kind in enumerate(_KINDS)
        if kind in parts
    )
    files = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types"><Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/word/document.xml" ContentType="application/vnd.{form}.main+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="r1" Type="{_R}/officeDocument" Target="word/document.xml"/></Relationships>',
        "word/_rels/document.xml.rels": f'<Relationships xmlns="{package}/relationships">{relations}</Relationships>',
        "word/document.xml": f"<w:document {NAMES}><w:body>{body}</w:body></w:document>",
        **{f"word/{kind}.xml": f"<w:{kind} {NAMES}>{inside}</w:{kind}>" for kind, inside in parts.items()},
    }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, text in files.items():
            for transitional, other in _STRICT.items() if strict else ():
                text = text.replace(f'"{transitional}', f'"{other}')
            archive.writestr(name, text)
    return file.getvalue()


def shown_figures(data: bytes) -> list[str]:
    """Return the runs of digits that a Word file shows, sorted, found by a plain walk over its XML. It knows neither
    styles nor cells over several rows nor fields."""
    figures: list[str] = []
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in ("word/document.xml", "word/footnotes.xml", "word/endnotes.xml"):
            if name in archive.namelist():
                root = ElementTree.fromstring(archive.read(name))
                for paragraph in root.iter():
                    if paragraph.tag.endswith("}p"):
                        figures += re.findall(r"\d+", _shown(paragraph))
    return sorted(figures)


def _shown(element: ElementTree.Element) -> str:
    """The text of a paragraph; what does not stand on its line is parted from it by blanks."""
    text = ""
    for child in element:
        name = child.tag.rpartition("}")[2]
        if name in ("del", "moveFrom", "rt", "p", "Fallback") or any("vanish" in e.tag for e in child.findall("*/*")):
            continue
        text += child.text or "" if name == "t" else "" if name in ("rPr", "pPr") else _shown(child)
        text += " " if name in ("tab", "br", "noBreakHyphen", "footnoteReference", "txbxContent") else ""
    raised = any(e.tag.endswith("}vertAlign") for e in element.findall("*/*"))
    return f" {text} " if raised else text
