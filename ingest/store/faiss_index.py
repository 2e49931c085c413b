"""Vector indexes by FAISS: exact up to 50,000 vectors, then a graph (HNSW), from 200,000 on lists (IVF).

The graph cannot forget a vector: a removed one is only hidden, until the index is built anew. All keep float16, which
is what the catalog has, so that nothing is lost by it. docs/search-speed.md compares them with others.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ingest.store.index_file import IndexDamaged
from ingest.store.passages import Keys
from ingest.store.vector_index import FLAT_LIMIT, GRAPH_TIMES, VectorIndex
from models.base import Vectors

_NEIGHBOURS = 32
_BUILD_DEPTH = 100
_SEARCH_DEPTH = 400
_HIDDEN_SHARE = 0.2
# Lists: so many of them for so many vectors, so many searched, and their centres made of so many vectors each.
_LISTS_PER_ROOT = 4
_SEARCHED = 128
_SAMPLE = 32
_ROUNDS = 8
# With more in a list in the mean, searches take too long.
_MOST_IN_LIST = 1_000


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
    def hides_removed(self) -> bool:
        return False

    @property
    def outgrown(self) -> bool:
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


class GraphIndex:
    """Walks a graph of neighbours: nearly exact, and as fast with a million vectors.

    A vector takes two bytes a dimension, and 300 for its place in the graph.
    """

    def __init__(self, index: Any, limit: int = FLAT_LIMIT) -> None:
        self._index = index
        self._limit = limit
        self._hidden: set[int] = set()

    @classmethod
    def build(cls, keys: Keys, vectors: Vectors, dimensions: int, limit: int = FLAT_LIMIT) -> GraphIndex:
        import faiss

        kind = faiss.ScalarQuantizer.QT_fp16
        graph = faiss.IndexHNSWSQ(dimensions, kind, _NEIGHBOURS, faiss.METRIC_INNER_PRODUCT)  # type: ignore[arg-type]
        graph.hnsw.efConstruction = _BUILD_DEPTH
        built = cls(faiss.IndexIDMap2(graph), limit)
        built.add(keys, vectors)
        return built

    def __len__(self) -> int:
        return int(self._index.ntotal) - len(self._hidden)

    @property
    def hides_removed(self) -> bool:
        return bool(self._hidden)

    @property
    def outgrown(self) -> bool:
        return len(self._hidden) > _HIDDEN_SHARE * int(self._index.ntotal) or len(self) > GRAPH_TIMES * self._limit

    def train(self, _: Vectors, /) -> Iterator[None]:
        return iter(())

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


class ListsIndex:
    """Keeps vectors in lists by the centre they are nearest to, and searches the lists of the nearest centres.

    Nearly exact, at two bytes a dimension and 20 for its key; quicker to build than a graph, and of a million vectors
    it finds more. It must be trained before anything is added. What is removed is gone; the centres, each the mean of
    some dozens of vectors, stay as they are until the index is built anew.
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
    def hides_removed(self) -> bool:
        return False

    @property
    def outgrown(self) -> bool:
        return len(self) > _MOST_IN_LIST * int(self._index.nlist)

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
    if expected > GRAPH_TIMES * limit:
        return ListsIndex.empty(expected, dimensions)
    none = np.zeros(0, dtype=np.int64), np.zeros((0, dimensions), dtype=np.float32)
    kind = GraphIndex if expected > limit else FlatIndex
    return kind.build(*none, dimensions, limit)


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
    # Those of earlier versions, which keep float32, are read too: a graph as it is, another as it would be made now.
    if isinstance(inner, faiss.IndexHNSW):
        return GraphIndex(index, limit)
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
