"""Chromium, and pages opened in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import pytest

from tests.web.browser import CHROMIUM, Open, command, free_port

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def site(index_dir: Path) -> Iterator[str]:
    port = free_port()
    with command(index_dir, port):
        yield f"http://127.0.0.1:{port}/"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def opened(chromium: Any) -> Iterator[Open]:
    """Open pages; in the end check every one: no request to another machine, no error in the console."""
    contexts: list[Any] = []
    requested: list[str] = []
    wrong: list[str] = []

    def open_page(
        url: str,
        width: int = 1280,
        height: int = 800,
        scheme: str = "light",
        wait: str = "[data-ask]",
        script: str = "",
    ) -> Any:
        context = chromium.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
        contexts.append(context)
        tab = context.new_page()
        tab.set_default_timeout(20_000)
        if script:
            tab.add_init_script(script)
        tab.on("request", lambda r: requested.append(r.url))
        tab.on("console", lambda m: wrong.append(m.text) if m.type == "error" else None)
        tab.on("pageerror", lambda e: wrong.append(str(e)))
        tab.goto(url)
        tab.wait_for_selector(wait)
        return tab

    yield open_page
    for context in contexts:
        context.close()
    hosts = {urlparse(u).hostname for u in requested if not u.startswith(("data:", "blob:"))}
    assert hosts == {"127.0.0.1"}
    assert wrong == []
