"""A server on 127.0.0.1 for /v1/chat/completions that can fail in many ways.

    with FakeEndpoint("429", "ok") as server:      # the second and every later request gets "ok"
        Settings(llm_base_url=server.base_url, llm_model="m")

``server.requests`` holds the requests. ``server.hung_up`` is set when a caller closes the connection during a stream.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

ANSWER = ("平湖签约", "12个项目，", "总投资5亿元", "[1]。", "😀")
"""The pieces of text in a normal stream."""


@dataclass(frozen=True)
class Request:
    path: str
    headers: dict[str, str]
    body: dict[str, Any]


class FakeEndpoint:
    """Answers each request with the next behaviour of ``script`` (see ``BEHAVIOURS``). The last one is repeated."""

    def __init__(self, *script: str, deltas: Sequence[str] = ANSWER) -> None:
        self.script = list(script or ("ok",))
        self.deltas = deltas
        self.requests: list[Request] = []
        self.hung_up = threading.Event()
        self.closing = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.fake = self  # type: ignore[attr-defined]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def __enter__(self) -> FakeEndpoint:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()  # ends the behaviours that wait
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


@pytest.fixture(name="endpoint")
def endpoint_fixture() -> Iterator[Callable[..., FakeEndpoint]]:
    """``endpoint("401")`` starts a server that lives until the test ends."""
    started: list[FakeEndpoint] = []

    def start(*script: str, **options: Any) -> FakeEndpoint:
        started.append(FakeEndpoint(*script, **options).__enter__())
        return started[-1]

    yield start
    for server in started:
        server.__exit__()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # each write becomes a TCP segment of its own

    def do_POST(self) -> None:
        fake: FakeEndpoint = self.server.fake  # type: ignore[attr-defined]
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        fake.requests.append(Request(self.path, {k.lower(): v for k, v in self.headers.items()}, body))
        behaviour = fake.script.pop(0) if len(fake.script) > 1 else fake.script[0]
        self.close_connection = True
        try:
            BEHAVIOURS[behaviour](self, fake)
        except OSError:
            fake.hung_up.set()

    def log_message(self, *_: object) -> None:
        pass

    def respond(self, status: int, body: str, kind: str = "application/json", **headers: str) -> None:
        data = body.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(data)

    def error(self, status: int, message: str, **headers: str) -> None:
        self.respond(status, json.dumps({"error": {"message": message, "type": "x"}}), **headers)

    def head(self, *, chunked: bool = True, kind: str = "text/event-stream") -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header(*(("Transfer-Encoding", "chunked") if chunked else ("Connection", "close")))
        self.end_headers()

    def send(self, text: str, size: int = 5, *, chunked: bool = True) -> None:
        """Send ``size`` bytes at a time, so that characters of three and four bytes are split."""
        data = text.encode()
        for at in range(0, len(data), size):
            piece = data[at : at + size]
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece) if chunked else piece)
            self.wfile.flush()

    def end(self) -> None:
        self.wfile.write(b"0\r\n\r\n")


def event(text: str | None = None, finish: str | None = None, **delta: object) -> str:
    """Return one line of a stream and the blank line after it."""
    content = {} if text is None else {"content": text}
    choice = {"index": 0, "delta": {**content, **delta}, "finish_reason": finish}
    chunk = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
    return f"data: {json.dumps(chunk, ensure_ascii=False)}\n\n"


DONE = "data: [DONE]\n\n"


def _stream(*after: str) -> Callable[[_Handler, FakeEndpoint], None]:
    """Send the deltas and then ``after``, in a well-formed body."""

    def behave(handler: _Handler, fake: FakeEndpoint) -> None:
        handler.head()
        handler.send(event("", role="assistant") + "".join(map(event, fake.deltas)) + "".join(after))
        handler.end()

    return behave


def _status(status: int, message: str, **headers: str) -> Callable[[_Handler, FakeEndpoint], None]:
    return lambda handler, fake: handler.error(status, message, **headers)


def _hang(handler: _Handler, fake: FakeEndpoint) -> None:
    fake.closing.wait(30)


def _hang_midway(handler: _Handler, fake: FakeEndpoint) -> None:
    handler.head()
    handler.send(event(fake.deltas[0]))
    fake.closing.wait(30)


def _trickle(line: str, size: int, pause: float) -> Callable[[_Handler, FakeEndpoint], None]:
    """Send the same line again and again, ``size`` bytes at a time."""

    def behave(handler: _Handler, fake: FakeEndpoint) -> None:
        handler.head()
        data = line.encode()
        until = time.monotonic() + 30
        while time.monotonic() < until:
            for at in range(0, len(data), size):
                handler.send(data[at : at + size].decode())
                if fake.closing.wait(pause):
                    return

    return behave


def _trickled_head(handler: _Handler, fake: FakeEndpoint) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
    while not fake.closing.wait(0.05):
        handler.wfile.write(b"a")


def _cut(*, chunked: bool) -> Callable[[_Handler, FakeEndpoint], None]:
    def behave(handler: _Handler, fake: FakeEndpoint) -> None:
        handler.head(chunked=chunked)
        handler.send("".join(map(event, fake.deltas[:2])), chunked=chunked)

    return behave


def _not_utf8(handler: _Handler, fake: FakeEndpoint) -> None:
    handler.head(chunked=False)
    handler.wfile.write(b"data: \xff\xfe\n\n")


def _no_temperature(handler: _Handler, fake: FakeEndpoint) -> None:
    if "temperature" in fake.requests[-1].body:
        handler.error(400, "Unsupported value: 'temperature' does not support 0 with this model.")
    else:
        BEHAVIOURS["ok"](handler, fake)


def _echoes_key(status: int) -> Callable[[_Handler, FakeEndpoint], None]:
    return lambda handler, fake: handler.error(status, f"bad header {fake.requests[-1].headers['authorization']}")


BEHAVIOURS: dict[str, Callable[[_Handler, FakeEndpoint], None]] = {
    "ok": _stream(event(finish="stop"), DONE),
    "no_done": _stream(event(finish="stop")),
    "usage": _stream(event(finish="stop"), 'data: {"choices": [], "usage": {"total_tokens": 3}}\n\n', DONE),
    "surrogate": _stream('data: {"choices": [{"delta": {"content": "\\ud83d"}, "finish_reason": "stop"}]}\n\n', DONE),
    "length": _stream(event(finish="length"), DONE),
    "filtered": _stream(event(finish="content_filter"), DONE),
    "no_finish": _stream(DONE),
    "bad_json": _stream('data: {"choices": [{"delta"\n\n'),
    "deep_json": _stream(f"data: {'[' * 100_000}\n\n"),
    "odd_json": _stream("data: null\n\n", "data: [1]\n\n", 'data: {"choices": [null]}\n\n', 'data: {"choices": 5}\n\n'),
    "error_event": _stream('data: {"error": {"message": "CUDA out of memory"}}\n\n', DONE),
    "401": _status(401, "Incorrect API key provided: sk-se*****ret"),
    "403": _status(403, "forbidden"),
    "404": _status(404, "model 'm' not found, try pulling it first"),
    "400": _status(400, "maximum context length is 4096 tokens"),
    "429": _status(429, "Rate limit reached", Retry_After="0.01"),
    "429_long": _status(429, "Rate limit reached", Retry_After="100"),
    "500": _status(500, "CUDA error"),
    "500_page": lambda handler, fake: handler.respond(502, "<html><h1>Bad gateway</h1></html>", "text/html"),
    "echo_400": _echoes_key(400),
    "echo_401": _echoes_key(401),
    "html": lambda handler, fake: handler.respond(
        200, "<!DOCTYPE html><html>Welcome</html>", "text/html; charset=utf-8"
    ),
    "json": lambda handler, fake: handler.respond(200, '{"error": "Unexpected endpoint or method"}'),
    "no_body": lambda handler, fake: handler.respond(200, "", "text/event-stream"),
    "hang": _hang,
    "hang_midway": _hang_midway,
    "trickle": _trickle(event("a"), 1000, 0.1),
    "trickle_bytes": _trickle(event("a"), 1, 0.05),
    "keep_alive": _trickle(": keep-alive\n\n", 1000, 0.1),
    "trickled_head": _trickled_head,
    "cut": _cut(chunked=True),
    "cut_clean": _cut(chunked=False),
    "not_utf8": _not_utf8,
    "no_temperature": _no_temperature,
}
