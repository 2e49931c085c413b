"""The HTML pages: a shell with its first data; the scripts in `static/js` talk to the REST API."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cache, partial
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from fastapi import APIRouter, Form, Query, Request
from fastapi.templating import Jinja2Templates
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import RedirectResponse, Response

from app import __version__
from app.auth.caller import LOCAL, Caller
from app.auth.keys import SCOPES, Scope
from app.bootstrap import Services
from app.i18n import LANGUAGES, catalogue, translate
from app.routes.access import Who, base_for, bases_for, conversations_for
from app.routes.assets import static_url
from app.routes.given import LANGUAGE_COOKIE, Given, language_of_request
from app.shelf import remote_llm_host

PER_PAGE = 50
TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
# The catalogue sections that the scripts of a page need; the server renders the rest.
SECTIONS = {
    "chat": ("common", "chat", "sources", "status"),
    "library": ("common", "library", "status"),
    "document": ("common", "document", "status"),
    "models": ("common", "models"),
    "account": ("common", "account", "scope"),
    "people": ("common", "people"),
    "login": ("common",),
    "setup": ("common",),
    "error": ("common",),
}
Sort = Literal["created_at", "name", "size", "status"]
_Route = TypeVar("_Route", bound=Callable[..., Any])
Status = Literal["", "queued", "processing", "ready", "failed", "needs_password"]

router = APIRouter(include_in_schema=False)


def page_route(router: APIRouter, path: str) -> Callable[[_Route], _Route]:
    """Adds a page, which can be looked for as well as read."""
    return router.api_route(path, methods=["GET", "HEAD"])


def is_page(request: Request) -> bool:
    """Whether a person reads the answer, who is told in a page what went wrong."""
    path = request.url.path
    return not path.startswith("/api/") and path not in ("/healthz", "/readyz", "/metrics", "/source.zip")


@page_route(router, "/")
def chat(request: Request, services: Given, caller: Who) -> Response:
    """Ask and read: conversations, the answer, its sources."""
    return render(
        request,
        "chat",
        bases=bases_for(services, caller),
        conversations=conversations_for(services, caller),
    )


@page_route(router, "/library")
def library(
    request: Request,
    services: Given,
    caller: Who,
    base: str | None = None,
    text: str = "",
    status: Status = "",
    sort: Sort = "created_at",
    descending: bool = True,
    page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
) -> Response:
    """The documents of one base, and the place to add some. Without a name it is the first that the reader may see."""
    seen = bases_for(services, caller)
    if base is None and not seen:
        return missing(request, 200, translate(language_of_request(request), "common.no_base_yet"))
    chosen = seen[0] if base is None else base_for(services, caller, base)
    documents = services.library.catalog.documents(
        chosen.id,
        page=page,
        per_page=PER_PAGE,
        sort=sort,
        descending=descending,
        status=status or None,
        text=text,
    )
    query = {"text": text, "status": status, "sort": sort, "descending": descending, "page": page}
    role = caller.role(chosen.id)
    return render(request, "library", role=role, bases=seen, base=chosen, documents=documents, query=query)


@page_route(router, "/documents/{document}")
def document(request: Request, services: Given, caller: Who, document: str) -> Response:
    """One document: its pages beside the text that was read from them."""
    catalog = services.library.catalog
    found = catalog.document(document)
    role = caller.role(found.base_id)
    return render(request, "document", role=role, document=found, base=catalog.base(found.base_id))


@page_route(router, "/models")
def models(request: Request, caller: Who) -> Response:
    """What is installed and running, and what can be fetched."""
    return render(request, "models", role="owner" if caller.is_owner else "reader")


@page_route(router, "/account")
def account(request: Request, services: Given, caller: Who) -> Response:
    """One's own password and API keys."""
    return render(request, "account", user=caller.user, scopes=_scopes(caller), bases=bases_for(services, caller))


@page_route(router, "/people")
def people(request: Request, services: Given, caller: Who) -> Response:
    """Accounts, and who is what in the bases that the reader owns."""
    owned = [base for base in bases_for(services, caller) if caller.may("owner", base.id)]
    return render(request, "people", user=caller.user, bases=owned, everyone=caller.is_owner)


@page_route(router, "/docs")
def api_docs(request: Request, services: Given, caller: Who) -> Response:
    """The REST interface, to read and to try."""
    shown = {"source_url": services.settings.source_url, "csrf": _csrf(caller)}
    return _templates().TemplateResponse(request, "api_docs.html", shown)


@router.post("/language")
def language(language: Annotated[str, Form()], to: Annotated[str, Form()] = "/") -> Response:
    """Remember the language for this browser and go back to the page."""
    response = RedirectResponse(inside(to), status_code=303)
    if language in LANGUAGES:
        response.set_cookie(LANGUAGE_COOKIE, language, max_age=31536000, samesite="lax", httponly=True)
    return response


def inside(to: str) -> str:
    """An address of this server, or its first page: nobody is sent elsewhere from here."""
    return to if to.startswith("/") and not to.startswith(("//", "/\\")) else "/"


def here(request: Request) -> str:
    """The address that is asked for, to come back to."""
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def missing(request: Request, status_code: int, sentence: str) -> Response:
    """A page that says why there is no page."""
    title = translate(language_of_request(request), "common.bad_address" if status_code == 422 else "common.not_found")
    return render(request, "error", status_code=status_code, title=title, sentence=sentence)


def no_page(request: Request, status_code: int) -> Response:
    """The page for an address that leads nowhere."""
    sentence = translate(language_of_request(request), "common.no_page", path=request.url.path)
    return missing(request, status_code, sentence)


def _scopes(caller: Caller) -> tuple[Scope, ...]:
    """What a key of this user may be for."""
    return tuple(scope for scope in SCOPES if scope != "admin" or caller.is_owner)


def render(request: Request, page: str, /, *, status_code: int = 200, **context: Any) -> Response:
    """A page in the reader's language. `role` in the context is what the reader may do with what it shows."""
    services: Services = request.app.state.services
    settings = services.settings
    caller: Caller | None = getattr(request.state, "caller", None if services.accounts.needed else LOCAL)
    chosen = language_of_request(request)
    shell = {
        "page_name": page,
        "caller": caller,
        "csrf": _csrf(caller),
        "role": "owner",
        "language": chosen,
        "languages": LANGUAGES,
        "here": here(request),
        "t": partial(translate, chosen),
        "messages": _messages(chosen, SECTIONS[page]),
        "source_url": settings.source_url,
        "remote_host": remote_llm_host(settings),
        "version": __version__,
    }
    response = _templates().TemplateResponse(request, f"{page}.html", shell | context, status_code=status_code)
    response.headers["Vary"] = "Cookie, Accept-Language"
    return response


def _csrf(caller: Caller | None) -> str:
    return caller.session.csrf if caller is not None and caller.session is not None else ""


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
