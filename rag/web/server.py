"""The browser chat as a process: an address to listen on, and the page served there until Ctrl-C."""

from __future__ import annotations

import contextlib
import errno
import os
import socket

import uvicorn

from rag.answer.assistant import Assistant
from rag.errors import BadInput, PortInUse
from rag.web.routes import application


def serve(assistant: Assistant, host: str, port: int) -> None:
    """Serve the page until Ctrl-C.

    Raise PortInUse or BadInput before anything is loaded, and whatever the index or the model raises.
    """
    with contextlib.closing(_listening_socket(host, port)) as listening:
        assistant.search("报纸", k=1)  # opens the index and the model, so that the first question need not wait
        served = application(assistant, assistant.settings.feedback_file, host)
        config = uvicorn.Config(served, log_level="critical", timeout_graceful_shutdown=1)
        print(f"Baowen is at http://{_address_for_browsers(host)}:{port} (Ctrl-C stops it)", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            uvicorn.Server(config).run(sockets=[listening])


def _address_for_browsers(host: str) -> str:
    """Return the host as it stands in a URL. A host that means every address of the machine becomes its own."""
    return {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)


def _listening_socket(host: str, port: int) -> socket.socket:
    """Return a socket that listens on the address; from here on nobody else can take it.

    Raise PortInUse if the port is taken, and BadInput if the address cannot be listened on.
    """
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
