"""Slows guessing down: who fails must wait, twice as long each time, by the name that was tried and by the address.

A name is counted for each address by itself, so that nobody keeps somebody else out by guessing at their name; over all
addresses it takes many more failures until anybody has to wait.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from ipaddress import ip_address
from math import ceil

from sqlalchemy import Connection, delete, insert, select, update

from app.auth.errors import LoginThrottled
from app.auth.tokens import digest
from ingest.names import key_of
from ingest.store.catalog import Catalog
from ingest.store.schema import login_failures as table

# So many fail without a wait: people mistype, and an office has one address.
FREE_FOR_NAME = 3
FREE_FOR_ADDRESS = 10
FREE_FOR_NAME_ANYWHERE = 100
LONGEST = 15 * 60.0
# Failures count until there was none for so long.
FORGOTTEN = 3600.0
# A failure that is farther in the future is from before the clock was set back: it must lock nobody out for a day.
SET_BACK = 60.0


class Throttle:
    """Counts logins that failed, over restarts. Every method may be called from any thread."""

    def __init__(self, catalog: Catalog, clock: Callable[[], float] = time.time) -> None:
        self._catalog = catalog
        self._clock = clock

    def attempt(self, name: str, address: str) -> None:
        """Count an attempt as failed before its password is looked at, so that of many at once each counts.

        Raises LoginThrottled with the seconds to wait; then nothing is counted.
        """
        free = _free(name, address)
        with self._catalog.write() as connection:
            # Told under the lock: of two at once the later one must not look like the earlier.
            now = self._clock()
            connection.execute(delete(table).where(~table.c.failed_at.between(now - FORGOTTEN, now + SET_BACK)))
            known = {row.digest: row for row in connection.execute(select(table).where(table.c.digest.in_(free)))}
            waits = [row.failed_at + pause(row.failures - free[key]) - now for key, row in known.items()]
            if max(waits, default=0.0) > 0:
                raise LoginThrottled(seconds=ceil(max(waits)))
            connection.execute(update(table).where(table.c.digest.in_(known)).values(failed_at=now))
            _add(connection, known, 1)
            for key in free.keys() - known.keys():
                connection.execute(insert(table).values(digest=key, failures=1, failed_at=now))

    def withdraw(self, name: str, address: str) -> None:
        """Take an attempt back that came to nothing: its password was never compared."""
        with self._catalog.write() as connection:
            _add(connection, _free(name, address), -1)

    def succeeded(self, name: str, address: str) -> None:
        """Take an attempt back that was right, and forget what failed before for this name.

        It stays with the address: with one account of one's own one could guess at all others for ever.
        """
        with self._catalog.write() as connection:
            _add(connection, _free(name, address), -1)
            connection.execute(delete(table).where(table.c.digest.in_([_of_name(name), _of_pair(name, address)])))

    def forget(self, name: str) -> None:
        """Let nobody wait for what failed before over all addresses."""
        with self._catalog.write() as connection:
            connection.execute(delete(table).where(table.c.digest == _of_name(name)))


def pause(failures: int) -> float:
    """Seconds to wait after so many failures beyond those that are free."""
    return 0.0 if failures < 0 else min(2.0 ** min(failures, 20), LONGEST)


def _add(connection: Connection, keys: Iterable[str], number: int) -> None:
    connection.execute(update(table).where(table.c.digest.in_(list(keys))).values(failures=table.c.failures + number))


def _free(name: str, address: str) -> dict[str, int]:
    return {
        _of_pair(name, address): FREE_FOR_NAME,
        _of_name(name): FREE_FOR_NAME_ANYWHERE,
        digest(f"address {_network(address)}"): FREE_FOR_ADDRESS,
    }


def _of_pair(name: str, address: str) -> str:
    return digest(f"name {key_of(name)} at {_network(address)}")


def _of_name(name: str) -> str:
    return digest(f"name {key_of(name)}")


def _network(address: str) -> str:
    """What one person has: an address, or of IPv6 the network of a household, which holds endless addresses."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if found.version == 4:
        return str(found)
    return str(found.ipv4_mapped) if found.ipv4_mapped else found.packed[:8].hex()
