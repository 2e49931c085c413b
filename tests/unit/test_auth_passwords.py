"""Passwords: how they are kept, and how many are looked at together."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, as_completed
from itertools import islice
from threading import Event, Lock

import pytest

from app.auth.errors import LoginBusy, PasswordUnfit
from app.auth.passwords import AT_ONCE, MOST, WAITING, Passwords
from tests.support.accounts import PASSWORD, cheap


def test_the_hash_is_argon2id_with_64_mib_three_passes_one_lane() -> None:
    stored = Passwords().hash(PASSWORD, "wang")
    assert stored.startswith("$argon2id$v=19$m=65536,t=3,p=1$")
    assert Passwords().matches(PASSWORD, stored)


def test_a_password_is_known_by_its_hash_alone() -> None:
    passwords = Passwords(cheap())
    one, other = passwords.hash(PASSWORD, "wang"), passwords.hash(PASSWORD, "wang")
    assert one != other
    assert PASSWORD not in one
    assert passwords.matches(PASSWORD, one)
    assert not passwords.matches(PASSWORD + " ", one)
    assert not passwords.matches("", one)
    assert not passwords.matches("\ud800", one)
    assert not passwords.matches(PASSWORD, "no hash at all")


def test_the_width_of_letters_does_not_matter() -> None:
    passwords = Passwords(cheap())
    assert passwords.matches("ｃｏｒｒｅｃｔ　ｈｏｒｓｅ　电池", passwords.hash(PASSWORD, "wang"))


@pytest.mark.parametrize("password", ["", "short 密码", "1212121212", "x" * 20, "Ｗang xiaoming", "é" + "abcde" * MOST])
def test_what_would_be_guessed_is_no_password(password: str) -> None:
    with pytest.raises(PasswordUnfit, match="10 to 200 characters"):
        Passwords(cheap()).hash(password, "wang  XIAOMING")


def test_nothing_of_a_long_password_is_left_out() -> None:
    """Hangul letters typed one by one are a third as many characters once put together."""
    passwords, typed = Passwords(cheap()), "".join(chr(0x1100 + n % 19) + "\u1161\u11a8" for n in range(MOST))
    stored = passwords.hash(typed, "wang")
    assert passwords.matches(typed, stored)
    assert not passwords.matches(typed[:-3], stored)
    assert not passwords.matches(typed + "a", stored)


def test_a_hash_by_older_parameters_is_made_anew() -> None:
    older, newer = Passwords(cheap(1)), Passwords(cheap(2))
    stored = older.hash(PASSWORD, "wang")
    assert older.renewed(PASSWORD, stored) is None
    renewed = newer.renewed(PASSWORD, stored)
    assert renewed is not None
    assert newer.renewed(PASSWORD, renewed) is None
    assert newer.matches(PASSWORD, renewed)


class Counting:
    """A hasher that says what it was asked, and waits until it may answer."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.together = self.most = 0
        self.go, self.lock = Event(), Lock()

    def hash(self, password: bytes) -> str:
        self._work("hash")
        return "made"

    def verify(self, hash: str, password: bytes) -> bool:
        self._work("verify")
        return True

    def check_needs_rehash(self, hash: str) -> bool:
        return False

    def _work(self, what: str) -> None:
        with self.lock:
            self.asked.append(what)
            self.together += 1
            self.most = max(self.most, self.together)
        assert self.go.wait(30)
        with self.lock:
            self.together -= 1


def test_a_name_that_nobody_has_costs_one_hash_like_any_other() -> None:
    hasher = Counting()
    hasher.go.set()
    assert not Passwords(hasher).matches(PASSWORD, None)
    assert hasher.asked == ["hash"]


def test_few_are_looked_at_together_and_the_rest_is_told_to_come_back() -> None:
    hasher, too_many = Counting(), 5
    passwords = Passwords(hasher)
    with ThreadPoolExecutor(AT_ONCE + WAITING + too_many) as people:
        asked = [people.submit(passwords.matches, PASSWORD, "stored") for _ in range(AT_ONCE + WAITING + too_many)]
        # Nobody is finished before `go`: who is done by then was not let in.
        sent_away = list(islice(as_completed(asked, timeout=30), too_many))
        hasher.go.set()
        assert all(isinstance(each.exception(30), LoginBusy) for each in sent_away)
        assert all(each.result(30) for each in asked if each not in sent_away)
    assert hasher.most == AT_ONCE
    assert passwords.matches(PASSWORD, "stored")
