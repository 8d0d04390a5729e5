"""Messages -> stream of text, from any server with OpenAI's chat completions.

A worker thread reads the stream. So the caller can give up in time during a name look-up, with a server that sends
single bytes, and in the pause before a retry.
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
"""``Settings.llm_timeout`` is the longest silence. The complete answer may take this many times as long."""


def stream_chat(settings: Settings, messages: Sequence[Mapping[str, str]]) -> Iterator[str]:
    """Yield the reply's text as it comes, without a leading ``<think>`` block.

    Raise EndpointError for every failure, also after some text. A reply that was cut off, by the connection or by the
    token limit, ends in an error too, because half a list would look complete. Closing the iterator closes the
    connection, so the server can stop writing.
    """
    call = _Call(settings, messages)
    threading.Thread(target=call.run, name="llm-stream", daemon=True).start()
    try:
        empty = True
        for text in _without_thinking(call.received()):
            empty = empty and not text.strip()
            yield text
        if empty:
            raise call.endpoint.error("gave an empty answer: ask again, or set RAG_LLM_MODEL to another model.")
    finally:
        call.hang_up()


def _without_thinking(deltas: Iterator[str]) -> Iterator[str]:
    """Drop a leading <think>…</think>, which some servers leave in the text of reasoning models."""
    buffer = ""
    for delta in deltas:
        buffer += delta
        start = buffer.lstrip()
        if start.startswith("<think>"):
            if "</think>" not in start:
                continue
            start = start.partition("</think>")[2].lstrip()
        elif "<think>".startswith(start):  # too short to decide, or empty
            continue
        if start:
            yield start
            yield from (text for text in deltas if text)
            return
        buffer = ""
    if buffer and not buffer.lstrip().startswith("<think>"):
        yield buffer


class _AbandonedError(Exception):
    """The caller no longer waits for the reply."""


class _Call:
    """One request, run in a thread of its own.

    The thread puts into ``_items``: pieces of text ("" shows that the server is alive), at most one error, then None.
    """

    def __init__(self, settings: Settings, messages: Sequence[Mapping[str, str]]) -> None:
        self.endpoint = Endpoint.from_settings(settings)
        self._messages = messages
        self._items: queue.SimpleQueue[str | EndpointError | None] = queue.SimpleQueue()
        self._started = time.monotonic()
        self._given_up = threading.Event()
        self._connection: Any = None
        self._last_status = 0

    def received(self) -> Iterator[str]:
        """Yield the pieces of text until the end. Raise EndpointError, also if the server is too slow."""
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
        """Stop the worker at any point. A retry that it waits for is not sent."""
        self._given_up.set()
        if self._connection is not None and (sock := self._connection.get_extra_info("socket")) is not None:
            with contextlib.suppress(OSError):  # closed already
                sock.shutdown(socket.SHUT_RDWR)  # unlike close(), this wakes a blocked read

    def run(self) -> None:
        """Put the reply into ``_items``. Every failure becomes one EndpointError there."""
        import openai

        # The client uses httpx before version 3 and httpx2 since then, and does not wrap all of their errors.
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
        except (ValueError, RecursionError):  # bad JSON, bad UTF-8, JSON that is nested too deeply
            self._items.put(self.endpoint.invalid_response("sent a line that is not valid JSON"))
        finally:
            self._items.put(None)

    def _client(self) -> openai.OpenAI:
        import openai

        key = self.endpoint.key or "none"  # a local server needs no key, but the client does
        try:
            client = openai.OpenAI(
                base_url=self.endpoint.url,
                api_key=key,
                default_headers={"Authorization": f"Bearer {key}"},  # otherwise OPENAI_CUSTOM_HEADERS could replace it
                max_retries=2,
                http_client=openai.DefaultHttpxClient(
                    timeout=self.endpoint.patience,
                    event_hooks={"request": [self._before_request], "response": [self._after_response]},
                ),
            )
        except (ImportError, ValueError, OSError) as error:  # a proxy scheme or certificate file that it cannot use
            raise self.endpoint.not_callable(error) from None
        # The client would send OPENAI_ORG_ID and OPENAI_PROJECT_ID from the environment to any server.
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
        with contextlib.suppress(ValueError):  # no such header, or a date instead of seconds
            pause = float(response.headers.get("retry-after", ""))
            if time.monotonic() + pause > self._started + self.endpoint.patience:
                response.headers["x-should-retry"] = "false"  # fail now instead of after a useless wait

    def _read(self, client: openai.OpenAI) -> None:
        import openai

        # No seed and no max_tokens: some servers refuse them, and temperature 0 needs neither.
        request: dict[str, Any] = {"model": self.endpoint.model, "messages": list(self._messages), "stream": True}
        try:
            stream = client.chat.completions.create(**request, temperature=0)
        except openai.BadRequestError as error:
            if "temperature" not in str(error):
                raise
            stream = client.chat.completions.create(**request)  # some reasoning models accept no temperature
        with stream:
            content_type = stream.response.headers.get("content-type", "")
            if content_type.startswith(("text/html", "application/json")):
                sent = "a web page" if "html" in content_type else "JSON"
                raise self.endpoint.invalid_response(f"answered with {sent}, not a stream")
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
        raise self.endpoint.invalid_response("ended the stream before the answer was finished")


def _text_and_reason(chunk: object) -> tuple[str, str]:
    """Return the new text of the first choice and the reason why it ended; "" for each that the chunk lacks.

    The client does not validate what a server sends, so every type is checked here.
    """
    choices = getattr(chunk, "choices", None)
    choice = choices[0] if isinstance(choices, list) and choices else None
    text = getattr(getattr(choice, "delta", None), "content", None)
    reason = getattr(choice, "finish_reason", None)
    # half a surrogate pair is valid JSON, but cannot be encoded
    text = text.encode(errors="replace").decode() if isinstance(text, str) else ""
    return text, reason if isinstance(reason, str) else ""
