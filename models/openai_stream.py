"""One streamed chat completion over HTTP, readable and breakable at any moment."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from threading import Event, Thread
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self

from models.errors import ModelUnreachable
from models.reasons import Reason, because, quoted
from models.sse import EventData, EventTooLong

if TYPE_CHECKING:
    import httpx

_CONNECT_SECONDS = 10.0
_LOOK_SECONDS = 0.05
_SHOWN = 300


@dataclass(frozen=True)
class Request:
    """Where to send what. `direct` goes past any proxy named in the environment."""

    url: str
    key: str = field(repr=False)
    body: dict[str, object]
    timeout: float
    direct: bool


@dataclass(frozen=True)
class Ended:
    """How the server ended the answer; counts are 0 where it does not report them."""

    reason: Literal["stop", "length"] = "stop"
    prompt_tokens: int = 0
    reused_tokens: int = 0
    generated_tokens: int = 0


class Answer:
    """An answer being received. A thread of its own reads, so that a silent server holds nobody up.

    Leaving the context cuts the connection, at which servers stop computing. `usage` tells
    whether the server took the request for token counts.
    """

    def __init__(self, request: Request, *, usage: bool) -> None:
        self.usage = usage
        self._request = request
        self._queue: SimpleQueue[str | Ended | ModelUnreachable | None] = SimpleQueue()
        self._sockets: list[socket.socket] = []
        self._left = Event()
        self._thread = Thread(target=self._read, name="openai-answer", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._left.set()
        for connection in self._sockets:
            _cut(connection)

    def events(self, cancel: Event) -> Iterator[str | Ended]:
        """Pieces of text, then Ended; ends without it when `cancel` is set. Raises ModelUnreachable."""
        while not cancel.is_set():
            try:
                event = self._queue.get(timeout=_LOOK_SECONDS)
            except Empty:
                continue
            if event is None:
                return
            if isinstance(event, ModelUnreachable):
                raise event
            yield event

    def _read(self) -> None:
        import httpx

        try:
            timeout = httpx.Timeout(self._request.timeout, connect=_CONNECT_SECONDS)
            with httpx.Client(timeout=timeout, trust_env=not self._request.direct) as client:
                self._receive(client)
        except httpx.TimeoutException:
            self._fail(because("no-word", seconds=f"{self._request.timeout:g}"))
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError, EventTooLong) as error:
            self._fail(quoted(str(error) or type(error).__name__))
        finally:
            self._queue.put(None)

    def _receive(self, client: httpx.Client) -> None:
        with self._send(client) as response:
            refused = response.status_code in (400, 422) and self.usage
            if not refused:
                self._take(response)
                return
        # Some servers do not know stream_options; none says so in the same words.
        self.usage = False
        with self._send(client) as response:
            self._take(response)

    def _send(self, client: httpx.Client) -> Any:
        body = {**self._request.body, "stream": True}
        if self.usage:
            body["stream_options"] = {"include_usage": True}
        headers = {"Authorization": f"Bearer {self._request.key}"} if self._request.key else {}
        extensions = {"trace": self._trace}
        return client.stream("POST", self._request.url, json=body, headers=headers, extensions=extensions)

    def _trace(self, event: str, info: dict[str, Any]) -> None:
        """Remember the socket as soon as there is one, to be able to cut a request without an answer."""
        if event.endswith(("connect_tcp.complete", "start_tls.complete")):
            connection = info["return_value"].get_extra_info("socket")
            self._sockets.append(connection)
            if self._left.is_set():
                _cut(connection)

    def _take(self, response: httpx.Response) -> None:
        if response.status_code != 200:
            response.read()
            self._fail(because("server-status", status=response.status_code, message=_message(response)))
        elif "json" in response.headers.get("content-type", ""):
            self._take_whole(json.loads(response.read()))
        else:
            self._take_stream(response)

    def _take_whole(self, answer: dict[str, Any]) -> None:
        """An answer of a server that does not stream."""
        try:
            choice = answer["choices"][0]
            self._queue.put(choice["message"]["content"] or "")
        except (KeyError, IndexError, TypeError):
            self._fail(because("not-a-completion", answer=json.dumps(answer)[:_SHOWN]))
        else:
            self._queue.put(_ended(choice.get("finish_reason"), answer.get("usage")))

    def _take_stream(self, response: httpx.Response) -> None:
        events, state = EventData(), _State()
        for chunk in response.iter_bytes():
            for data in events.feed(chunk):
                self._take_event(data, state)
            if self._left.is_set() or state.done or state.failed:
                break
        else:
            for data in events.rest():
                self._take_event(data, state)
        if state.failed:
            return
        if state.done or state.reason:
            self._queue.put(_ended(state.reason, state.usage))
        else:
            self._fail(because("broke-off"))

    def _take_event(self, data: str, state: _State) -> None:
        if data.strip() == "[DONE]":
            state.done = True
        if state.done or state.failed:
            return
        event = json.loads(data)
        if not isinstance(event, dict) or event.get("error"):
            state.failed = True
            self._fail(quoted(_told(event)))
            return
        state.usage = event.get("usage") or state.usage
        for choice in (event.get("choices") or [])[:1]:
            # What a reasoning model thinks comes in fields of its own and is no part of the answer.
            if piece := (choice.get("delta") or {}).get("content"):
                self._queue.put(piece)
            state.reason = choice.get("finish_reason") or state.reason

    def _fail(self, reason: Reason) -> None:
        shown = reason.replace(self._request.key, "***") if self._request.key else reason
        self._queue.put(ModelUnreachable(url=self._request.url, reason=quoted(shown.rstrip("."))))


@dataclass
class _State:
    """How far a stream has come."""

    done: bool = False
    failed: bool = False
    reason: str | None = None
    usage: dict[str, Any] | None = None


def _cut(connection: socket.socket) -> None:
    """Closing would not wake the thread that reads from it."""
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def _ended(reason: str | None, usage: dict[str, Any] | None) -> Ended:
    usage = usage or {}
    cached = (usage.get("prompt_tokens_details") or {}).get("cached_tokens") or 0
    return Ended(
        "length" if reason == "length" else "stop",
        usage.get("prompt_tokens") or 0,
        cached,
        usage.get("completion_tokens") or 0,
    )


def _message(response: httpx.Response) -> str:
    try:
        return _told(response.json())
    except ValueError:
        return response.text.strip()[:_SHOWN] or response.reason_phrase


def _told(answer: object) -> str:
    """The sentence in an error object; servers put it in one of four places."""
    for key in ("error", "message", "detail"):
        if isinstance(answer, dict) and answer.get(key):
            return _told(answer[key])
    return (answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False))[:_SHOWN]
