"""A real web server on this machine that misbehaves as told: drops, lies, forgets."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class FileServer:
    """What the server answers, by path. `drops` cuts that many answers short, half-way.

    `requests` lists what was asked: path and Range header.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    redirects: dict[str, str] = field(default_factory=dict)
    drops: dict[str, int] = field(default_factory=dict)
    etags: dict[str, str] = field(default_factory=dict)
    ranges: bool = True
    requests: list[tuple[str, str]] = field(default_factory=list)
    url: str = ""


@contextmanager
def serving() -> Iterator[FileServer]:
    """Run a FileServer on a free port of this machine."""
    state = FileServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            _answer(self, state)

        def end_headers(self) -> None:
            # It closes after every answer: unsaid, a client may send its next request into the closing connection.
            self.send_header("Connection", "close")
            super().end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Keep the test output quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _answer(handler: BaseHTTPRequestHandler, state: FileServer) -> None:
    path = handler.path
    wanted = handler.headers.get("Range", "")
    state.requests.append((path, wanted))
    handler.close_connection = True
    if path in state.redirects:
        handler.send_response(302)
        handler.send_header("Location", state.redirects[path])
        handler.send_header("Content-Length", "0")
        handler.end_headers()
        return
    if path not in state.files:
        handler.send_error(404)
        return
    body = state.files[path]
    etag = state.etags.get(path, "")
    start = 0
    known = handler.headers.get("If-Range", etag) == etag
    if wanted and state.ranges and known:
        start = int(wanted.removeprefix("bytes=").split("-")[0])
        if start >= len(body):
            handler.send_error(416)
            return
        handler.send_response(206)
        handler.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
    else:
        handler.send_response(200)
    if etag:
        handler.send_header("ETag", etag)
    body = body[start:]
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    if state.drops.get(path, 0) > 0:
        state.drops[path] -= 1
        body = body[: len(body) // 2]
    handler.wfile.write(body)
