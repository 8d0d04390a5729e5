"""Files -> the texts of their articles and what is said of them, by the way that an index takes."""

from __future__ import annotations

from pathlib import Path

from rag.config import DEFAULT_LIMITS
from rag.layout.articles import articles_of
from rag.reading.folder import list_folder
from rag.reading.reader import FileReader
from rag.schema import Page, Refused


def read_articles(folder: Path, **files: bytes | str) -> tuple[dict[str, str], list[str]]:
    """Return page -> the texts of its articles, each check that its characters are those of the page; and the lines on
    what was left out or not understood."""
    folder.mkdir(exist_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data.encode() if isinstance(data, str) else data)
    texts: dict[str, str] = {}
    said = []
    with FileReader(folder, DEFAULT_LIMITS) as reader:
        for page in (page for path in list_folder(folder).files for page in reader.pages_of(path)):
            if isinstance(page, Refused):
                said.append(page.why)
            else:
                texts[page.file] = _text_of(page)
    return texts, said


def _text_of(page: Page) -> str:
    articles = articles_of(page)
    for article in articles:
        for run in article.runs:
            own = article.text[run.start : run.start + run.length]
            assert own == page.text[run.source_start : run.source_start + run.length]
    return "\n".join(article.text for article in articles)
