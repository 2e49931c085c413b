"""What a vector index must do, whatever library it is made with, and how one is kept in memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Protocol

from ingest.store.passages import Keys
from models.base import Vectors

# Up to so many vectors, a question is compared with every one.
FLAT_LIMIT = 50_000


class VectorIndex(Protocol):
    """Vectors of length 1, each under a key that never stands for another. For one thread at a time."""

    def __len__(self) -> int:
        """How many vectors can be found."""

    @property
    def unfit(self) -> bool:
        """Whether it should be built anew: it holds many more vectors than it was made for, or many fewer."""

    def train(self, rows: Vectors, /) -> Iterator[None]:
        """Learn, before anything is added, how vectors like these lie, step by step: a step takes a few seconds."""

    def keys(self) -> Keys:
        """The keys that can be found, in no order. Shape (n,)."""

    def add(self, keys: Keys, vectors: Vectors) -> None:
        """Add vectors, shape (n, dimensions), under keys, shape (n,), that cannot be found yet."""

    def remove(self, keys: Keys) -> None:
        """Let these keys not be found any more; unknown ones do nothing."""

    def search(self, vector: Vectors, k: int) -> list[tuple[int, float]]:
        """At most `k` keys with their inner products, best first. `vector` has shape (dimensions,)."""

    def to_bytes(self) -> bytes:
        """The whole index, with no vector that was removed."""


@dataclass
class IndexEntry:
    """An index in memory. `changing` is held while it is brought up to date, `searching` for moments.

    `building` is set while another one is made in its place, or what it lacks is added, in the background.
    """

    base_id: str
    fingerprint: str
    path: Path
    index: VectorIndex | None = None
    generation: int = -1
    saved: bool = False
    building: bool = False
    lacks_many: bool = False
    changing: Lock = field(default_factory=Lock)
    searching: Lock = field(default_factory=Lock)

    @property
    def incomplete(self) -> bool:
        """Whether many vectors, or all, are not in it yet."""
        return self.lacks_many or (self.index is None and self.generation < 0)
