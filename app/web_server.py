"""The HTTP server: uvicorn, set up for one machine, and with patience that ends."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any, ClassVar

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from models.loopback import is_loopback_host

# How long open connections may take to end once the server is told to stop, in seconds.
GRACE = 3
# How long the first line and the headers of a request may take. A browser sends them at once.
HEADER_SECONDS = 20.0
# How long what is left of a request is thrown away once it was answered, so that the answer can be read.
LINGER_SECONDS = 2.0
# How long, at a stop, a connection is waited for whose other side has to confirm over TLS that it ends. Few browsers do
# so before they need the connection, and asyncio waits for half a minute.
FAREWELL_SECONDS = 0.5
# Beyond so many connections new ones are told to come back: each holds a descriptor and some memory.
MOST_CONNECTIONS = 1000
# One address elsewhere may hold so many of them. This machine itself, where a proxy may be, is not counted.
MOST_OF_ONE = 100


class PunctualProtocol(H11Protocol):
    """Closes connections that have begun no request within HEADER_SECONDS, or go on sending what was refused.

    uvicorn alone waits for ever.
    """

    header_seconds = HEADER_SECONDS
    linger_seconds = LINGER_SECONDS
    most_of_one = MOST_OF_ONE
    _connections: ClassVar[Counter[str]] = Counter()
    _peer = ""
    _encrypted = False
    _stopping = False
    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        # asyncio leaves it out for a listener that was made without naming TCP. Then the body of an answer waits until
        # the other side confirms its headers, which takes 40 ms on Linux.
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._encrypted = transport.get_extra_info("sslcontext") is not None
        self._peer = str((transport.get_extra_info("peername") or ("",))[0])
        self._connections[self._peer] += 1
        if self._connections[self._peer] > self.most_of_one and not is_loopback_host(self._peer):
            transport.close()
        self._expect()

    def connection_lost(self, exc: Exception | None) -> None:
        self._expect_no_more()
        self._connections[self._peer] -= 1
        if not self._connections[self._peer]:
            del self._connections[self._peer]
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        answering = self.cycle is not None and not self.cycle.response_complete
        if answering:
            self._expect_no_more()
        elif self._late is None:
            self._expect()

    def shutdown(self) -> None:
        """The server stops: end now, or with the answer that is being sent."""
        self._stopping = True
        # asyncio lets go of what it knows of a TLS connection when that is closed twice.
        if not self.transport.is_closing():
            super().shutdown()
        self._part()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._part()
        if self.conn.their_state is h11.SEND_BODY:
            self._expect_no_more()
            self._late = self.loop.call_later(self.linger_seconds, self._hang_up)

    def _part(self) -> None:
        if self._stopping and self._encrypted and self.transport.is_closing():
            self.loop.call_later(FAREWELL_SECONDS, self.transport.abort)

    def _hang_up(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()

    def _expect(self) -> None:
        self._late = self.loop.call_later(self.header_seconds, self._hang_up)

    def _expect_no_more(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None


class Server(uvicorn.Server):
    """Calls `stopping` as soon as the signal comes: open event streams end only if they are told to."""

    def __init__(self, config: uvicorn.Config, stopping: Callable[[], None]) -> None:
        super().__init__(config)
        self._stopping = stopping

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._stopping()
        super().handle_exit(sig, frame)


def server_of(
    app: Callable[..., Any],
    stopping: Callable[[], None],
    tls: tuple[Path, Path] | None = None,
    *,
    proxied: bool = False,
) -> Server:
    """A server of this application, for a socket that listens already; `tls` is a certificate and its key.

    If `proxied`, what connects from this machine is believed about who asks, and by which scheme.
    """
    config = uvicorn.Config(
        app,
        http=PunctualProtocol,
        # There are none, and their handshake would go past every check of HTTP requests.
        ws="none",
        proxy_headers=proxied,
        forwarded_allow_ips=["127.0.0.1", "::1"],
        server_header=False,
        limit_concurrency=MOST_CONNECTIONS,
        log_level="info" if logging.getLogger().isEnabledFor(logging.DEBUG) else "warning",
        log_config=None,
        timeout_graceful_shutdown=GRACE,
        ssl_certfile=tls[0] if tls else None,
        ssl_keyfile=tls[1] if tls else None,
    )
    _raise_descriptor_limit()
    return Server(config, stopping)


def _raise_descriptor_limit() -> None:
    """Many systems allow 1,024 at first: less than connections and files of one upload may need together."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 16_384 if hard == resource.RLIM_INFINITY else min(16_384, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
