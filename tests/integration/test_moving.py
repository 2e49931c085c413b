"""Another embedder: the one before it serves until every document is embedded anew, and nobody misses anything."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest

from app.embedders import DocumentsMoving
from app.model_slot import LoadFailed
from ingest.store import jobs
from ingest.store.moving import Move
from ingest.store.vector_index import FLAT_LIMIT
from models.base import Embedder
from models.errors import WeightsMissing
from tests.support.fakes import HashEmbedder
from tests.support.movable import (
    BUILDERS,
    NUMBER,
    Watched,
    check,
    filled,
    movable,
    named,
    text,
)
from tests.support.served import REPORT, client_in, problem, upload


def missing() -> Embedder:
    raise WeightsMissing(name="old", path="/nowhere")


@pytest.mark.parametrize("flat_limit", [FLAT_LIMIT, 8], ids=["exact", "lists"])
def test_searches_never_miss_anything_while_the_documents_move(tmp_path: Path, flat_limit: int) -> None:
    searched = Event()

    def tell() -> None:
        # Searches and documents take turns, so that all of the move is seen.
        searched.clear()
        searched.wait(30)

    made = filled(tmp_path, BUILDERS | {"new": lambda: Watched(tell)}, flat_limit=flat_limit)
    made.worker.start()
    made.want("new")
    asked, added, deadline = 0, [], time.monotonic() + 120
    while not (asked > NUMBER and made.embedders.moving() is None):
        assert time.monotonic() < deadline
        for n in range(asked, asked + 10):
            check(made, n % NUMBER)
        asked += 10
        if asked % 40 == 0 and len(added) < 3:
            added.append(made.add(text(NUMBER + len(added)), f"new{len(added)}.txt"))
        for n, document in enumerate(added):
            if made.document(document).status == "ready":
                check(made, NUMBER + n)
        searched.set()
    assert asked >= 200
    assert made.fingerprints() == {Watched().fingerprint}
    assert made.embedders.serving().fingerprint == Watched().fingerprint
    assert {document.status for document in map(made.document, added)} == {"ready"}
    for n in range(NUMBER + len(added)):
        check(made, n)
    made.close()
    # What the former left in the index folder is gone, and what the new one needs is there.
    assert len(list((tmp_path / "index").glob("*.faiss"))) == 1


CHILD = """
import os, signal, sys
from pathlib import Path
from tests.support.fakes import HashEmbedder
from tests.support.movable import Watched, movable

batches = [0]

def tell():
    batches[0] += 1
    if batches[0] > int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)

made = movable(Path(sys.argv[1]), "new", {"old": HashEmbedder, "new": lambda: Watched(tell)})
made.work()
"""


def test_a_kill_in_the_middle_and_the_move_goes_on(tmp_path: Path) -> None:
    filled(tmp_path).close()
    left = []
    for batches in (5, 5, 5):
        done = subprocess.run([sys.executable, "-c", CHILD, str(tmp_path), str(batches)], check=False)
        assert done.returncode == -signal.SIGKILL
        again = movable(tmp_path, "new", BUILDERS)
        move = again.embedders.moving()
        assert move is None or move.total == NUMBER
        # The new one is what is wanted, and the old one finds everything.
        for n in range(NUMBER):
            check(again, n)
        again.worker.step()
        state = again.embedders.moving()
        assert state is not None
        left.append(state.total - state.done)
        again.close()
    assert left[0] > left[1] > left[2] > 0
    again = movable(tmp_path, "new", BUILDERS)
    again.work_after(600)
    assert (again.embedders.moving(), again.fingerprints()) == (None, {Watched().fingerprint})
    for n in range(NUMBER):
        check(again, n)
    again.close()


def test_without_the_old_weights_words_find_until_the_new_vectors_are_complete(tmp_path: Path) -> None:
    filled(tmp_path).close()
    again = movable(tmp_path, "new", BUILDERS | {"old": missing})
    for n in range(NUMBER):
        found = again.ask(text(n))
        assert isinstance(found.partial, DocumentsMoving)
        assert (found.hits[0].chunk.text, found.hits[0].found_by) == (text(n), ("lexical",))
        again.worker.step()
    # A document that comes now is embedded by the new one.
    new = again.add(text(NUMBER), "new.txt")
    again.work()
    assert again.document(new).status == "ready"
    for n in range(NUMBER + 1):
        check(again, n)
    again.close()


def test_a_new_embedder_that_cannot_be_loaded_hinders_nothing(tmp_path: Path) -> None:
    def broken() -> Embedder:
        raise RuntimeError("no such layer")

    made = filled(tmp_path, BUILDERS | {"new": broken})
    made.want("new")
    new = made.add(text(NUMBER), "new.txt")
    made.work()
    assert made.document(new).status == "ready"
    for n in range(NUMBER + 1):
        check(made, n)
    assert made.embedders.wanted.state.state == "failed"
    with pytest.raises(LoadFailed):
        made.embedders.wanted.get()
    made.close()


def test_who_changes_back_goes_on_with_what_is_there(tmp_path: Path) -> None:
    built: list[str] = []

    def old() -> Embedder:
        built.append("old")
        return HashEmbedder()

    made = filled(tmp_path, BUILDERS | {"old": old})
    made.want("new")
    for _ in range(10):
        made.worker.step()
    assert made.fingerprints() == {HashEmbedder().fingerprint, Watched().fingerprint}
    made.want("old")
    made.work()
    assert (built, made.embedders.moving()) == (["old"], None)
    assert made.fingerprints() == {HashEmbedder().fingerprint}
    assert made.library.catalog.counts().jobs == 0
    for n in range(NUMBER):
        check(made, n)
    made.close()


def test_a_document_whose_new_file_could_not_be_read_moves_too(tmp_path: Path) -> None:
    made = filled(tmp_path)
    document = named(made, "3.txt")
    made.add("CORRUPT", document.name, replace=True)
    made.work()
    assert made.document(document).status == "failed"
    with made.library.catalog.read() as connection:
        before = jobs.of_document(connection, document.id)
    made.want("new")
    made.work()
    assert (made.embedders.moving(), made.fingerprints()) == (None, {Watched().fingerprint})
    with made.library.catalog.read() as connection:
        after = jobs.of_document(connection, document.id)
    # It waits for a person as it did.
    assert after is not None
    assert before is not None
    assert (after.id, after.state, made.document(document).status) == (before.id, "failed", "failed")
    made.close()


def test_a_hidden_document_delays_the_change_until_it_is_deleted(tmp_path: Path) -> None:
    made = filled(tmp_path)
    document = named(made, "3.txt")
    made.library.hide(document.id)
    made.want("new")
    made.work()
    assert made.embedders.moving() == Move(NUMBER - 1, NUMBER)
    check(made, 5)
    made.library.work.clear()
    made.library.delete(document.id)
    assert made.library.work.is_set()
    made.work()
    assert (made.embedders.moving(), made.fingerprints()) == (None, {Watched().fingerprint})
    made.close()


def test_a_stop_while_the_new_index_is_built_changes_nothing_yet(tmp_path: Path) -> None:
    made = filled(tmp_path)
    made.want("new")
    for _ in range(NUMBER):
        made.worker.step()
    # As a stop does first. All is embedded; of the index nobody knows how much is there.
    made.library.vectors.stop()
    made.work()
    assert made.embedders.serving().fingerprint == HashEmbedder().fingerprint
    check(made, 5)
    made.close()
    again = movable(tmp_path, "new", BUILDERS)
    again.work()
    assert (again.embedders.moving(), again.fingerprints()) == (None, {Watched().fingerprint})
    again.close()


def test_what_was_not_begun_is_not_told_as_done(tmp_path: Path) -> None:
    go_on = Event()

    def slow() -> Embedder:
        assert go_on.wait(60)
        return Watched()

    made = filled(tmp_path, BUILDERS | {"new": slow})
    made.want("new")
    assert made.embedders.moving() == Move(0, NUMBER)
    go_on.set()
    made.work()
    assert made.embedders.moving() is None
    made.close()


def test_a_move_keeps_no_original_that_its_base_does_not(tmp_path: Path) -> None:
    """It needs the text alone."""
    made = filled(tmp_path)
    made.want("new")
    made.worker.step()
    settings = replace(made.library.catalog.base("default").settings, keep_originals=False)
    made.library.configure("default", settings)
    assert made.embedders.moving() is not None
    assert not list((tmp_path / "originals").glob("??/*"))
    made.work()
    assert made.embedders.moving() is None
    made.close()


def test_rest_tells_how_far_the_move_is_and_keeps_the_weights_that_serve(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = Event()
    with client_in(tmp_path) as client:
        assert client.app.state.services.settings.weights_dir == tmp_path / "weights"  # type: ignore[attr-defined]
        upload(client, "年报.md", REPORT.encode())
        assert client.get("/api/v1/models").json()["runtime"]["moving"] is None
    monkeypatch.setenv("ZHIWEN_EMBEDDER", "m3e-small")
    with client_in(tmp_path, embedder=lambda: Watched(lambda: go_on.wait(30))) as client:
        client.app.state.services.embedder.get()  # type: ignore[attr-defined]
        runtime = client.get("/api/v1/models").json()["runtime"]
        assert (runtime["embedder"]["name"], runtime["moving"]["total"]) == ("m3e-small", 1)
        # The one before it has no weights here. Where it has them, they are kept.
        found = client.post("/api/v1/search", json={"question": "营业收入"}).json()
        assert (found["partial"]["title"], len(found["hits"]) > 0) == ("documents-moving", True)
        problem(client.delete("/api/v1/models/multilingual-e5-small"), 409, "model-in-use")
        go_on.set()
        deadline = time.monotonic() + 60
        while client.get("/api/v1/models").json()["runtime"]["moving"] is not None:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        found = client.post("/api/v1/search", json={"question": "营业收入"}).json()
        assert (found["partial"], found["hits"][0]["found_by"]) == (None, ["dense", "lexical"])
        problem(client.delete("/api/v1/models/multilingual-e5-small"), 409, "model-not-installed")
