"""What changes while a body is on its way, which its sender may draw out for hours."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from app.auth.passwords import Passwords
from app.bootstrap import Services
from app.server import create_app
from tests.support.accounts import PASSWORD, cheap
from tests.support.live import listening
from tests.support.served import services_in

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
