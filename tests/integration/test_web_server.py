"""How the HTTP server treats its connections."""

from __future__ import annotations

import asyncio
import socket
import ssl
from pathlib import Path
from typing import Any

import pytest
from uvicorn.server import ServerState

from app.commands.serve import listen
from app.settings import Settings
from app.tls import own_certificate
from app.web_server import MOST_OF_ONE, PunctualProtocol, server_of
from tests.support.apart import apart
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
        assert apart(without_delay(listener))


def asked_over_tls(address: tuple[str, int], header: bytes) -> ssl.SSLSocket:
    """A connection on which an answer has come, and which never says that it ends."""
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    line = trusting.wrap_socket(socket.create_connection(address, timeout=60))
    line.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n" + header + b"\r\n")
    assert line.recv(4096).startswith(b"HTTP/1.1 204")
    return line


async def stopped_over_tls(listener: socket.socket, pair: tuple[Path, Path], header: bytes) -> None:
    """Stop a server to which somebody holds a connection."""
    server = server_of(answer, lambda: None, pair)
    address = listener.getsockname()
    serving = asyncio.ensure_future(server.serve(sockets=[listener]))
    with await asyncio.to_thread(asked_over_tls, address, header):
        server.should_exit = True
        await serving


@pytest.mark.parametrize("header", [b"", b"Connection: close\r\n"], ids=["kept", "closed"])
def test_a_stop_waits_for_no_browser_that_holds_a_connection_over_tls(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, header: bytes
) -> None:
    pair = own_certificate(tmp_path, ("127.0.0.1",))
    with listen(Settings(port=free_port())) as listener:
        apart(stopped_over_tls(listener, pair, header))
    assert caplog.messages == []


class Line(asyncio.Transport):
    """A connection from some address, which nothing is sent on."""

    def __init__(self, peer: str) -> None:
        super().__init__({"peername": (peer, 4242), "sockname": ("127.0.0.1", 8000), "socket": socket.socket()})
        self.closed = False

    def close(self) -> None:
        self.closed = True
        self.get_extra_info("socket").close()


async def connected(peer: str, number: int) -> list[bool]:
    """Which of so many connections from an address were closed at once; all of them end."""
    config = server_of(answer, lambda: None).config
    config.load()
    state = ServerState()
    made = [(PunctualProtocol(config, state, {}), Line(peer)) for _ in range(number)]
    for protocol, line in made:
        protocol.connection_made(line)
    found = [line.closed for _, line in made]
    for protocol, line in made:
        protocol.connection_lost(None)
        line.close()
    return found


def test_one_address_elsewhere_holds_so_many_connections() -> None:
    for _ in range(2):  # those that ended count no more
        assert apart(connected("192.0.2.7", MOST_OF_ONE + 2)) == [False] * MOST_OF_ONE + [True] * 2
    assert not any(apart(connected("127.0.0.1", MOST_OF_ONE + 2)))


def test_a_proxy_is_believed_where_there_is_one() -> None:
    """Which scheme a browser speaks decides about its cookie, and its address about who has to wait."""
    seen: list[tuple[str, str]] = []

    async def look(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            seen.append((scope["scheme"], scope["client"][0]))
            await answer(scope, receive, send)

    async def ask(proxied: bool) -> None:
        with listen(Settings(port=free_port())) as listener:
            server = server_of(look, lambda: None, proxied=proxied)
            serving = asyncio.ensure_future(server.serve(sockets=[listener]))
            reader, writer = await asyncio.open_connection(*listener.getsockname())
            headers = b"Host: a\r\nX-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Proto: https\r\n"
            writer.write(b"GET / HTTP/1.1\r\n" + headers + b"\r\n")
            assert (await reader.readline()).startswith(b"HTTP/1.1 204")
            writer.close()
            server.should_exit = True
            await serving

    apart(ask(proxied=False))
    apart(ask(proxied=True))
    assert seen == [("http", "127.0.0.1"), ("https", "203.0.113.9")]
