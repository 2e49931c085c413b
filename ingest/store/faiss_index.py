"""Vector indexes by FAISS: exact up to 50,000 vectors, then lists (IVF).

Both keep float16, which is what the catalog has, so that nothing is lost by it. docs/search-speed.md compares them with
others.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ingest.store.index_file import IndexDamaged
from ingest.store.passages import Keys
from ingest.store.vector_index import FLAT_LIMIT, VectorIndex
from models.base import Vectors

# Lists: so many of them for so many vectors, so many searched, and their centres made of so many vectors each.
_LISTS_PER_ROOT = 4
_SEARCHED = 256
_SAMPLE = 32
_ROUNDS = 8
# With so many times the vectors that the lists were made for, searches take too long; with so many times fewer, the
# lists that are searched hold too few.
_TIMES = 4


class FlatIndex:
    """Compares a question with every vector: that takes as long as it takes to read them, two bytes a dimension."""

    def __init__(self, index: Any, limit: int = FLAT_LIMIT) -> None:
        self._index = index
        self._limit = limit

    @classmethod
    def build(cls, keys: Keys, vectors: Vectors, dimensions: int, limit: int = FLAT_LIMIT) -> FlatIndex:
        import faiss

        kind = faiss.ScalarQuantizer.QT_fp16
        flat = faiss.IndexScalarQuantizer(dimensions, kind, faiss.METRIC_INNER_PRODUCT)
        built = cls(faiss.IndexIDMap2(flat), limit)
        built.add(keys, vectors)
        return built

    def __len__(self) -> int:
        return int(self._index.ntotal)

    @property
    def unfit(self) -> bool:
        return len(self) > self._limit

    def train(self, _: Vectors, /) -> Iterator[None]:
        return iter(())

    def keys(self) -> Keys:
        return _ids(self._index)

    def add(self, keys: Keys, vectors: Vectors) -> None:
        _add(self._index, keys, vectors)

    def remove(self, keys: Keys) -> None:
        _remove(self._index, keys)

    def search(self, vector: Vectors, k: int) -> list[tuple[int, float]]:
        return _found(self._index, vector, min(k, len(self)))

    def to_bytes(self) -> bytes:
        return _serialized(self._index)


class ListsIndex:
    """Keeps vectors in lists by the centre they are nearest to, and searches the lists of the nearest centres.

    Nearly exact, at two bytes a dimension and 20 for its key. It must be trained before anything is added. What is
    removed is gone; the centres, each the mean of vectors that are near each other, stay as they are until the index is
    built anew.
    """

    def __init__(self, index: Any) -> None:
        self._index = index

    @classmethod
    def empty(cls, expected: int, dimensions: int) -> ListsIndex:
        import faiss

        lists = max(1, min(round(_LISTS_PER_ROOT * expected**0.5), expected // _SAMPLE))
        index: Any = faiss.index_factory(dimensions, f"IVF{lists},SQfp16", faiss.METRIC_INNER_PRODUCT)
        # The vectors themselves are kept, not what is left of them without the centre, which float16 would round.
        index.by_residual = False
        return cls(index)

    def __len__(self) -> int:
        return int(self._index.ntotal)

    @property
    def unfit(self) -> bool:
        lists = int(self._index.nlist)
        # What `empty` was told to expect: of its two rules, the one that gave fewer lists.
        expected = max((lists / _LISTS_PER_ROOT) ** 2, _SAMPLE * lists)
        # Where all lists are searched, nothing is missed, however few vectors there are.
        return len(self) > _TIMES * expected or (lists > _SEARCHED and len(self) < expected / _TIMES)

    def train(self, rows: Vectors, /) -> Iterator[None]:
        import faiss

        lists = int(self._index.nlist)
        chosen = np.random.default_rng(0).permutation(len(rows))[: _SAMPLE * lists]
        sample = np.ascontiguousarray(rows[chosen], dtype=np.float32)
        centres: Any = sample[:lists]
        for _ in range(_ROUNDS):
            means = faiss.Kmeans(rows.shape[1], lists, niter=1, spherical=True, min_points_per_centroid=1)
            means.train(sample, init_centroids=centres)
            centres = means.centroids
            yield
        self._index.quantizer.add(centres)
        self._index.train(sample)

    def keys(self) -> Keys:
        import faiss

        lists = self._index.invlists
        sizes = [(number, lists.list_size(number)) for number in range(lists.nlist)]
        held = [faiss.rev_swig_ptr(lists.get_ids(number), size).copy() for number, size in sizes if size]
        return np.concatenate(held) if held else np.zeros(0, dtype=np.int64)

    def add(self, keys: Keys, vectors: Vectors) -> None:
        _add(self._index, keys, vectors)

    def remove(self, keys: Keys) -> None:
        _remove(self._index, keys)

    def search(self, vector: Vectors, k: int) -> list[tuple[int, float]]:
        import faiss

        parameters = faiss.SearchParametersIVF(nprobe=_SEARCHED)  # type: ignore[call-arg]
        return _found(self._index, vector, min(k, len(self)), parameters)

    def to_bytes(self) -> bytes:
        return _serialized(self._index)


def build_index(keys: Keys, vectors: Vectors, dimensions: int, limit: int = FLAT_LIMIT) -> VectorIndex:
    """The right index for so many vectors, holding them."""
    index = empty_index(len(keys), dimensions, limit)
    for _ in index.train(vectors):
        pass
    index.add(keys, vectors)
    return index


def empty_index(expected: int, dimensions: int, limit: int = FLAT_LIMIT) -> VectorIndex:
    """The right index for as many vectors as are expected, holding none and not trained."""
    if expected > limit:
        return ListsIndex.empty(expected, dimensions)
    none = np.zeros(0, dtype=np.int64), np.zeros((0, dimensions), dtype=np.float32)
    return FlatIndex.build(*none, dimensions, limit)


def load_index(payload: bytes | memoryview, limit: int = FLAT_LIMIT) -> VectorIndex:
    """The index that `to_bytes` wrote. Raises IndexDamaged."""
    import faiss

    try:
        index = faiss.deserialize_index(np.frombuffer(payload, dtype=np.uint8))
    except RuntimeError as error:
        raise IndexDamaged("FAISS cannot read it") from error
    if isinstance(index, faiss.IndexIVFScalarQuantizer):
        return ListsIndex(index)
    if not isinstance(index, faiss.IndexIDMap2):
        raise IndexDamaged("not an index of ours")
    inner = faiss.downcast_index(index.index)
    if isinstance(inner, faiss.IndexHNSW):
        raise IndexDamaged("a graph, as an earlier version made them")
    # One of an earlier version that keeps float32 is read too, and is as it would be made now.
    if isinstance(inner, faiss.IndexFlat):
        return FlatIndex.build(_ids(index), inner.reconstruct_n(0, inner.ntotal), inner.d, limit)
    return FlatIndex(index, limit)


def _ids(index: Any) -> Keys:
    import faiss

    return np.asarray(faiss.vector_to_array(index.id_map), dtype=np.int64)


def _add(index: Any, keys: Keys, vectors: Vectors) -> None:
    if len(keys):
        index.add_with_ids(np.ascontiguousarray(vectors, dtype=np.float32), np.ascontiguousarray(keys, dtype=np.int64))


def _remove(index: Any, keys: Keys) -> None:
    if len(keys):
        index.remove_ids(np.ascontiguousarray(keys, dtype=np.int64))


def _found(index: Any, vector: Vectors, k: int, parameters: Any = None) -> list[tuple[int, float]]:
    if k < 1:
        return []
    scores, keys = index.search(np.ascontiguousarray(vector, dtype=np.float32)[None], k, params=parameters)
    return [(key, score) for key, score in zip(keys[0].tolist(), scores[0].tolist(), strict=True) if key >= 0]


def _serialized(index: Any) -> bytes:
    import faiss

    return bytes(faiss.serialize_index(index).tobytes())
