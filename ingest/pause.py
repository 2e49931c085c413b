"""Whether waiting documents are left alone: said by a person, kept in the catalog until one says otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Event, Lock
from typing import Protocol

from ingest.store.catalog import Catalog, drop_setting, set_setting

_PAUSED = "paused"


class Signal(Protocol):
    """Says whether work is to be broken off; a `threading.Event` is one."""

    def is_set(self) -> bool:
        """Whether it is, by now."""


@dataclass(frozen=True)
class Either:
    """Set when one of two signals is."""

    first: Signal
    second: Signal

    def is_set(self) -> bool:
        """See Signal."""
        return self.first.is_set() or self.second.is_set()


class Pause:
    """The pause of a data folder, a Signal. Every method may be called from any thread."""

    def __init__(self, catalog: Catalog) -> None:
        """As it was when the folder was last open."""
        self._catalog = catalog
        self._changing = Lock()
        self._set = Event()
        if catalog.setting(_PAUSED) is not None:
            self._set.set()

    def is_set(self) -> bool:
        """Whether documents are left alone."""
        return self._set.is_set()

    def begin(self) -> None:
        """Leave documents alone from now on. Raises DiskFull, CatalogUnusable."""
        with self._changing:
            with self._catalog.write() as connection:
                set_setting(connection, _PAUSED, "by a person")
            self._set.set()

    def end(self) -> None:
        """Let documents be read again; the worker is to be woken. Raises DiskFull, CatalogUnusable."""
        with self._changing:
            with self._catalog.write() as connection:
                drop_setting(connection, _PAUSED)
            self._set.clear()
