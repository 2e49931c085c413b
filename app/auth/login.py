"""Logging in: a name, a password, and where they come from; a session comes of it, or a refusal that tells nothing."""

from __future__ import annotations

import logging

from app.auth.errors import LoginBusy, LoginNotStored, LoginRefused
from app.auth.passwords import Passwords
from app.auth.sessions import Sessions
from app.auth.throttle import Throttle
from app.auth.users import NAME_LIMIT, Credentials, User, Users
from ingest.errors import DiskFull
from ingest.store.errors import CatalogUnusable

log = logging.getLogger(__name__)

# No name is longer, however it is written, and what is typed may be endless.
_LONGEST_NAME = 4 * NAME_LIMIT


class Login:
    """Compares passwords with those of the users, and starts sessions."""

    def __init__(self, users: Users, passwords: Passwords, sessions: Sessions, throttle: Throttle) -> None:
        self._users = users
        self._passwords = passwords
        self._sessions = sessions
        self._throttle = throttle

    def login(self, name: str, password: str, address: str) -> str:
        """The id of a new session, for the browser alone.

        Raises LoginRefused, LoginThrottled, LoginBusy, LoginNotStored.
        """
        try:
            known = self._confirmed(name[:_LONGEST_NAME], password, address)
            renewed = self._passwords.renewed(password, known.password)
            return self._sessions.start(self._users.renew_hash(known, renewed) if renewed else known)
        except (DiskFull, CatalogUnusable) as error:
            # What they say of the server's folders is not for somebody who is not logged in.
            log.warning("nobody can be logged in: %s", error)
            raise LoginNotStored() from error

    def change_password(self, user: User, old: str, new: str, address: str) -> str:
        """Another password for somebody who knows the old one. All sessions end; gives the id of a new one.

        Raises LoginRefused, LoginThrottled, LoginBusy, PasswordUnfit.
        """
        self._confirmed(user.name, old, address)
        return self._sessions.start(self._users.set_password(user.id, new))

    def _confirmed(self, name: str, password: str, address: str) -> Credentials:
        """Whose name and password these are. A name that nobody has takes as long as a wrong password."""
        self._throttle.attempt(name, address)
        known = self._users.credentials(name)
        try:
            right = self._passwords.matches(password, known.password if known else None)
        except LoginBusy:
            self._throttle.withdraw(name, address)
            raise
        if known is None or not right:
            raise LoginRefused()
        self._throttle.succeeded(name, address)
        return known
