"""How the HTTP server treats its connections."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

from app.commands.serve import listen
from app.settings import Settings
from app.web_server import server_of
from tests.support.processes import free_port


async def answer(scope: dict[str, Any], receive: Any, send: Any) -> None:
    assert scope["type"] == "http"
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body"})


async def without_delay(listener: socket.socket) -> bool:
    """Whether the server sends at once what it has for an accepted connection."""
    server = server_of(answer, lambda: None)
    serving = asyncio.ensure_future(server.serve(sockets=[listener]))
    host, port = listener.getsockname()
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    assert (await reader.readline()).startswith(b"HTTP/1.1 204")
    (connection,) = server.server_state.connections
    accepted = connection.transport.get_extra_info("socket")
    found = accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    writer.close()
    server.should_exit = True
    await serving
    return bool(found)


def test_the_body_of_an_answer_does_not_wait_until_its_headers_are_confirmed() -> None:
    with listen(Settings(port=free_port())) as listener:
        assert asyncio.run(without_delay(listener))
