"""What changes while a body is on its way, which its sender may draw out for hours."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event

import httpx
import pytest
from starlette.types import Message, Receive, Scope, Send

from app.auth.passwords import Passwords
from app.bootstrap import Services
from app.server import create_app
from tests.support.accounts import PASSWORD, cheap
from tests.support.live import listening
from tests.support.served import REPORT, services_in


class Served:
    """The real application on a port, which tells when it begins to read a body: whose it is was looked at by then."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.address = ""
        self._app = create_app(services)
        self._reading = Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def received() -> Message:
            self._reading.set()
            return await receive()

        await self._app(scope, received if scope["type"] == "http" else receive, send)

    def post(
        self, path: str, begin: bytes, meanwhile: Callable[[], object], end: bytes, **headers: str
    ) -> httpx.Response:
        """Send a body whose end comes after something has happened."""
        self._reading.clear()

        def body() -> Iterator[bytes]:
            yield begin
            assert self._reading.wait(60)
            meanwhile()
            yield end

        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return httpx.post(self.address + path, content=body(), headers=named, timeout=60)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with services_in(tmp_path, passwords=Passwords(cheap())) as services:
        served = Served(services)
        with listening(served) as served.address:
            services.accounts.create_owner("", "owner", PASSWORD)
            yield served
            services.closing.set()


def uploaded(served: Served, base: str, key: str, meanwhile: Callable[[], object]) -> httpx.Response:
    """Upload a file to a base; its bytes come after something has happened."""
    head = b'--b\r\nContent-Disposition: form-data; name="files"; filename="plan.txt"\r\n\r\nThe plan '
    headers = {"Content_Type": "multipart/form-data; boundary=b", "Authorization": f"Bearer {key}"}
    path = f"/api/v1/bases/{base}/documents"
    return served.post(path, head, meanwhile, b"is this.\r\n--b--\r\n", **headers)


def test_a_base_is_the_one_that_was_looked_at_whatever_is_called_so_later(served: Served) -> None:
    """It can be renamed, and another one can get its name, in which the sender may do nothing."""
    services = served.services
    catalog, user = services.library.catalog, services.accounts.users.create("mallory", PASSWORD)
    mine = catalog.create_base("plans").id
    services.accounts.roles.set(user.id, mine, "owner")
    key = services.accounts.keys.create(user, "k", {"read", "write"})[1]
    others = []

    def exchange() -> None:
        catalog.rename_base(mine, "junk")
        others.append(catalog.create_base("plans").id)

    assert uploaded(served, "plans", key, exchange).status_code == 202
    assert catalog.documents(others[0]).total == 0
    assert catalog.documents(mine).total == 1


def test_who_lost_a_role_meanwhile_puts_nothing_there(served: Served) -> None:
    services = served.services
    catalog, user = services.library.catalog, services.accounts.users.create("li", PASSWORD)
    services.accounts.roles.set(user.id, "default", "editor")
    key = services.accounts.keys.create(user, "k", {"read", "write"})[1]
    lost = uploaded(served, "default", key, lambda: services.accounts.roles.set(user.id, "default", None))
    assert lost.json()["title"] == "unknown-base"
    services.accounts.roles.set(user.id, "default", "editor")
    gone = uploaded(served, "default", key, lambda: services.remove_user(user.id))
    assert gone.json()["title"] == "key-refused"
    assert catalog.documents("default").total == 0


@pytest.mark.parametrize(
    ("loss", "status", "leads_to"), [("role", 404, None), ("session", 303, "/login"), ("account", 303, "/login")]
)
def test_a_form_is_judged_by_what_its_sender_may_when_it_has_come(
    served: Served, loss: str, status: int, leads_to: str | None
) -> None:
    services = served.services
    user = services.accounts.users.create("li", PASSWORD)
    services.accounts.roles.set(user.id, "default", "editor")
    cookie = services.accounts.login.login("li", PASSWORD, "127.0.0.1")
    session = services.accounts.sessions.resume(cookie)
    assert session is not None
    document = services.library.add("default", "a.md", io.BytesIO(REPORT.encode()))[0]
    lose: dict[str, Callable[[], object]] = {
        "role": lambda: services.accounts.roles.set(user.id, "default", None),
        "session": lambda: services.accounts.sessions.end(cookie),
        "account": lambda: services.remove_user(user.id),
    }

    headers = {"Content_Type": "application/x-www-form-urlencoded", "Cookie": f"zhiwen_session={cookie}"}
    field = f"&csrf={session.csrf}".encode()
    told = served.post(f"/documents/{document.id}/delete", b"a=1", lose[loss], field, **headers)
    assert (told.status_code, told.headers.get("location")) == (status, leads_to)
    assert services.library.catalog.documents("default").total == 1
