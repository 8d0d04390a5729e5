"""The browser chat: the page of ``rag.page`` around an assistant's stream. It finds and judges nothing itself."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")

import gradio as gr
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import PlainTextResponse, Response

from rag import page
from rag.assistant import Assistant
from rag.errors import BadInput, PortInUse, RagError
from rag.schema import Answer
from rag.style import STYLE

KEPT_TURNS = 30
"""How many turns the browser keeps over a reload."""
FRAME_S = 0.08
"""The shortest time between two renderings of an answer being written."""
OPEN_ROUTES = re.compile(
    r"/(?:(?:config|theme\.css|favicon\.ico|manifest\.json|robots\.txt)?|(?:assets|static|svelte)/.*"
    r"|gradio_api/(?:info|queue/(?:join|data)|heartbeat/\w+|startup-events|cancel|reset|theme\.css))/?")
"""What the page itself asks for; Gradio's routes for files, uploads and proxies stay shut."""
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' "
    "'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; object-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}

ON_MASTHEAD = """
const root = document.documentElement, byId = id => document.getElementById(id);
const calm = () => matchMedia('(prefers-reduced-motion: reduce)').matches ? 'auto' : 'smooth';
const remembered = () => { try { return localStorage.getItem('baowen-language') } catch { return null } };
const speak = language => {
  root.dataset.language = language;
  root.lang = language === 'en' ? 'en' : 'zh-CN';
  element.querySelectorAll('[data-language]')
    .forEach(b => b.setAttribute('aria-pressed', b.dataset.language === language));
  try { localStorage.setItem('baowen-language', language) } catch { }
};
const show = turn => document.querySelectorAll('#sources .panel[data-turn]')
  .forEach(panel => { panel.hidden = panel.dataset.turn !== turn });
const only = (selector, chosen) => document.querySelectorAll(selector)
  .forEach(e => e.classList.toggle('current', e === chosen));
let left = null;
const openSource = chip => {
  const { turn, n } = chip.dataset, cited = byId(`s${turn}-${n}`);
  if (!cited) return;
  left = chip;
  show(turn); only('.chip', chip); only('.cited', cited);
  const passage = cited.closest('blockquote');
  passage.classList.remove('lit'); void passage.offsetWidth; passage.classList.add('lit');
  cited.focus({ preventScroll: true });
  cited.scrollIntoView({ block: 'center', behavior: calm() });
};
const openPanel = button => {
  left = button; show(button.dataset.turn);
  document.querySelector(`#sources .panel[data-turn="${button.dataset.turn}"]`)
    ?.scrollIntoView({ block: 'start', behavior: calm() });
};
const back = turn => {
  const to = left?.isConnected ? left : document.querySelector(`.turn[data-turn="${turn}"] .open`);
  to?.scrollIntoView({ block: 'center', behavior: calm() });
  to?.focus({ preventScroll: true });
};
const copy = button => navigator.clipboard?.writeText(button.dataset.copy).then(() => {
  button.classList.add('done'); setTimeout(() => button.classList.remove('done'), 2000); });
document.addEventListener('click', event => {
  const button = event.target.closest?.('#thread button, #sources button');
  if (button?.matches('.chip')) openSource(button);
  else if (button?.matches('.open')) openPanel(button);
  else if (button?.matches('.back')) back(button.dataset.turn);
  else if (button?.matches('[data-copy]')) copy(button);
});
document.addEventListener('keydown', event => {
  const panel = event.key === 'Escape' && event.target.closest?.('#sources .panel');
  if (panel) back(panel.dataset.turn);
});
element.addEventListener('click', event => {
  const { language, renew } = event.target.closest('button')?.dataset ?? {};
  if (language) { speak(language); trigger('language', { language }); }
  if (renew !== undefined) trigger('renew', {});
});
speak(remembered() === 'en' ? 'en' : 'zh');
if (remembered() === 'en') trigger('language', { language: 'en' });
"""
"""Run once in the page: the language, and the way from a mark to its source and back."""
ON_THREAD = """
element.setAttribute('role', 'log');
element.addEventListener('click', event => {
  const asked = event.target.closest('[data-ask]');
  if (asked) trigger('example', { question: asked.textContent });
});
const wide = matchMedia('(min-width: 861px)').matches;  // on a phone the keyboard would cover the page
if (wide) setTimeout(() => document.querySelector('#question textarea')?.focus(), 200);
let turns = 0;
watch('value', () => {
  const all = element.querySelectorAll('.turn'), grew = turns && all.length > turns || all.length === 1 && !turns;
  turns = all.length;
  if (grew) all[turns - 1].scrollIntoView({ block: 'start' });
});
"""
"""Run once in the page: an example asked by a click, and a new question brought to the top of the view."""

ON_SOURCES = "watch('value', () => { element.closest('#sources').scrollTop = 0; });"


def build(assistant: Assistant) -> gr.Blocks:
    """The page. A chat lives in the browser alone, as the turns of ``rag.page``."""
    with gr.Blocks(title="报问 Baowen", analytics_enabled=False, fill_width=True) as blocks:
        chat = gr.BrowserState([], storage_key="baowen-chat-1", secret="baowen")
        masthead = gr.HTML(page.masthead(), js_on_load=ON_MASTHEAD, apply_default_css=False, elem_id="masthead")
        with gr.Row(elem_id="desk"):
            thread = gr.HTML(page.thread([]), js_on_load=ON_THREAD, apply_default_css=False, elem_id="thread")
            with gr.Row(elem_id="composer"):
                question = gr.Textbox(**_box("zh"), lines=1, max_lines=5, show_label=False, container=False,
                                      elem_id="question")
                send = gr.Button(page.TEXT["send"][0], variant="primary", elem_id="send")
            sources = gr.HTML(page.sources([]), js_on_load=ON_SOURCES, apply_default_css=False, elem_id="sources")

        shown = [question, thread, sources, chat]
        quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private", "queue": True}
        ask = _asker(assistant)

        def example(turns: object, event: gr.EventData) -> Iterator[tuple[Any, ...]]:
            yield from ask(str(event.question), turns)

        asked = [
            gr.on([question.submit, send.click], ask, [question, chat], shown, concurrency_limit=4, **quiet),
            thread.example(example, chat, shown, concurrency_limit=4, **quiet),
        ]
        masthead.renew(lambda: ("", page.thread([]), page.sources([]), []), None, shown, cancels=asked, **quiet)
        masthead.language(_language, None, [question, send], **quiet)
        blocks.load(_restore, chat, [thread, sources], **quiet)
    return blocks


def serve(assistant: Assistant, host: str, port: int) -> None:
    """Serve the page until Ctrl-C.

    Raises PortInUse or BadInput before anything is loaded, and whatever the index or the model raises.
    """
    with contextlib.closing(_listen(host, port)) as listening:
        assistant.search("报纸", k=1)  # opens the index and the model, so that the first question need not wait
        config = uvicorn.Config(application(assistant, host), log_level="critical", timeout_graceful_shutdown=1)
        shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
        print(f"Baowen is at http://{shown}:{port} (Ctrl-C stops it)", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            uvicorn.Server(config).run(sockets=[listening])


def application(assistant: Assistant, host: str = "127.0.0.1") -> FastAPI:
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

    theme = gr.themes.Base(font=["system-ui", "sans-serif"], font_mono=["ui-monospace", "monospace"])
    return gr.mount_gradio_app(
        outer, build(assistant), path="/", server_name=host, footer_links=[], run_history=False, ssr_mode=False,
        show_error=False, allowed_paths=[], theme=theme, css=STYLE, enable_monitoring=False, pwa=False)


def _asker(assistant: Assistant) -> Callable[[str, object], Iterator[tuple[Any, ...]]]:
    def ask(question: str, stored: object) -> Iterator[tuple[Any, ...]]:
        """Textbox, chat, sources and stored turns as the answer comes about."""
        keep, text = gr.skip(), question.strip()
        if not text:
            yield keep, keep, keep, keep
            return
        turns = page.restored(stored)
        yield "", page.thread(turns, text), keep, keep
        try:
            history = [(turn["question"], turn["answer"]) for turn in turns if "answer" in turn]
            written, painted = "", 0.0
            for piece in assistant.stream(text, history):
                if isinstance(piece, Answer):
                    turns.append(page.record(piece))
                    break
                written += piece
                if time.monotonic() - painted > FRAME_S:
                    painted = time.monotonic()
                    yield keep, page.thread(turns, text, written), keep, keep
        except RagError as error:
            turns.append(page.failure(text, str(error)))
        turns = turns[-KEPT_TURNS:]
        yield keep, page.thread(turns), page.sources(turns), turns

    return ask


def _restore(stored: object) -> tuple[str, str]:
    turns = page.restored(stored)
    return page.thread(turns), page.sources(turns)


def _language(event: gr.EventData) -> tuple[Any, Any]:
    language = "en" if event.language == "en" else "zh"
    return gr.update(**_box(language)), gr.update(value=page.TEXT["send"][language == "en"])


def _box(language: str) -> dict[str, str]:
    names = {"label": "question", "placeholder": "placeholder"}
    return {key: page.TEXT[name][language == "en"] for key, name in names.items()}


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
        raise BadInput(f"Cannot listen on {host}, port {port} ({error.strerror or error}): "
                       "choose others with `rag serve --host 127.0.0.1 --port 7860`.") from error
