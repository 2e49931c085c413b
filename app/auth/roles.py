"""Roles: what a user may do in one knowledge base."""

from __future__ import annotations

from typing import Literal, cast

from sqlalchemy import delete, insert, select

from app.auth import users
from app.auth.errors import OwnerStays
from ingest.store import bases
from ingest.store.catalog import Catalog
from ingest.store.schema import members

# Each may do what those before it may: read and ask; add and delete documents; change the base and who is in it.
Role = Literal["reader", "editor", "owner"]


class Roles:
    """Keeps who is what in which base. The owner of the installation needs no role."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def of_user(self, user_id: str) -> dict[str, Role]:
        """From the id of each base that the user may see to the role there."""
        chosen = select(members.c.base_id, members.c.role).where(members.c.user_id == user_id)
        with self._catalog.read() as connection:
            return {base_id: cast(Role, role) for base_id, role in connection.execute(chosen)}

    def in_base(self, base_id: str) -> dict[str, Role]:
        """From the id of each user with a role in the base to that role."""
        chosen = select(members.c.user_id, members.c.role).where(members.c.base_id == base_id)
        with self._catalog.read() as connection:
            return {user_id: cast(Role, role) for user_id, role in connection.execute(chosen)}

    def set(self, user_id: str, base_id: str, role: Role | None) -> None:
        """Give a role in the place of the one that is there; None takes it away.

        Raises UnknownUser, UnknownBase, and OwnerStays for the owner of the installation.
        """
        with self._catalog.write() as connection:
            if (user := users.find(connection, user_id)).is_owner:
                raise OwnerStays(name=user.name)
            base = bases.find(connection, base_id)
            this = (members.c.user_id == user_id) & (members.c.base_id == base.id)
            connection.execute(delete(members).where(this))
            if role is not None:
                connection.execute(insert(members).values(user_id=user_id, base_id=base.id, role=role))
