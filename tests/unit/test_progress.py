"""The progress board gives each watcher what changed since it last looked."""

from __future__ import annotations

from threading import Thread

from ingest.progress import ProgressBoard
from ingest.store.records import Document


def document(name: str, done: int = 0) -> Document:
    return Document(
        id=name, base_id="default", name=name, sha256="", size=1, media_type="", status="processing",
        stage="embed", done=done, total=9, error_code=None, error_params={}, pages=0, chunks=0,
        characters=0, revision=0, warnings=(), created_at=0.0, updated_at=0.0,
    )  # fmt: skip


def test_only_what_changed_and_only_its_latest_state() -> None:
    board = ProgressBoard()
    assert board.changes(0) == (0, [])
    for each in (document("a"), document("b"), document("a", 5)):
        board.publish(each)
    assert board.changes(0) == (3, [document("b"), document("a", 5)])
    assert board.changes(2) == (3, [document("a", 5)])
    assert board.changes(3) == (3, [])


def test_a_number_from_before_a_restart_counts_as_nothing_seen() -> None:
    board = ProgressBoard()
    board.publish(document("a"))
    assert board.changes(77) == (1, [document("a")])


def test_waiting_ends_with_a_change_or_with_time() -> None:
    board = ProgressBoard()
    assert board.wait(0, 0.0) == (0, [])
    found: list[object] = []
    watcher = Thread(target=lambda: found.append(board.wait(0, 30.0)))
    watcher.start()
    board.publish(document("a"))
    watcher.join(10)
    assert found == [(1, [document("a")])]


def test_it_does_not_grow_for_ever() -> None:
    board = ProgressBoard()
    for number in range(2500):
        board.publish(document(str(number)))
    version, kept = board.changes(0)
    assert version == 2500
    assert len(kept) == 2000
    assert kept[-1].name == "2499"
