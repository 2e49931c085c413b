"""Bytes on a connection, as no HTTP client would send them."""

from __future__ import annotations

import socket
from contextlib import suppress
from urllib.parse import urlsplit

# Seconds.
LIMIT = 30.0


def raw(address: str, text: bytes) -> bytes:
    """What comes back for these bytes, until the server closes the connection."""
    where = urlsplit(address)
    with socket.create_connection((where.hostname, where.port), timeout=LIMIT) as link:
        found = b""
        # A server that has heard enough may close the connection while more is under way.
        with suppress(ConnectionError):
            link.sendall(text)
            while more := link.recv(65536):
                found += more
    return found


def asked(address: str, *lines: str, host: str = "") -> bytes:
    """The answer to a request of these lines."""
    named = host or f"Host: {urlsplit(address).netloc}"
    return raw(address, "\r\n".join((lines[0], named, *lines[1:], "Connection: close", "", "")).encode("utf-8"))
