"""Readers who never read, and some who vanish: they must cost nobody else anything."""

from __future__ import annotations

import asyncio
import json
import random
import socket
import struct
from collections.abc import Iterator
from urllib.parse import urlsplit

# A window so small that the server soon has to wait for this reader.
_WINDOW = 2048
# Seconds between those who vanish, and how long they stay.
_PAUSE, _STAY = (0.5, 1.5), (0.0, 0.5)
# Every so many of them leave a question behind, which takes a place in the queue for a while.
_QUESTION_EVERY = 20
_BASE = "/api/v1/bases/default/documents"
# The name of what was never sent whole.
HALF = "half.txt"


async def never_read(address: str, questions: Iterator[str]) -> None:
    """Connections on which much is asked for and nothing read, until cancelled."""
    wanted = [_get("/api/v1/events")] * 3 + [_get(f"{_BASE}?per_page=500") * 20] * 3
    links = [_sent(address, request) for request in [*wanted, _question(next(questions)), _question(next(questions))]]
    try:
        await asyncio.Event().wait()
    finally:
        for link in links:
            link.close()


async def vanish(address: str, draw: random.Random, questions: Iterator[str]) -> None:
    """Connections that break in the middle of anything, one after the other, until cancelled."""
    number = 0
    while True:
        number += 1
        asks = number % _QUESTION_EVERY == 0
        link = _sent(address, _question(next(questions)) if asks else draw.choice(_BROKEN_OFF))
        await asyncio.sleep(draw.uniform(*_STAY))
        # Not even a good-bye: what is under way meets a reset.
        link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        link.close()
        await asyncio.sleep(draw.uniform(*_PAUSE))


def _sent(address: str, request: bytes) -> socket.socket:
    where = urlsplit(address)
    link = socket.socket()
    link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _WINDOW)
    link.connect((where.hostname, where.port))
    link.sendall(request.replace(b"HOST", where.netloc.encode()))
    return link


def _get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: HOST\r\n\r\n".encode()


def _post(path: str, kind: str, body: bytes, length: int) -> bytes:
    return (
        f"POST {path} HTTP/1.1\r\nHost: HOST\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n".encode()
        + body
    )


def _question(text: str) -> bytes:
    body = json.dumps({"question": text, "stream": True}).encode()
    return _post("/api/v1/ask", "application/json", body, len(body))


def _half_upload() -> bytes:
    part = f'--B\r\nContent-Disposition: form-data; name="files"; filename="{HALF}"\r\n\r\n'.encode() + b"half " * 1000
    return _post(_BASE, "multipart/form-data; boundary=B", part, 2 * len(part))


_BROKEN_OFF = (_get("/api/v1/events"), _get("/library"), _get(f"{_BASE}?per_page=500"), _half_upload())
