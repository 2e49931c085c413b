"""API keys: shown once, found by their hash, and gone when they are revoked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from app.auth.errors import KeyInvalid, ScopeRefused, UnknownKey, UnknownUser
from app.auth.keys import SCOPES
from app.auth.last_use import NOTED
from ingest.store import schema
from ingest.store.errors import UnknownBase
from tests.support.accounts import Accounts, accounts_in, takes_nothing


@pytest.fixture
def accounts(tmp_path: Path) -> Iterator[Accounts]:
    with accounts_in(tmp_path) as made:
        yield made


def test_a_key_is_its_users_until_it_is_revoked(accounts: Accounts, tmp_path: Path) -> None:
    owner, user = accounts.owner(), accounts.user()
    key, text = accounts.keys.create(user, " nightly ", {"read", "ask"})
    other, _ = accounts.keys.create(user, "other", ["read"])
    assert re.fullmatch(rf"zw_{key.id}_[\w-]{{43}}", text)
    assert (key.name, key.scopes, key.bases, key.used_at) == ("nightly", {"read", "ask"}, None, None)
    assert accounts.keys.check(text) == (user, key)
    assert text.encode() not in b"".join(path.read_bytes() for path in tmp_path.glob("catalog.db*"))
    with pytest.raises(UnknownKey):
        accounts.keys.revoke(owner.id, key.id)
    accounts.keys.revoke(user.id, key.id)
    assert accounts.keys.check(text) is None
    assert accounts.keys.of_user(user.id) == [other]
    with pytest.raises(UnknownKey):
        accounts.keys.revoke(user.id, key.id)


def test_only_the_whole_key_is_one(accounts: Accounts) -> None:
    key, text = accounts.keys.create(accounts.user(), "nightly", SCOPES[:1])
    _, other = accounts.keys.create(accounts.user("zhao"), "nightly", SCOPES[:1])
    with accounts.catalog.read() as connection:
        digest = connection.scalar(select(schema.api_keys.c.digest).where(schema.api_keys.c.id == key.id))
    mixed = f"zw_{key.id}_{other.split('_', 2)[2]}"
    changed = text[:-1] + ("a" if text[-1] != "a" else "b")
    for wrong in (
        "",
        "zw_",
        key.id,
        text[3:],
        text + "x",
        text + "\n",
        changed,
        mixed,
        f"zw_{key.id}_{digest}",
        "zw_\ud800",
    ):
        assert accounts.keys.check(wrong) is None


def test_a_key_may_be_for_some_bases(accounts: Accounts) -> None:
    user, base = accounts.user(), accounts.catalog.create_base("合同")
    key, text = accounts.keys.create(user, "contracts", {"read"}, ["合同"])
    assert key.bases == (base.id,)
    accounts.catalog.delete_base(base.id)
    checked = accounts.keys.check(text)
    # A key for one base is none for all of them when that base is gone.
    assert checked is not None and checked[1].bases == (base.id,)
    with pytest.raises(UnknownBase):
        accounts.keys.create(user, "contracts", {"read"}, ["合同"])


def test_a_key_without_name_scope_or_base_is_none(accounts: Accounts) -> None:
    user = accounts.user()
    for name, scopes, bases in (
        ("", {"read"}, None),
        ("a\nb", {"read"}, None),
        ("a", set(), None),
        ("a", {"read"}, ()),
    ):
        with pytest.raises(KeyInvalid, match="read, ask, write, admin"):
            accounts.keys.create(user, name, scopes, bases)
    with pytest.raises(KeyInvalid):
        accounts.keys.create(user, "a", {"everything"})  # type: ignore[arg-type]
    assert accounts.keys.of_user(user.id) == []


def test_a_key_may_do_no_more_than_its_user(accounts: Accounts) -> None:
    owner, user = accounts.owner(), accounts.user()
    with pytest.raises(ScopeRefused, match="admin"):
        accounts.keys.create(user, "all", SCOPES)
    key, _ = accounts.keys.create(owner, "all", SCOPES)
    assert key.scopes == set(SCOPES)
    accounts.users.remove(user.id)
    with pytest.raises(UnknownUser):
        accounts.keys.create(user, "late", {"read"})


def test_its_last_use_is_noted_once_a_minute(accounts: Accounts) -> None:
    user = accounts.user()
    _, text = accounts.keys.create(user, "nightly", {"read"})
    first = accounts.clock.now
    for seconds, noted in ((0, first), (NOTED - 1, first), (1, first + NOTED)):
        accounts.clock.now += seconds
        accounts.keys.check(text)
        assert [key.used_at for key in accounts.keys.of_user(user.id)] == [noted]


def test_a_disk_that_takes_nothing_keeps_no_key_out(accounts: Accounts) -> None:
    user = accounts.user()
    key, text = accounts.keys.create(user, "nightly", {"read"})
    takes_nothing(accounts.catalog)
    assert accounts.keys.check(text) == (user, key)


def test_the_latest_key_comes_first(accounts: Accounts) -> None:
    user = accounts.user()
    first, _ = accounts.keys.create(user, "first", {"read"})
    accounts.clock.now += 1
    second, _ = accounts.keys.create(user, "second", {"write"})
    assert accounts.keys.of_user(user.id) == [second, first]
