"""Many at a server at once, over real sockets: who waits long takes no thread from the others."""

from __future__ import annotations

import socket
import sqlite3
import threading
from contextlib import ExitStack, closing
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from app.server import create_app
from tests.support.fakes import HashEmbedder
from tests.support.live import listening, live
from tests.support.scripted_llm import ScriptedLLM
from tests.support.served import REPORT, services_in

# More than there are threads for what is not asynchronous.
READERS = 100
_LIMIT = 30.0


def asking(stack: ExitStack, address: str, request: httpx.Request) -> socket.socket:
    """A connection on which this is asked, and nothing read yet."""
    where = urlsplit(address)
    link = stack.enter_context(socket.create_connection((where.hostname, where.port), timeout=_LIMIT))
    head = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
    link.sendall(f"{request.method} {request.url.path} HTTP/1.1\r\n{head}\r\n".encode() + request.read())
    return link


def opened(stack: ExitStack, address: str, path: str) -> socket.socket:
    """A connection that asked for a stream and has its first bytes."""
    link = asking(stack, address, httpx.Request("GET", address + path))
    assert link.recv(4096).startswith(b"HTTP/1.1 200")
    return link


def see_pages(address: str) -> None:
    """Pages and what they ask for come, whoever waits for something else."""
    for path in ("/healthz", "/", "/library", "/api/v1/bases/default/documents", "/api/v1/conversations"):
        assert httpx.get(address + path, timeout=_LIMIT).status_code == 200


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


def test_searches_that_wait_for_the_embedder_keep_nobody_from_pages(tmp_path: Path) -> None:
    loaded = threading.Event()

    def load() -> HashEmbedder:
        assert loaded.wait(4 * _LIMIT)
        return HashEmbedder()

    with services_in(tmp_path, embedder=load) as services, listening(create_app(services)) as address:
        with ExitStack() as stack:
            try:
                search = httpx.Request("POST", f"{address}/api/v1/search", json={"question": "收入"})
                links = [asking(stack, address, search) for _ in range(READERS)]
                see_pages(address)
            finally:
                loaded.set()
            for link in links:
                assert link.recv(4096).startswith(b"HTTP/1.1 200")
        services.closing.set()


def test_uploads_that_wait_for_the_disk_keep_nobody_from_pages(tmp_path: Path) -> None:
    with services_in(tmp_path) as services, listening(create_app(services)) as address:
        with ExitStack() as stack:
            with closing(sqlite3.connect(tmp_path / "data" / "catalog.db")) as other:
                other.execute("BEGIN IMMEDIATE")
                links = [asking(stack, address, upload_of(address, number)) for number in range(READERS)]
                see_pages(address)
            for link in links:
                assert link.recv(4096).startswith(b"HTTP/1.1 202")
        services.closing.set()


def upload_of(address: str, number: int) -> httpx.Request:
    route = f"{address}/api/v1/bases/default/documents"
    return httpx.Request("POST", route, files={"files": (f"{number}.txt", f"第{number}号。".encode())})
