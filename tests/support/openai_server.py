"""A small OpenAI-compatible server on a real socket, whose every answer a test decides."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any


class Exchange:
    """One request: what came, and the means to answer."""

    def __init__(self, handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
        self.path = handler.path
        self.headers = dict(handler.headers)
        self.body = body
        self._handler = handler

    def respond(self, status: int, body: bytes | dict[str, Any], kind: str = "application/json") -> None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.begin(status, kind)
        self.send(data)

    def begin(self, status: int = 200, kind: str = "text/event-stream") -> None:
        self._handler.send_response(status)
        self._handler.send_header("Content-Type", kind)
        self._handler.send_header("Connection", "close")
        self._handler.end_headers()

    def send(self, data: bytes) -> None:
        self._handler.wfile.write(data)
        self._handler.wfile.flush()

    def event(self, **event: Any) -> None:
        self.send(b"data: " + json.dumps(event, ensure_ascii=False).encode() + b"\n\n")

    def delta(self, finish: str | None = None, **delta: Any) -> None:
        self.event(choices=[{"index": 0, "delta": delta, "finish_reason": finish}])

    def done(self) -> None:
        self.send(b"data: [DONE]\n\n")

    def wait_for_hang_up(self, seconds: float) -> bool:
        """Whether the client cuts the connection within so many seconds."""
        self._handler.connection.settimeout(seconds)
        try:
            return self._handler.connection.recv(1) == b""
        except TimeoutError:
            return False
        except ConnectionError:
            return True


Behaviour = Callable[[Exchange], None]


class OpenAIServer:
    """`url` to give to a client; `exchanges` that were had; `behaviour` for the next ones."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.behaviour: Behaviour = echo
        self.exchanges: list[Exchange] = []
        self.hung_up = Event()


@contextmanager
def openai_server(behaviour: Behaviour | None = None) -> Iterator[OpenAIServer]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            exchange = Exchange(self, body)
            served.exchanges.append(exchange)
            try:
                served.behaviour(exchange)
            except ConnectionError:
                served.hung_up.set()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served = OpenAIServer(f"http://127.0.0.1:{server.server_address[1]}/v1")
    served.behaviour = behaviour or echo
    thread = Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def says(pieces: Sequence[str], *, finish: str = "stop", usage: bool = True) -> Behaviour:
    """Streams these pieces as a well-behaved server does."""

    def behave(exchange: Exchange) -> None:
        exchange.begin()
        exchange.delta(role="assistant", content="")
        for piece in pieces:
            exchange.delta(content=piece)
        exchange.delta(finish=finish)
        if usage and exchange.body.get("stream_options"):
            exchange.event(choices=[], usage={"prompt_tokens": 7, "completion_tokens": len(pieces)})
        exchange.done()

    return behave


def echo(exchange: Exchange) -> None:
    """Answers with the last message, at most `max_tokens` characters of it, a character a piece."""
    text, limit = exchange.body["messages"][-1]["content"] * 20, exchange.body["max_tokens"]
    says(list(text[:limit]), finish="length" if len(text) > limit else "stop")(exchange)
