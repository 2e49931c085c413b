"""Cuts a sequence into short ones: SQLite limits what one statement may name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")


def batched(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Lists of `size` items, the last one maybe shorter, never empty."""
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch
