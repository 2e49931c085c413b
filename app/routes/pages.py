"""The HTML pages: a shell with its first data; the scripts in `static/js` talk to the REST API."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar
from urllib.parse import unquote

from fastapi import APIRouter, Form, Query, Request
from fastapi.templating import Jinja2Templates
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import RedirectResponse, Response

from app import __version__, sample
from app.audience import Audience
from app.auth.caller import Caller
from app.auth.keys import SCOPES, Scope
from app.bootstrap import Services
from app.dates import short_time
from app.errors import restore
from app.i18n import LANGUAGES, catalogue, explain, reworded, translate
from app.locations import located
from app.routes.access import Who, base_for, bases_for
from app.routes.assets import present_files
from app.routes.given import LANGUAGE_COOKIE, Given, audience_of, caller_of, language_of_request, theme_of_request
from app.routes.guard import READING
from app.routes.preferences import settings_out
from app.shelf import remote_llm_host
from app.tls import own_certificate_path
from app.wire import moment, trouble_out
from ingest.store.records import Base, Document
from models.errors import WeightsMissing

PER_PAGE = 50
TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
# The catalogue sections that the scripts of a page need; the server renders the rest.
SECTIONS = {
    "chat": ("common", "chat", "library", "sources", "status"),
    "library": ("common", "library", "status"),
    "document": ("common", "document", "status"),
    "sent": ("common",),
    "text": ("common",),
    "models": ("common", "models"),
    "account": ("common", "account", "curl", "scope"),
    "people": ("common", "people"),
    "settings": ("common", "curl", "settings"),
    "login": ("common",),
    "setup": ("common",),
    "error": ("common",),
    "offline": (),
}
# What is said above the sentence that says why there is no page, by its status.
_TITLES = {
    403: "common.not_allowed",
    422: "common.bad_address",
    **dict.fromkeys((409, 503, 507), "common.not_now"),
}
_FOR_PROGRAMS = ("/healthz", "/readyz", "/metrics", "/openapi.json", "/source.zip")
Sort = Literal["created_at", "name", "size", "status", "pages", "chunks"]
_Route = TypeVar("_Route", bound=Callable[..., Any])
Status = Literal["", "queued", "processing", "ready", "failed", "needs_password"]

router = APIRouter(include_in_schema=False)


def page_route(router: APIRouter, path: str) -> Callable[[_Route], _Route]:
    """Adds a page, which can be looked for as well as read."""
    return router.api_route(path, methods=["GET", "HEAD"])


def is_page(request: Request) -> bool:
    """Whether a person reads the answer, who is told in a page what went wrong."""
    path = request.url.path
    return not path.startswith("/api/") and path not in _FOR_PROGRAMS


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
    others = [each for each in seen if each.id != chosen.id and caller.may("editor", each.id)]
    why = partial(_why, audience_of(request))
    shown: dict[str, Any] = {
        "why": why,
        "bases": seen,
        "base": chosen,
        "others": others,
        "documents": documents,
        "query": query,
    }
    return render(request, "library", role=role, guide=guide_for(request, caller, seen), **shown)


@page_route(router, "/documents/{document}")
def document(request: Request, services: Given, caller: Who, document: str) -> Response:
    """One document: its pages beside the text that was read from them."""
    catalog = services.library.catalog
    found = catalog.document(document)
    role = caller.role(found.base_id)
    why = _why(audience_of(request), found)
    return render(request, "document", role=role, document=found, why=why, base=catalog.base(found.base_id))


@page_route(router, "/models")
def models(request: Request, services: Given, caller: Who) -> Response:
    """What is installed and running, and what can be fetched."""
    role = "owner" if caller.is_owner else "reader"
    return render(request, "models", role=role, models=services.shelf.list())


@page_route(router, "/account")
def account(request: Request, services: Given, caller: Who) -> Response:
    """One's own password and API keys."""
    return render(
        request,
        "account",
        user=caller.user,
        scopes=_scopes(caller),
        bases=bases_for(services, caller),
        certificate=_own_certificate(services, caller),
    )


@page_route(router, "/people")
def people(request: Request, services: Given, caller: Who) -> Response:
    """Accounts, and who is what in the bases that the reader owns."""
    owned = [base for base in bases_for(services, caller) if caller.may("owner", base.id)]
    return render(request, "people", user=caller.user, bases=owned, everyone=caller.is_owner)


@page_route(router, "/settings")
def settings(request: Request, services: Given, caller: Who) -> Response:
    """How this installation looks, answers and keeps; what the reader may not change is shown as it is."""
    owned = [base for base in bases_for(services, caller) if caller.may("owner", base.id)]
    return render(
        request,
        "settings",
        chosen=settings_out(services),
        bases=owned,
        owner=caller.is_owner,
        backup=services.backups.last,
        certificate=_own_certificate(services, caller),
    )


@page_route(router, "/docs")
def api_docs(request: Request, services: Given, caller: Who) -> Response:
    """The REST interface, to read and to try."""
    shown = {"source_url": services.settings.source_url, "csrf": _csrf(caller), "static_url": present_files().url}
    return _templates().TemplateResponse(request, "api_docs.html", shown)


@router.post("/language")
def language(language: Annotated[str, Form()], to: Annotated[str, Form()] = "/") -> Response:
    """Remember the language for this browser and go back to the page."""
    response = RedirectResponse(inside(to), status_code=303)
    if language in LANGUAGES:
        response.set_cookie(LANGUAGE_COOKIE, language, max_age=31536000, samesite="lax", httponly=True)
    return response


def inside(to: str) -> str:
    """An address of this server, or its first page: nobody is sent elsewhere from here.

    Browsers leave out control characters and take a backslash for a slash: neither has a place in it, also written as
    `%09` or `%5C` in its path.
    """
    path = unquote(to.partition("?")[0])
    plain = (to + path).isprintable() and "\\" not in to + path
    return to if plain and path.startswith("/") and not path.startswith("//") and to.startswith("/") else "/"


def here(request: Request) -> str:
    """The address that is asked for, to come back to; after something was sent, the first page."""
    if request.method not in READING:
        return "/"
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def missing(request: Request, status_code: int, sentence: str) -> Response:
    """A page that says why there is no page."""
    found = _TITLES.get(status_code, "common.not_found" if request.method in READING else "common.not_done")
    title = translate(language_of_request(request), found)
    return render(request, "error", status_code=status_code, title=title, sentence=sentence)


def no_page(request: Request, status_code: int) -> Response:
    """The page for an address that leads nowhere."""
    sentence = translate(language_of_request(request), "common.no_page", path=request.url.path)
    return missing(request, status_code, sentence)


def _own_certificate(services: Services, caller: Caller) -> str:
    """Where the certificate is that no program knows, to its owner with the folder; nothing where there is none."""
    settings = services.settings
    if not settings.tls or settings.tls_cert is not None:
        return ""
    path = own_certificate_path(settings.data_dir)
    return str(path) if caller.is_owner else path.name


def _why(to: Audience, document: Document) -> str:
    """What stands in the way of a document, as its row says it; nothing where it is read or just waits."""
    waits = document.status == "queued" and document.next_try is not None
    stands = waits and not waits_for_models(document)
    if document.error_code is None or not (stands or document.status in ("failed", "needs_password")):
        return ""
    return explain(restore(document.error_code, document.error_params), to)


def waits_for_models(document: Document) -> bool:
    """Whether all that a document waits for are weights that can be fetched: nothing went wrong with it."""
    return document.status == "queued" and document.error_code == WeightsMissing.code


def guide_for(request: Request, caller: Caller, bases: Sequence[Base]) -> sample.Offer | None:
    """What the reader is offered to try Zhiwen with."""
    return sample.offer(bases, language_of_request(request), may_make=caller.is_owner)


def _scopes(caller: Caller) -> tuple[Scope, ...]:
    """What a key of this user may be for."""
    return tuple(scope for scope in SCOPES if scope != "admin" or caller.is_owner)


def render(request: Request, page: str, /, *, status_code: int = 200, **context: Any) -> Response:
    """A page in the reader's language. `role` in the context is what the reader may do with what it shows."""
    services: Services = request.app.state.services
    settings = services.settings
    caller, to = caller_of(request), audience_of(request)
    chosen = to.language
    files, remote = present_files(), remote_llm_host(settings)
    shell = {
        "page_name": page,
        "caller": caller,
        "csrf": _csrf(caller),
        "role": "owner",
        "language": chosen,
        "theme": theme_of_request(request),
        "languages": LANGUAGES,
        "here": here(request),
        "static_url": files.url,
        "modules": files.modules(page),
        # Another language, or other files, make it another worker, which keeps another page.
        "worker": f"/worker.js?language={chosen}&files={files.version}",
        "t": partial(translate, chosen),
        "when": partial(short_time, chosen),
        "reworded": partial(reworded, language=chosen),
        "messages": _messages(chosen, SECTIONS[page]),
        "source_url": settings.source_url,
        "paused": caller is not None and services.library.pause.is_set(),
        "remote": bool(remote),
        # Whoever is not logged in asks no questions.
        "remote_host": remote if caller is not None else "",
        "trouble": _trouble(services, to),
        "version": __version__,
    }
    response = _templates().TemplateResponse(request, f"{page}.html", shell | context, status_code=status_code)
    response.headers["Vary"] = "Cookie, Accept-Language"
    return response


def _trouble(services: Services, to: Audience) -> str:
    """What is wrong with the models, or nothing: said with the page, so that nothing is moved by it later."""
    for kind, slot in (("llm", services.llm), ("embedder", services.embedder)):
        state = slot.state
        if state.state == "missing":
            return translate(to.language, f"common.missing_{kind}")
        if state.state == "failed":
            error = trouble_out(state.error, to)
            return translate(to.language, f"common.failed_{kind}", detail=error.detail if error else "")
    return ""


def _csrf(caller: Caller | None) -> str:
    return caller.session.csrf if caller is not None and caller.session is not None else ""


def _messages(language: str, sections: tuple[str, ...]) -> dict[str, str]:
    return {key: text for key, text in catalogue(language).items() if key.split(".")[0] in sections}


@cache
def _templates() -> Jinja2Templates:
    env = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    env.lstrip_blocks = True
    env.filters["bytes"] = _bytes
    env.filters["located"] = located
    env.filters["seconds"] = _seconds
    env.filters["rfc3339"] = moment
    env.filters["waits_for_models"] = waits_for_models
    return Jinja2Templates(env=env)


def _bytes(size: int) -> str:
    if size < 1000:
        return f"{size} B"
    amount, unit = next(
        (size / scale, unit) for scale, unit in ((1e9, "GB"), (1e6, "MB"), (1e3, "KB")) if size >= scale
    )
    return f"{amount:.1f} {unit}" if amount < 100 else f"{amount:.0f} {unit}"


def _seconds(value: float) -> str:
    return f"{value:.1f}" if value < 10 else f"{value:.0f}"
