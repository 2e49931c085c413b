"""The simplest vector index there can be: what the fast ones are measured by."""

from __future__ import annotations

import numpy as np

from ingest.store.passages import Keys
from models.base import Vectors


class ExactIndex:
    """A dictionary, and one product a search."""

    def __init__(self) -> None:
        self._rows: dict[int, Vectors] = {}

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def unfit(self) -> bool:
        return False

    def keys(self) -> Keys:
        return np.fromiter(self._rows, dtype=np.int64)

    def add(self, keys: Keys, vectors: Vectors) -> None:
        self._rows.update(zip(keys.tolist(), vectors, strict=True))

    def remove(self, keys: Keys) -> None:
        for key in keys.tolist():
            self._rows.pop(key, None)

    def search(self, vector: Vectors, k: int) -> list[tuple[int, float]]:
        scored = [(key, float(row @ vector)) for key, row in self._rows.items()]
        return sorted(scored, key=lambda hit: -hit[1])[:k]

    def to_bytes(self) -> bytes:
        raise NotImplementedError("an oracle is never written")
