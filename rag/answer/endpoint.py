"""Settings -> the address of a language model; a failure there -> an error of one line that says how to mend it."""

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

_BY_STATUS = {  # HTTP status -> meaning and advice
    401: "refused the key: check OPENAI_API_KEY.",
    403: "refused the key: check OPENAI_API_KEY and what it is allowed to use.",
    404: "does not exist: check RAG_LLM_MODEL, and OPENAI_BASE_URL, which usually ends in /v1.",
    429: "received too many requests, or the quota is used up: wait, or check the account.",
}
_BY_ERROR: dict[type[Exception], str] = {
    socket.gaierror: "has an unknown host name: check OPENAI_BASE_URL and the network.",
    ConnectionRefusedError: "refused the connection: start the server, or check the port in OPENAI_BASE_URL.",
    ssl.SSLError: "cannot be reached by TLS: check http:// or https:// in OPENAI_BASE_URL and the certificate.",
}
_PROXY_ADVICE = "check ALL_PROXY, HTTPS_PROXY, HTTP_PROXY, NO_PROXY and SSL_CERT_FILE, or unset them."
_DEFAULT_URL = "https://api.openai.com/v1"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The address of a language model and the key for it. ``patience`` is the longest accepted silence, in seconds."""

    url: str
    model: str
    key: str = field(repr=False)
    patience: float

    @classmethod
    def from_settings(cls, settings: Settings) -> Endpoint:
        """Return the endpoint of the settings. Raise EndpointError if model, key or address is not valid."""
        return cls(_checked_url(settings), settings.llm_model, settings.llm_api_key, settings.llm_timeout)

    def error(self, what: str) -> EndpointError:
        """Return the error whose message is the model, its host and ``what``."""
        host = urlsplit(self.url).netloc.rpartition("@")[2]
        return EndpointError(f"The language model {self.model!r} at {host} {what}")

    def not_callable(self, error: Exception) -> EndpointError:
        """Return the error for a client that cannot be created with the proxies or certificates of this machine."""
        return self.error(f"cannot be called, {type(error).__name__}: {_PROXY_ADVICE}")

    def refused(self, status: int, body: object) -> EndpointError:
        """Return the error for a response with HTTP ``status`` 400 or more and this ``body``."""
        reason = "" if status in (401, 403) else self._reason(body)  # in these it may repeat part of the key
        what = "failed: see the server's log, or try again later." if status >= 500 else "refused the request."
        return self.error(f"{_BY_STATUS.get(status, what)} (HTTP {status}{reason})")

    def broken(self, error: BaseException | None, last_status: int) -> EndpointError:
        """Return the error for a failed connection. ``last_status`` is as in ``too_slow``."""
        reason = self._reason(getattr(error, "body", None))
        if reason:  # the server wrote an error into its stream
            return self.error(f"reported an error{reason} - see the server's log, or try again later.")
        while error is not None:  # from the client's error to the one of the operating system
            for kind, what in _BY_ERROR.items():
                if isinstance(error, kind):
                    return self.error(what)
            if "Timeout" in type(error).__name__:
                return self.too_slow(self.patience, "sent nothing", last_status)
            if type(error).__name__ in ("ProxyError", "InvalidURL"):  # our own address was checked before
                return self.error(f"is behind a proxy that failed: {_PROXY_ADVICE}")
            error = error.__cause__ or error.__context__
        return self.error("closed the connection: check OPENAI_BASE_URL and the server's log, or try again.")

    def too_slow(self, limit: float, what: str, last_status: int) -> EndpointError:
        """Return the error for a server that ``what`` within ``limit`` seconds.

        ``last_status`` is the HTTP status of its last response, 0 if there was none.
        """
        busy = f" (after HTTP {last_status})" if last_status >= 400 else ""
        return self.error(f"{what} within {limit:g} s{busy}: check whether it is overloaded, or raise RAG_LLM_TIMEOUT.")

    def invalid_response(self, what: str) -> EndpointError:
        """Return the error for a response that is not a valid stream."""
        return self.error(f"{what}: check OPENAI_BASE_URL, which usually ends in /v1, and the server's log.")

    def _reason(self, body: object) -> str:
        """Return the server's own message after a colon: one line of at most 200 characters, without the key."""
        reason = body.get("message") or body.get("detail") if isinstance(body, Mapping) else body
        if not isinstance(reason, str) or not reason.strip() or reason.lstrip().startswith("<"):
            return ""
        return f": {one_line(reason.replace(self.key, '***') if self.key else reason)[:200]}"


def _checked_url(settings: Settings) -> str:
    """Return the endpoint's address. No message repeats a setting: it may hold a password, or be the key by mistake."""
    if not settings.llm_model:
        raise EndpointError("No language model is named: set RAG_LLM_MODEL.")
    if not re.fullmatch(r"[\x21-\x7e]*", settings.llm_api_key):
        raise EndpointError("OPENAI_API_KEY holds a blank or a character that is in no key: copy it again.")
    url, wrong = settings.llm_base_url or _DEFAULT_URL, ""
    try:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https"):
            wrong = "does not begin with http:// or https://"
        elif not parts.hostname or not re.fullmatch(r"[A-Za-z0-9._:-]+", parts.hostname):
            wrong = "names no host"
        elif parts.port == 0 or re.search(r"[\s\x00-\x1f\x7f]", url):
            wrong = "holds a blank or an impossible port"
        else:
            parts.hostname.encode("idna")  # the look-up will do the same
    except ValueError:  # brackets that are not closed, a port that is not a number, an empty label
        wrong = "has an impossible host or port"
    if wrong:
        raise EndpointError(f"OPENAI_BASE_URL {wrong}: set it to an address such as http://localhost:11434/v1.")
    return url
