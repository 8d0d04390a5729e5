"""The browser chat: the page of ``rag.web.chat`` around an assistant's stream. It finds and judges nothing itself."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import socket
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")

import gradio as gr
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, Response

from rag.answer.assistant import Assistant
from rag.answer.feedback import store
from rag.errors import BadInput, FeedbackNotStored, NotFound, PortInUse, RagError
from rag.layout.articles import articles_of
from rag.reading.page_lookup import file_of
from rag.reading.reader import FileReader
from rag.schema import Answer, Filter, Page
from rag.text.filters import filter_of
from rag.web import chat, labels, sources
from rag.web.outlined_page import as_html
from rag.web.script import ON_MASTHEAD, ON_NARROW, ON_SOURCES, ON_THREAD, WITH_FILTER
from rag.web.style import STYLE

KEPT_TURNS = 30
"""How many turns the browser keeps over a reload."""
FRAME_S = 0.08
"""The shortest time between two renderings of an answer being written."""
OPEN_ROUTES = re.compile(
    r"/(?:(?:page|config|theme\.css|favicon\.ico|manifest\.json|robots\.txt)?|(?:assets|static|svelte)/.*"
    r"|gradio_api/(?:info|queue/(?:join|data)|heartbeat/\w+|startup-events|cancel|reset|theme\.css))/?"
)
"""What the page itself asks for; Gradio's routes for files, uploads and proxies stay shut."""
CHANGED = "这个文件在建索引之后改过，行文可能与引文不同：请运行 rag index。 The file has changed since it was indexed: run `rag index`."
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' "
    "'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; object-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


def build(assistant: Assistant, feedback_file: Path) -> gr.Blocks:
    """The page. A chat lives in the browser alone, as the turns of ``rag.web.chat``; what readers say of its answers
    goes to ``feedback_file``."""
    with gr.Blocks(title="报问 Baowen", analytics_enabled=False, fill_width=True) as blocks:
        kept = gr.BrowserState([], storage_key="baowen-chat-1", secret="baowen")
        masthead = gr.HTML(chat.masthead(), js_on_load=ON_MASTHEAD, apply_default_css=False, elem_id="masthead")
        with gr.Row(elem_id="desk"):
            thread = gr.HTML(chat.thread([]), js_on_load=ON_THREAD, apply_default_css=False, elem_id="thread")
            with gr.Column(elem_id="ask"):
                gr.HTML(chat.narrow(), js_on_load=ON_NARROW, apply_default_css=False, elem_id="narrow")
                only = gr.JSON(visible=False)
                with gr.Row(elem_id="composer"):
                    question = gr.Textbox(
                        **_box("zh"), lines=1, max_lines=5, show_label=False, container=False, elem_id="question"
                    )
                    send = gr.Button(labels.TEXT["send"][0], variant="primary", elem_id="send")
            panel = gr.HTML(sources.sources([]), js_on_load=ON_SOURCES, apply_default_css=False, elem_id="sources")

        shown = [question, thread, panel, kept]
        quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private", "queue": True}
        ask = _asker(assistant)

        def example(turns: object, only: object, event: gr.EventData) -> Iterator[tuple[Any, ...]]:
            yield from ask(str(event.question), turns, only)

        asked = [
            gr.on(
                [question.submit, send.click],
                ask,
                [question, kept, only],
                shown,
                js=WITH_FILTER,
                concurrency_limit=4,
                **quiet,
            ),
            thread.example(example, [kept, only], shown, js=WITH_FILTER, concurrency_limit=4, **quiet),
        ]
        thread.judge(_judge(feedback_file), kept, [thread, kept], **quiet)
        masthead.renew(lambda: ("", chat.thread([]), sources.sources([]), []), None, shown, cancels=asked, **quiet)
        masthead.language(_language, None, [question, send], **quiet)
        blocks.load(_restore, kept, [thread, panel], **quiet)
    return blocks


def serve(assistant: Assistant, host: str, port: int) -> None:
    """Serve the page until Ctrl-C.

    Raises PortInUse or BadInput before anything is loaded, and whatever the index or the model raises.
    """
    with contextlib.closing(_listen(host, port)) as listening:
        assistant.search("报纸", k=1)  # opens the index and the model, so that the first question need not wait
        served = application(assistant, assistant.settings.feedback_file, host)
        config = uvicorn.Config(served, log_level="critical", timeout_graceful_shutdown=1)
        shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
        print(f"Baowen is at http://{shown}:{port} (Ctrl-C stops it)", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            uvicorn.Server(config).run(sockets=[listening])


def application(assistant: Assistant, feedback_file: Path, host: str = "127.0.0.1") -> FastAPI:
    """The page as an ASGI application that opens only the routes the page needs."""
    local = {"127.0.0.1", "localhost", "::1"}
    outer = FastAPI(openapi_url=None)

    @outer.middleware("http")
    async def guard(request: Request, proceed: Callable[[Request], Any]) -> Response:
        if host in local and request.url.hostname not in local:  # a foreign name that resolves here
            return PlainTextResponse("not here", 421)
        if not OPEN_ROUTES.fullmatch(request.url.path):
            return PlainTextResponse("not found", 404)
        response: Response = await proceed(request)
        response.headers.update(HEADERS)
        return response

    @outer.get("/page")
    def outlined(file: str) -> Response:
        """The page that a source stands on, with its articles outlined."""
        try:
            return HTMLResponse(_sheet(assistant, file))
        except RagError as error:
            return PlainTextResponse(str(error), 404)

    theme = gr.themes.Base(font=["system-ui", "sans-serif"], font_mono=["ui-monospace", "monospace"])
    return gr.mount_gradio_app(
        outer,
        build(assistant, feedback_file),
        path="/",
        server_name=host,
        footer_links=[],
        run_history=False,
        ssr_mode=False,
        show_error=False,
        allowed_paths=[],
        theme=theme,
        css=STYLE,
        enable_monitoring=False,
        pwa=False,
    )


def _sheet(assistant: Assistant, name: str) -> str:
    """Raises NotFound for a file that was not indexed or is no longer where it was, and what reading it raises."""
    index = assistant.retriever.index
    folder, sha256 = Path(index.manifest.folder), index.sha256_of(name)  # empty where articles came from elsewhere
    if not sha256 or not index.manifest.folder:
        raise NotFound(f"{name} is no file of the index: run `rag index` with its folder.")
    file = file_of(folder / name)
    if file is None:
        raise NotFound(f"{name} is no longer in {folder}: put it back, or run `rag index`.")
    with FileReader(folder, assistant.settings.limits, as_found=True) as reader:
        found = next((p for p in reader.pages_of(file) if isinstance(p, Page) and p.file == name), None)
    if found is None:
        raise NotFound(f"{name} can no longer be read: run `rag index`, which says why.")
    changed = found.sha256 != sha256
    return as_html(found, articles_of(found), CHANGED if changed else "")


def _asker(assistant: Assistant) -> Callable[[str, object, object], Iterator[tuple[Any, ...]]]:
    def ask(question: str, stored: object, wanted: object) -> Iterator[tuple[Any, ...]]:
        """Textbox, chat, sources and stored turns as the answer comes about."""
        keep, text = gr.skip(), question.strip()
        if not text:
            yield keep, keep, keep, keep
            return
        turns = chat.restored(stored)
        yield "", chat.thread(turns, text), keep, keep
        try:
            only = _filter(wanted)
            history = [(turn["question"], turn["answer"]) for turn in turns if "answer" in turn]
            written, painted = "", 0.0
            for piece in assistant.stream(text, history, only):
                if isinstance(piece, Answer):
                    turns.append(chat.record(piece, only))
                    break
                written += piece
                if time.monotonic() - painted > FRAME_S:
                    painted = time.monotonic()
                    yield keep, chat.thread(turns, text, written), keep, keep
        except RagError as error:
            turns.append(chat.failure(text, str(error)))
        turns = turns[-KEPT_TURNS:]
        yield keep, chat.thread(turns), sources.sources(turns), turns

    return ask


def _filter(wanted: object) -> Filter:
    """What the fields of the page say. Raises BadInput for a date that is none."""
    fields = wanted if isinstance(wanted, dict) else {}
    return filter_of(
        **{name: str(fields.get(name) or "")[:100] for name in ("since", "until", "source", "page", "byline")}
    )


def _judge(feedback_file: Path) -> Callable[..., tuple[Any, Any]]:
    def judge(stored: object, event: gr.EventData) -> tuple[Any, Any]:
        """The chat with a reader's judgement of one of its answers, which is written down first."""
        turns = chat.restored(stored)
        number, thumb, comment = int(event.turn), str(event.thumb), str(event.comment).strip()
        if thumb not in ("up", "down") or not 0 <= number < len(turns) or "error" in turns[number]:
            return gr.skip(), gr.skip()
        lost = ""
        try:
            store(
                chat.judgement(turns, number, thumb, comment, datetime.now(UTC).isoformat(timespec="seconds")),
                feedback_file,
            )
        except FeedbackNotStored as error:
            lost = str(error)
        turns[number] = {**turns[number], "judged": {"thumb": thumb, "comment": comment, "lost": lost}}
        return chat.thread(turns), turns

    return judge


def _restore(stored: object) -> tuple[str, str]:
    turns = chat.restored(stored)
    return chat.thread(turns), sources.sources(turns)


def _language(event: gr.EventData) -> tuple[Any, Any]:
    language = "en" if event.language == "en" else "zh"
    return gr.update(**_box(language)), gr.update(value=labels.TEXT["send"][language == "en"])


def _box(language: str) -> dict[str, str]:
    names = {"label": "question", "placeholder": "placeholder"}
    return {key: labels.TEXT[name][language == "en"] for key, name in names.items()}


def _listen(host: str, port: int) -> socket.socket:
    """A socket bound to the address; held from here on, so nobody else can take it."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind, protocol)
        if os.name == "posix":
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(128)
        return listening
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            other = port + 1 if port < 65535 else 7860
            raise PortInUse(f"Port {port} is taken: choose another with `rag serve --port {other}`.") from error
        raise BadInput(
            f"Cannot listen on {host}, port {port} ({error.strerror or error}): "
            "choose others with `rag serve --host 127.0.0.1 --port 7860`."
        ) from error
