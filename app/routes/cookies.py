"""The cookie that holds a session: out of reach of scripts, of other sites' requests, and of plain HTTP after HTTPS."""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import Response

from app.auth.sessions import LONGEST


def _name(request: Request) -> str:
    # A browser takes this prefix only with Secure, from this very host, for every path: nobody can plant one.
    return "__Host-zhiwen" if request.url.scheme == "https" else "zhiwen_session"


def session_of(request: Request) -> str:
    """The id of the session that a browser shows, or ""."""
    return request.cookies.get(_name(request), "")


def keep_session(request: Request, response: Response, session_id: str) -> None:
    """Let the browser show this session from now on."""
    response.set_cookie(
        _name(request),
        session_id,
        max_age=int(LONGEST),
        path="/",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="lax",
    )


def drop_session(request: Request, response: Response) -> None:
    """Let the browser show no session any more."""
    response.delete_cookie(
        _name(request), path="/", secure=request.url.scheme == "https", httponly=True, samesite="lax"
    )
