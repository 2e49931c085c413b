"""Who uses a model next: one at a time, and questions before everything else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition


class Turns:
    """A lock with two doors. Whoever waits at `urgent` goes in before anybody at `patient`."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._taken = False
        self._urgent = 0
        self._patient = 0

    @property
    def waiting(self) -> int:
        """How many stand at either door."""
        with self._changed:
            return self._urgent + self._patient

    @contextmanager
    def urgent(self) -> Iterator[None]:
        """Hold the model as soon as its present holder lets go."""
        with self._changed:
            self._urgent += 1
            try:
                self._changed.wait_for(lambda: not self._taken)
                self._taken = True
            finally:
                self._urgent -= 1
        yield from self._held()

    @contextmanager
    def patient(self) -> Iterator[None]:
        """Hold the model when nobody urgent wants it."""
        with self._changed:
            self._patient += 1
            try:
                self._changed.wait_for(lambda: not self._taken and not self._urgent)
                self._taken = True
            finally:
                self._patient -= 1
        yield from self._held()

    def _held(self) -> Iterator[None]:
        try:
            yield
        finally:
            with self._changed:
                self._taken = False
                self._changed.notify_all()
