"""Users, as rows: one owner of the installation, and those whom the owner lets in."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection, RowMapping, delete, insert, select, update

from app.auth.errors import OwnerStays, UnknownUser, UserNameInvalid, UserNameTaken
from app.auth.passwords import Passwords
from ingest.names import key_of, tidy
from ingest.store.catalog import Catalog
from ingest.store.schema import api_keys, conversations, sessions, users

NAME_LIMIT = 64


@dataclass(frozen=True)
class User:
    """Somebody with an account. The owner may do everything everywhere; others by their roles in bases."""

    id: str
    name: str
    is_owner: bool
    created_at: float


@dataclass(frozen=True)
class Credentials:
    """What a password is compared with."""

    user: User
    password: str


class Users:
    """Keeps accounts."""

    def __init__(self, catalog: Catalog, passwords: Passwords, clock: Callable[[], float] = time.time) -> None:
        self._catalog = catalog
        self._passwords = passwords
        self._clock = clock

    def all(self) -> list[User]:
        """The owner first, then by name."""
        with self._catalog.read() as connection:
            rows = connection.execute(select(users).order_by(users.c.is_owner.desc(), users.c.name_key)).mappings()
            return [user_of(row) for row in rows]

    def owner(self) -> User | None:
        """Whose the installation is; None before there is an account, or where it was lost."""
        return next((user for user in self.all() if user.is_owner), None)

    def find(self, user_id: str) -> User:
        """Raises UnknownUser."""
        with self._catalog.read() as connection:
            return find(connection, user_id)

    def credentials(self, name: str) -> Credentials | None:
        """The user of this name, however it is written, and the hash of the password."""
        with self._catalog.read() as connection:
            row = connection.execute(select(users).where(users.c.name_key == key_of(name))).mappings().first()
        return None if row is None else Credentials(user_of(row), row["password"])

    def create(self, name: str, password: str) -> User:
        """A user without any role. Raises UserNameInvalid, UserNameTaken, PasswordUnfit, LoginBusy."""
        name, hashed = self._checked(name, password)
        with self._catalog.write() as connection:
            return self._insert(connection, name, hashed, is_owner=False)

    def create_owner(self, name: str, password: str) -> User | None:
        """Who owns the installation; None if somebody does already. Raises as `create` does."""
        name, hashed = self._checked(name, password)
        with self._catalog.write() as connection:
            if connection.scalar(select(users.c.id).where(users.c.is_owner).limit(1)) is not None:
                return None
            owner = self._insert(connection, name, hashed, is_owner=True)
            # What was asked while the machine had no accounts.
            connection.execute(update(conversations).where(conversations.c.user_id.is_(None)).values(user_id=owner.id))
            return owner

    def set_password(self, user_id: str, password: str) -> Credentials:
        """Another password; whoever is logged in by the old one is logged out. API keys stay.

        Raises UnknownUser, PasswordUnfit, LoginBusy.
        """
        hashed = self._passwords.hash(password, self.find(user_id).name)
        with self._catalog.write() as connection:
            user = find(connection, user_id)
            connection.execute(update(users).where(users.c.id == user_id).values(password=hashed))
            connection.execute(delete(sessions).where(sessions.c.user_id == user_id))
        return Credentials(user, hashed)

    def reset_password(self, user_id: str, password: str) -> None:
        """A password that somebody else sets: sessions and API keys end. Raises as `set_password` does."""
        self.set_password(user_id, password)
        with self._catalog.write() as connection:
            connection.execute(delete(api_keys).where(api_keys.c.user_id == user_id))

    def renew_hash(self, known: Credentials, hashed: str) -> Credentials:
        """Keep the same password under a newer hash, unless it was changed meanwhile."""
        of_user = (users.c.id == known.user.id) & (users.c.password == known.password)
        with self._catalog.write() as connection:
            connection.execute(update(users).where(of_user).values(password=hashed))
        return Credentials(known.user, hashed)

    def remove(self, user_id: str) -> None:
        """Remove an account with its sessions, keys, roles and conversations. Raises UnknownUser, OwnerStays."""
        with self._catalog.write() as connection:
            user = find(connection, user_id)
            if user.is_owner:
                raise OwnerStays(name=user.name)
            self._catalog.mark_erase(connection)
            connection.execute(delete(conversations).where(conversations.c.user_id == user_id))
            connection.execute(delete(users).where(users.c.id == user_id))

    def _checked(self, name: str, password: str) -> tuple[str, str]:
        tidied = tidy(name, NAME_LIMIT)
        if not tidied:
            raise UserNameInvalid(limit=NAME_LIMIT)
        return tidied, self._passwords.hash(password, tidied)

    def _insert(self, connection: Connection, name: str, hashed: str, *, is_owner: bool) -> User:
        key = key_of(name)
        if connection.scalar(select(users.c.id).where(users.c.name_key == key)) is not None:
            raise UserNameTaken(name=name)
        user = User(uuid.uuid4().hex, name, is_owner, self._clock())
        row = {"id": user.id, "name": name, "name_key": key, "password": hashed}
        connection.execute(insert(users).values(row | {"is_owner": is_owner, "created_at": user.created_at}))
        return user


def find(connection: Connection, user_id: str) -> User:
    """Raises UnknownUser."""
    row = connection.execute(select(users).where(users.c.id == user_id)).mappings().first()
    if row is None:
        raise UnknownUser(id=user_id)
    return user_of(row)


def user_of(row: RowMapping) -> User:
    """The user in a row that has all of the table's columns."""
    return User(row[users.c.id], row[users.c.name], row[users.c.is_owner], row[users.c.created_at])
