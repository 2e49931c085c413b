"""Every vector index answers like the exact one, through changes, saving and loading."""

from __future__ import annotations

from collections.abc import Callable

import faiss
import numpy as np
import pytest

from ingest.store.faiss_index import FlatIndex, ListsIndex, build_index, load_index
from ingest.store.index_file import IndexDamaged, IndexHeader, read_index, write_index
from ingest.store.vector_index import VectorIndex
from tests.support.exact_index import ExactIndex

DIMENSIONS = 32
HEADER = IndexHeader("one", "default", "hash", 3, 10)


def vectors(number: int, seed: int = 0) -> np.ndarray:
    rows = np.random.default_rng(seed).standard_normal((number, DIMENSIONS)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    # As the catalog keeps them.
    return rows.astype(np.float16).astype(np.float32)


def keys(number: int, start: int = 1) -> np.ndarray:
    return np.arange(start, start + 3 * number, 3, dtype=np.int64)


def flat(some_keys: np.ndarray, rows: np.ndarray) -> VectorIndex:
    return FlatIndex.build(some_keys, rows, DIMENSIONS)


def lists(some_keys: np.ndarray, rows: np.ndarray) -> VectorIndex:
    return build_index(some_keys, rows, DIMENSIONS, limit=len(some_keys) - 1)


Build = Callable[[np.ndarray, np.ndarray], VectorIndex]


@pytest.fixture(params=[flat, lists], ids=["flat", "lists"])
def build(request: pytest.FixtureRequest) -> Build:
    made: Build = request.param
    return made


def pair(build: Build, number: int) -> tuple[VectorIndex, ExactIndex]:
    oracle = ExactIndex()
    oracle.add(keys(number), vectors(number))
    return build(keys(number), vectors(number)), oracle


def recall(index: VectorIndex, oracle: ExactIndex, k: int = 10) -> float:
    questions = vectors(50, seed=9)
    shared = sum(
        len({key for key, _ in index.search(q, k)} & {key for key, _ in oracle.search(q, k)}) for q in questions
    )
    return shared / (len(questions) * k)


def test_it_finds_what_the_exact_index_finds(build: Build) -> None:
    index, oracle = pair(build, 2000)
    assert recall(index, oracle) >= (1.0 if build is flat else 0.97)


def test_scores_are_inner_products_best_first(build: Build) -> None:
    index, oracle = pair(build, 300)
    question = vectors(1, seed=5)[0]
    scores = [score for _, score in index.search(question, 5)]
    assert scores == sorted(scores, reverse=True)
    assert scores == pytest.approx([score for _, score in oracle.search(question, 5)], abs=1e-5)


def test_what_is_removed_is_not_found(build: Build) -> None:
    index, oracle = pair(build, 600)
    gone = keys(600)[::3]
    index.remove(gone)
    oracle.remove(gone)
    assert len(index) == len(oracle) == 400
    assert sorted(index.keys()) == sorted(oracle.keys())
    assert recall(index, oracle) >= (1.0 if build is flat else 0.97)


def test_what_is_added_later_is_found(build: Build) -> None:
    index, oracle = pair(build, 300)
    more = keys(300, start=5000)
    for each in (index, oracle):
        each.add(more, vectors(300, seed=2))
    assert recall(index, oracle) >= (1.0 if build is flat else 0.97)


def test_a_removed_key_may_come_back(build: Build) -> None:
    index, _ = pair(build, 50)
    some = keys(50)[:5]
    index.remove(some)
    index.add(some, vectors(50)[:5])
    assert len(index) == 50
    assert sorted(index.keys()) == sorted(keys(50))
    assert index.search(vectors(50)[0], 1)[0][0] == some[0]


def test_unknown_keys_and_nothing_at_all_do_no_harm(build: Build) -> None:
    index, _ = pair(build, 20)
    index.remove(np.array([999_999], dtype=np.int64))
    index.remove(np.zeros(0, dtype=np.int64))
    index.add(np.zeros(0, dtype=np.int64), np.zeros((0, DIMENSIONS), dtype=np.float32))
    assert len(index) == 20
    assert index.search(vectors(1)[0], 0) == []
    assert len(index.search(vectors(1)[0], 500)) == 20


def test_an_emptied_index_finds_nothing(build: Build) -> None:
    index, _ = pair(build, 20)
    index.remove(keys(20))
    assert len(index) == 0
    assert index.search(vectors(1)[0], 5) == []


def test_saved_and_loaded_it_answers_the_same(build: Build) -> None:
    index, _ = pair(build, 400)
    again = load_index(index.to_bytes())
    assert type(again) is type(index)
    for question in vectors(10, seed=4):
        assert again.search(question, 5) == index.search(question, 5)


def test_removed_vectors_are_never_written(build: Build) -> None:
    index, _ = pair(build, 40)
    marked = vectors(40)[7].astype(np.float16).tobytes()
    assert marked in index.to_bytes()
    index.remove(keys(40)[7:8])
    assert marked not in index.to_bytes()


def scattered(number: int, seed: int) -> np.ndarray:
    """Vectors around 400 places, so far from them that the nearest of one lie in many lists."""
    places = vectors(400, seed=7)
    draw = np.random.default_rng(seed)
    away = draw.standard_normal((number, DIMENSIONS)) / DIMENSIONS**0.5
    rows = (places[draw.integers(len(places), size=number)] + 1.4 * away).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def nearest_found(index: VectorIndex, rows: np.ndarray) -> float:
    """The share of the ten nearest that is found, where the key of a row is its number."""
    questions = scattered(200, seed=1)
    right = np.argsort(-(questions @ rows.T), axis=1)[:, :10]
    pairs = zip(questions, right.tolist(), strict=True)
    return float(np.mean([len({key for key, _ in index.search(q, 10)} & set(each)) / 10 for q, each in pairs]))


def test_lists_find_nearly_all_though_a_third_of_them_is_searched() -> None:
    rows = scattered(40_000, seed=0)
    index = build_index(np.arange(len(rows)), rows, DIMENSIONS, limit=len(rows) - 1)
    assert nearest_found(index, rows) >= 0.98


def test_lists_find_nearly_all_among_vectors_that_lie_elsewhere_than_those_they_were_made_of() -> None:
    rows = scattered(40_000, seed=0)
    # Half of the sphere first, then the other.
    rows = rows[np.argsort(rows[:, 0])]
    index = ListsIndex.empty(20_000, DIMENSIONS)
    for _ in index.train(rows[:20_000]):
        pass
    index.add(np.arange(len(rows)), rows)
    assert nearest_found(index, rows) >= 0.98


def made_for(expected: int, held: int) -> ListsIndex:
    """Lists made for so many vectors, holding some others."""
    index = ListsIndex.empty(expected, 2)
    number = index._index.nlist
    index._index.quantizer.add(np.random.default_rng(0).standard_normal((number, 2), dtype=np.float32))
    index._index.is_trained = True
    index.add(keys(held), np.ones((held, 2), dtype=np.float32))
    return index


@pytest.mark.parametrize("expected", [64, 2_000, 20_000, 60_001])
def test_lists_of_many_times_the_vectors_they_were_made_for_ask_to_be_built_anew(expected: int) -> None:
    assert not made_for(expected, expected).unfit
    assert not made_for(expected, round(3.9 * expected)).unfit
    assert made_for(expected, round(4.1 * expected)).unfit


def test_lists_that_were_emptied_ask_to_be_built_anew_unless_all_are_searched() -> None:
    assert not made_for(20_000, 5_200).unfit
    assert made_for(20_000, 4_800).unfit
    assert not made_for(2_000, 1).unfit


def test_two_bytes_a_dimension_are_kept() -> None:
    dimensions, number = 384, 200
    rows = np.random.default_rng(3).standard_normal((number, dimensions)).astype(np.float32)
    size = len(FlatIndex.build(keys(number), rows, dimensions).to_bytes()) / number
    assert 2 * dimensions < size < 2 * dimensions + 32


def test_a_flat_index_of_an_earlier_version_that_keeps_four_bytes_is_made_anew() -> None:
    old = faiss.IndexIDMap2(faiss.IndexFlatIP(DIMENSIONS))
    old.add_with_ids(vectors(60), keys(60))
    index = load_index(faiss.serialize_index(old).tobytes())
    assert index.to_bytes() == flat(keys(60), vectors(60)).to_bytes()


def test_a_graph_of_an_earlier_version_is_to_be_built_anew() -> None:
    old = faiss.IndexIDMap2(faiss.IndexHNSWSQ(DIMENSIONS, faiss.ScalarQuantizer.QT_fp16, 32))
    old.add_with_ids(vectors(60), keys(60))
    with pytest.raises(IndexDamaged, match="graph"):
        load_index(faiss.serialize_index(old).tobytes())


def test_the_kind_follows_from_the_number() -> None:
    assert isinstance(build_index(keys(10), vectors(10), DIMENSIONS, limit=10), FlatIndex)
    assert isinstance(build_index(keys(11), vectors(11), DIMENSIONS, limit=10), ListsIndex)
    grown = build_index(keys(10), vectors(10), DIMENSIONS, limit=10)
    assert not grown.unfit
    grown.add(keys(1, start=900), vectors(1, seed=8))
    assert grown.unfit


def test_a_file_comes_back_as_it_was(build: Build, tmp_path) -> None:
    index, _ = pair(build, 30)
    path = tmp_path / "index" / "default.x.faiss"
    write_index(path, HEADER, index.to_bytes())
    header, payload = read_index(path)
    assert header == HEADER
    assert load_index(payload).search(vectors(1)[0], 3) == index.search(vectors(1)[0], 3)
    assert [each.name for each in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("at", [0, 5, 9, 40, 300, -1])
def test_a_flipped_byte_is_noticed(tmp_path, at: int) -> None:
    path = tmp_path / "default.x.faiss"
    write_index(path, HEADER, flat(keys(30), vectors(30)).to_bytes())
    data = bytearray(path.read_bytes())
    data[at] ^= 0x5A
    path.write_bytes(data)
    with pytest.raises(IndexDamaged):
        read_index(path)


@pytest.mark.parametrize("length", [0, 7, 12, 50, 1000])
def test_a_cut_file_is_noticed(tmp_path, length: int) -> None:
    path = tmp_path / "default.x.faiss"
    write_index(path, HEADER, flat(keys(30), vectors(30)).to_bytes())
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(IndexDamaged):
        read_index(path)


def test_bytes_that_faiss_cannot_read_are_a_damaged_index() -> None:
    with pytest.raises(IndexDamaged):
        load_index(b"IxMp" + b"\0" * 40)
