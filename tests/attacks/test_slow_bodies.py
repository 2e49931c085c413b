"""What changes while a body is on its way, which its sender may draw out for hours."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event

import httpx
import pytest

from app.auth.caller import Caller
from app.auth.passwords import Passwords
from app.bootstrap import Services
from app.server import create_app
from tests.support.accounts import PASSWORD, cheap
from tests.support.live import listening
from tests.support.served import REPORT, services_in

# The request has been let in by then; nothing tells from outside when.
_LET_IN = 1.0


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Services, str]]:
    with (
        services_in(tmp_path, passwords=Passwords(cheap())) as services,
        listening(create_app(services)) as address,
    ):
        services.accounts.create_owner("", "owner", PASSWORD)
        yield services, address
        services.closing.set()


def uploaded(address: str, base: str, key: str, meanwhile: Callable[[], object]) -> httpx.Response:
    """Upload a file to a base; its bytes come after something has happened."""

    def body() -> Iterator[bytes]:
        yield b'--b\r\nContent-Disposition: form-data; name="files"; filename="plan.txt"\r\n\r\nThe plan '
        time.sleep(_LET_IN)
        meanwhile()
        yield b"is this.\r\n--b--\r\n"

    headers = {"Content-Type": "multipart/form-data; boundary=b", "Authorization": f"Bearer {key}"}
    return httpx.post(f"{address}/api/v1/bases/{base}/documents", content=body(), headers=headers, timeout=60)


def test_a_base_is_the_one_that_was_looked_at_whatever_is_called_so_later(served: tuple[Services, str]) -> None:
    """It can be renamed, and another one can get its name, in which the sender may do nothing."""
    services, address = served
    catalog, user = services.library.catalog, services.accounts.users.create("mallory", PASSWORD)
    mine = catalog.create_base("plans").id
    services.accounts.roles.set(user.id, mine, "owner")
    key = services.accounts.keys.create(user, "k", {"read", "write"})[1]
    others = []

    def exchange() -> None:
        catalog.rename_base(mine, "junk")
        others.append(catalog.create_base("plans").id)

    assert uploaded(address, "plans", key, exchange).status_code == 202
    assert catalog.documents(others[0]).total == 0
    assert catalog.documents(mine).total == 1


def test_who_lost_a_role_meanwhile_puts_nothing_there(served: tuple[Services, str]) -> None:
    services, address = served
    catalog, user = services.library.catalog, services.accounts.users.create("li", PASSWORD)
    services.accounts.roles.set(user.id, "default", "editor")
    key = services.accounts.keys.create(user, "k", {"read", "write"})[1]
    lost = uploaded(address, "default", key, lambda: services.accounts.roles.set(user.id, "default", None))
    assert lost.json()["title"] == "unknown-base"
    services.accounts.roles.set(user.id, "default", "editor")
    gone = uploaded(address, "default", key, lambda: services.remove_user(user.id))
    assert gone.json()["title"] == "key-refused"
    assert catalog.documents("default").total == 0


@pytest.mark.parametrize(
    ("loss", "status", "leads_to"), [("role", 404, None), ("session", 303, "/login"), ("account", 303, "/login")]
)
def test_a_form_is_judged_by_what_its_sender_may_when_it_has_come(
    served: tuple[Services, str], monkeypatch: pytest.MonkeyPatch, loss: str, status: int, leads_to: str | None
) -> None:
    services, address = served
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

    identify, known = services.accounts.identify, Event()

    def identified(bearer: str, session_id: str) -> Caller:
        caller = identify(bearer, session_id)
        known.set()
        return caller

    monkeypatch.setattr(services.accounts, "identify", identified)

    def body() -> Iterator[bytes]:
        yield b"a=1"
        assert known.wait(60)
        lose[loss]()
        yield f"&csrf={session.csrf}".encode()

    headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": f"zhiwen_session={cookie}"}
    path = f"{address}/documents/{document.id}/delete"
    told = httpx.post(path, content=body(), headers=headers, timeout=60)
    assert (told.status_code, told.headers.get("location")) == (status, leads_to)
    assert services.library.catalog.documents("default").total == 1
