"""The addresses of the browser chat: its page, the outlined pages behind its sources, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import gradio as gr
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, Response

from rag.answer.assistant import Assistant
from rag.errors import NotFound, RagError
from rag.layout.articles import cut
from rag.reading.page_lookup import file_of
from rag.reading.reader import FileReader
from rag.schema import Page
from rag.web.blocks import build_blocks
from rag.web.outlined_page import as_html
from rag.web.rendering import static_text

OPEN_ROUTES = re.compile(
    r"/(?:(?:page|config|theme\.css|favicon\.ico|manifest\.json|robots\.txt)?|(?:assets|static|svelte)/.*"
    r"|gradio_api/(?:info|queue/(?:join|data)|heartbeat/\w+|startup-events|cancel|reset|theme\.css))/?"
)
"""The addresses that the page itself asks for. Gradio's routes for files, uploads and proxies stay closed."""
CHANGED = "这个文件在建索引之后改过，行文可能与引文不同：请运行 rag index。 The file has changed since it was indexed: run `rag index`."
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' "
    "'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; object-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
_LOCAL = frozenset({"127.0.0.1", "localhost", "::1"})


def application(assistant: Assistant, feedback_file: Path, host: str = "127.0.0.1") -> FastAPI:
    """Return the page as an ASGI application that opens only the routes that the page needs."""
    outer = FastAPI(openapi_url=None)

    @outer.middleware("http")
    async def guard(request: Request, proceed: Callable[[Request], Awaitable[Response]]) -> Response:
        if host in _LOCAL and request.url.hostname not in _LOCAL:  # another name that resolves to this machine
            return PlainTextResponse("not here", 421)
        if not OPEN_ROUTES.fullmatch(request.url.path):
            return PlainTextResponse("not found", 404)
        response = await proceed(request)
        response.headers.update(HEADERS)
        return response

    @outer.get("/page")
    def outlined(file: str) -> Response:
        """Return the page that a source stands on, with its articles outlined."""
        try:
            return HTMLResponse(_outlined_page(assistant, file))
        except RagError as error:
            return PlainTextResponse(str(error), 404)

    theme = gr.themes.Base(font=["system-ui", "sans-serif"], font_mono=["ui-monospace", "monospace"])
    mounted: FastAPI = gr.mount_gradio_app(
        outer,
        build_blocks(assistant, feedback_file),
        path="/",
        server_name=host,
        footer_links=[],
        run_history=False,
        ssr_mode=False,
        show_error=False,
        allowed_paths=[],
        theme=theme,
        css=static_text("chat.css"),
        enable_monitoring=False,
        pwa=False,
    )
    return mounted


def _outlined_page(assistant: Assistant, name: str) -> str:
    """Return the HTML of an indexed page.

    Raise NotFound if the file was not indexed, is gone or cannot be read, and RagError if reading it fails.
    """
    index = assistant.retriever.index
    folder, sha256 = Path(index.manifest.folder), index.sha256_of(name)  # "" if the articles came from elsewhere
    if not sha256 or not index.manifest.folder:
        raise NotFound(f"{name} is no file of the index: run `rag index` with its folder.")
    file = file_of(folder / name)
    if file is None:
        raise NotFound(f"{name} is no longer in {folder}: put it back, or run `rag index`.")
    with FileReader(folder, assistant.settings.limits, as_found=True) as reader:
        page = next((p for p in reader.pages_of(file) if isinstance(p, Page) and p.file == name), None)
    if page is None:
        raise NotFound(f"{name} can no longer be read: run `rag index`, which says why.")
    found = cut(page)
    return as_html(page, found.articles, CHANGED if page.sha256 != sha256 else "", found.left_out)
