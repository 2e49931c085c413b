"""Applications on a port of their own, for a browser."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from starlette.types import ASGIApp

from app.server import create_app
from app.web_server import server_of
from models.base import LLM
from tests.support.served import ENDED, services_in


@contextmanager
def listening(app: ASGIApp, port: int = 0, tls: tuple[Path, Path] | None = None) -> Iterator[str]:
    """Serve an application in a thread, as `zhiwen serve` does; yields its address.

    Without a port it is any free one. `tls` is a certificate and its key.
    """
    listener = socket.create_server(("127.0.0.1", port), backlog=256)
    server = server_of(app, lambda: None, tls=tls)
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        thread.join(0.01)
    try:
        yield f"{'https' if tls else 'http'}://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(15)
        listener.close()


@contextmanager
def live(folder: Path, llm: LLM, port: int = 0) -> Iterator[str]:
    """Serve the real application over a data folder; yields its address."""
    with services_in(folder, llm=lambda: llm) as services, listening(create_app(services), port) as address:
        yield address
        services.closing.set()  # ends the streams that a browser left open


def settled(address: str, *documents: str) -> None:
    """Wait until these documents are ready, have failed or need a password: whatever is told of any, look again."""
    with httpx.Client(base_url=address, timeout=60) as client, client.stream("GET", "/api/v1/events") as news:
        lines = news.iter_lines()
        while any(client.get(f"/api/v1/documents/{each}").json()["status"] not in ENDED for each in documents):
            next(lines)
