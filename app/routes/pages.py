"""The HTML pages: a shell with its first data; the scripts in `static/js` talk to the REST API."""

from __future__ import annotations

from datetime import datetime
from functools import cache, partial
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Query, Request
from fastapi.templating import Jinja2Templates
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import RedirectResponse, Response

from app import __version__
from app.i18n import LANGUAGES, catalogue, explain, translate
from app.routes.assets import static_url
from app.routes.given import LANGUAGE_COOKIE, language_of_request
from app.settings import Settings
from app.shelf import remote_llm_host
from models.errors import Explained

PER_PAGE = 50
TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
# The catalogue sections that the scripts of a page need; the server renders the rest.
SECTIONS = {
    "chat": ("common", "chat", "sources", "status"),
    "library": ("common", "library", "status"),
    "document": ("common", "document", "status"),
    "models": ("common", "models"),
    "error": ("common",),
}
Sort = Literal["created_at", "name", "size", "status"]
Status = Literal["", "queued", "processing", "ready", "failed", "needs_password"]

router = APIRouter(include_in_schema=False)
page_route = partial(router.api_route, methods=["GET", "HEAD"])


@page_route("/")
def chat(request: Request) -> Response:
    """Ask and read: conversations, the answer, its sources."""
    services = request.app.state.services
    return _render(
        request,
        "chat",
        bases=services.library.catalog.bases(),
        conversations=services.conversations.all(),
    )


@page_route("/library")
def library(
    request: Request,
    base: str = "default",
    text: str = "",
    status: Status = "",
    sort: Sort = "created_at",
    descending: bool = True,
    page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
) -> Response:
    """The documents of one base, and the place to add some."""
    catalog = request.app.state.services.library.catalog
    try:
        chosen = catalog.base(base)
    except Explained as error:
        return _missing(request, error)
    documents = catalog.documents(
        chosen.id,
        page=page,
        per_page=PER_PAGE,
        sort=sort,
        descending=descending,
        status=status or None,
        text=text,
    )
    query = {"text": text, "status": status, "sort": sort, "descending": descending, "page": page}
    return _render(request, "library", bases=catalog.bases(), base=chosen, documents=documents, query=query)


@page_route("/documents/{document_id}")
def document(request: Request, document_id: str) -> Response:
    """One document: its pages beside the text that was read from them."""
    catalog = request.app.state.services.library.catalog
    try:
        found = catalog.document(document_id)
    except Explained as error:
        return _missing(request, error)
    return _render(request, "document", document=found, base=catalog.base(found.base_id))


@page_route("/models")
def models(request: Request) -> Response:
    """What is installed and running, and what can be fetched."""
    return _render(request, "models")


@page_route("/docs")
def api_docs(request: Request) -> Response:
    """The REST interface, to read and to try."""
    source_url = request.app.state.services.settings.source_url
    return _templates().TemplateResponse(request, "api_docs.html", {"source_url": source_url})


@router.post("/language")
def language(language: Annotated[str, Form()], to: Annotated[str, Form()] = "/") -> Response:
    """Remember the language for this browser and go back to the page."""
    here = to.startswith("/") and not to.startswith(("//", "/\\"))
    response = RedirectResponse(to if here else "/", status_code=303)
    if language in LANGUAGES:
        response.set_cookie(LANGUAGE_COOKIE, language, max_age=31536000, samesite="lax", httponly=True)
    return response


def missing(request: Request, status_code: int, sentence: str) -> Response:
    """A page that says why there is no page."""
    title = translate(language_of_request(request), "common.bad_address" if status_code == 422 else "common.not_found")
    return _render(request, "error", status_code=status_code, title=title, sentence=sentence)


def no_page(request: Request, status_code: int) -> Response:
    """The page for an address that leads nowhere."""
    sentence = translate(language_of_request(request), "common.no_page", path=request.url.path)
    return missing(request, status_code, sentence)


def _missing(request: Request, error: Explained) -> Response:
    return missing(request, 404, explain(error, language_of_request(request)))


def _render(request: Request, name: str, *, status_code: int = 200, **context: Any) -> Response:
    settings: Settings = request.app.state.services.settings
    chosen = language_of_request(request)
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    shell = {
        "page_name": name,
        "language": chosen,
        "languages": LANGUAGES,
        "here": here,
        "t": partial(translate, chosen),
        "messages": _messages(chosen, SECTIONS[name]),
        "source_url": settings.source_url,
        "remote_host": remote_llm_host(settings),
        "version": __version__,
    }
    response = _templates().TemplateResponse(request, f"{name}.html", shell | context, status_code=status_code)
    response.headers["Vary"] = "Cookie, Accept-Language"
    return response


def _messages(language: str, sections: tuple[str, ...]) -> dict[str, str]:
    return {key: text for key, text in catalogue(language).items() if key.split(".")[0] in sections}


@cache
def _templates() -> Jinja2Templates:
    env = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    env.lstrip_blocks = True
    env.globals["static_url"] = static_url
    env.filters["bytes"] = _bytes
    env.filters["rfc3339"] = _rfc3339
    return Jinja2Templates(env=env)


def _bytes(size: int) -> str:
    if size < 1000:
        return f"{size} B"
    amount, unit = next(
        (size / scale, unit) for scale, unit in ((1e9, "GB"), (1e6, "MB"), (1e3, "KB")) if size >= scale
    )
    return f"{amount:.1f} {unit}" if amount < 100 else f"{amount:.0f} {unit}"


def _rfc3339(seconds: float) -> str:
    return datetime.fromtimestamp(seconds).astimezone().isoformat(timespec="seconds")
