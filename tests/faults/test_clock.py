"""A clock that jumps makes nobody wait and loses nothing."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.support.ingesting import bench
from tests.support.killed import ENDED, PATIENCE, QUESTIONS, Seen, Site, check_catalog, seen, site_in

DAY = 86_400.0


def kill_a_parser(site: Site) -> bool:
    """Whether something waits for its next try then, by the clock as it is now.

    What was begun three times is left alone, for a document is given up in the end.
    """
    deadline = time.monotonic() + PATIENCE
    while True:
        documents = site.documents()
        if any(document["next_try"] for document in documents):
            return True
        if all(document["status"] in ENDED for document in documents):
            return False
        assert time.monotonic() < deadline, site.log()
        if all(document["attempts"] < 3 for document in documents if document["status"] == "processing"):
            for child in psutil.Process(site.pid).children()[:1]:
                with suppress(psutil.NoSuchProcess):
                    child.kill()


@pytest.mark.slow
def test_a_clock_that_jumps_under_a_running_server(
    tmp_path: Path, files: dict[str, bytes], undisturbed: Seen, record: Callable[[Mapping[str, object]], None]
) -> None:
    names, wrong_by, killed = list(files), tmp_path / "wrong-by", 0
    jumps = [0.0, -DAY, 2 * DAY, -10 * 365 * DAY, 3600.0, 0.0]
    wrong_by.write_text("0")
    with site_in(tmp_path / "site", FAULT_CLOCK=str(wrong_by)) as site:
        site.start()
        site.wait_listening()
        for number, jump in enumerate(jumps):
            # As one step: the server reads the file at any moment.
            new = wrong_by.with_suffix(".new")
            new.write_text(str(jump))
            new.replace(wrong_by)
            site.upload({name: files[name] for name in names[number :: len(jumps)]})
            killed += kill_a_parser(site)
            answer = site.request("POST", "/ask", json={"question": QUESTIONS[number]})
            # The first may come before anything is read.
            assert answer.is_success or answer.json()["title"] == "nothing-read-yet", answer.text
        begun = time.monotonic()
        site.wait_settled()
        assert time.monotonic() - begun < PATIENCE, "somebody waits for the old time"
        assert killed >= len(jumps) / 2
        assert len(site.ask("GET", "/conversations")) == len(jumps)
        assert seen(site) == undisturbed
        site.end()
    assert "Traceback" not in site.log()
    check_catalog(site.data / "catalog.db")
    record({"jumps": len(jumps) - 1, "parsers killed at": killed, "documents": len(files), "documents lost": 0})


def test_a_file_replaces_the_last_of_its_name_whatever_the_clock_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = bench(tmp_path)
    made.taken_in("第一份。", "a.txt")
    true = time.time
    monkeypatch.setattr(time, "time", lambda: true() - DAY)
    second = made.taken_in("第二份。", "a.txt")
    replaced, _ = made.library.add("default", "a.txt", io.BytesIO("第三份。".encode()), replace=True)
    assert replaced.id == second.id
    made.close()
