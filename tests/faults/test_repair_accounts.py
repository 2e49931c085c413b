"""Accounts in a damaged catalog: those that came through a repair are counted, and a lost owner is made again."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from sqlalchemy import func, select

from app.auth.errors import SetupRefused
from ingest.store import schema
from ingest.store.fault import Fault
from ingest.store.repair import repair
from tests.faults.test_repair import changed
from tests.faults.test_repair_deleted import BREAK
from tests.support.accounts import PASSWORD, Accounts, accounts_in
from tests.support.ingesting import bench
from tests.support.processes import environment, served

OWNER = "(SELECT id FROM users WHERE is_owner)"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """wang, who owns it, with a key and a conversation; li, with a key and a role; zhao, who has nothing."""
    data = tmp_path / "data"
    made = bench(data)
    made.taken_in("一份文件。", "3.txt")
    made.close()
    with accounts_in(data) as accounts:
        owner, li = accounts.owner(), accounts.user("li")
        accounts.user("zhao")
        accounts.roles.set(li.id, "default", "editor")
        for user in (owner, li):
            accounts.keys.create(user, "a key", ["read"])
    changed(data, f"INSERT INTO conversations VALUES ('one', '谈话', '[]', 1, 1, {OWNER}); {BREAK}")
    return data


def told(folder: Path) -> list[Fault]:
    return [fault for fault in repair(folder) if not re.search(r"catalog|original", fault.text)]


def people(accounts: Accounts) -> list[tuple[str, bool]]:
    return [(user.name, user.is_owner) for user in accounts.users.all()]


def spoil(catalog: Path, table: str) -> None:
    """Overwrite where the rows of a small table stand; its indexes stay whole."""
    with closing(sqlite3.connect(catalog)) as connection:
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    data = bytearray(catalog.read_bytes())
    data[(page - 1) * size : page * size] = b"\x5a" * size
    catalog.write_bytes(data)


def test_whoever_comes_through_is_counted(folder: Path) -> None:
    came = "3 accounts, 1 roles, 2 API keys came through; everybody has to log in again"
    assert told(folder) == [Fault("repaired", came)]
    with accounts_in(folder) as accounts:
        assert people(accounts) == [("wang", True), ("li", False), ("zhao", False)]
        assert accounts.owned


def test_an_owner_who_is_lost_is_told_and_the_token_of_a_start_makes_another(folder: Path) -> None:
    changed(folder, f"DELETE FROM users WHERE id = {OWNER}")
    faults = told(folder)
    assert [fault.text for fault in faults if fault.level == "problem"] == [
        "1 API keys are lost",
        "1 conversations are lost",
        "the owner's account is lost: `zhiwen serve` prints a token at its start, with which another one is made",
    ]
    assert "2 accounts, 1 roles, 1 API keys came through" in "".join(fault.text for fault in faults)
    with accounts_in(folder) as accounts:
        assert (accounts.needed, accounts.owned) == (True, False)
        # Nobody by being on this machine's network interface, or having an account, becomes the owner.
        with pytest.raises(SetupRefused):
            accounts.create_owner("", "mallory", PASSWORD)
        token = accounts.setup.new_token()
        assert token is not None
        with pytest.raises(SetupRefused):
            accounts.create_owner(token[:-1], "mallory", PASSWORD)
        assert accounts.create_owner(token, "wang", PASSWORD).is_owner
        assert accounts.setup.new_token() is None
        with pytest.raises(SetupRefused):
            accounts.create_owner(token, "mallory", PASSWORD)
        assert people(accounts) == [("wang", True), ("li", False), ("zhao", False)]


def test_without_any_account_left_nobody_is_let_in_before_there_is_an_owner(folder: Path) -> None:
    """Without a trace of accounts everything would be open to whoever can reach the port."""
    spoil(folder / "catalog.db", "users")
    texts = [fault.text for fault in told(folder)]
    assert "3 accounts are lost (li, wang, zhao)" in texts
    assert "1 roles are lost" in texts
    assert any("prints a token" in text for text in texts)
    with accounts_in(folder) as accounts:
        assert (people(accounts), accounts.needed, accounts.owned) == ([], True, False)
        with pytest.raises(SetupRefused):
            accounts.create_owner("", "mallory", PASSWORD)
    # Another repair of it forgets nothing of that.
    changed(folder, "INSERT INTO members VALUES ('nobody', 'default', 'reader')")
    list(repair(folder))
    with accounts_in(folder) as accounts:
        assert accounts.needed


def test_a_flipped_bit_makes_nobody_the_owner(folder: Path) -> None:
    changed(folder, "UPDATE users SET is_owner = 64 WHERE name = 'li'")
    assert "1 accounts are lost (li)" in [fault.text for fault in told(folder)]
    with accounts_in(folder) as accounts:
        assert people(accounts) == [("wang", True), ("zhao", False)]


def test_a_catalog_that_says_nothing_of_accounts_is_told_as_such(folder: Path) -> None:
    (folder / "catalog.db").write_bytes(b"no database at all" * 300)
    assert "whether there were accounts cannot be read" in "".join(fault.text for fault in told(folder))


def test_of_a_folder_without_accounts_nothing_is_said(folder: Path) -> None:
    changed(folder, "DELETE FROM users; DELETE FROM members; DELETE FROM api_keys; DELETE FROM conversations")
    assert told(folder) == []
    with accounts_in(folder) as accounts:
        assert not accounts.needed


@pytest.mark.slow
def test_a_start_prints_the_token_again_on_this_machine_alone_too(folder: Path) -> None:
    changed(folder, f"DELETE FROM users WHERE id = {OWNER}")
    list(repair(folder))
    said: list[str] = []
    with served(environment(folder.parent), said=said) as url:
        token = re.search(r"/setup with this token: (\S+)", said[-1])
        assert token is not None
        with httpx.Client(base_url=url, trust_env=False, headers={"Origin": url}) as client:
            assert client.get("/api/v1/bases").status_code == 401
            assert 'name="token"' in client.get("/setup").text
            fields = {"name": "mallory", "password": PASSWORD}
            assert client.post("/setup", data=fields).status_code == 403
            assert client.post("/setup", data=fields | {"name": "wang", "token": token[1]}).status_code == 303
    with accounts_in(folder) as accounts:
        with accounts.catalog.read() as connection:
            assert connection.scalar(select(func.count()).where(schema.users.c.is_owner)) == 1
        assert accounts.owned
