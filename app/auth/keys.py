"""API keys: what programs show instead of logging in. `zw_<id>_<secret>`, shown once; only a hash of it stays here."""

from __future__ import annotations

import hmac
import json
import re
import secrets
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Literal, get_args

from sqlalchemy import RowMapping, delete, insert, select, update

from app.auth import users as accounts
from app.auth.errors import KeyInvalid, ScopeRefused, UnknownKey
from app.auth.last_use import LastUse
from app.auth.tokens import digest, new_token
from app.auth.users import User, user_of
from ingest.names import tidy
from ingest.store import bases
from ingest.store.catalog import Catalog
from ingest.store.schema import api_keys, users

# See and search documents; ask; add, change and delete them; manage users and models.
Scope = Literal["read", "ask", "write", "admin"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
NAME_LIMIT = 64
_FORM = re.compile(r"zw_(?P<id>[0-9a-f]{16})_[\w-]{43}", re.ASCII)


@dataclass(frozen=True)
class Key:
    """A key as its user sees it later. `bases` are ids, None for all that the user may see."""

    id: str
    name: str
    scopes: frozenset[Scope]
    bases: tuple[str, ...] | None
    created_at: float
    used_at: float | None


class ApiKeys:
    """Keeps keys. A key never allows more than its user may do at the time it is shown."""

    def __init__(self, catalog: Catalog, clock: Callable[[], float] = time.time) -> None:
        self._catalog = catalog
        self._clock = clock
        self._last_use = LastUse(catalog)

    def create(
        self, user: User, name: str, scopes: Collection[Scope], in_bases: Collection[str] | None = None
    ) -> tuple[Key, str]:
        """A new key, and the text of it, which is not to be had again. `in_bases` are ids or names.

        Raises KeyInvalid, ScopeRefused, UnknownUser, UnknownBase.
        """
        tidied = tidy(name, NAME_LIMIT)
        if not tidied or not scopes or not set(scopes) <= set(SCOPES) or (in_bases is not None and not in_bases):
            raise KeyInvalid(limit=NAME_LIMIT, scopes=", ".join(SCOPES))
        if "admin" in scopes and not user.is_owner:
            raise ScopeRefused(scope="admin")
        key_id = secrets.token_hex(8)
        text = f"zw_{key_id}_{new_token()}"
        with self._catalog.write() as connection:
            accounts.find(connection, user.id)
            ids = None if in_bases is None else tuple(bases.find(connection, base).id for base in in_bases)
            key = Key(key_id, tidied, frozenset(scopes), ids, self._clock(), None)
            connection.execute(
                insert(api_keys).values(
                    id=key_id,
                    digest=digest(text),
                    user_id=user.id,
                    name=tidied,
                    scopes=json.dumps(sorted(scopes)),
                    base_ids=None if ids is None else json.dumps(ids),
                    created_at=key.created_at,
                )
            )
        return key, text

    def of_user(self, user_id: str) -> list[Key]:
        """The latest first."""
        chosen = select(api_keys).where(api_keys.c.user_id == user_id).order_by(api_keys.c.created_at.desc())
        with self._catalog.read() as connection:
            return [_key(row) for row in connection.execute(chosen).mappings()]

    def revoke(self, user_id: str, key_id: str) -> None:
        """A key that counts no more. Raises UnknownKey, also for a key of somebody else."""
        this = (api_keys.c.id == key_id) & (api_keys.c.user_id == user_id)
        with self._catalog.write() as connection:
            if not connection.execute(delete(api_keys).where(this)).rowcount:
                raise UnknownKey(id=key_id)

    def check(self, text: str) -> tuple[User, Key] | None:
        """Whose key a text is, and what it allows; None for one that was revoked or never was."""
        form, now = _FORM.fullmatch(text), self._clock()
        if form is None:
            return None
        this = api_keys.c.id == form["id"]
        chosen = select(users, api_keys).select_from(api_keys).join(users).where(this)
        with self._catalog.read() as connection:
            row = connection.execute(chosen).mappings().first()
        if row is None or not hmac.compare_digest(row[api_keys.c.digest], digest(text)):
            return None
        self._last_use.note(row[api_keys.c.used_at], now, update(api_keys).where(this).values(used_at=now))
        return user_of(row), _key(row)


def _key(row: RowMapping) -> Key:
    in_bases = row[api_keys.c.base_ids]
    return Key(
        row[api_keys.c.id],
        row[api_keys.c.name],
        frozenset(json.loads(row[api_keys.c.scopes])),
        None if in_bases is None else tuple(json.loads(in_bases)),
        row[api_keys.c.created_at],
        row[api_keys.c.used_at],
    )
