"""The address that the chat listens on."""

from __future__ import annotations

import socket

import pytest

from rag.errors import BadInput, PortInUse
from rag.web import server
from tests.web.examples import Scripted


def test_a_taken_port_is_said_in_one_line_with_the_command() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(PortInUse, match=rf"^Port {port} is taken: .*`rag serve --port \d+`\.$"):
            server.serve(Scripted(), "127.0.0.1", port)  # type: ignore[arg-type]


def test_an_address_of_another_machine_is_bad_input() -> None:
    with pytest.raises(BadInput, match=r"^Cannot listen on 192\.0\.2\.1, port 7860"):
        server.serve(Scripted(), "192.0.2.1", 7860)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("host", "shown"),
    [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("::", "[::1]"), ("::1", "[::1]"), ("papers", "papers")],
)
def test_the_address_shown_opens_in_a_browser(host: str, shown: str) -> None:
    assert server._address_for_browsers(host) == shown
