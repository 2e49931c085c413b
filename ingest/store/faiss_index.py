"""Vector indexes by FAISS: exact up to 50,000 vectors, then a graph (HNSW).

The graph cannot forget a vector: a removed one is only hidden, until the index is built anew.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ingest.store.index_file import IndexDamaged
from ingest.store.passages import Keys
from ingest.store.vectors import FLAT_LIMIT, VectorIndex
from models.base import Vectors

_NEIGHBOURS = 32
_BUILD_DEPTH = 100
_SEARCH_DEPTH = 200
_HIDDEN_SHARE = 0.2


class FlatIndex:
    """Compares a question with every vector."""

    def __init__(self, index: Any, limit: int = FLAT_LIMIT) -> None:
        self._index = index
        self._limit = limit

    @classmethod
    def build(cls, keys: Keys, vectors: Vectors, dimensions: int, limit: int = FLAT_LIMIT) -> FlatIndex:
        import faiss

        built = cls(faiss.IndexIDMap2(faiss.IndexFlatIP(dimensions)), limit)
        built.add(keys, vectors)
        return built

    def __len__(self) -> int:
        return int(self._index.ntotal)

    @property
    def hides_removed(self) -> bool:
        return False

    @property
    def outgrown(self) -> bool:
        return len(self) > self._limit

    def keys(self) -> Keys:
        return _ids(self._index)

    def add(self, keys: Keys, vectors: Vectors) -> None:
        _add(self._index, keys, vectors)

    def remove(self, keys: Keys) -> None:
        if len(keys):
            self._index.remove_ids(np.ascontiguousarray(keys, dtype=np.int64))

    def search(self, vector: Vectors, k: int) -> list[tuple[int, float]]:
        return _found(self._index, vector, min(k, len(self)))

    def to_bytes(self) -> bytes:
        return _serialized(self._index)


class GraphIndex:
    """Walks a graph of neighbours: nearly exact, and as fast with a million vectors."""

    def __init__(self, index: Any) -> None:
        self._index = index
        self._hidden: set[int] = set()

    @classmethod
    def build(cls, keys: Keys, vectors: Vectors, dimensions: int) -> GraphIndex:
        import faiss

        graph = faiss.IndexHNSWFlat(dimensions, _NEIGHBOURS, faiss.METRIC_INNER_PRODUCT)
        graph.hnsw.efConstruction = _BUILD_DEPTH
        built = cls(faiss.IndexIDMap2(graph))
        built.add(keys, vectors)
        return built

    def __len__(self) -> int:
        return int(self._index.ntotal) - len(self._hidden)

    @property
    def hides_removed(self) -> bool:
        return bool(self._hidden)

    @property
    def outgrown(self) -> bool:
        return len(self._hidden) > _HIDDEN_SHARE * int(self._index.ntotal)

    def keys(self) -> Keys:
        found = _ids(self._index)
        return found[~np.isin(found, self._hidden_keys())] if self._hidden else found

    def add(self, keys: Keys, vectors: Vectors) -> None:
        back = np.isin(keys, self._hidden_keys())
        self._hidden.difference_update(keys[back].tolist())
        _add(self._index, keys[~back], vectors[~back])

    def remove(self, keys: Keys) -> None:
        held = keys[np.isin(keys, _ids(self._index))]
        self._hidden.update(held.tolist())

    def search(self, vector: Vectors, k: int) -> list[tuple[int, float]]:
        import faiss

        wanted = min(k, len(self))
        parameters = faiss.SearchParametersHNSW(  # type: ignore[attr-defined]
            efSearch=max(_SEARCH_DEPTH, 2 * wanted)
        )
        if not self._hidden:
            return _found(self._index, vector, wanted, parameters)
        # Python must keep what the parameters only point at.
        hidden = faiss.IDSelectorBatch(self._hidden_keys())
        shown = faiss.IDSelectorNot(hidden)
        parameters.sel = shown
        return _found(self._index, vector, wanted, parameters)

    def to_bytes(self) -> bytes:
        if self._hidden:
            raise ValueError("removed vectors must not be written: build the index anew")
        return _serialized(self._index)

    def _hidden_keys(self) -> Keys:
        return np.fromiter(self._hidden, dtype=np.int64, count=len(self._hidden))


def build_index(keys: Keys, vectors: Vectors, dimensions: int, limit: int = FLAT_LIMIT) -> VectorIndex:
    """The right index for so many vectors, holding them."""
    index = empty_index(len(keys), dimensions, limit)
    index.add(keys, vectors)
    return index


def empty_index(expected: int, dimensions: int, limit: int = FLAT_LIMIT) -> VectorIndex:
    """The right index for as many vectors as are expected, holding none."""
    none = np.zeros(0, dtype=np.int64), np.zeros((0, dimensions), dtype=np.float32)
    return GraphIndex.build(*none, dimensions) if expected > limit else FlatIndex.build(*none, dimensions, limit)


def load_index(payload: bytes, limit: int = FLAT_LIMIT) -> VectorIndex:
    """The index that `to_bytes` wrote. Raises IndexDamaged."""
    import faiss

    try:
        index = faiss.deserialize_index(np.frombuffer(payload, dtype=np.uint8))
    except RuntimeError as error:
        raise IndexDamaged("FAISS cannot read it") from error
    if not isinstance(index, faiss.IndexIDMap2):
        raise IndexDamaged("not an index of ours")
    inner = faiss.downcast_index(index.index)
    return GraphIndex(index) if isinstance(inner, faiss.IndexHNSWFlat) else FlatIndex(index, limit)


def _ids(index: Any) -> Keys:
    import faiss

    return np.asarray(faiss.vector_to_array(index.id_map), dtype=np.int64)


def _add(index: Any, keys: Keys, vectors: Vectors) -> None:
    if len(keys):
        index.add_with_ids(np.ascontiguousarray(vectors, dtype=np.float32), np.ascontiguousarray(keys, dtype=np.int64))


def _found(index: Any, vector: Vectors, k: int, parameters: Any = None) -> list[tuple[int, float]]:
    if k < 1:
        return []
    scores, keys = index.search(np.ascontiguousarray(vector, dtype=np.float32)[None], k, params=parameters)
    return [(key, score) for key, score in zip(keys[0].tolist(), scores[0].tolist(), strict=True) if key >= 0]


def _serialized(index: Any) -> bytes:
    import faiss

    return bytes(faiss.serialize_index(index).tobytes())
