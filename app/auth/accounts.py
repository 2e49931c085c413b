"""Everything about accounts over one catalog: who is asked for a name at all, and who somebody is."""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable

from app.auth.caller import LOCAL, Caller
from app.auth.errors import KeyRefused, LoginNeeded, SetupRefused
from app.auth.keys import ApiKeys
from app.auth.login import Login
from app.auth.passwords import Passwords
from app.auth.roles import Role, Roles
from app.auth.sessions import Sessions
from app.auth.setup import Setup
from app.auth.throttle import Throttle
from app.auth.users import User, Users
from ingest.store.catalog import ACCOUNTS_LOST, Catalog


class Accounts:
    """Users, their sessions, keys and roles.

    Without any account only this machine's users can reach the server, and whoever does may do everything.
    `exposed` says that others can reach it: then nothing is answered before there is an owner. So it is where there
    were accounts once, and a damaged catalog lost all of them.
    `local_secret` is what commands of this machine show, who can read the data folder anyway.
    """

    def __init__(
        self,
        catalog: Catalog,
        *,
        exposed: bool,
        local_secret: str,
        passwords: Passwords | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        passwords = passwords or Passwords()
        self.users = Users(catalog, passwords, clock)
        self.roles = Roles(catalog)
        self.sessions = Sessions(catalog, clock)
        self.keys = ApiKeys(catalog, clock)
        self.throttle = Throttle(catalog, clock)
        self.login = Login(self.users, passwords, self.sessions, self.throttle)
        self.setup = Setup(self.users)
        self._local_secret = local_secret
        self._guarded = exposed or bool(self.users.all()) or catalog.setting(ACCOUNTS_LOST) is not None
        self._owned = self.users.owner() is not None

    @property
    def needed(self) -> bool:
        """Whether callers must say who they are."""
        return self._guarded or self._owned

    @property
    def owned(self) -> bool:
        """Whether there is an owner's account."""
        return self._owned

    def create_owner(self, token: str, name: str, password: str) -> User:
        """Make the owner's account; from now on everybody must log in. The token counts where they had to before.

        Raises SetupRefused, UserNameInvalid, PasswordUnfit, LoginBusy.
        """
        if self._owned:
            # Before a password is hashed, which costs: anybody can ask for that.
            raise SetupRefused()
        if self._guarded:
            owner = self.setup.claim(token, name, password)
        elif (made := self.users.create_owner(name, password)) is None:
            raise SetupRefused()
        else:
            owner = made
        self._owned = True
        return owner

    def identify(self, bearer: str, session_id: str) -> Caller:
        """Who shows this key or session; each may be "". Raises LoginNeeded, KeyRefused."""
        if not self.needed:
            return LOCAL
        if bearer:
            return self._by_key(bearer)
        session = self.sessions.resume(session_id) if session_id else None
        if session is None:
            raise LoginNeeded()
        return Caller(session.user, self._roles(session.user), session=session)

    def _by_key(self, bearer: str) -> Caller:
        if self._local_secret and hmac.compare_digest(bearer.encode(), self._local_secret.encode()):
            return Caller(self.users.owner())
        found = self.keys.check(bearer)
        if found is None:
            raise KeyRefused()
        user, key = found
        return Caller(user, self._roles(user), key.scopes, None if key.bases is None else frozenset(key.bases))

    def _roles(self, user: User) -> dict[str, Role]:
        return {} if user.is_owner else self.roles.of_user(user.id)
