"""The web application: lifespan, routers, and the one place where errors become answers."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse, Response
from starlette.exceptions import HTTPException

from app import __version__
from app.bootstrap import Services
from app.errors import QueueFull, RequestInvalid
from app.i18n import explain
from app.routes import ask, bases, conversations, documents, health, models, pages
from app.routes.assets import STATIC, Assets
from app.routes.given import language_of_request, problems
from app.routes.guard import Guard
from app.routes.intake import Intake
from app.routes.last_resort import LastResort
from app.wire import problem
from ingest.errors import DrawingBusy
from models.errors import Explained

log = logging.getLogger(__name__)

DESCRIPTION = """
Questions over your own documents, answered on your own machine.

Errors are problem documents (RFC 9457); their `type` is stable, their `detail` is in the language
of the request's `Accept-Language`.
"""


# What any request may end in: it cannot be read, is foreign, too slow, too large or invalid, or met a mistake of ours.
EVERYWHERE = (400, 403, 408, 413, 422, 500)


def create_app(services: Services) -> FastAPI:
    """The application over opened services. It starts and stops their threads; closing them is the caller's."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        services.start()
        yield
        services.stop()

    app = FastAPI(
        title="Zhiwen 知文",
        version=__version__,
        description=DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
    )
    app.state.services = services
    # The one that is added last sees a request first.
    app.add_middleware(Intake, upload_bytes=services.settings.max_request_mb * 1_000_000)
    app.add_middleware(LastResort)
    app.add_middleware(Guard)
    for module in (bases, documents, ask, conversations, models, health):
        app.include_router(module.router, responses=problems(*EVERYWHERE))
    app.include_router(pages.router)
    app.mount("/static", Assets(directory=STATIC), name="static")
    app.add_exception_handler(Explained, _explained)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_api_route("/favicon.ico", _icon, include_in_schema=False)
    return app


async def _icon() -> FileResponse:
    return FileResponse(STATIC / "icon.svg", media_type="image/svg+xml")


def _answer(request: Request, error: Explained) -> Response:
    body = problem(error, language_of_request(request))
    headers = {}
    if isinstance(error, QueueFull | DrawingBusy):
        headers["Retry-After"] = str(error.params["seconds"])
    return JSONResponse(
        body.model_dump(), status_code=body.status, media_type="application/problem+json", headers=headers
    )


async def _explained(request: Request, error: Exception) -> Response:
    assert isinstance(error, Explained)
    return _answer(request, error)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    reasons = [f"{'.'.join(str(part) for part in item['loc'])}: {item['msg']}" for item in error.errors()]
    invalid = RequestInvalid(reason="; ".join(reasons))
    if not request.url.path.startswith("/api/"):
        return pages.missing(request, 422, explain(invalid, language_of_request(request)))
    return _answer(request, invalid)


async def _http(request: Request, error: Exception) -> Response:
    """Starlette's own refusals: no such path, wrong method, a malformed body."""
    assert isinstance(error, HTTPException)
    if not request.url.path.startswith("/api/"):
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
