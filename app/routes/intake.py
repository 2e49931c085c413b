"""What a request may send: so many bytes, and not too slowly. Whoever goes on sending holds memory and a connection."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from fastapi import Request
from fastapi.responses import JSONResponse
from python_multipart.multipart import parse_options_header
from starlette.datastructures import Headers
from starlette.routing import compile_path
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.audience import Audience
from app.auth.needs import NEEDS
from app.errors import RequestInvalid, RequestTooLarge, RequestTooSlow
from app.routes.given import language_of_request
from app.wire import problem
from models.errors import Explained
from models.reasons import because

# Anything but files: the longest question and a thousand ids of documents fit in many times.
BODY_BYTES = 1_000_000
# By its path: a body for any other route would be read into memory, whatever it says that it is.
_UPLOADS = tuple(compile_path(route.partition(" ")[2])[0] for route, need in NEEDS.items() if need.files)


@dataclass(frozen=True)
class Pace:
    """How slow is too slow: silence for so many seconds, or fewer bytes a second once so many have been waited."""

    silence: float = 30.0
    grace: float = 30.0
    least: float = 500.0


class Intake:
    """ASGI middleware: ends requests whose body is too large, unreadable or too slow with a problem document."""

    def __init__(self, app: ASGIApp, upload_bytes: int, pace: Pace = Pace()) -> None:
        self._app = app
        self._upload_bytes = upload_bytes
        self._pace = pace

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        limit = self._upload_bytes if any(path.fullmatch(scope["path"]) for path in _UPLOADS) else BODY_BYTES
        body = _Body(receive, limit, self._pace)
        if not body.fits(headers.get("content-length", "")) or not body.readable(headers.get("content-type", "")):
            await _refuse(body.fault, scope, receive, send)
            return
        begun = False

        async def send_unless_refused(message: Message) -> None:
            # What the application makes of a body that was cut off is not the answer.
            nonlocal begun
            if body.fault is None or begun:
                begun = True
                await send(message)

        try:
            await self._app(scope, body.receive, send_unless_refused)
        except Exception:
            if body.fault is None or begun:
                raise
        if body.fault is not None and not begun:
            await _refuse(body.fault, scope, receive, send)


class _Body:
    """The body of one request. Of a faulty one no more is handed on: the application sees a broken connection."""

    def __init__(self, receive: Receive, limit: int, pace: Pace) -> None:
        self.fault: Explained | None = None
        self._receive = receive
        self._limit = limit
        self._pace = pace
        self._bytes = 0
        self._waited = 0.0
        self._complete = False

    def fits(self, declared: str) -> bool:
        """Whether as much as is declared may be sent."""
        if declared.isdecimal() and int(declared[:20]) > self._limit:
            self.fault = RequestTooLarge(limit_mb=self._limit // 1_000_000)
        return self.fault is None

    def readable(self, kind: str) -> bool:
        """Whether the text of a form is UTF-8: some of Python's encodings fail in their own ways, or make no text."""
        media_type, options = parse_options_header(kind)
        charset = options.get(b"charset", b"utf-8").lower()
        if media_type.startswith(b"multipart/") and charset not in (b"utf-8", b"utf8"):
            self.fault = RequestInvalid(reason=because("charset-other"))
        return self.fault is None

    async def receive(self) -> Message:
        if self._complete:
            # There is nothing to come but the end of the connection.
            return await self._receive()
        begin = time.monotonic()
        try:
            message = await asyncio.wait_for(self._receive(), self._pace.silence)
        except TimeoutError:
            return self._end(RequestTooSlow())
        self._waited += time.monotonic() - begin
        if message["type"] != "http.request":
            return message
        self._bytes += len(message.get("body", b""))
        self._complete = not message.get("more_body", False)
        if self._bytes > self._limit:
            return self._end(RequestTooLarge(limit_mb=self._limit // 1_000_000))
        slow = self._waited > self._pace.grace and self._bytes < self._pace.least * self._waited
        return self._end(RequestTooSlow()) if slow and not self._complete else message

    def _end(self, fault: Explained) -> Message:
        self.fault, self._complete = fault, True
        return {"type": "http.disconnect"}


async def _refuse(fault: Explained | None, scope: Scope, receive: Receive, send: Send) -> None:
    assert fault is not None
    body = problem(fault, Audience(language_of_request(Request(scope))))
    # What is still under way is not waited for.
    response = JSONResponse(
        body.model_dump(),
        status_code=body.status,
        media_type="application/problem+json",
        headers={"Connection": "close"},
    )
    await response(scope, receive, send)
