"""A move to another embedder that does not take some document: it is named, the rest moves, and it is tried again."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.model_slot import LoadFailed
from ingest.store.moving import Move
from models.base import Embedder, Step
from tests.support.movable import (
    BUILDERS,
    NUMBER,
    Watched,
    check,
    filled,
    movable,
    named,
    set_aside,
    text,
)
from tests.support.served import REPORT, client_in, upload


def test_a_document_that_cannot_be_embedded_is_named_and_the_old_one_serves_on(tmp_path: Path) -> None:
    class Choosy(Watched):
        def embed_passages(self, texts: list[str], step: Step = lambda _: None):  # type: ignore[no-untyped-def]
            if any(text(5) in each for each in texts):
                raise ZeroDivisionError("a mistake of ours")
            return super().embed_passages(texts, step)

    made = filled(tmp_path, BUILDERS | {"new": Choosy})
    made.want("new")
    made.work()
    for _ in range(2):
        made.worker.wake()
        made.work()
    assert made.embedders.moving() == Move(NUMBER - 1, NUMBER, ("5.txt",))
    for n in range(NUMBER):
        check(made, n)
    made.library.delete(named(made, "5.txt").id)
    made.work()
    assert made.embedders.moving() is None
    made.close()


def test_a_document_that_waits_for_a_person_and_cannot_be_embedded_is_named_and_the_rest_moves(tmp_path: Path) -> None:
    broken = [True]

    class Choosy(Watched):
        def embed_passages(self, texts: list[str], step: Step = lambda _: None):  # type: ignore[no-untyped-def]
            if broken and any(text(5) in each for each in texts):
                raise ZeroDivisionError("a mistake of ours")
            return super().embed_passages(texts, step)

    made = filled(tmp_path, BUILDERS | {"new": Choosy})
    set_aside(made, 5, 7)
    made.want("new")
    made.work()
    assert made.embedders.moving() == Move(NUMBER - 1, NUMBER, ("5.txt",))
    # Nobody misses it meanwhile, and it is not tried again and again.
    for n in range(NUMBER):
        check(made, n)
    assert not made.worker.step()
    broken.clear()
    made.worker.wake(asked=True)
    made.work()
    assert (made.embedders.moving(), made.fingerprints()) == (None, {Watched().fingerprint})
    assert {named(made, f"{n}.txt").status for n in (5, 7)} == {"failed"}
    for n in range(NUMBER):
        check(made, n)
    made.close()


def test_a_hidden_document_that_waits_for_a_person_keeps_no_one_busy(tmp_path: Path) -> None:
    made = filled(tmp_path)
    set_aside(made, 5)
    document = named(made, "5.txt")
    made.library.hide(document.id)
    made.want("new")
    made.work()
    assert made.embedders.moving() == Move(NUMBER - 1, NUMBER)
    made.library.restore(document.id)
    made.work()
    assert made.embedders.moving() is None
    check(made, 5)
    made.close()


FATAL = """
import os, signal, sys
from pathlib import Path
from tests.support.fakes import HashEmbedder
from tests.support.movable import Watched, movable, text

class Fatal(Watched):
    def embed_passages(self, texts, step=lambda _: None):
        if any(text(5) in each for each in texts):
            os.kill(os.getpid(), signal.SIGKILL)
        return super().embed_passages(texts, step)

made = movable(Path(sys.argv[1]), "new", {"old": HashEmbedder, "new": Fatal})
made.worker.wake(asked=sys.argv[2] == "asked")
made.work()
made.close()
"""


def test_the_process_does_not_die_for_ever_with_a_document_that_waits_for_a_person(tmp_path: Path) -> None:
    made = filled(tmp_path)
    set_aside(made, 5)
    made.close()

    def ended(asked: str = "") -> int:
        return subprocess.run([sys.executable, "-c", FATAL, str(tmp_path), asked], check=False).returncode

    assert [ended() for _ in range(5)] == [-signal.SIGKILL] * 3 + [0, 0]
    # A person may ask for one more try.
    assert [ended("asked"), ended()] == [-signal.SIGKILL, 0]
    again = movable(tmp_path, "new", BUILDERS)
    again.work()
    assert again.embedders.moving() == Move(NUMBER - 1, NUMBER, ("5.txt",))
    again.worker.wake(asked=True)
    again.work()
    assert again.embedders.moving() is None
    again.close()


def test_memory_that_was_short_for_a_while_strands_no_document(tmp_path: Path) -> None:
    short = [True]

    class Hungry(Watched):
        def embed_passages(self, texts: list[str], step: Step = lambda _: None):  # type: ignore[no-untyped-def]
            if short:
                raise RuntimeError("can't allocate memory")
            return super().embed_passages(texts, step)

    made = filled(tmp_path, BUILDERS | {"new": Hungry})
    made.want("new")
    for _ in range(8):
        made.work_after(3600)
    move = made.embedders.moving()
    assert move is not None and len(move.failed) == NUMBER
    short.clear()
    made.worker.wake()
    made.work()
    assert made.embedders.moving() is None
    made.close()


def test_rest_tries_a_move_again_that_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = [True]

    def hungry() -> Embedder:
        if broken:
            raise RuntimeError("can't allocate memory")
        return Watched()

    with client_in(tmp_path) as client:
        upload(client, "年报.md", REPORT.encode())
    monkeypatch.setenv("ZHIWEN_EMBEDDER", "m3e-small")
    with client_in(tmp_path, embedder=hungry) as client:
        services = client.app.state.services  # type: ignore[attr-defined]
        with pytest.raises(LoadFailed):
            services.embedder.get()
        runtime = client.get("/api/v1/models").json()["runtime"]
        assert (runtime["embedder"]["state"], runtime["moving"]["done"]) == ("failed", 0)
        broken.clear()
        assert client.post("/api/v1/models/moving/retry").status_code == 200
        services.embedder.get()
        deadline = time.monotonic() + 60
        while client.get("/api/v1/models").json()["runtime"]["moving"] is not None:
            assert time.monotonic() < deadline
            time.sleep(0.05)
