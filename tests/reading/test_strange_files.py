"""No file ends a run, and no sentence of a file is lost without a word. More by hand: ``STRANGE_FILES=5000``,
``STRANGE_DOCUMENTS=2000``."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rag.config import DEFAULT_LIMITS
from rag.layout.articles import articles_of
from rag.reading.folder import list_folder
from rag.reading.reader import FileReader
from rag.schema import Page, Refused
from tests.support.strange_documents import DocumentDrawer
from tests.support.strange_files import Drawer

pytestmark = pytest.mark.slow

COUNT = int(os.environ.get("STRANGE_FILES", "400"))
DOCUMENTS = int(os.environ.get("STRANGE_DOCUMENTS", "60"))
SEED = int(os.environ.get("STRANGE_SEED", "1"))


def test_every_sentence_is_read_or_named(tmp_path: Path) -> None:
    drawer = Drawer(SEED)
    held: dict[str, list[str]] = {}
    for number in range(COUNT):
        suffix, data = drawer.draw()
        name = f"{number:05}{suffix}"
        (tmp_path / name).write_bytes(data)
        held[name] = drawer.sentences
        if number % 5 == 0:
            (tmp_path / f"{name}.yaml").write_bytes(drawer.yaml())
    listing = list_folder(tmp_path)
    assert listing.strays == ()
    lost, faults = [], []
    with FileReader(tmp_path, DEFAULT_LIMITS) as reader:
        for path in listing.files:
            found = list(reader.pages_of(path))
            text = "\n".join(page.text for page in found if isinstance(page, Page))
            named = [p for p in found if isinstance(p, Refused) and (not p.is_note or "without a name" in p.why)]
            faults += [
                page.why for page in found if isinstance(page, Refused) and ("crashed" in page.why or "\n" in page.why)
            ]
            if not named:
                lost += [f"{path.name}: {sentence}" for sentence in held[path.name] if sentence not in text]
            for page in found:
                _check(page)
    assert (lost, faults) == ([], [])


def test_every_line_of_a_document_is_in_an_article_or_named(tmp_path: Path) -> None:
    """Word files, workbooks and PDFs, one in seven of them damaged."""
    drawer = DocumentDrawer(SEED)
    held: dict[str, list[str]] = {}
    for number in range(DOCUMENTS):
        suffix, data = drawer.draw()
        (tmp_path / f"{number:05}{suffix}").write_bytes(data)
        held[f"{number:05}{suffix}"] = drawer.lines
    lost, faults = [], []
    with FileReader(tmp_path, DEFAULT_LIMITS) as reader:
        for path in list_folder(tmp_path).files:
            found = list(reader.pages_of(path))
            read = [article.text for page in found if isinstance(page, Page) for article in articles_of(page)]
            shown = "".join("".join([page.stated.title, page.text]) for page in found if isinstance(page, Page))
            letters = "".join("".join([*read, shown]).split())
            said = " ".join(page.why for page in found if isinstance(page, Refused))
            faults += [f"{path.name}: {said}" for word in ("crashed", "killed", "\n") if word in said]
            if not any(isinstance(page, Refused) and not page.is_note for page in found):
                lost += [f"{path.name}: {line}" for line in held[path.name] if "".join(line.split()) not in letters]
            for page in found:
                _check(page)
    assert (lost, faults) == ([], [])


def _check(page: Page | Refused) -> None:
    if isinstance(page, Refused):
        (page.file + page.why).encode()  # no half characters
        return
    (page.file + page.text + str(page.stated)).encode()
    for article in articles_of(page):
        for run in article.runs:
            source = page.text[run.source_start : run.source_start + run.length]
            assert source == article.text[run.start : run.start + run.length]
