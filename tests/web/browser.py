"""A real Chromium, a served page and what a reader does with it, for the browser tests."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from rag.web.routes import application

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
CHINESE, ENGLISH = "平湖签约了哪些人工智能项目？", "What AI projects has Pinghu signed?"
Open = Callable[..., Any]

needs_chromium = pytest.mark.skipif(
    CHROMIUM is None and os.environ.get("BAOWEN_BROWSER_REQUIRED") != "1", reason="no Chromium on this machine"
)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def command(index_dir: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    """Run ``rag serve`` as a user starts it; yield the process once it has printed its address."""
    process = subprocess.Popen(
        [sys.executable, "-m", "rag", "serve", "--port", str(port), "--index", str(index_dir)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert f"http://127.0.0.1:{port}" in process.stdout.readline()
        yield process
    finally:
        process.kill()
        process.communicate()


@contextmanager
def served(assistant: Any, feedback_file: Path = Path("/dev/null")) -> Iterator[str]:
    """Serve the page over any assistant, in this process; yield its address."""
    port = free_port()
    running = uvicorn.Server(
        uvicorn.Config(
            application(assistant, feedback_file), port=port, log_level="critical", timeout_graceful_shutdown=1
        )
    )
    thread = threading.Thread(target=running.run, daemon=True)
    thread.start()
    while not running.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{port}/"
    running.should_exit = True
    thread.join(10)


def ask(tab: Any, question: str) -> Any:
    """Ask a question; return its turn once it is finished."""
    number = tab.locator(".turn").count()
    tab.fill("#question textarea", question)
    tab.press("#question textarea", "Enter")
    tab.wait_for_selector(f'.turn[data-turn="{number}"]:not([aria-busy]) :is(footer, .failed)')
    return tab.locator(f'.turn[data-turn="{number}"]')


def wait_in_view(tab: Any, selector: str) -> None:
    """Wait until the element lies inside the window, in front of everything else, and no longer moves."""
    tab.wait_for_function(
        """async selector => {
        const box = () => document.querySelector(selector).getClientRects()[0], before = box();
        await new Promise(done => setTimeout(done, 100));
        const { x, y, top, bottom, width, height } = box(), at = document.elementFromPoint(x + width / 2, y + height / 2);
        return top === before.top && top >= 0 && bottom <= innerHeight && !!at?.closest(selector);
    }""",
        arg=selector,
    )


def fits(tab: Any) -> bool:
    return bool(tab.evaluate("document.documentElement.scrollWidth <= innerWidth"))
