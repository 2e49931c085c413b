"""Coming in: the first account, and logging in. Plain forms: password managers know them, and no script is needed."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from app.auth.errors import LoginNeeded
from app.errors import status_of
from app.i18n import explain
from app.routes.access import identify
from app.routes.cookies import keep_session, session_of
from app.routes.given import Given, audience_of
from app.routes.pages import here, inside, page_route, render
from models.errors import Explained

router = APIRouter(include_in_schema=False)
Typed = Annotated[str, Form(max_length=2000)]


def shown_the_way(request: Request) -> Response:
    """For a page that asks who its reader is: to the login, and from there back to the page."""
    to = here(request)
    return RedirectResponse(f"/login?{urlencode({'to': to})}" if to != "/" else "/login", status_code=303)


@page_route(router, "/login")
async def login_page(request: Request, services: Given, to: str = "/") -> Response:
    """Ask for name and password."""
    if services.accounts.needed and not services.accounts.owned:
        return RedirectResponse("/setup", status_code=303)
    try:
        await identify(request, services)
    except LoginNeeded:
        return render(request, "login", to=inside(to), name="", sentence="")
    return RedirectResponse(inside(to), status_code=303)


@router.post("/login")
def login(request: Request, services: Given, name: Typed, password: Typed, to: Typed = "/") -> Response:
    """Begin a session. One that the browser had before is over: nobody can have prepared it."""
    try:
        session = services.accounts.login.login(name, password, _address(request))
        return _begun(request, services, session, inside(to))
    except Explained as error:
        return _again(request, "login", error, to=inside(to), name=name)


@page_route(router, "/setup")
def setup_page(request: Request, services: Given) -> Response:
    """Make the owner's account."""
    if services.accounts.owned:
        return RedirectResponse("/login", status_code=303)
    return render(request, "setup", token=services.accounts.needed, name="", sentence="")


@router.post("/setup")
def setup(request: Request, services: Given, name: Typed, password: Typed, token: Typed = "") -> Response:
    """Make the owner's account, and log in."""
    asked = services.accounts.needed
    try:
        services.accounts.create_owner(token.strip(), name, password)
        session = services.accounts.login.login(name, password, _address(request))
    except Explained as error:
        return _again(request, "setup", error, token=asked, name=name)
    return _begun(request, services, session, "/people")


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def _begun(request: Request, services: Given, session: str, to: str) -> Response:
    if before := session_of(request):
        services.accounts.sessions.end(before)
    response = RedirectResponse(to, status_code=303)
    keep_session(request, response, session)
    return response


def _again(request: Request, page: str, error: Explained, **shown: object) -> Response:
    sentence = explain(error, audience_of(request))
    return render(request, page, status_code=status_of(error), sentence=sentence, here=request.url.path, **shown)
