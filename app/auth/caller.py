"""Who asks, and what they may do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from app.auth.keys import SCOPES, Scope
from app.auth.roles import Role
from app.auth.sessions import Session
from app.auth.users import User

_RANK: Mapping[Role, int] = {"reader": 0, "editor": 1, "owner": 2}


@dataclass(frozen=True)
class Caller:
    """Somebody with a session or a key, or whoever sits at a machine without accounts (`user` is None then).

    `roles` is from the ids of bases to the user's roles there; the owner of the installation needs none.
    `bases` are those that a key is for, None for all.
    """

    user: User | None
    roles: Mapping[str, Role] = field(default_factory=dict)
    scopes: frozenset[Scope] = frozenset(SCOPES)
    bases: frozenset[str] | None = None
    session: Session | None = None

    @property
    def user_id(self) -> str | None:
        """Whose conversations are shown and written."""
        return None if self.user is None else self.user.id

    @property
    def is_owner(self) -> bool:
        """Whether it is the owner of the installation, by a key for all bases if by any."""
        return self._owns_all and self.bases is None

    @property
    def _owns_all(self) -> bool:
        return self.user is None or self.user.is_owner

    def role(self, base_id: str) -> Role | None:
        """The role in a base; None where not even its name may be seen."""
        if self.bases is not None and base_id not in self.bases:
            return None
        return "owner" if self._owns_all else self.roles.get(base_id)

    def may(self, least: Role, base_id: str) -> bool:
        """Whether the role in a base is this one or a higher one."""
        role = self.role(base_id)
        return role is not None and _RANK[role] >= _RANK[least]

    def sees(self, base_ids: Iterable[str]) -> bool:
        """Whether all of these bases may be read."""
        return all(self.role(base_id) is not None for base_id in base_ids)


# A machine without accounts belongs to whoever can reach it, and only its own users can.
LOCAL = Caller(None)
