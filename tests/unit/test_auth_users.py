"""Accounts and roles: who there is, what goes with an account, and how the first one comes about."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError

from app.auth.errors import (
    OwnerStays,
    PasswordUnfit,
    SetupRefused,
    UnknownUser,
    UserNameInvalid,
    UserNameTaken,
)
from app.auth.setup import Setup
from ingest.store import schema
from ingest.store.errors import UnknownBase
from tests.support.accounts import HOME, PASSWORD, Accounts, accounts_in


@pytest.fixture
def accounts(tmp_path: Path) -> Iterator[Accounts]:
    with accounts_in(tmp_path) as made:
        yield made


def rows(accounts: Accounts) -> dict[str, int]:
    """How many rows there are of everything that may belong to a user."""
    tables = (schema.users, schema.members, schema.sessions, schema.api_keys, schema.conversations, schema.answers)
    with accounts.catalog.read() as connection:
        return {table.name: connection.scalar(select(func.count()).select_from(table)) or 0 for table in tables}


def converse(accounts: Accounts, conversation_id: str, user_id: str | None) -> None:
    with accounts.catalog.write() as connection:
        row = {"id": conversation_id, "title": "t", "base_ids": "[]", "created_at": 1.0, "updated_at": 1.0}
        connection.execute(insert(schema.conversations).values(row | {"user_id": user_id}))
        answer = {"id": f"a-{conversation_id}", "conversation_id": conversation_id, "ordinal": 0}
        connection.execute(
            insert(schema.answers).values(answer | {"question": "q", "state": "done", "created_at": 1.0})
        )


def test_users_have_names_of_their_own(accounts: Accounts) -> None:
    owner, user = accounts.owner("王"), accounts.user(" Li Na ")
    assert (owner.is_owner, user.name, user.is_owner) == (True, "Li Na", False)
    assert accounts.users.all() == [owner, user]
    assert accounts.users.find(user.id) == user
    for taken in ("li na", "ＬＩ　ＮＡ"):
        with pytest.raises(UserNameTaken):
            accounts.users.create(taken, PASSWORD)
    with pytest.raises(UserNameInvalid):
        accounts.users.create("li\u202ena", PASSWORD)
    with pytest.raises(PasswordUnfit):
        accounts.users.create("zhao", "too short")
    with pytest.raises(UnknownUser):
        accounts.users.find("nobody")


def test_no_password_is_in_the_catalog(accounts: Accounts, tmp_path: Path) -> None:
    accounts.owner()
    accounts.login.login("wang", PASSWORD, HOME)
    for path in tmp_path.glob("catalog.db*"):
        assert PASSWORD.encode() not in path.read_bytes()


def test_an_account_goes_with_all_that_belongs_to_it(accounts: Accounts) -> None:
    owner, user, other = accounts.owner(), accounts.user(), accounts.user("zhao")
    for each in (user, other):
        accounts.roles.set(each.id, "default", "reader")
    for each, conversation in ((owner, "c1"), (user, "c2")):
        accounts.login.login(each.name, PASSWORD, HOME)
        accounts.keys.create(each, "script", {"read"})
        converse(accounts, conversation, each.id)
    converse(accounts, "c3", None)
    accounts.users.remove(user.id)
    assert accounts.users.all() == [owner, other]
    assert rows(accounts) == {
        "users": 2,
        "members": 1,
        "sessions": 1,
        "api_keys": 1,
        "conversations": 2,
        "answers": 2,
    }
    assert accounts.catalog.erase_due()
    with pytest.raises(UnknownUser):
        accounts.users.remove(user.id)
    with pytest.raises(OwnerStays, match="wang"):
        accounts.users.remove(owner.id)


def test_a_user_with_conversations_is_not_deleted_around_them(accounts: Accounts) -> None:
    user = accounts.user()
    converse(accounts, "c1", user.id)
    with pytest.raises(IntegrityError), accounts.catalog.write() as connection:
        connection.execute(schema.users.delete())


def test_the_owner_takes_what_was_asked_before_there_were_accounts(accounts: Accounts) -> None:
    converse(accounts, "c1", None)
    owner = accounts.owner()
    with accounts.catalog.read() as connection:
        assert list(connection.scalars(select(schema.conversations.c.user_id))) == [owner.id]


def test_the_owner_needs_no_role(accounts: Accounts) -> None:
    owner = accounts.owner()
    with pytest.raises(OwnerStays, match="wang"):
        accounts.roles.set(owner.id, "default", "reader")


def test_roles_are_one_a_user_and_base(accounts: Accounts) -> None:
    user, other = accounts.user("li"), accounts.user("zhao")
    base = accounts.catalog.create_base("合同")
    accounts.roles.set(user.id, "合同", "reader")
    accounts.roles.set(user.id, base.id, "editor")
    accounts.roles.set(user.id, "default", "owner")
    accounts.roles.set(other.id, base.id, "reader")
    assert accounts.roles.of_user(user.id) == {base.id: "editor", "default": "owner"}
    assert accounts.roles.in_base(base.id) == {user.id: "editor", other.id: "reader"}
    accounts.roles.set(user.id, base.id, None)
    assert accounts.roles.in_base(base.id) == {other.id: "reader"}
    accounts.catalog.delete_base(base.id)
    assert (accounts.roles.of_user(user.id), accounts.roles.of_user(other.id)) == ({"default": "owner"}, {})
    with pytest.raises(UnknownUser):
        accounts.roles.set("nobody", "default", "reader")
    with pytest.raises(UnknownBase):
        accounts.roles.set(user.id, base.id, "reader")


# The first start


def test_the_token_of_the_first_start_makes_the_owner_once(accounts: Accounts) -> None:
    setup = Setup(accounts.users)
    with pytest.raises(SetupRefused):
        setup.claim("", "wang", PASSWORD)
    token = setup.new_token()
    assert token is not None
    with pytest.raises(SetupRefused):
        setup.claim(token + "x", "wang", PASSWORD)
    with pytest.raises(PasswordUnfit):
        setup.claim(token, "wang", "too short")
    owner = setup.claim(token, "wang", PASSWORD)
    assert owner.is_owner
    with pytest.raises(SetupRefused):
        setup.claim(token, "li", PASSWORD)
    assert setup.new_token() is None
    assert accounts.users.all() == [owner]


def test_a_later_token_replaces_the_earlier_one(accounts: Accounts) -> None:
    setup = Setup(accounts.users)
    first, second = setup.new_token(), setup.new_token()
    assert first is not None and second is not None
    with pytest.raises(SetupRefused):
        setup.claim(first, "wang", PASSWORD)
    assert setup.claim(second, "wang", PASSWORD).is_owner


def test_of_many_who_have_the_token_one_becomes_the_owner(accounts: Accounts) -> None:
    setup = Setup(accounts.users)
    token = setup.new_token()
    assert token is not None
    with ThreadPoolExecutor(8) as people:
        claims = [people.submit(setup.claim, token, f"user {n}", PASSWORD) for n in range(8)]
        refused = [each.exception(30) for each in claims]
    assert sum(error is None for error in refused) == 1
    assert all(isinstance(error, SetupRefused) for error in refused if error)
    assert [user.is_owner for user in accounts.users.all()] == [True]
