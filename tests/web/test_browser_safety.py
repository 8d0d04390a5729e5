"""The page in Chromium: hostile text is shown and not run, errors are lines of the chat, the server ends cleanly."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from rag.answer.assistant import Assistant
from rag.config import Settings
from rag.embedding.embedder import Embedder
from rag.errors import EndpointError
from rag.indexing.build import build
from rag.schema import Answer
from tests.web.browser import CHINESE, Open, ask, command, free_port, needs_chromium, served
from tests.web.examples import EVIL, Scripted

pytestmark = [pytest.mark.browser, needs_chromium]


def test_a_malicious_article_is_shown_as_text(
    tmp_path: Path,
    embedder: Embedder,
    seeds: Path,
    opened: Open,
) -> None:
    pages = tmp_path / "pages"
    pages.mkdir()
    (pages / "evil.txt").write_text(
        f"{EVIL}恶意标题报道机器人工厂\n\n■记者 张三\n\n本报讯 昨天，机器人工厂{EVIL}在平湖开工，总投资7亿元。"
        f"${{window.hacked=1}}{{{{hacked}}}}![图](http://evil.example/y.png)工厂负责人说，机器人工厂明年投产。\n",
        encoding="utf-8",
    )
    shutil.copy(next(seeds.glob("001_*.txt")), pages)
    build(pages, tmp_path / "index", embedder)
    with served(Assistant(Settings(index_dir=tmp_path / "index"), embedder)) as url:
        tab = opened(url)
        turn = ask(tab, f"机器人工厂总投资多少？{EVIL}")
        assert EVIL in turn.inner_text()
        assert "window.hacked=1" in tab.locator("#sources").inner_text()
        tab.reload()
        tab.wait_for_selector(".turn")
        assert tab.locator("#thread, #sources").locator("script, img, a:not([href^='page?file=']), iframe").count() == 0
        assert tab.evaluate("window.hacked") is None


def test_a_language_model_s_words_appear_as_they_are_written_and_are_not_run(opened: Open) -> None:
    written = f"{EVIL}![x](http://evil.example/z.png)$$\\href{{http://evil.example}}{{x}}$$"
    answer = Answer("问", written, "llm", False, 0.9, "zh", (), (), {}, "g1", "m", ("语言模型提醒" + EVIL,))
    with served(Scripted("第一句。", written, answer, pause_s=0.3)) as url:
        tab = opened(url)
        tab.fill("#question textarea", "问")
        tab.press("#question textarea", "Enter")
        tab.wait_for_selector('.turn[aria-busy] .answer:has-text("第一句。")')
        tab.wait_for_selector(".turn:not([aria-busy]) .notice")
        assert written in tab.locator(".turn .answer").inner_text()
        assert tab.locator("#thread, #sources").locator("script, img, a:not([href^='page?file=']), iframe").count() == 0
        assert tab.evaluate("window.hacked") is None


def test_an_error_is_a_line_in_the_chat_and_the_next_question_works(opened: Open) -> None:
    with served(Scripted(EndpointError("索引不见了：运行 `rag index`。"))) as url:
        tab = opened(url)
        for _ in range(2):
            failed = ask(tab, "问")
            assert "索引不见了：运行 `rag index`。" in failed.inner_text()
            assert "Traceback" not in failed.inner_text()


def test_serve_says_that_its_port_is_taken_and_ends_cleanly_with_a_page_open(index_dir: Path, chromium: Any) -> None:
    port = free_port()
    with command(index_dir, port) as process:
        second = subprocess.run(
            [sys.executable, "-m", "rag", "serve", "--port", str(port), "--index", str(index_dir)],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert second.returncode == 11
        assert re.fullmatch(r"rag: Port \d+ is taken: .*`rag serve --port \d+`\.\n", second.stderr)
        tab = chromium.new_page()
        tab.goto(f"http://127.0.0.1:{port}/")
        tab.wait_for_selector("[data-ask]")
        ask(tab, CHINESE)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=15)
        tab.close()
    assert (process.returncode, out, err) == (0, "", "")
