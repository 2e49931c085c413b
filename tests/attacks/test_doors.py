"""Coming in: what a login takes and gives, and what somebody outside can make of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx import Response
from pydantic import ValidationError

from app.auth.passwords import Passwords
from app.auth.throttle import FREE_FOR_NAME
from app.routes.access import CSRF_HEADER
from app.server import create_app
from app.settings import Settings
from tests.support.accounts import PASSWORD, cheap
from tests.support.served import problem, services_in

ALONE, FAR, SAFE = "http://127.0.0.1:8000", "http://192.168.1.5:8000", "https://192.168.1.5:8000"


class Visitor:
    """A browser that keeps cookies and follows nothing."""

    def __init__(self, app: Any, base: str) -> None:
        self.client = TestClient(app, base_url=base, follow_redirects=False)

    def post(self, path: str, **fields: str) -> Response:
        return self.client.post(path, data=fields)

    def login(self, name: str = "wang", password: str = PASSWORD, **more: str) -> Response:
        return self.post("/login", name=name, password=password, **more)

    @property
    def cookie(self) -> str:
        return next((cookie.value or "" for cookie in self.client.cookies.jar if "zhiwen" in cookie.name), "")


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Any]:
    """An installation that only this machine can reach."""
    with services_in(tmp_path, passwords=Passwords(cheap())) as services:
        yield create_app(services)


@pytest.fixture
def far(tmp_path: Path) -> Iterator[Any]:
    """An installation that others can reach."""
    made: dict[str, Any] = {"host": "0.0.0.0", "tls": True, "hosts": "docs.example"}
    with services_in(tmp_path / "far", passwords=Passwords(cheap()), **made) as services:
        yield create_app(services)


def owned(app: Any) -> Any:
    accounts = app.state.services.accounts
    accounts.create_owner(accounts.setup.new_token() or "", "wang", PASSWORD)
    return app


def test_alone_nobody_is_asked_until_there_is_an_account(alone: Any) -> None:
    visitor = Visitor(alone, ALONE)
    assert visitor.client.get("/").status_code == 200
    assert visitor.client.get("/login").headers["location"] == "/"
    assert visitor.client.get("/api/v1/me").json() == {
        "name": None,
        "owner": True,
        "scopes": ["admin", "ask", "read", "write"],
        "roles": {"default": "owner"},
    }
    problem(visitor.client.get("/api/v1/keys"), 409, "no-accounts")
    assert visitor.post("/setup", name="wang", password=PASSWORD).headers["location"] == "/people"
    assert visitor.client.get("/api/v1/me").json()["name"] == "wang"
    other = Visitor(alone, ALONE)
    problem(other.client.get("/api/v1/me"), 401, "login-needed")
    assert other.client.get("/library?base=default").headers["location"] == "/login?to=%2Flibrary%3Fbase%3Ddefault"


def test_where_others_reach_it_nothing_is_answered_before_there_is_an_owner(far: Any) -> None:
    visitor = Visitor(far, SAFE)
    problem(visitor.client.get("/api/v1/bases"), 401, "login-needed")
    assert visitor.client.get("/").headers["location"] == "/login"
    assert visitor.client.get("/login").headers["location"] == "/setup"
    token = far.state.services.accounts.setup.new_token()
    for wrong in ("", "a guess", token[:-1]):
        assert visitor.post("/setup", name="mallory", password=PASSWORD, token=wrong).status_code == 403
    assert visitor.post("/setup", name="wang", password="short", token=token).status_code == 422
    assert visitor.post("/setup", name="wang", password=PASSWORD, token=f" {token}\n").status_code == 303
    assert visitor.client.get("/api/v1/me").json()["owner"]
    late = Visitor(far, SAFE)
    assert late.post("/setup", name="mallory", password=PASSWORD, token=token).status_code == 403
    assert late.client.get("/setup").headers["location"] == "/login"
    assert late.login("mallory").status_code == 403


@pytest.mark.parametrize("behind", [{"plain_http": True}, {"hosts": "docs.example"}])
def test_behind_a_proxy_nothing_is_answered_before_there_is_an_owner(tmp_path: Path, behind: dict[str, Any]) -> None:
    with services_in(tmp_path, passwords=Passwords(cheap()), **behind) as services:
        visitor = Visitor(create_app(services), ALONE)
        problem(visitor.client.get("/api/v1/bases"), 401, "login-needed")
        assert visitor.post("/setup", name="mallory", password=PASSWORD).status_code == 403


def test_no_password_is_hashed_for_an_account_that_cannot_be_made(alone: Any) -> None:
    """Anybody can ask for that, and it costs."""
    visitor = Visitor(owned(alone), ALONE)
    for password in (PASSWORD, "short"):
        assert visitor.post("/setup", name="mallory", password=password).status_code == 403


def test_a_password_that_the_owner_sets_lets_nobody_stay(alone: Any) -> None:
    accounts = owned(alone).state.services.accounts
    user = accounts.users.create("li", PASSWORD)
    key = accounts.keys.create(user, "script", {"read"})[1]
    accounts.users.reset_password(user.id, "battery staple 马马")
    problem(
        Visitor(alone, ALONE).client.get("/api/v1/me", headers={"Authorization": f"Bearer {key}"}), 401, "key-refused"
    )


def test_what_is_shown_to_one_is_kept_for_nobody(alone: Any) -> None:
    client = Visitor(alone, ALONE).client
    for path in ("/", "/docs", "/library", "/api/v1/bases", "/api/v1/me"):
        assert client.get(path).headers["cache-control"] == "no-store", path


def test_the_cookie_is_out_of_reach(alone: Any, far: Any) -> None:
    plain, safe = Visitor(owned(alone), ALONE), Visitor(owned(far), SAFE)
    given = plain.login().headers["set-cookie"].lower()
    assert given.startswith("zhiwen_session=")
    assert {"httponly", "samesite=lax", "path=/"} <= {part.strip() for part in given.split(";")}
    given = safe.login().headers["set-cookie"].lower()
    assert given.startswith("__host-zhiwen=")
    assert {"httponly", "samesite=lax", "path=/", "secure"} <= {part.strip() for part in given.split(";")}
    assert "domain" not in given


def test_a_session_that_was_planted_is_never_used(alone: Any) -> None:
    visitor = Visitor(owned(alone), ALONE)
    visitor.client.cookies.set("zhiwen_session", "planted")
    assert "planted" not in visitor.login().headers["set-cookie"]
    other = Visitor(alone, ALONE)
    other.client.cookies.set("zhiwen_session", "planted")
    problem(other.client.get("/api/v1/me"), 401, "login-needed")


def test_a_login_ends_the_session_before_it(alone: Any) -> None:
    visitor = Visitor(owned(alone), ALONE)
    visitor.login()
    before = visitor.cookie
    visitor.login()
    assert visitor.cookie != before
    stolen = Visitor(alone, ALONE)
    stolen.client.cookies.set("zhiwen_session", before)
    problem(stolen.client.get("/api/v1/me"), 401, "login-needed")


def test_logging_out_ends_the_session_for_whoever_kept_its_cookie(alone: Any) -> None:
    visitor, elsewhere = Visitor(owned(alone), ALONE), Visitor(alone, ALONE)
    visitor.login()
    elsewhere.login()
    kept, headers = visitor.cookie, {CSRF_HEADER: csrf(visitor)}
    assert visitor.client.delete("/api/v1/me/session", headers=headers).status_code == 204
    assert visitor.cookie == ""
    visitor.client.cookies.set("zhiwen_session", kept)
    problem(visitor.client.get("/api/v1/me"), 401, "login-needed")
    assert elsewhere.client.get("/api/v1/me").status_code == 200
    everywhere = {CSRF_HEADER: csrf(elsewhere)}
    third = Visitor(alone, ALONE)
    third.login()
    assert third.client.get("/api/v1/me").status_code == 200
    assert elsewhere.client.delete("/api/v1/me/session?everywhere=true", headers=everywhere).status_code == 204
    problem(third.client.get("/api/v1/me"), 401, "login-needed")


def csrf(visitor: Visitor) -> str:
    found = re.search(r'<meta name="csrf" content="([0-9a-f]{64})">', visitor.client.get("/").text)
    assert found is not None
    return found[1]


def test_another_password_ends_every_other_session(alone: Any) -> None:
    visitor, elsewhere = Visitor(owned(alone), ALONE), Visitor(alone, ALONE)
    visitor.login()
    elsewhere.login()
    body, headers = {"old": PASSWORD, "new": "battery staple 马马"}, {CSRF_HEADER: csrf(visitor)}
    wrong = visitor.client.put("/api/v1/me/password", json=body | {"old": "not it at all"}, headers=headers)
    problem(wrong, 403, "login-refused")
    assert visitor.client.put("/api/v1/me/password", json=body, headers=headers).status_code == 204
    assert visitor.client.get("/api/v1/me").status_code == 200
    problem(elsewhere.client.get("/api/v1/me"), 401, "login-needed")
    assert elsewhere.login(password=body["new"]).status_code == 303


def test_guessing_is_slowed_down_and_tells_nothing(alone: Any) -> None:
    visitor = Visitor(owned(alone), ALONE)
    pages = [visitor.login(name, "a wrong password") for name in ("wang", "nobody of that name")]
    assert {page.status_code for page in pages} == {403}
    sentences = {re.search(r'role="alert">([^<]+)</p>', page.text)[1] for page in pages}  # type: ignore[index]
    assert len(sentences) == 1
    for _ in range(FREE_FOR_NAME):
        visitor.login(password="another guess")
    refused = visitor.login()  # the right one, too soon
    assert refused.status_code == 429
    assert visitor.cookie == ""


@pytest.mark.parametrize(
    "to",
    [
        *("//evil.example", "/\\evil.example", "https://evil.example", "javascript:alert(1)", "evil"),
        *(
            "/\t/evil.example",
            "/%09/evil.example",
            "/\r\n/evil.example",
            "/%0d%0a/evil",
            "/a\\..\\evil",
            "/%5cevil.example",
        ),
        *("/%2fevil.example", "%2fevil", "/\x7f/evil", "/\u2028evil"),
    ],
)
def test_a_login_leads_nowhere_else(alone: Any, to: str) -> None:
    visitor = Visitor(owned(alone), ALONE)
    assert visitor.login(to=to).headers["location"] == "/"
    assert visitor.client.get("/login", params={"to": to}).headers["location"] == "/"
    for there in ("/models", "/library?text=a%5Cb%09c&page=2"):
        assert Visitor(alone, ALONE).login(to=there).headers["location"] == there


def test_what_is_typed_into_a_form_is_never_markup(alone: Any) -> None:
    page = Visitor(owned(alone), ALONE).login('"><script>alert(1)</script>', "x", to='/"><script>alert(2)</script>')
    assert "<script>alert" not in page.text


@pytest.mark.parametrize("path", ["/login", "/setup"])
def test_another_site_logs_nobody_in(alone: Any, path: str) -> None:
    """Else it could make somebody upload their documents into an account of its own."""
    visitor = Visitor(owned(alone), ALONE)
    for headers in ({"Origin": "http://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
        fields = {"name": "wang", "password": PASSWORD}
        problem(visitor.client.post(path, data=fields, headers=headers), 403, "foreign-request")


@pytest.mark.parametrize(
    "name", ["192.168.1.5", "[fd00::5]", "docs.example", "DOCS.example.", "127.0.0.1", "localhost"]
)
def test_its_own_names_are_answered(far: Any, name: str) -> None:
    assert Visitor(far, f"https://{name}").client.get("/healthz").status_code == 200


@pytest.mark.parametrize(
    "name", ["evil.example", "docs.example.evil.example", "192.168.1.5.evil.example", "x.docs.example"]
)
def test_other_names_are_not(far: Any, name: str) -> None:
    """A name of an attacker's can be pointed at any address; figures cannot."""
    problem(Visitor(far, f"https://{name}").client.get("/healthz"), 403, "foreign-request")


def test_figures_are_no_name_of_a_server_that_only_this_machine_reaches(alone: Any) -> None:
    problem(Visitor(alone, FAR).client.get("/healthz"), 403, "foreign-request")


@pytest.mark.parametrize("origin", ["*", "null", "https://*.example", "wiki.example", "https://wiki.example/page"])
def test_what_is_any_site_cannot_be_listed(origin: str) -> None:
    with pytest.raises(ValidationError):
        Settings(cors_origins=origin)


def test_a_name_in_chinese_is_known_as_browsers_write_it(tmp_path: Path) -> None:
    with services_in(tmp_path, passwords=Passwords(cheap()), hosts="知文.example") as services:
        name = "知文".encode("idna").decode()
        assert Visitor(create_app(services), f"https://{name}.example").client.get("/healthz").status_code == 200


def test_no_other_site_reads_or_writes_unless_it_is_listed(tmp_path: Path) -> None:
    wiki = {"Origin": "https://wiki.example"}
    asked = wiki | {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    with services_in(tmp_path / "closed", passwords=Passwords(cheap())) as services:
        client = Visitor(create_app(services), ALONE).client
        assert "access-control-allow-origin" not in client.get("/api/v1/bases", headers=wiki).headers
        assert "access-control-allow-origin" not in client.options("/api/v1/bases", headers=asked).headers
        problem(client.post("/api/v1/bases", json={"name": "x"}, headers=wiki), 403, "foreign-request")
    opened = {"cors_origins": "https://wiki.example"}
    with services_in(tmp_path / "open", passwords=Passwords(cheap()), **opened) as services:
        app = create_app(services)
        client = Visitor(app, ALONE).client
        assert client.options("/api/v1/bases", headers=asked).headers["access-control-allow-origin"] == wiki["Origin"]
        made = client.post("/api/v1/bases", json={"name": "x"}, headers=wiki | {"Sec-Fetch-Site": "cross-site"})
        assert made.status_code == 201
        # Cookies are never asked for, so a session is of no use to it.
        assert "access-control-allow-credentials" not in made.headers
        problem(
            client.post("/api/v1/bases", json={"name": "y"}, headers={"Origin": "https://other.example"}),
            403,
            "foreign-request",
        )
