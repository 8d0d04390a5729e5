"""Messages -> token stream, from any endpoint that speaks OpenAI's chat completions.

The reading happens in a worker thread, since only
then can a name look-up, a server that trickles bytes, or a retry's pause be given up on time.
"""

from __future__ import annotations

import contextlib
import queue
import socket
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rag.answer.endpoint import Endpoint
from rag.config import Settings
from rag.errors import EndpointError

if TYPE_CHECKING:
    import openai

TOTAL_FACTOR = 3.0
"""``Settings.llm_timeout`` is the longest silence; the whole answer may take this many times as long."""


def stream_chat(settings: Settings, messages: Sequence[Mapping[str, str]]) -> Iterator[str]:
    """Yield the reply's text as it comes. A leading ``<think>`` block is left out.

    Raises EndpointError for whatever goes wrong, also after text was yielded: a reply that was cut off, by the
    connection or by the token limit, ends in an error, for half a list would pass for the whole. Closing the iterator
    hangs up, so the server need not write on.
    """
    call = _Call(settings, messages)
    threading.Thread(target=call.run, name="llm-stream", daemon=True).start()
    try:
        empty = True
        for text in _without_thoughts(call.received()):
            empty = empty and not text.strip()
            yield text
        if empty:
            raise call.endpoint.error("gave an empty answer: ask again, or set RAG_LLM_MODEL to another model.")
    finally:
        call.hang_up()


def _without_thoughts(deltas: Iterator[str]) -> Iterator[str]:
    """Drop a leading <think>…</think>, which some servers leave in the text of reasoning models."""
    held = ""
    for delta in deltas:
        held += delta
        start = held.lstrip()
        if start.startswith("<think>"):
            if "</think>" not in start:
                continue
            start = start.partition("</think>")[2].lstrip()
        elif "<think>".startswith(start):  # too short to tell, or empty
            continue
        if start:
            yield start
            yield from (text for text in deltas if text)
            return
        held = ""
    if held and not held.lstrip().startswith("<think>"):
        yield held


class _AbandonedError(Exception):
    """Nobody waits for the reply any more."""


class _Call:
    """One request, run in its own thread. ``_items`` gets text ("" is a sign of life), at most one error, then None."""

    def __init__(self, settings: Settings, messages: Sequence[Mapping[str, str]]) -> None:
        self.endpoint = Endpoint.of(settings)
        self._messages = messages
        self._items: queue.SimpleQueue[str | EndpointError | None] = queue.SimpleQueue()
        self._started = time.monotonic()
        self._given_up = threading.Event()
        self._connection: Any = None
        self._last_status = 0

    def received(self) -> Iterator[str]:
        """What the worker reads, until its end, an error, or the end of our patience."""
        patience = self.endpoint.patience
        while True:
            left = self._started + TOTAL_FACTOR * patience - time.monotonic()
            try:
                item = self._items.get(timeout=max(0.0, min(patience, left)))
            except queue.Empty:
                limit, what = (
                    (TOTAL_FACTOR * patience, "did not finish") if left < patience else (patience, "sent nothing")
                )
                raise self.endpoint.too_slow(limit, what, self._last_status) from None
            if item is None:
                return
            if isinstance(item, EndpointError):
                raise item
            yield item

    def hang_up(self) -> None:
        """Stop the worker wherever it is; a retry that it sleeps towards is not sent."""
        self._given_up.set()
        if self._connection is not None and (sock := self._connection.get_extra_info("socket")) is not None:
            with contextlib.suppress(OSError):  # closed already
                sock.shutdown(socket.SHUT_RDWR)  # wakes a blocked read, as close() would not

    def run(self) -> None:
        """Put the reply in ``_items``; every failure becomes one EndpointError."""
        import openai

        # Before version 3 the client stands on httpx, since then on httpx2. Some of their errors come through bare.
        modules = [sys.modules[name] for name in ("httpx", "httpx2") if name in sys.modules]
        transport = tuple(error for m in modules for error in (m.HTTPError, m.InvalidURL, m.StreamError))
        try:
            with self._client() as client:
                self._read(client)
        except _AbandonedError:
            pass
        except EndpointError as error:
            self._items.put(error)
        except openai.APIStatusError as error:
            self._items.put(self.endpoint.refused(error.status_code, error.body))
        except (openai.OpenAIError, OSError, *transport) as error:
            self._items.put(self.endpoint.broken(error, self._last_status))
        except (ValueError, RecursionError):  # bad JSON, bad UTF-8, JSON nested without end
            self._items.put(self.endpoint.nonsense("sent a line that is not valid JSON"))
        finally:
            self._items.put(None)

    def _client(self) -> openai.OpenAI:
        import openai

        key = self.endpoint.key or "none"  # a server at home wants no key, the client wants one
        try:
            client = openai.OpenAI(
                base_url=self.endpoint.url,
                api_key=key,
                default_headers={"Authorization": f"Bearer {key}"},  # else OPENAI_CUSTOM_HEADERS could replace it
                max_retries=2,
                http_client=openai.DefaultHttpxClient(
                    timeout=self.endpoint.patience,
                    event_hooks={"request": [self._before_request], "response": [self._after_response]},
                ),
            )
        except (ImportError, ValueError, OSError) as error:  # a proxy scheme or a certificate file it cannot use
            raise self.endpoint.uncallable(error) from None
        # Left alone, OPENAI_ORG_ID and OPENAI_PROJECT_ID would be sent to whichever server this is.
        client.organization = client.project = None
        return client

    def _before_request(self, request: Any) -> None:
        if self._given_up.is_set():
            raise _AbandonedError
        request.extensions["trace"] = self._trace

    def _trace(self, event: str, info: Mapping[str, Any]) -> None:
        if event.endswith(("connect_tcp.complete", "start_tls.complete")):
            self._connection = info["return_value"]
            if self._given_up.is_set():
                self.hang_up()

    def _after_response(self, response: Any) -> None:
        self._last_status = response.status_code
        with contextlib.suppress(ValueError):  # no such header, or a date in it
            pause = float(response.headers.get("retry-after", ""))
            if time.monotonic() + pause > self._started + self.endpoint.patience:
                response.headers["x-should-retry"] = "false"  # fail now, rather than after a wait in vain

    def _read(self, client: openai.OpenAI) -> None:
        import openai

        # No seed, no max_tokens: each is refused by some servers, and temperature 0 needs neither.
        request: dict[str, Any] = {"model": self.endpoint.model, "messages": list(self._messages), "stream": True}
        try:
            stream = client.chat.completions.create(**request, temperature=0)
        except openai.BadRequestError as error:
            if "temperature" not in str(error):
                raise
            stream = client.chat.completions.create(**request)  # some reasoning models know no temperature
        with stream:
            kind = stream.response.headers.get("content-type", "")
            if kind.startswith(("text/html", "application/json")):
                raise self.endpoint.nonsense(
                    f"answered with {'a web page' if 'html' in kind else 'JSON'}, not a stream"
                )
            for chunk in stream:
                text, reason = _text_and_reason(chunk)
                self._items.put(text)
                if reason == "length":
                    raise self.endpoint.error(
                        "stopped at its token limit, the answer is incomplete: raise the limit there."
                    )
                if reason == "content_filter":
                    raise self.endpoint.error(
                        "withheld the answer by a content filter: set RAG_LLM_MODEL to another model."
                    )
                if reason:
                    return
        raise self.endpoint.nonsense("ended the stream before the answer was finished")


def _text_and_reason(chunk: object) -> tuple[str, str]:
    """The first choice's new text and why it ended; both "" where the chunk has none.

    The client does not validate what servers send, so nothing here is taken to be of its type.
    """
    choices = getattr(chunk, "choices", None)
    choice = choices[0] if isinstance(choices, list) and choices else None
    text = getattr(getattr(choice, "delta", None), "content", None)
    reason = getattr(choice, "finish_reason", None)
    # Half a surrogate pair is valid JSON, but no output can encode it.
    text = text.encode(errors="replace").decode() if isinstance(text, str) else ""
    return text, reason if isinstance(reason, str) else ""
