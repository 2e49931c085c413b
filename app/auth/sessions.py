"""Sessions: what a browser holds after a login, and for how long it counts."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, delete, insert, or_, select, update

from app.auth.errors import LoginRefused
from app.auth.last_use import LastUse
from app.auth.tokens import digest, new_token
from app.auth.users import Credentials, User, user_of
from ingest.store.catalog import Catalog
from ingest.store.schema import sessions, users

# Without a request for so long, and after so long in any case, it ends.
IDLE = 12 * 3600.0
LONGEST = 30 * 24 * 3600.0


@dataclass(frozen=True)
class Session:
    """Somebody who is logged in. A page of this session carries `csrf`, and what it changes must give it back."""

    user: User
    csrf: str

    def accepts(self, token: str) -> bool:
        """Whether a request comes from a page of this session."""
        return hmac.compare_digest(self.csrf.encode(), token.encode("utf-8", "surrogatepass"))


class Sessions:
    """Keeps who is logged in. The id, which the browser holds, is stored nowhere: its hash is."""

    def __init__(self, catalog: Catalog, clock: Callable[[], float] = time.time) -> None:
        self._catalog = catalog
        self._clock = clock
        self._last_use = LastUse(catalog)

    def start(self, known: Credentials) -> str:
        """The id of a new session. Raises LoginRefused if the password was changed since it was compared."""
        session_id, now = new_token(), self._clock()
        valid = (users.c.id == known.user.id) & (users.c.password == known.password)
        with self._catalog.write() as connection:
            if connection.scalar(select(users.c.id).where(valid)) is None:
                raise LoginRefused()
            connection.execute(delete(sessions).where(_over(now)))
            row = {"digest": digest(session_id), "user_id": known.user.id, "created_at": now, "seen_at": now}
            connection.execute(insert(sessions).values(row))
        return session_id

    def resume(self, session_id: str) -> Session | None:
        """Whose session this is; None for one that is over or never was."""
        now, this = self._clock(), sessions.c.digest == digest(session_id)
        wanted = select(users, sessions.c.seen_at).join(sessions).where(this, ~_over(now))
        with self._catalog.read() as connection:
            row = connection.execute(wanted).mappings().first()
        if row is None:
            return None
        self._last_use.note(row["seen_at"], now, update(sessions).where(this).values(seen_at=now))
        return Session(user_of(row), _csrf(session_id))

    def end(self, session_id: str) -> None:
        """Log out."""
        with self._catalog.write() as connection:
            connection.execute(delete(sessions).where(sessions.c.digest == digest(session_id)))

    def end_all(self, user_id: str) -> None:
        """Log a user out everywhere."""
        with self._catalog.write() as connection:
            connection.execute(delete(sessions).where(sessions.c.user_id == user_id))


def _over(now: float) -> ColumnElement[bool]:
    """A clock that was set back must not make a session live longer."""
    return or_(
        ~sessions.c.seen_at.between(now - IDLE, now + IDLE),
        ~sessions.c.created_at.between(now - LONGEST, now + LONGEST),
    )


def _csrf(session_id: str) -> str:
    """Of the id, and of no use to find it: so it is as new and as old as the session, and needs no place of its own."""
    return hmac.new(session_id.encode("utf-8", "surrogatepass"), b"csrf", hashlib.sha256).hexdigest()
