"""Messages -> token stream, from any endpoint that speaks OpenAI's chat completions.

The reading happens in a worker thread, since only
then can a name look-up, a server that trickles bytes, or a retry's pause be given up on time.
"""

from __future__ import annotations

import contextlib
import queue
import re
import socket
import ssl
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from rag.config import Settings
from rag.errors import EndpointError
from rag.prompt import one_line

if TYPE_CHECKING:
    import openai

TOTAL_FACTOR = 3.0
"""``Settings.llm_timeout`` is the longest silence; the whole answer may take this many times as long."""

_REFUSED = {  # HTTP status: what it means and what to do
    401: "refused the key: check OPENAI_API_KEY.",
    403: "refused the key: check OPENAI_API_KEY and what it is allowed to use.",
    404: "is not there: check RAG_LLM_MODEL, and OPENAI_BASE_URL, which mostly ends in /v1.",
    429: "says too many requests, or no quota left: wait, or check the account.",
}
_BROKEN: dict[type[Exception], str] = {
    socket.gaierror: "has a host name that cannot be found: check OPENAI_BASE_URL and the network.",
    ConnectionRefusedError: "refused the connection: start the server, or check the port in OPENAI_BASE_URL.",
    ssl.SSLError: "cannot be reached by TLS: check http:// or https:// in OPENAI_BASE_URL and the certificate.",
}
_PROXY_ADVICE = "check ALL_PROXY, HTTPS_PROXY, HTTP_PROXY, NO_PROXY and SSL_CERT_FILE, or unset them."
_DEFAULT_URL = "https://api.openai.com/v1"


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
            raise call.error("gave an empty answer: ask again, or set RAG_LLM_MODEL to another model.")
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
        self._url = _checked_url(settings)
        self._settings, self._messages = settings, messages
        self._items: queue.SimpleQueue[str | EndpointError | None] = queue.SimpleQueue()
        self._started = time.monotonic()
        self._given_up = threading.Event()
        self._connection: Any = None
        self._last_status = 0

    def received(self) -> Iterator[str]:
        """What the worker reads, until its end, an error, or the end of our patience."""
        patience = self._settings.llm_timeout
        while True:
            left = self._started + TOTAL_FACTOR * patience - time.monotonic()
            try:
                item = self._items.get(timeout=max(0.0, min(patience, left)))
            except queue.Empty:
                raise self._too_slow(unfinished=left < patience) from None
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

    def error(self, what: str) -> EndpointError:
        host = urlsplit(self._url).netloc.rpartition("@")[2]
        return EndpointError(f"The language model {self._settings.llm_model!r} at {host} {what}")

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
            status = error.status_code
            said = "" if status in (401, 403) else self._said(error.body)  # there it may repeat part of the key
            what = "failed: see the server's log, or try again later." if status >= 500 else "refused the request."
            self._items.put(self.error(f"{_REFUSED.get(status, what)} (HTTP {status}{said})"))
        except (openai.OpenAIError, OSError, *transport) as error:
            self._items.put(self._broken(error))
        except (ValueError, RecursionError):  # bad JSON, bad UTF-8, JSON nested without end
            self._items.put(self._nonsense("sent a line that is not valid JSON"))
        finally:
            self._items.put(None)

    def _client(self) -> openai.OpenAI:
        import openai

        key = self._settings.llm_api_key or "none"  # a server at home wants no key, the client wants one
        try:
            client = openai.OpenAI(
                base_url=self._url,
                api_key=key,
                default_headers={"Authorization": f"Bearer {key}"},  # else OPENAI_CUSTOM_HEADERS could replace it
                max_retries=2,
                http_client=openai.DefaultHttpxClient(
                    timeout=self._settings.llm_timeout,
                    event_hooks={"request": [self._before_request], "response": [self._after_response]},
                ),
            )
        except (ImportError, ValueError, OSError) as error:  # a proxy scheme or a certificate file it cannot use
            raise self.error(f"cannot be called, {type(error).__name__}: {_PROXY_ADVICE}") from None
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
            if time.monotonic() + pause > self._started + self._settings.llm_timeout:
                response.headers["x-should-retry"] = "false"  # fail now, rather than after a wait in vain

    def _read(self, client: openai.OpenAI) -> None:
        import openai

        # No seed, no max_tokens: each is refused by some servers, and temperature 0 needs neither.
        request: dict[str, Any] = {"model": self._settings.llm_model, "messages": list(self._messages), "stream": True}
        try:
            stream = client.chat.completions.create(**request, temperature=0)
        except openai.BadRequestError as error:
            if "temperature" not in str(error):
                raise
            stream = client.chat.completions.create(**request)  # some reasoning models know no temperature
        with stream:
            kind = stream.response.headers.get("content-type", "")
            if kind.startswith(("text/html", "application/json")):
                raise self._nonsense(f"answered with {'a web page' if 'html' in kind else 'JSON'}, not a stream")
            for chunk in stream:
                text, reason = _text_and_reason(chunk)
                self._items.put(text)
                if reason == "length":
                    raise self.error("stopped at its token limit, the answer is incomplete: raise the limit there.")
                if reason == "content_filter":
                    raise self.error("withheld the answer by a content filter: set RAG_LLM_MODEL to another model.")
                if reason:
                    return
        raise self._nonsense("ended the stream before the answer was finished")

    def _broken(self, error: BaseException | None) -> EndpointError:
        said = self._said(getattr(error, "body", None))
        if said:  # the server wrote an error into its stream
            return self.error(f"reported an error{said} - see the server's log, or try again later.")
        while error is not None:  # from the client's error down to the system's
            for kind, what in _BROKEN.items():
                if isinstance(error, kind):
                    return self.error(what)
            if "Timeout" in type(error).__name__:
                return self._too_slow(unfinished=False)
            if type(error).__name__ in ("ProxyError", "InvalidURL"):  # our own address is valid, checked before
                return self.error(f"is behind a proxy that fails: {_PROXY_ADVICE}")
            error = error.__cause__ or error.__context__
        return self.error("closed the connection: check OPENAI_BASE_URL and the server's log, or try again.")

    def _too_slow(self, *, unfinished: bool) -> EndpointError:
        limit = self._settings.llm_timeout * (TOTAL_FACTOR if unfinished else 1)
        what = "did not finish" if unfinished else "sent nothing"
        busy = f" (after HTTP {self._last_status})" if self._last_status >= 400 else ""
        return self.error(f"{what} within {limit:g} s{busy}: see whether it is overloaded, or raise RAG_LLM_TIMEOUT.")

    def _nonsense(self, what: str) -> EndpointError:
        return self.error(f"{what}: check OPENAI_BASE_URL, which mostly ends in /v1, and the server's log.")

    def _said(self, body: object) -> str:
        """The server's own words: one line, short, without the key."""
        said = body.get("message") or body.get("detail") if isinstance(body, Mapping) else body
        if not isinstance(said, str) or not said.strip() or said.lstrip().startswith("<"):
            return ""
        key = self._settings.llm_api_key
        return f": {one_line(said.replace(key, '***') if key else said)[:200]}"


def _checked_url(settings: Settings) -> str:
    """The endpoint's address. No message repeats what was given: it may hold a password, or be the key misplaced."""
    if not settings.llm_model:
        raise EndpointError("No language model is named: set RAG_LLM_MODEL.")
    if not re.fullmatch(r"[\x21-\x7e]*", settings.llm_api_key):
        raise EndpointError("OPENAI_API_KEY holds a blank or a character that no key has: copy it again.")
    url, wrong = settings.llm_base_url or _DEFAULT_URL, ""
    try:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https"):
            wrong = "does not begin with http:// or https://"
        elif not parts.hostname or not re.fullmatch(r"[A-Za-z0-9._:-]+", parts.hostname):
            wrong = "names no host"
        elif parts.port == 0 or re.search(r"[\s\x00-\x1f\x7f]", url):
            wrong = "holds a blank or a port that cannot be"
        else:
            parts.hostname.encode("idna")  # as the look-up will
    except ValueError:  # brackets without an end, a port that is no number, an empty label
        wrong = "has a host or a port that cannot be"
    if wrong:
        raise EndpointError(f"OPENAI_BASE_URL {wrong}: set it to an address such as http://localhost:11434/v1.")
    return url


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
