"""Everything about accounts over one catalog, with passwords that cost next to nothing and time that stands still."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from argon2 import PasswordHasher
from sqlalchemy import event

from app.auth import accounts
from app.auth.passwords import Passwords
from app.auth.users import User
from ingest.store.catalog import Catalog
from tests.support.ingesting import Clock

PASSWORD = "correct horse 电池"
HOME = "192.168.1.7"


def cheap(passes: int = 1) -> PasswordHasher:
    return PasswordHasher(time_cost=passes, memory_cost=8, parallelism=1)


class Accounts(accounts.Accounts):
    """Those of the application, with what they are over."""

    def __init__(self, catalog: Catalog, clock: Clock, passwords: Passwords) -> None:
        super().__init__(catalog, exposed=False, local_secret="", passwords=passwords, clock=clock)
        self.catalog = catalog
        self.clock = clock
        self.passwords = passwords

    def owner(self, name: str = "wang") -> User:
        return self.create_owner("", name, PASSWORD)

    def user(self, name: str = "li") -> User:
        return self.users.create(name, PASSWORD)


@contextmanager
def accounts_in(folder: Path, passwords: Passwords | None = None) -> Iterator[Accounts]:
    """Accounts in a data folder, which is closed at the end."""
    catalog = Catalog(folder)
    try:
        yield Accounts(catalog, Clock(1_800_000_000.0), passwords or Passwords(cheap()))
    finally:
        catalog.close()


def takes_nothing(catalog: Catalog) -> None:
    """From now on every write fails, as on a disk that turned read-only."""
    event.listen(catalog.engine, "connect", lambda connection, _: connection.execute("PRAGMA query_only=ON"))
    catalog.engine.dispose()
