"""Everything about accounts over one catalog, with passwords that cost next to nothing and time that stands still."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from argon2 import PasswordHasher
from sqlalchemy import event

from app.auth.keys import ApiKeys
from app.auth.login import Login
from app.auth.passwords import Passwords
from app.auth.roles import Roles
from app.auth.sessions import Sessions
from app.auth.throttle import Throttle
from app.auth.users import User, Users
from ingest.store.catalog import Catalog
from tests.support.ingesting import Clock

PASSWORD = "correct horse 电池"
HOME = "192.168.1.7"


def cheap(passes: int = 1) -> PasswordHasher:
    return PasswordHasher(time_cost=passes, memory_cost=8, parallelism=1)


@dataclass(frozen=True)
class Accounts:
    catalog: Catalog
    clock: Clock
    passwords: Passwords
    users: Users
    roles: Roles
    sessions: Sessions
    throttle: Throttle
    login: Login
    keys: ApiKeys

    def owner(self, name: str = "wang") -> User:
        made = self.users.create_owner(name, PASSWORD)
        assert made is not None
        return made

    def user(self, name: str = "li") -> User:
        return self.users.create(name, PASSWORD)


@contextmanager
def accounts_in(folder: Path, passwords: Passwords | None = None) -> Iterator[Accounts]:
    """Accounts in a data folder, which is closed at the end."""
    catalog, clock, passwords = Catalog(folder), Clock(1_800_000_000.0), passwords or Passwords(cheap())
    users, sessions, throttle = (
        Users(catalog, passwords, clock),
        Sessions(catalog, clock),
        Throttle(catalog, clock),
    )
    try:
        yield Accounts(
            catalog,
            clock,
            passwords,
            users,
            Roles(catalog),
            sessions,
            throttle,
            Login(users, passwords, sessions, throttle),
            ApiKeys(catalog, clock),
        )
    finally:
        catalog.close()


def takes_nothing(catalog: Catalog) -> None:
    """From now on every write fails, as on a disk that turned read-only."""
    event.listen(catalog.engine, "connect", lambda connection, _: connection.execute("PRAGMA query_only=ON"))
    catalog.engine.dispose()
