"""The web application: lifespan, routers, and the one place where errors become answers."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import FileResponse, JSONResponse, Response
from starlette.exceptions import HTTPException

from app import __version__
from app.auth.errors import LoginNeeded, LoginThrottled
from app.bootstrap import Services
from app.errors import QueueFull, RequestInvalid, status_of
from app.i18n import explain
from app.routes import (
    accounts,
    ask,
    backups,
    bases,
    chat,
    conversations,
    documents,
    doors,
    health,
    install,
    models,
    pages,
    plain,
    preferences,
    reading,
)
from app.routes.access import BEARER, admit
from app.routes.assets import STATIC, Assets
from app.routes.given import audience_of, problems
from app.routes.guard import Guard
from app.routes.intake import Intake
from app.routes.last_resort import LastResort
from app.settings import exposed, listed
from app.tls import as_browsers_write_it, own_names
from app.wire import problem
from ingest.errors import DrawingBusy
from models.errors import Explained
from models.reasons import quoted

log = logging.getLogger(__name__)

DESCRIPTION = """
Questions over your own documents, answered on your own machine.

Errors are problem documents (RFC 9457); their `type` is stable, their `detail` is in the language
of the request's `Accept-Language`.
"""


# What any request may end in: it cannot be read, is nobody's, foreign or not allowed, too slow, too large, invalid,
# or met a mistake of ours.
EVERYWHERE = (400, 401, 403, 408, 413, 422, 500)


def create_app(services: Services, *, head_start: float = 0.0) -> FastAPI:
    """The application over opened services. It starts and stops their threads; closing them is the caller's.

    For `head_start` seconds requests alone are worked on: loading models holds up everything else.
    """

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        services.recover()
        start = asyncio.get_running_loop().call_later(head_start, services.start)
        yield
        start.cancel()
        services.stop()

    app = FastAPI(
        title="Zhiwen 知文",
        version=__version__,
        description=DESCRIPTION,
        lifespan=lifespan,
        # A route of ours gives it, to those who are let in.
        openapi_url=None,
        routes=_routes().routes,
    )
    app.state.services = services
    # The one that is added last sees a request first.
    app.add_middleware(Intake, upload_bytes=services.settings.max_request_mb * 1_000_000)
    app.add_middleware(LastResort)
    far, origins = exposed(services.settings), listed(services.settings.cors_origins)
    names = map(as_browsers_write_it, (*listed(services.settings.hosts), *(own_names() if far else ())))
    app.add_middleware(Guard, names=names, origins=origins, far=far)
    if origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=origins,
            allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "Last-Event-ID"],
        )
    app.mount("/static", Assets(STATIC), name="static")
    explain_errors(app)
    app.add_api_route("/favicon.ico", _icon, include_in_schema=False)
    return app


@cache
def _routes() -> APIRouter:
    """What every application answers: made once, for it takes longer than all else of an application."""
    routes = APIRouter()
    for module in (bases, documents, reading, ask, conversations, models, accounts, preferences, backups):
        routes.include_router(module.router, dependencies=[Depends(admit), BEARER], responses=problems(*EVERYWHERE))
    routes.include_router(health.router, dependencies=[Depends(admit)], responses=problems(*EVERYWHERE))
    for router in (pages.router, chat.router, plain.router, doors.router, install.router, backups.page_router):
        routes.include_router(router, dependencies=[Depends(admit)])
    return routes


def explain_errors(app: FastAPI) -> None:
    """Make answers of errors: pages for people, problem documents for programs."""
    app.add_exception_handler(Explained, _explained)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)


async def _icon() -> FileResponse:
    return FileResponse(STATIC / "icon.svg", media_type="image/svg+xml")


def _answer(request: Request, error: Explained) -> Response:
    body = problem(error, audience_of(request))
    headers = {}
    if isinstance(error, QueueFull | DrawingBusy | LoginThrottled):
        headers["Retry-After"] = str(error.params["seconds"])
    if body.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse(
        body.model_dump(), status_code=body.status, media_type="application/problem+json", headers=headers
    )


async def _explained(request: Request, error: Exception) -> Response:
    assert isinstance(error, Explained)
    if not pages.is_page(request):
        return _answer(request, error)
    if isinstance(error, LoginNeeded):
        return doors.shown_the_way(request)
    return pages.missing(request, status_of(error), explain(error, audience_of(request)))


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    reasons = [f"{'.'.join(str(part) for part in item['loc'])}: {item['msg']}" for item in error.errors()]
    invalid = RequestInvalid(reason=quoted("; ".join(reasons)))
    if pages.is_page(request):
        return pages.missing(request, 422, explain(invalid, audience_of(request)))
    return _answer(request, invalid)


async def _http(request: Request, error: Exception) -> Response:
    """Starlette's own refusals: no such path, wrong method, a malformed body."""
    assert isinstance(error, HTTPException)
    if pages.is_page(request):
        return pages.no_page(request, error.status_code)
    body = {
        "type": f"/problems/http-{error.status_code}",
        "title": f"http-{error.status_code}",
        "status": error.status_code,
        "detail": str(error.detail),
    }
    return JSONResponse(
        body, status_code=error.status_code, media_type="application/problem+json", headers=error.headers
    )
