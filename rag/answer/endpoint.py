"""A language model's address, and what to say of what goes wrong there: each failure is one line that names its mend."""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from rag.answer.prompt import one_line
from rag.config import Settings
from rag.errors import EndpointError

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


@dataclass(frozen=True, slots=True)
class Endpoint:
    """``patience``: the longest silence, in seconds."""

    url: str
    model: str
    key: str = field(repr=False)
    patience: float

    @classmethod
    def of(cls, settings: Settings) -> Endpoint:
        """Raises EndpointError where the settings name no model or no address."""
        return cls(_checked_url(settings), settings.llm_model, settings.llm_api_key, settings.llm_timeout)

    def error(self, what: str) -> EndpointError:
        host = urlsplit(self.url).netloc.rpartition("@")[2]
        return EndpointError(f"The language model {self.model!r} at {host} {what}")

    def uncallable(self, error: Exception) -> EndpointError:
        return self.error(f"cannot be called, {type(error).__name__}: {_PROXY_ADVICE}")

    def refused(self, status: int, body: object) -> EndpointError:
        """``body``: of an answer with this HTTP status, 400 or more."""
        said = "" if status in (401, 403) else self._said(body)  # there it may repeat part of the key
        what = "failed: see the server's log, or try again later." if status >= 500 else "refused the request."
        return self.error(f"{_REFUSED.get(status, what)} (HTTP {status}{said})")

    def broken(self, error: BaseException | None, last_status: int) -> EndpointError:
        said = self._said(getattr(error, "body", None))
        if said:  # the server wrote an error into its stream
            return self.error(f"reported an error{said} - see the server's log, or try again later.")
        while error is not None:  # from the client's error down to the system's
            for kind, what in _BROKEN.items():
                if isinstance(error, kind):
                    return self.error(what)
            if "Timeout" in type(error).__name__:
                return self.too_slow(self.patience, "sent nothing", last_status)
            if type(error).__name__ in ("ProxyError", "InvalidURL"):  # our own address is valid, checked before
                return self.error(f"is behind a proxy that fails: {_PROXY_ADVICE}")
            error = error.__cause__ or error.__context__
        return self.error("closed the connection: check OPENAI_BASE_URL and the server's log, or try again.")

    def too_slow(self, limit: float, what: str, last_status: int) -> EndpointError:
        """``what`` happened in ``limit`` seconds, since the server answered with ``last_status`` (0: it did not)."""
        busy = f" (after HTTP {last_status})" if last_status >= 400 else ""
        return self.error(f"{what} within {limit:g} s{busy}: see whether it is overloaded, or raise RAG_LLM_TIMEOUT.")

    def nonsense(self, what: str) -> EndpointError:
        return self.error(f"{what}: check OPENAI_BASE_URL, which mostly ends in /v1, and the server's log.")

    def _said(self, body: object) -> str:
        """The server's own words: one line, short, without the key."""
        said = body.get("message") or body.get("detail") if isinstance(body, Mapping) else body
        if not isinstance(said, str) or not said.strip() or said.lstrip().startswith("<"):
            return ""
        key = self.key
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
