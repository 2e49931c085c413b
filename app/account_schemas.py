"""What travels over REST of accounts, keys and roles, with an example of each."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

from app import examples
from app.auth.keys import Scope
from app.auth.roles import Role
from app.library_schemas import Words, example_of

# Longer ones are refused by what checks them, in a sentence; these bound what is looked at.
Name = Annotated[Words, Field(max_length=1000)]
Password = Annotated[Words, Field(max_length=1000)]


class MeOut(BaseModel):
    """The caller. `name` is null on a machine without accounts; `roles` is by the ids of bases."""

    model_config = example_of(examples.ME)
    name: str | None
    owner: bool
    scopes: list[Scope]
    roles: dict[str, Role]


class PasswordChangeIn(BaseModel):
    model_config = example_of({"old": "correct horse 电池", "new": "battery staple 马"})
    old: Password
    new: Password


class NewPasswordIn(BaseModel):
    model_config = example_of({"password": "correct horse 电池"})
    password: Password


class KeyIn(BaseModel):
    """A key for some bases, or with null for all that its user may see."""

    model_config = example_of(examples.KEY_IN)
    name: Name
    scopes: list[Scope]
    bases: Annotated[list[Words], Field(max_length=100)] | None = None


class KeyOut(BaseModel):
    model_config = example_of(examples.KEY)
    id: str
    name: str
    scopes: list[Scope]
    bases: list[str] | None
    created_at: str
    used_at: str | None


class NewKeyOut(KeyOut):
    """`key` is what a program shows. It is not to be had again."""

    model_config = example_of(examples.NEW_KEY)
    key: str


class UserIn(BaseModel):
    model_config = example_of({"name": "李明", "password": "correct horse 电池"})
    name: Name
    password: Password


class UserOut(BaseModel):
    model_config = example_of(examples.USER)
    id: str
    name: str
    owner: bool
    created_at: str


class MemberOut(BaseModel):
    """Somebody with an account, and the role in a base or null. `fixed` for the owner of the installation."""

    model_config = example_of(examples.MEMBER)
    user: str
    name: str
    role: Role | None
    fixed: bool


class RoleIn(BaseModel):
    model_config = example_of({"role": "editor"})
    role: Role | None
