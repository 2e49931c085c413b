"""Logging in: sessions and their ends, and what guessing costs."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app.auth import sessions, throttle
from app.auth.errors import LoginBusy, LoginNotStored, LoginRefused, LoginThrottled, PasswordUnfit
from app.auth.last_use import NOTED
from app.auth.login import Login
from app.auth.passwords import Passwords
from app.auth.throttle import FREE_FOR_ADDRESS, FREE_FOR_NAME, FREE_FOR_NAME_ANYWHERE, LONGEST, pause
from ingest.store import schema
from tests.support.accounts import HOME, PASSWORD, Accounts, accounts_in, cheap, takes_nothing

DAY = 24 * 3600.0


@pytest.fixture
def accounts(tmp_path: Path) -> Iterator[Accounts]:
    with accounts_in(tmp_path) as made:
        made.owner("wang")
        yield made


def count(accounts: Accounts, table_name: str) -> int:
    with accounts.catalog.read() as connection:
        return connection.scalar(select(func.count()).select_from(schema.metadata.tables[table_name])) or 0


def fail(accounts: Accounts, name: str = "wang", address: str = HOME) -> None:
    with pytest.raises(LoginRefused):
        accounts.login.login(name, "a wrong password", address)


def wait_of(accounts: Accounts, name: str = "wang", address: str = HOME) -> int:
    """The seconds that somebody is told to wait, who knows the password; 0 if it lets them in."""
    try:
        accounts.login.login(name, PASSWORD, address)
    except LoginThrottled as refused:
        return int(str(refused.params["seconds"]))
    return 0


# Sessions


def test_a_session_is_new_at_each_login_and_ends_with_the_logout(accounts: Accounts) -> None:
    one, other = (accounts.login.login(name, PASSWORD, HOME) for name in ("wang", "ＷＡＮＧ"))
    assert one != other
    assert len(one) >= 43
    first, second = accounts.sessions.resume(one), accounts.sessions.resume(other)
    assert first is not None and second is not None
    assert first.user.name == second.user.name == "wang"
    assert first.csrf != second.csrf
    accounts.sessions.end(one)
    assert accounts.sessions.resume(one) is None
    assert accounts.sessions.resume(other) is not None
    for stranger in ("", "nothing", one + "x", "\ud800", first.csrf):
        assert accounts.sessions.resume(stranger) is None


def test_what_the_browser_holds_is_not_in_the_catalog(accounts: Accounts, tmp_path: Path) -> None:
    session = accounts.login.login("wang", PASSWORD, HOME)
    resumed = accounts.sessions.resume(session)
    assert resumed is not None
    stored = b"".join(path.read_bytes() for path in tmp_path.glob("catalog.db*"))
    assert session.encode() not in stored
    assert resumed.csrf.encode() not in stored


def test_a_page_gives_back_the_token_of_its_own_session(accounts: Accounts) -> None:
    one, other = (accounts.sessions.resume(accounts.login.login("wang", PASSWORD, HOME)) for _ in range(2))
    assert one is not None and other is not None
    assert one.accepts(one.csrf)
    for token in ("", other.csrf, one.csrf[:-1], "é", "\ud800"):
        assert not one.accepts(token)


def test_a_session_lasts_as_long_as_it_is_used_but_not_for_ever(accounts: Accounts) -> None:
    session = accounts.login.login("wang", PASSWORD, HOME)
    started = accounts.clock.now
    while accounts.clock.now + sessions.IDLE - 1 < started + sessions.LONGEST:
        accounts.clock.now += sessions.IDLE - 1
        assert accounts.sessions.resume(session) is not None
    accounts.clock.now = started + sessions.LONGEST + 1
    assert accounts.sessions.resume(session) is None


def test_an_unused_session_ends_and_its_row_goes_at_the_next_login(accounts: Accounts) -> None:
    session = accounts.login.login("wang", PASSWORD, HOME)
    accounts.clock.now += sessions.IDLE + 1
    assert accounts.sessions.resume(session) is None
    accounts.login.login("wang", PASSWORD, HOME)
    assert count(accounts, "sessions") == 1


def test_a_clock_that_is_set_back_makes_no_session_longer(accounts: Accounts) -> None:
    session = accounts.login.login("wang", PASSWORD, HOME)
    accounts.clock.now -= 60
    assert accounts.sessions.resume(session) is not None
    accounts.clock.now -= sessions.IDLE
    assert accounts.sessions.resume(session) is not None
    accounts.clock.now -= sessions.LONGEST
    assert accounts.sessions.resume(session) is None


def test_a_request_is_noted_once_a_minute(accounts: Accounts) -> None:
    session = accounts.login.login("wang", PASSWORD, HOME)
    before = accounts.clock.now
    for seconds, noted in ((30, before), (40, before + 70), (10, before + 70)):
        accounts.clock.now += seconds
        accounts.sessions.resume(session)
        with accounts.catalog.read() as connection:
            assert connection.scalar(select(schema.sessions.c.seen_at)) == noted


def test_another_password_ends_every_session(accounts: Accounts) -> None:
    user = accounts.user("li")
    others = accounts.login.login("wang", PASSWORD, HOME)
    old = [accounts.login.login("li", PASSWORD, HOME) for _ in range(2)]
    new = accounts.login.change_password(user, PASSWORD, "another password", HOME)
    assert [accounts.sessions.resume(each) for each in old] == [None, None]
    resumed = accounts.sessions.resume(new)
    assert resumed is not None and resumed.user == user
    assert accounts.sessions.resume(others) is not None
    with pytest.raises(LoginRefused):
        accounts.login.login("li", PASSWORD, HOME)
    accounts.users.set_password(user.id, PASSWORD)
    assert accounts.sessions.resume(new) is None


def test_a_password_is_changed_by_who_knows_it(accounts: Accounts) -> None:
    user = accounts.user("li")
    with pytest.raises(LoginRefused):
        accounts.login.change_password(user, "a wrong password", "another password", HOME)
    with pytest.raises(PasswordUnfit):
        accounts.login.change_password(user, PASSWORD, "li", HOME)
    accounts.login.login("li", PASSWORD, HOME)


def test_a_password_that_changes_during_a_login_lets_nobody_in(accounts: Accounts) -> None:
    known = accounts.users.credentials("wang")
    assert known is not None
    accounts.users.set_password(known.user.id, "another password")
    with pytest.raises(LoginRefused):
        accounts.sessions.start(known)
    kept = accounts.users.credentials("wang")
    with pytest.raises(LoginRefused):
        accounts.sessions.start(accounts.users.renew_hash(known, "a hash of the old one"))
    assert accounts.users.credentials("wang") == kept


def test_a_login_renews_a_hash_by_older_parameters(accounts: Accounts, tmp_path: Path) -> None:
    before = accounts.users.credentials("wang")
    with accounts_in(tmp_path, Passwords(cheap(passes=2))) as later:
        session = later.login.login("wang", PASSWORD, HOME)
        assert later.sessions.resume(session) is not None
        after = later.users.credentials("wang")
        assert before is not None and after is not None
        assert ("t=1" in before.password, "t=2" in after.password) == (True, True)
        later.login.login("wang", PASSWORD, HOME)
        assert later.users.credentials("wang") == after


# Guessing


def test_a_wrong_name_and_a_wrong_password_are_told_alike(accounts: Accounts) -> None:
    with pytest.raises(LoginRefused) as wrong_password:
        accounts.login.login("wang", "a wrong password", HOME)
    for name in ("nobody", "", "wang\u202e", "\ud800", "x" * 1_000_000):
        with pytest.raises(LoginRefused) as wrong_name:
            accounts.login.login(name, PASSWORD, HOME)
        assert str(wrong_name.value) == str(wrong_password.value)


def test_the_wait_doubles_with_each_failure(accounts: Accounts) -> None:
    for _ in range(FREE_FOR_NAME):
        fail(accounts)
    waits = []
    for _ in range(12):
        waits.append(wait_of(accounts))
        accounts.clock.now += waits[-1]
        fail(accounts)
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]
    assert pause(10_000) == LONGEST


@pytest.mark.parametrize("name", ["wang", "nobody"])
def test_the_wait_is_for_the_name_where_it_is_tried(accounts: Accounts, name: str) -> None:
    for typed in (name, name.upper(), f" {name} "):
        fail(accounts, typed, "10.0.0.1")
    assert wait_of(accounts, name, "10.0.0.1") == 1
    accounts.user("li")
    assert wait_of(accounts, "li", "10.0.0.1") == 0


def test_a_stranger_keeps_nobody_out(accounts: Accounts) -> None:
    for _ in range(FREE_FOR_NAME):
        fail(accounts, address="10.0.0.9")
    assert wait_of(accounts, address="10.0.0.9") == 1
    assert wait_of(accounts, address=HOME) == 0


def test_many_strangers_are_slowed_down_together(accounts: Accounts) -> None:
    for number in range(FREE_FOR_NAME_ANYWHERE):
        fail(accounts, address=f"10.0.{number}.1")
    assert wait_of(accounts, address="10.1.0.1") == 1
    accounts.throttle.forget("wang")
    assert wait_of(accounts, address="10.1.0.1") == 0


@pytest.mark.parametrize(
    ("addresses", "other"),
    [
        (["10.0.0.1", "::ffff:10.0.0.1"], "10.0.0.2"),
        (["2001:db8::1", "2001:db8::2:3:4:5", "2001:db8:0:0::9%eth0"], "2001:db8:0:1::1"),
        (["no address"], "another"),
    ],
)
def test_the_wait_is_for_the_address_whatever_name_is_tried(
    accounts: Accounts, addresses: list[str], other: str
) -> None:
    for number in range(FREE_FOR_ADDRESS):
        fail(accounts, f"name {number}", addresses[number % len(addresses)])
    assert {wait_of(accounts, "wang", address) for address in addresses} == {1}
    assert wait_of(accounts, "wang", other) == 0


def test_a_login_forgets_failures_of_the_name_but_not_of_the_address(accounts: Accounts) -> None:
    accounts.user("li")
    for _ in range(FREE_FOR_NAME - 1):
        fail(accounts)
    assert wait_of(accounts) == 0
    for _ in range(FREE_FOR_NAME - 1):
        fail(accounts)
    # With an account of one's own in between, guessing at others is no cheaper.
    for number in range(FREE_FOR_ADDRESS - 2 * (FREE_FOR_NAME - 1)):
        assert wait_of(accounts, "li") == 0
        fail(accounts, f"name {number}")
    assert wait_of(accounts, "li") == 1


def test_logins_that_succeed_are_never_slowed_down(accounts: Accounts) -> None:
    assert [wait_of(accounts) for _ in range(3 * FREE_FOR_ADDRESS)] == [0] * 3 * FREE_FOR_ADDRESS


def test_of_many_guesses_at_once_few_are_looked_at(accounts: Accounts) -> None:
    with ThreadPoolExecutor(8) as guessers:
        tried = [guessers.submit(accounts.login.login, "wang", f"guess number {n}", HOME) for n in range(40)]
        errors = [each.exception(60) for each in tried]
    assert sum(isinstance(error, LoginRefused) for error in errors) == FREE_FOR_NAME
    assert sum(isinstance(error, LoginThrottled) for error in errors) == 40 - FREE_FOR_NAME


def test_failures_are_forgotten_after_a_while_and_their_rows_with_them(accounts: Accounts) -> None:
    for _ in range(FREE_FOR_NAME):
        fail(accounts)
    accounts.clock.now += throttle.FORGOTTEN + 1
    fail(accounts, "nobody", "10.0.0.1")
    # By the name there, by the name anywhere, by the address.
    assert count(accounts, "login_failures") == 3
    assert wait_of(accounts) == 0


def test_a_restart_forgets_nothing(accounts: Accounts, tmp_path: Path) -> None:
    for _ in range(FREE_FOR_NAME):
        fail(accounts)
    with accounts_in(tmp_path) as later:
        assert wait_of(later) == 1


def test_a_clock_that_goes_back_a_little_forgets_nothing(accounts: Accounts) -> None:
    for _ in range(FREE_FOR_NAME):
        fail(accounts)
    accounts.clock.now -= 1
    assert wait_of(accounts) == 2


def test_a_clock_that_is_set_back_locks_nobody_out(accounts: Accounts) -> None:
    for _ in range(FREE_FOR_NAME + 1):
        with pytest.raises((LoginRefused, LoginThrottled)):
            accounts.login.login("wang", "a wrong password", HOME)
        accounts.clock.now += 1
    accounts.clock.now -= DAY
    assert wait_of(accounts) == 0


def test_what_was_typed_as_a_name_is_not_kept(accounts: Accounts, tmp_path: Path) -> None:
    fail(accounts, "oops my password", "10.11.12.13")
    stored = b"".join(path.read_bytes() for path in tmp_path.glob("catalog.db*"))
    assert b"oops" not in stored
    assert b"10.11.12.13" not in stored


class Busy:
    """A hasher that is never reached."""

    def matches(self, password: str, stored: str | None) -> bool:
        raise LoginBusy()


def test_an_attempt_that_nobody_could_look_at_does_not_count(accounts: Accounts) -> None:
    busy = Login(accounts.users, Busy(), accounts.sessions, accounts.throttle)  # type: ignore[arg-type]
    for _ in range(3 * FREE_FOR_ADDRESS):
        with pytest.raises(LoginBusy):
            busy.login("wang", PASSWORD, HOME)
    assert wait_of(accounts) == 0


def test_a_disk_that_takes_nothing_keeps_nobody_out_who_is_in(
    accounts: Accounts, caplog: pytest.LogCaptureFixture
) -> None:
    session = accounts.login.login("wang", PASSWORD, HOME)
    accounts.clock.now += NOTED
    takes_nothing(accounts.catalog)
    for _ in range(3):
        assert accounts.sessions.resume(session) is not None
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    accounts.clock.now += NOTED
    assert accounts.sessions.resume(session) is not None
    assert len(caplog.records) == 2
    with pytest.raises(LoginNotStored):
        accounts.login.login("wang", PASSWORD, HOME)
