"""Streams of events over real sockets: many of them hold no thread."""

from __future__ import annotations

import socket
import threading
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from tests.support.live import live
from tests.support.scripted_llm import ScriptedLLM
from tests.support.served import REPORT

# More than there are threads for what is not asynchronous.
READERS = 100
_LIMIT = 30.0


def opened(stack: ExitStack, address: str, path: str) -> socket.socket:
    """A connection that asked for a stream and has its first bytes."""
    where = urlsplit(address)
    link = stack.enter_context(socket.create_connection((where.hostname, where.port), timeout=_LIMIT))
    link.sendall(f"GET {path} HTTP/1.1\r\nHost: {where.netloc}\r\n\r\n".encode())
    assert link.recv(4096).startswith(b"HTTP/1.1 200")
    return link


def test_many_idle_streams_hold_no_thread_and_miss_nothing(tmp_path: Path) -> None:
    with (
        live(tmp_path, ScriptedLLM({"": "好。"})) as address,
        ExitStack() as stack,
        httpx.Client(base_url=address, timeout=_LIMIT) as client,
    ):
        links = [opened(stack, address, "/api/v1/events") for _ in range(READERS)]
        uploaded = client.post("/api/v1/bases/default/documents", files={"files": ("年报.md", REPORT.encode())})
        assert uploaded.status_code == 202
        for link in links:
            told = b""
            while b"event: document" not in told:
                more = link.recv(65536)
                assert more, "the stream ended"
                told += more
        assert len([thread for thread in threading.enumerate() if "AnyIO" in thread.name]) < READERS / 10
