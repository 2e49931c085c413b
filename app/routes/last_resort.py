"""Answers what nothing else answered: an error that was not foreseen is logged, and told without its insides."""

from __future__ import annotations

import logging

from fastapi import Request
from fastapi.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.audience import Audience
from app.errors import Unexpected
from app.routes.given import language_of_request
from app.wire import problem

log = logging.getLogger(__name__)


class LastResort:
    """ASGI middleware, inside of what adds headers: the framework's own handler of this kind is outside of it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def noting(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, noting)
        except Exception as error:
            if scope["type"] != "http" or begun:
                raise
            log.exception("request failed: %s %s", scope["method"], scope["path"])
            body = problem(Unexpected(kind=type(error).__name__), Audience(language_of_request(Request(scope))))
            response = JSONResponse(body.model_dump(), status_code=500, media_type="application/problem+json")
            await response(scope, receive, send)
