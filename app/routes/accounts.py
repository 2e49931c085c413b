"""Accounts over REST: oneself, API keys, the people of this installation, and who is what in a base."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from app.account_schemas import (
    KeyIn,
    KeyOut,
    MemberOut,
    MeOut,
    NewKeyOut,
    NewPasswordIn,
    PasswordChangeIn,
    RoleIn,
    UserIn,
    UserOut,
)
from app.auth.errors import NoAccounts
from app.auth.keys import Key
from app.auth.users import User
from app.routes.access import Who, base_for, bases_for
from app.routes.cookies import drop_session, keep_session, session_of
from app.routes.given import Given, problems
from app.wire import moment

router = APIRouter(prefix="/api/v1", tags=["accounts"])


@router.get("/me")
def me(services: Given, caller: Who) -> MeOut:
    """Who the caller is, and what they may do in which base."""
    roles = {base.id: role for base in bases_for(services, caller) if (role := caller.role(base.id)) is not None}
    return MeOut(
        name=None if caller.user is None else caller.user.name,
        owner=caller.is_owner,
        scopes=sorted(caller.scopes),
        roles=roles,
    )


@router.put("/me/password", status_code=204, responses=problems(409, 422, 429, 503))
def change_password(body: PasswordChangeIn, request: Request, services: Given, caller: Who) -> Response:
    """Another password for one's own account. Every other session of it ends; API keys stay."""
    user = _account(caller.user)
    address = request.client.host if request.client else ""
    session = services.accounts.login.change_password(user, body.old, body.new, address)
    response = Response(status_code=204)
    keep_session(request, response, session)
    return response


@router.delete("/me/session", status_code=204)
def log_out(
    request: Request,
    services: Given,
    caller: Who,
    everywhere: Annotated[bool, Query(description="Also on every other device.")] = False,
) -> Response:
    """End the session that the request shows, or every one of the account."""
    if everywhere:
        services.accounts.sessions.end_all(_account(caller.user).id)
    else:
        services.accounts.sessions.end(session_of(request))
    response = Response(status_code=204)
    drop_session(request, response)
    return response


@router.get("/keys", responses=problems(409))
def list_keys(services: Given, caller: Who) -> list[KeyOut]:
    """One's own API keys, the latest first."""
    return [_key_out(key) for key in services.accounts.keys.of_user(_account(caller.user).id)]


@router.post("/keys", status_code=201, responses=problems(404, 409, 422))
def create_key(body: KeyIn, services: Given, caller: Who) -> NewKeyOut:
    """Make an API key. `key` is shown this once: only a hash of it is kept."""
    user = _account(caller.user)
    ids = None if body.bases is None else [base_for(services, caller, base).id for base in body.bases]
    key, text = services.accounts.keys.create(user, body.name, body.scopes, ids)
    return NewKeyOut(**_key_out(key).model_dump(), key=text)


@router.delete("/keys/{key}", status_code=204, responses=problems(404, 409))
def revoke_key(key: str, services: Given, caller: Who) -> None:
    """Revoke one of one's own API keys, at once."""
    services.accounts.keys.revoke(_account(caller.user).id, key)


@router.get("/users")
def list_users(services: Given) -> list[UserOut]:
    """Everybody with an account, the owner of the installation first."""
    return [_user_out(user) for user in services.accounts.users.all()]


@router.post("/users", status_code=201, responses=problems(409, 422, 503))
def create_user(body: UserIn, services: Given, caller: Who) -> UserOut:
    """Make an account. It may see nothing until it has a role in a base."""
    _account(caller.user)
    return _user_out(services.accounts.users.create(body.name, body.password))


@router.put("/users/{user}/password", status_code=204, responses=problems(404, 422, 503))
def set_password(user: str, body: NewPasswordIn, services: Given) -> None:
    """Give somebody another password. Their sessions and API keys end."""
    services.accounts.users.reset_password(user, body.password)


@router.delete("/users/{user}", status_code=204, responses=problems(404, 409))
def remove_user(user: str, services: Given) -> None:
    """Remove an account with its sessions, keys, roles and conversations."""
    services.remove_user(user)


@router.get("/bases/{base}/members", responses=problems(404))
def list_members(base: str, services: Given) -> list[MemberOut]:
    """Everybody with an account, and their role in a base."""
    roles = services.accounts.roles.in_base(services.library.catalog.base(base).id)
    return [
        MemberOut(
            user=user.id, name=user.name, role="owner" if user.is_owner else roles.get(user.id), fixed=user.is_owner
        )
        for user in services.accounts.users.all()
    ]


@router.put("/bases/{base}/members/{user}", status_code=204, responses=problems(404, 409, 422))
def set_role(base: str, user: str, body: RoleIn, services: Given) -> None:
    """Give somebody a role in a base, in the place of the one they have; null takes it away."""
    services.accounts.roles.set(user, base, body.role)


def _account(user: User | None) -> User:
    """Raises NoAccounts on a machine without any."""
    if user is None:
        raise NoAccounts()
    return user


def _key_out(key: Key) -> KeyOut:
    return KeyOut(
        id=key.id,
        name=key.name,
        scopes=sorted(key.scopes),
        bases=None if key.bases is None else list(key.bases),
        created_at=moment(key.created_at),
        used_at=None if key.used_at is None else moment(key.used_at),
    )


def _user_out(user: User) -> UserOut:
    return UserOut(id=user.id, name=user.name, owner=user.is_owner, created_at=moment(user.created_at))
