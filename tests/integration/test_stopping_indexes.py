"""Who stops the server does not wait for an index that is being built, and none is left half written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from pathlib import Path
from threading import Event, Thread

import pytest

from ingest.store.faiss_index import ListsIndex, empty_index
from ingest.store.passages import Keys
from ingest.store.vector_index import VectorIndex
from ingest.store.vectors import VectorStore
from models.base import Vectors
from tests.support.fakes import HashEmbedder
from tests.support.index_files import index_file
from tests.support.ingesting import Bench, bench
from tests.support.served import REPORT, client_in, upload

LIMIT, NUMBER, STEP = 40, 60, 10
FINGERPRINT = HashEmbedder().fingerprint


class Slow:
    """Makes indexes that wait for the test at every batch once `held`, and counts the batches."""

    def __init__(self) -> None:
        self.held, self.began, self.go_on, self.taken = False, Event(), Event(), 0

    def empty(self, expected: int, dimensions: int, limit: int) -> VectorIndex:
        index = empty_index(expected, dimensions, limit)
        add = index.add

        def slow(keys: Keys, rows: Vectors) -> None:
            if self.held:
                self.taken += 1
                self.began.set()
                assert self.go_on.wait(60)
            add(keys, rows)

        index.add = slow  # type: ignore[method-assign]
        return index

    def store(self, made: Bench, folder: Path, builder: Executor | None = None) -> VectorStore:
        return VectorStore(made.library.catalog, folder / "index", LIMIT, builder, self.empty, STEP)


@pytest.fixture
def slow() -> Slow:
    return Slow()


@pytest.fixture
def made(tmp_path: Path, slow: Slow) -> Bench:
    """A base whose index is of lists, in memory; the next one is built while the test says so."""
    made = bench(tmp_path, flat_limit=LIMIT)
    made.library.vectors.close()
    made.library.vectors = slow.store(made, tmp_path)
    for n in range(NUMBER):
        made.add(f"第{n}个文件的话", f"{n}.txt")
    made.work()
    slow.held = True
    return made


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "index").glob("*"))


def finish(call: Callable[[], object], slow: Slow) -> None:
    """Let the batch end that is at work, and see that what was called ends then."""
    thread = Thread(target=call)
    thread.start()
    slow.go_on.set()
    thread.join(60)
    assert not thread.is_alive()


def test_a_stop_is_heeded_by_what_is_built_in_the_background(made: Bench, tmp_path: Path, slow: Slow) -> None:
    made.library.vectors.close()
    made.library.vectors = slow.store(made, tmp_path)
    question = HashEmbedder().embed_query("话")
    made.library.vectors.search(question, base_ids=["default"], k=5)
    assert slow.began.wait(60)
    # At the start of a stop, long before the folder is closed.
    made.library.vectors.stop()
    finish(made.close, slow)
    assert (slow.taken, files(tmp_path)) == (1, [])
    again = bench(tmp_path, flat_limit=LIMIT)
    assert again.library.vectors.refresh("default", FINGERPRINT)
    assert len(again.library.vectors.search(question, base_ids=["default"], k=99)) == NUMBER
    again.close()


def test_a_stop_is_heeded_between_two_steps_of_training(made: Bench, tmp_path: Path) -> None:
    steps: list[int] = []

    def empty(expected: int, dimensions: int, limit: int) -> VectorIndex:
        index = empty_index(expected, dimensions, limit)
        assert isinstance(index, ListsIndex)

        def train(_: Vectors) -> Iterator[None]:
            for step in range(3):
                steps.append(step)
                store.stop()
                yield

        index.train = train  # type: ignore[method-assign]
        return index

    store = VectorStore(made.library.catalog, tmp_path / "other", LIMIT, None, empty)
    assert not store.refresh("default", FINGERPRINT)
    assert steps == [0]
    store.close()


def test_what_was_deleted_last_is_written_without_building_anything(made: Bench, tmp_path: Path, slow: Slow) -> None:
    gone = made.library.catalog.documents("default", text="7.txt").items[0]
    made.library.delete(gone.id)
    made.close()
    assert slow.taken == 0
    again = bench(tmp_path, flat_limit=LIMIT)
    assert index_file(again.library.catalog, tmp_path / "index") == "current"
    again.close()


def test_what_was_added_last_is_written_with_the_rest(made: Bench, tmp_path: Path, slow: Slow) -> None:
    slow.held = False
    made.taken_in("最后一个文件", "last.txt")
    made.close()
    assert len(files(tmp_path)) == 1
    again = bench(tmp_path, flat_limit=LIMIT)
    assert index_file(again.library.catalog, tmp_path / "index") == "current"
    again.close()


def test_a_stopped_store_says_that_an_index_is_missing(made: Bench, tmp_path: Path, slow: Slow) -> None:
    made.library.vectors.close()
    made.library.vectors = slow.store(made, tmp_path)
    made.library.vectors.stop()
    assert made.library.vectors.search(HashEmbedder().embed_query("话"), base_ids=["default"], k=5) == []
    assert made.library.vectors.unbuilt(["default"], FINGERPRINT) == ["default"]
    assert slow.taken == 0
    made.close()


def test_the_server_says_so_at_the_start_of_its_stop(tmp_path: Path) -> None:
    with client_in(tmp_path) as client:
        upload(client, "年报.md", REPORT.encode())
        services = client.app.state.services  # type: ignore[attr-defined]
        told = []
        halt = services.runs.close
        services.runs.close = lambda: (told.append(services.library.vectors.refresh("default", "none")), halt())
    assert told == [False]
