"""An installation with people in every role, for those who try what they may not."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

from fastapi.testclient import TestClient
from httpx import Response
from starlette.requests import Request

from app.auth.keys import Scope
from app.auth.passwords import Passwords
from app.auth.users import User
from app.bootstrap import Services
from app.routes.access import CSRF_HEADER
from app.routes.streams import document_stream
from app.server import create_app
from models.base import LLM
from tests.support.accounts import PASSWORD, cheap
from tests.support.apart import apart
from tests.support.served import REPORT, events, services_in, settled

# A question over what belongs to the caller's own base, and what the bodies of requests need beside.
BODIES: dict[str, Any] = {
    "POST /api/v1/bases": {"name": "new"},
    "PATCH /api/v1/bases/{base}": {"settings": {"refusal": "strict"}},
    "PUT /api/v1/bases/{base}/members/{user}": {"role": None},
    "POST /api/v1/documents/{document}/move": {"base": "theirs"},
    "POST /api/v1/documents/{document}/password": {"password": "secret"},
    "PUT /api/v1/reading": {"paused": False},
    "POST /api/v1/search": {"question": "营业收入", "bases": ["theirs"]},
    "POST /api/v1/ask": {"question": "营业收入是多少？", "bases": ["theirs"]},
    "PUT /api/v1/runs/{run}/rating": {"rating": "up"},
    "PATCH /api/v1/conversations/{conversation}": {"title": "another"},
    "PATCH /api/v1/settings": {"answer_length": "short"},
    "PUT /api/v1/me/password": {"old": "not it", "new": "also not it"},
    "POST /api/v1/keys": {"name": "k", "scopes": ["read"]},
    "POST /api/v1/users": {"name": "somebody", "password": "x"},
    "PUT /api/v1/users/{user}/password": {"password": "x"},
}
# What the forms of pages send.
FIELDS: dict[str, Any] = {
    "POST /ask": {"question": "营业收入是多少？", "base": ["theirs"]},
    "POST /documents/{document}/password": {"password": "secret"},
}
Who = Literal["nobody", "stranger", "reader", "editor", "base owner", "owner"]


@dataclass(frozen=True)
class House:
    """Two bases: `theirs`, where people have roles, and `foreign`, where only the owner of all may look."""

    client: TestClient
    services: Services
    sessions: dict[str, str]
    users: dict[str, User]
    objects: dict[str, dict[str, str]]

    def ask(self, who: str, method: str, path: str, *, key: str = "", csrf: bool = True, **arguments: Any) -> Response:
        """A request as somebody's browser sends it, or with an API key."""
        self.client.cookies.clear()
        headers = dict(arguments.pop("headers", {}))
        if key:
            headers["Authorization"] = f"Bearer {key}"
        elif who != "nobody":
            self.client.cookies.set("zhiwen_session", self.sessions[who])
            session = self.services.accounts.sessions.resume(self.sessions[who])
            assert session is not None
            if csrf:
                headers[CSRF_HEADER] = session.csrf
        return self.client.request(method, path, headers=headers, follow_redirects=False, **arguments)

    def publish(self, *bases: str) -> None:
        """Tell those who watch of the documents of these bases, in this order."""
        for base in bases:
            self.services.progress.publish(self.services.library.catalog.document(self.objects[base]["document"]))

    def key(self, who: str, *scopes: Scope, bases: list[str] | None = None) -> str:
        return self.services.accounts.keys.create(self.users[who], "key", scopes, bases)[1]


@contextmanager
def house_in(folder: Path, llm: Callable[[], LLM] | None = None) -> Iterator[House]:
    with (
        services_in(folder, llm=llm, passwords=Passwords(cheap()), host="127.0.0.1") as services,
        TestClient(create_app(services), base_url="http://127.0.0.1:8000") as client,
    ):
        accounts = services.accounts
        people: list[Who] = ["owner", "stranger", "reader", "editor", "base owner"]
        users = {"owner": accounts.create_owner("", "owner", PASSWORD)}
        users |= {name: accounts.users.create(name, PASSWORD) for name in people[1:]}
        sessions = {name: accounts.login.login(name, PASSWORD, "127.0.0.1") for name in people}
        house = House(client, services, sessions, users, {})
        for base in ("theirs", "foreign"):
            house.objects[base] = _filled(house, base)
        for name, role in (("reader", "reader"), ("editor", "editor"), ("base owner", "owner")):
            accounts.roles.set(users[name].id, house.objects["theirs"]["base"], role)  # type: ignore[arg-type]
        yield house


def _filled(house: House, name: str) -> dict[str, str]:
    """A base with a document; its id and those of what is in it."""
    base = house.ask("owner", "POST", "/api/v1/bases", json={"name": name}).json()["id"]
    sent = house.ask("owner", "POST", f"/api/v1/bases/{base}/documents", files={"files": ("年报.md", REPORT.encode())})
    document = sent.json()[0]["id"]
    house.client.cookies.set("zhiwen_session", house.sessions["owner"])
    settled(house.client, document)
    return {"base": base, "document": document}


def asked_by(house: House, who: str, base: str) -> dict[str, str]:
    """What somebody asked of a base: the ids of the conversation and of the answer."""
    body = {"question": "营业收入是多少？", "bases": [base], "stream": True}
    started = events(house.ask(who, "POST", "/api/v1/ask", json=body).text)[0][2]
    return {"conversation": started["conversation"], "run": started["run"]}


def filled(route: str, values: dict[str, str]) -> tuple[str, str]:
    """Method and address of a route, with these ids in it."""
    method, path = route.split(" ")
    known = {"page": "1", "name": "nothing-of-that-name", "user": "nobody", "key": "nothing"} | values
    return method, path.format_map(known)


def body_of(route: str) -> dict[str, Any]:
    """What a request to a route sends, as arguments of the client."""
    if route == "POST /library/{base}":
        return {"files": {"files": ("年报.md", REPORT.encode())}}
    return {"data": FIELDS[route]} if route in FIELDS else {"json": BODIES.get(route)}


def told(answer: Response) -> dict[str, Any]:
    """A problem without the name that was asked for, or the status of a page."""
    if answer.headers["content-type"] != "application/problem+json":
        return {"status": answer.status_code}
    body: dict[str, Any] = answer.json()
    return {key: value for key, value in body.items() if key != "detail"}


def request_of(house: House, who: str) -> Request:
    """A request of somebody's browser, which stays connected."""

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": b"", "more_body": True}

    cookie = f"zhiwen_session={house.sessions[who]}".encode()
    return Request({"type": "http", "scheme": "http", "path": "/", "headers": [(b"cookie", cookie)]}, receive)


def documents_told(house: House, who: str, then: Callable[[], None], last: str) -> list[str]:
    """Of the documents of which bases somebody's open stream tells once `then` is done.

    Until it ends, or tells of the document of the base `last`.
    """
    caller = house.services.accounts.identify("", house.sessions[who])
    names = {objects["document"]: base for base, objects in house.objects.items()}

    async def told() -> list[str]:
        response = document_stream(request_of(house, who), house.services, caller, "en", ask_again=0.0)
        stream = cast(AsyncGenerator[bytes], response.body_iterator)
        assert b"listening" in await anext(stream)
        then()
        found: list[str] = []
        async for piece in stream:
            found += [names[data["id"]] for _, _, data in events(piece.decode())]
            if last in found:
                await stream.aclose()
        return found

    return apart(told())
