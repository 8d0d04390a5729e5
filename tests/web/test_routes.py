"""The addresses of the page: which are open, and the outlined pages behind the sources."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from rag.answer.assistant import Assistant
from rag.config import Settings
from rag.embedding.embedder import Embedder
from rag.indexing.build import build
from rag.web.rendering import static_text
from rag.web.routes import application
from tests.support.paths import DATA
from tests.web.examples import Scripted

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with TestClient(application(Scripted(), Path("/dev/null")), base_url="http://127.0.0.1:7860") as client:  # type: ignore[arg-type]
        yield client


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/file=/etc/passwd",
        "/gradio_api/file=pyproject.toml",
        "/gradio_api/upload",
        "/gradio_api/proxy=http://e.example",
        "/gradio_api/stream/x",
        "/gradio_api/vibe-code/",
        "/gradio_api/runs",
        "/monitoring",
        "/docs",
        "/static/../../etc/passwd",
        "/assets/%2e%2e/%2e%2e/routes.py",
    ],
)
def test_no_route_but_the_page_s_own(client: TestClient, path: str) -> None:
    assert client.get(path).status_code in {403, 404}


def test_the_page_allows_nothing_from_elsewhere(client: TestClient) -> None:
    answer = client.get("/")
    assert answer.status_code == 200
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    assert client.get("/", headers={"Host": "evil.example"}).status_code == 421


@pytest.fixture(scope="module")
def pages(
    tmp_path_factory: pytest.TempPathFactory, embedder: Embedder, seeds: Path
) -> Iterator[tuple[TestClient, Path]]:
    """A client of the page over an index of a text, a PDF and an archive, and their folder."""
    folder = tmp_path_factory.mktemp("pages")
    text = next(seeds.glob("003_*.txt"))
    (folder / "甲 1.txt").write_bytes(text.read_bytes())
    (folder / "a.pdf").write_bytes((DATA / "paper.pdf").read_bytes())
    with zipfile.ZipFile(folder / "b.zip", "w") as archive:
        archive.write(text, "内/c.txt")
    (folder / "secret.txt.bak").write_text("secret")
    index_dir = tmp_path_factory.mktemp("index")
    build(folder, index_dir, embedder)
    assistant = Assistant(Settings(index_dir=index_dir), embedder)
    with TestClient(application(assistant, Path("/dev/null")), base_url="http://127.0.0.1:7860") as client:
        yield client, folder


@pytest.mark.parametrize(
    ("file", "headline"),
    [("甲 1.txt", "谋未来 见未来 赢未来"), ("a.pdf#2", ""), ("b.zip/内/c.txt", "谋未来 见未来 赢未来")],
)
def test_a_source_leads_to_its_page(pages: tuple[TestClient, Path], file: str, headline: str) -> None:
    answer = pages[0].get("/page", params={"file": file})
    assert answer.status_code == 200
    assert f"<title>{file}</title>" in answer.text
    assert headline in answer.text
    assert 'class="story h0" id="a1"' in answer.text
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'self'")


@pytest.mark.parametrize(
    "file", ["../secret.txt", "secret.txt.bak", "/etc/passwd", "a.pdf", "b.zip", "", "甲 1.txt/../../x"]
)
def test_no_other_file_is_shown(pages: tuple[TestClient, Path], file: str) -> None:
    answer = pages[0].get("/page", params={"file": file})
    assert (answer.status_code, answer.text) == (
        404,
        f"{file} is no file of the index: run `rag index` with its folder.",
    )


def test_a_page_that_changed_or_went_says_so(pages: tuple[TestClient, Path]) -> None:
    client, folder = pages
    file = folder / "甲 1.txt"
    kept = file.read_bytes()
    file.write_bytes(kept + "又一行。".encode())
    assert "changed since it was indexed" in client.get("/page", params={"file": file.name}).text
    file.unlink()
    gone = client.get("/page", params={"file": file.name})
    assert (gone.status_code, "is no longer in" in gone.text) == (404, True)
    file.write_bytes(kept)
    assert "changed since" not in client.get("/page", params={"file": file.name}).text


def test_the_style_sheet_and_the_scripts_come_with_the_page(client: TestClient) -> None:
    config = client.get("/config").json()
    assert config["css"].strip() == static_text("chat.css").strip()
    assert "!important" not in config["css"]
    scripts = {c["props"].get("elem_id"): c["props"].get("js_on_load") for c in config["components"]}
    for elem_id in ("masthead", "finished", "writing", "filter"):
        assert scripts[elem_id] == static_text(f"{elem_id}.js")
