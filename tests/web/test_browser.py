"""The page in Chromium: asked in both languages, sources in view, nothing run and nothing fetched from elsewhere.

Skipped where there is no Chromium, unless BAOWEN_BROWSER_REQUIRED=1.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import pytest
import uvicorn

from rag.answer.assistant import Assistant
from rag.answer.feedback import latest
from rag.config import Settings
from rag.embedding.embedder import Embedder
from rag.errors import EndpointError
from rag.indexing.build import build
from rag.schema import EVERYTHING, Answer, Filter, Hit, Turn
from rag.web import server

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
CHINESE, ENGLISH = "平湖签约了哪些人工智能项目？", "What AI projects has Pinghu signed?"
EVIL = '<script>window.hacked=1</script><img src="http://evil.example/x.png" onerror="window.hacked=1">'

pytestmark = pytest.mark.skipif(
    CHROMIUM is None and os.environ.get("BAOWEN_BROWSER_REQUIRED") != "1", reason="no Chromium on this machine"
)

Open = Callable[..., Any]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def command(index_dir: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    """``rag serve`` as a user starts it, from its announcement to its end."""
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
    """The page over any assistant, in this process."""
    port = free_port()
    running = uvicorn.Server(
        uvicorn.Config(
            server.application(assistant, feedback_file), port=port, log_level="critical", timeout_graceful_shutdown=1
        )
    )
    thread = threading.Thread(target=running.run, daemon=True)
    thread.start()
    while not running.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{port}/"
    running.should_exit = True
    thread.join(10)


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
    """Opens a page, and in the end holds every page to the rules: no request but to this machine, no error."""
    contexts: list[Any] = []
    requested: list[str] = []
    wrong: list[str] = []

    def open_page(
        url: str, width: int = 1280, height: int = 800, scheme: str = "light", wait: str = "[data-ask]"
    ) -> Any:
        context = chromium.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
        contexts.append(context)
        tab = context.new_page()
        tab.set_default_timeout(20_000)
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


def ask(tab: Any, question: str) -> Any:
    """The turn that answers ``question``, once it is finished."""
    number = tab.locator(".turn").count()
    tab.fill("#question textarea", question)
    tab.press("#question textarea", "Enter")
    tab.wait_for_selector(f'.turn[data-turn="{number}"]:not([aria-busy]) :is(footer, .failed)')
    return tab.locator(f'.turn[data-turn="{number}"]')


def wait_in_view(tab: Any, selector: str) -> None:
    """Until the element lies inside the window and in front of everything else, and has come to rest."""
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


@pytest.mark.parametrize("question", [CHINESE, ENGLISH])
def test_both_languages_are_answered_from_the_right_pages(site: str, opened: Open, question: str) -> None:
    tab = opened(site)
    turn = ask(tab, question)
    assert turn.locator(".chip").count() > 0
    files = tab.locator("#sources .panel:not([hidden]) .file").all_inner_texts()
    assert any(f.startswith("003_") for f in files)
    assert any(f.startswith("004_") for f in files)


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)])
@pytest.mark.parametrize("way", ["mouse", "keyboard"])
def test_a_mark_brings_the_quoted_words_into_view_and_the_way_back(
    site: str,
    opened: Open,
    width: int,
    height: int,
    way: str,
) -> None:
    tab = opened(site, width, height)
    turn = ask(tab, CHINESE)
    chip = turn.locator(".chip").last
    number = chip.get_attribute("data-n")
    quoted = chip.evaluate("chip => chip.closest('p').firstChild.textContent")
    if way == "mouse":
        chip.click()
    else:
        chip.focus()
        tab.keyboard.press("Enter")
    cited = f"#s0-{number}"
    wait_in_view(tab, f"{cited} mark")
    assert tab.locator(f"{cited} mark").inner_text().startswith(quoted)
    assert tab.locator(f"{cited} b").inner_text() == number
    assert tab.locator("#sources blockquote.lit").count() == 1
    assert tab.evaluate("document.activeElement.id") == cited[1:]
    tab.keyboard.press("Escape")
    wait_in_view(tab, ".chip.current")
    assert tab.evaluate("document.activeElement.dataset.n") == number


def test_a_chat_keeps_each_answer_s_sources_through_a_reload(site: str, opened: Open) -> None:
    tab = opened(site)
    ask(tab, CHINESE)
    assert "refusal" in ask(tab, "火星上有多少人口？").inner_html()
    shown = tab.locator("#sources .panel:not([hidden])")
    assert shown.get_attribute("data-turn") == "1"
    for _ in range(2):
        tab.locator('.turn[data-turn="0"] .chip').first.click()
        assert shown.get_attribute("data-turn") == "0"
        wait_in_view(tab, "#s0-1 mark")
        tab.reload()
        tab.wait_for_selector(".turn")
    tab.click("[data-renew]")
    tab.wait_for_selector("[data-ask]")
    assert tab.locator(".turn").count() == 0


def test_the_language_switches_everything_and_keeps_the_chat(site: str, opened: Open) -> None:
    tab = opened(site)
    assert tab.locator("html").get_attribute("lang") == "zh-CN"
    ask(tab, CHINESE)
    tab.click("[data-language=en]")
    tab.wait_for_function("document.querySelector('#send').innerText === 'Ask'")
    assert tab.locator("#question textarea").get_attribute("placeholder") == "What would you like to know?"
    assert tab.locator(".turn").count() == 1
    assert "Sources" in tab.locator("#sources .panel h2").inner_text()
    chrome = tab.locator(".masthead .tools .renew, .turn footer, #sources .head").all_inner_texts()
    assert not re.search(r"[\u4e00-\u9fff]", " ".join(chrome))
    tab.reload()
    tab.wait_for_function("document.querySelector('#send')?.innerText === 'Ask'")
    assert tab.locator("html").get_attribute("lang") == "en"
    tab.click("[data-language=zh]")
    tab.wait_for_function("document.querySelector('#send').innerText === '提问'")


def test_an_example_is_asked_by_a_click_and_an_empty_question_is_not(site: str, opened: Open) -> None:
    tab = opened(site)
    tab.click("#send")
    tab.press("#question textarea", "Enter")
    tab.wait_for_timeout(500)
    assert tab.locator(".turn").count() == 0
    tab.locator("[data-ask]:visible").first.click()
    tab.wait_for_selector(".turn footer")
    assert tab.locator(".turn").count() == 1


@pytest.mark.parametrize(("scheme", "query"), [("light", ""), ("dark", ""), ("light", "?__theme=dark")])
@pytest.mark.parametrize("width", [1280, 390])
def test_it_fits_and_follows_the_theme(site: str, opened: Open, width: int, scheme: str, query: str) -> None:
    tab = opened(site + query, width, 844, scheme)
    assert fits(tab)
    ask(tab, CHINESE)
    assert fits(tab)
    dark = "dark" in scheme + query
    for selector in ("body", "#sources"):
        colour = tab.locator(selector).evaluate("e => getComputedStyle(e).backgroundColor")
        light = sum(map(int, re.findall(r"\d+", colour)[:3])) / 3
        assert light < 60 if dark else light > 200
    wide = tab.locator(".answer p").first.bounding_box()["width"]
    assert wide <= 720
    if width == 390:
        assert tab.locator("#sources").bounding_box()["y"] > tab.locator("#thread .turn").last.bounding_box()["y"]


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


class Scripted:
    """An assistant that says what it is given, a piece at a time."""

    def __init__(self, *pieces: str | Answer | Exception) -> None:
        self.pieces = pieces

    def search(self, question: str, history: Sequence[Turn] = (), k: int = 10, only: Filter = EVERYTHING) -> list[Hit]:
        return []

    def stream(self, question: str, history: Sequence[Turn] = (), only: Filter = EVERYTHING) -> Iterator[str | Answer]:
        for piece in self.pieces:
            if isinstance(piece, Exception):
                raise piece
            yield piece
            time.sleep(0.3)


def test_a_language_model_s_words_appear_as_they_are_written_and_are_not_run(opened: Open) -> None:
    said = f"{EVIL}![x](http://evil.example/z.png)$$\\href{{http://evil.example}}{{x}}$$"
    answer = Answer("问", said, "llm", False, 0.9, "zh", (), (), {}, "g1", "m", ("语言模型提醒" + EVIL,))
    with served(Scripted("第一句。", said, answer)) as url:
        tab = opened(url)
        tab.fill("#question textarea", "问")
        tab.press("#question textarea", "Enter")
        tab.wait_for_selector('.turn[aria-busy] .answer:has-text("第一句。")')
        tab.wait_for_selector(".turn:not([aria-busy]) .notice")
        assert said in tab.locator(".turn .answer").inner_text()
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


@pytest.mark.parametrize("width", [1280, 390])
def test_a_reader_s_judgement_is_kept(opened: Open, tmp_path: Path, assistant: Assistant, width: int) -> None:
    file = tmp_path / "feedback.jsonl"
    with served(assistant, file) as url:
        tab = opened(url, width, 844)
        turn = ask(tab, CHINESE)
        turn.locator("[data-thumb=down]").click()
        tab.wait_for_selector(".judged input:focus")
        tab.keyboard.type("漏了一个项目")
        tab.keyboard.press("Enter")
        tab.wait_for_selector('.kept q:has-text("漏了一个项目")')
        assert turn.locator("[data-thumb=down]").get_attribute("aria-pressed") == "true"
        assert fits(tab)
        refused = ask(tab, "火星上有多少人口？")
        refused.locator("[data-thumb=up]").click()
        tab.wait_for_selector('.judged[data-turn="1"] .remark')
        tab.reload()
        tab.wait_for_selector('.kept q:has-text("漏了一个项目")')
    first, second = latest(file)
    assert (first.thumb, first.comment, first.question, first.history, first.abstained) == (
        "down",
        "漏了一个项目",
        CHINESE,
        (),
        False,
    )
    assert all(c["quote"] for c in first.citations)
    assert first.generation.startswith("g0")
    assert (second.thumb, second.question, second.abstained) == ("up", "火星上有多少人口？", True)
    assert second.history == ((CHINESE, first.answer),)


def test_a_judgement_that_cannot_be_written_is_said(opened: Open, tmp_path: Path, assistant: Assistant) -> None:
    (tmp_path / "file").write_text("")
    with served(assistant, tmp_path / "file" / "feedback.jsonl") as url:
        turn = ask(opened(url), CHINESE)
        turn.locator("[data-thumb=up]").click()
        turn.locator('.judged [role=alert]:has-text("RAG_FEEDBACK_FILE")').wait_for()


@pytest.mark.parametrize("width", [1280, 390])
def test_a_question_goes_out_with_what_the_filter_says(site: str, opened: Open, width: int) -> None:
    tab = opened(site, width, 844)
    tab.click("#narrow summary")
    tab.fill("#narrow [name=byline]", "凌云")
    tab.wait_for_selector('#narrow output:text-is("凌云")')
    turn = ask(tab, "人工智能发展有哪些做法？")
    assert turn.locator(".only").inner_text() == "筛选 凌云"
    about = tab.locator("#sources .panel:not([hidden]) .about").all_inner_texts()
    assert [line.split(" · ")[0] for line in about] == ["文／凌云"]
    tab.fill("#narrow [name=since]", "去年")
    assert "'去年' is not a date" in ask(tab, CHINESE).inner_text()
    tab.click("[data-clear]")
    assert ask(tab, CHINESE).locator(".only").count() == 0
    assert fits(tab)


@pytest.mark.parametrize("width", [1280, 390])
def test_a_source_opens_its_page_with_the_article_outlined(site: str, opened: Open, width: int) -> None:
    tab = opened(site, width, 844)
    ask(tab, CHINESE)
    with tab.context.expect_page() as opening:
        tab.locator("#sources .panel:not([hidden]) .file a").first.click()
    sheet = opening.value
    sheet.wait_for_selector(".story")
    number = sheet.evaluate("location.hash").removeprefix("#a")
    headline = tab.locator("#sources .panel:not([hidden]) .card h3").first.inner_text()
    assert sheet.locator(f"#a{number} .label").inner_text().startswith(f"{number} · {headline}")
    assert fits(sheet)
