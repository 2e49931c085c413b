"""Keeps other web sites out: a browser may be made to knock here, so the server asks who sent it.

A page elsewhere can send requests to this machine, or point a name of its own at it (DNS rebinding).
Answers are given to names that are known to be this server's, and nothing is changed for another origin.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from ipaddress import ip_address
from urllib.parse import urlsplit

from fastapi import Request
from fastapi.responses import JSONResponse
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.audience import Audience
from app.auth.needs import SHARE
from app.errors import ForeignRequest
from app.routes.given import language_of_request
from app.wire import problem
from models.loopback import is_loopback_host

READING = ("GET", "HEAD", "OPTIONS")
# The page of the REST interface draws itself with inline styles; no page has inline scripts.
POLICY = "default-src 'self'; img-src 'self' data: blob:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
DOCS_POLICY = POLICY + "; style-src 'self' 'unsafe-inline'"


class Guard:
    """ASGI middleware: refuses foreign hosts and foreign writes, and says what browsers may do with the pages."""

    def __init__(self, app: ASGIApp, names: Iterable[str] = (), origins: Collection[str] = (), *, far: bool) -> None:
        """`names` are further ones of this server, `origins` other sites whose pages may send. `far` if others than
        this machine's users can reach it: then addresses in figures are its own too, which nobody can rebind.
        """
        self._app = app
        self._names = {name.lower().rstrip(".") for name in names}
        self._origins = {origin.lower().rstrip("/") for origin in origins}
        self._far = far

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = MutableHeaders(scope=message)
                given["Content-Security-Policy"] = DOCS_POLICY if scope["path"] == "/docs" else POLICY
                given["X-Content-Type-Options"] = "nosniff"
                given["X-Frame-Options"] = "DENY"
                given["Referrer-Policy"] = "same-origin"
                # Another site's page neither shows what is here nor learns from a window that does.
                given["Cross-Origin-Resource-Policy"] = "same-origin"
                given["Cross-Origin-Opener-Policy"] = "same-origin"
                # Whoever comes to this browser next, or lost a role, must not be shown it again.
                given.setdefault("Cache-Control", "no-store")
            await send(message)

        if self._is_foreign(scope["method"], scope["path"], Headers(scope=scope)):
            await _refuse(scope, receive, send_guarded)
        else:
            await self._app(scope, receive, send_guarded)

    def _is_foreign(self, method: str, path: str, headers: Headers) -> bool:
        host, origin = headers.get("host", ""), headers.get("origin")
        try:
            named = urlsplit(f"//{host}").hostname or ""
            other = origin is not None and urlsplit(origin).netloc.lower() != host.lower()
        except ValueError:
            # Not an address at all, such as one half of a bracket.
            return True
        # A Host has neither a user nor a path: what has is written to be read in two ways.
        if any(mark in host for mark in "@/\\?#") or not self._is_ours(named):
            return True
        if method in READING or path == SHARE or (origin is not None and origin.lower() in self._origins):
            return False
        return other or headers.get("sec-fetch-site") == "cross-site"

    def _is_ours(self, name: str) -> bool:
        return is_loopback_host(name) or name.lower().rstrip(".") in self._names or (self._far and _in_figures(name))


def _in_figures(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    body = problem(ForeignRequest(), Audience(language_of_request(Request(scope))))
    response = JSONResponse(body.model_dump(), status_code=body.status, media_type="application/problem+json")
    await response(scope, receive, send)
