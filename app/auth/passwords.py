"""Passwords as argon2id hashes, few at a time: each takes 64 MiB and a part of a second of one core."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import BoundedSemaphore
from typing import Protocol

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app.auth.errors import LoginBusy, PasswordUnfit
from ingest.names import key_of

LEAST, MOST, DISTINCT = 10, 200, 5
AT_ONCE = 2
# Of those who wait, each holds a thread of the server.
WAITING = 8


class Hasher(Protocol):
    """What argon2-cffi does with a password. `verify` raises VerificationError for another one."""

    def hash(self, password: bytes, /) -> str: ...
    def verify(self, hash: str, password: bytes, /) -> bool: ...
    def check_needs_rehash(self, hash: str, /) -> bool: ...


class Passwords:
    """Makes and compares hashes of passwords. Every method may be called from any thread."""

    def __init__(self, hasher: Hasher | None = None) -> None:
        self._hasher: Hasher = hasher or PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=1)
        self._entering = BoundedSemaphore(AT_ONCE + WAITING)
        self._working = BoundedSemaphore(AT_ONCE)

    def hash(self, password: str, user: str) -> str:
        """The hash of a password that `user` chose. Raises PasswordUnfit, LoginBusy."""
        chosen = _prepared(password)
        if not LEAST <= len(chosen) <= MOST or len(set(chosen)) < DISTINCT or key_of(chosen) == key_of(user):
            raise PasswordUnfit(least=LEAST, most=MOST, distinct=DISTINCT)
        return self._hash(chosen)

    def matches(self, password: str, stored: str | None) -> bool:
        """Whether a hash is of this password; without a hash, False after the same time. Raises LoginBusy."""
        given = _prepared(password)
        if stored is None:
            self._hash(given)
            return False
        with self._turn():
            try:
                return self._hasher.verify(stored, _bytes(given))
            except (VerificationError, InvalidHashError):
                return False

    def renewed(self, password: str, stored: str) -> str | None:
        """A new hash where the old one was made by other parameters than today's, and it can be made at once."""
        if not self._hasher.check_needs_rehash(stored):
            return None
        with suppress(LoginBusy):
            return self._hash(_prepared(password))
        return None

    def _hash(self, prepared: str) -> str:
        with self._turn():
            return self._hasher.hash(_bytes(prepared))

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._entering.acquire(blocking=False):
            raise LoginBusy()
        try:
            with self._working:
                yield
        finally:
            self._entering.release()


def _prepared(password: str) -> str:
    """The password, whichever way it was typed: full-width letters of a Chinese keyboard are those of any other.

    What stays too long for a password even so is cut, so that it costs no more than one.
    """
    return unicodedata.normalize("NFKC", password[: 4 * MOST])


def _bytes(prepared: str) -> bytes:
    return prepared.encode("utf-8", "surrogatepass")
