"""Applications on a port of their own, for a browser."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from app.server import create_app
from models.base import LLM
from tests.support.served import services_in


@contextmanager
def listening(app: FastAPI) -> Iterator[str]:
    """Serve an application in a thread; yields its address."""
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", timeout_graceful_shutdown=2)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        thread.join(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(15)


@contextmanager
def live(folder: Path, llm: LLM) -> Iterator[str]:
    """Serve the real application over an empty data folder; yields its address."""
    with services_in(folder, llm=lambda: llm) as services, listening(create_app(services)) as address:
        yield address
        services.closing.set()  # ends the streams that a browser left open
