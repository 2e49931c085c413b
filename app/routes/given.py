"""What every route is given: the services, whom it answers and in which language, the shape of an error."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Request

from app.audience import Audience
from app.auth.caller import LOCAL, Caller
from app.bootstrap import Services
from app.i18n import pick_language
from app.library_schemas import Problem

LANGUAGE_COOKIE = "zhiwen_lang"
# Written by scripts (static/js/appearance.js).
THEME_COOKIE = "zhiwen_theme"


def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


def language_of_request(request: Request) -> str:
    """The language chosen on the pages, else the browser's."""
    return pick_language(request.cookies.get(LANGUAGE_COOKIE), request.headers.get("accept-language"))


def caller_of(request: Request) -> Caller | None:
    """Who was let through, whoever sits at a machine without accounts, or None for somebody who is not known."""
    needed = _services(request).accounts.needed
    caller: Caller | None = getattr(request.state, "caller", None if needed else LOCAL)
    return caller


def audience_of(request: Request) -> Audience:
    """Those who read the answer."""
    caller = caller_of(request)
    return Audience(language_of_request(request), owner=caller is not None and caller.is_owner)


def theme_of_request(request: Request) -> str:
    """The colours chosen on the pages, `light` or `dark`; "" are the system's."""
    chosen = request.cookies.get(THEME_COOKIE, "")
    return chosen if chosen in ("light", "dark") else ""


Given = Annotated[Services, Depends(_services)]
Language = Annotated[str, Depends(language_of_request)]
Readers = Annotated[Audience, Depends(audience_of)]


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that may end in these problems."""
    return {status: {"model": Problem, "content": {"application/problem+json": {}}} for status in statuses}
