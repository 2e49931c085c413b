"""A start without an owner where people have to log in: whoever reads its output makes the owner's account."""

from __future__ import annotations

import hmac

from app.auth.errors import SetupRefused
from app.auth.tokens import digest, new_token
from app.auth.users import User, Users


class Setup:
    """Holds the hash of one token, in memory: it counts for this run of the server, and for one account."""

    def __init__(self, users: Users) -> None:
        self._users = users
        self._digest = ""

    def new_token(self) -> str | None:
        """A token to print, in the place of any before it; None where there is an owner already."""
        if self._users.owner() is not None:
            return None
        token = new_token()
        self._digest = digest(token)
        return token

    def claim(self, token: str, name: str, password: str) -> User:
        """Make the owner's account. Raises SetupRefused, UserNameInvalid, PasswordUnfit, LoginBusy.

        After an error that is about name or password the token still counts.
        """
        if not hmac.compare_digest(self._digest, digest(token)):
            raise SetupRefused()
        owner = self._users.create_owner(name, password)
        if owner is None:
            raise SetupRefused()
        self._digest = ""
        return owner
