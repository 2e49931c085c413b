"""What becomes of a document whose work breaks off: killed processes, killed parsers, crashes, clocks that jump."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import event, select

from ingest import retry
from ingest.attempt import Desk, Report
from ingest.errors import DiskFull, ParserKilled
from ingest.store import jobs, schema
from ingest.store.errors import Superseded
from ingest.store.records import Document, Job
from models.errors import WeightsMissing
from tests.support.ingesting import Bench, Hindered, bench, parse_text


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Bench]:
    opened = bench(tmp_path)
    yield opened
    opened.close()


def job_of(made: Bench, document: Document) -> Job:
    with made.library.catalog.read() as connection:
        found = jobs.of_document(connection, document.id)
    assert found is not None
    return found


def waiting_seconds(made: Bench, document: Document) -> float:
    next_try = made.document(document).next_try
    assert next_try is not None
    return next_try - made.clock.now


def test_a_mistake_of_ours_is_tried_three_times_and_costs_only_its_document(made: Bench) -> None:
    bad = made.add("BUG", "b.txt")
    good = made.add("好的文件。", "c.txt")
    made.work()
    assert made.document(good).status == "ready"
    again = made.document(bad)
    assert (again.status, again.error_code, again.attempts) == ("queued", None, 1)
    assert waiting_seconds(made, bad) == 2
    made.work_after(2)
    assert (made.document(bad).status, made.document(bad).attempts, waiting_seconds(made, bad)) == ("queued", 2, 4)
    made.work_after(4)
    failed = made.document(bad)
    assert (failed.status, failed.error_code, failed.attempts, failed.next_try) == ("failed", "ingest-crashed", 3, None)
    assert failed.error_params == {"name": "b.txt", "attempts": 3, "reason": "ZeroDivisionError"}


def test_signs_of_life_wait_for_the_disk_only_once_something_has_gone_wrong(made: Bench) -> None:
    told = Report(Desk(made.library, made.board, 60.0), job_of(made, made.add("好的文件。")), made.add("好的文件。"))
    suspect = made.add("BUG", "b.txt")
    made.work()
    again = Report(Desk(made.library, made.board, 60.0), job_of(made, suspect), suspect)
    synced: list[str] = []

    @event.listens_for(made.library.catalog.engine, "before_cursor_execute")
    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("PRAGMA synchronous="):
            synced.append(statement.split("=")[1])

    for report in (told, again):
        with contextlib.suppress(Superseded):
            report("embed", 1, 2)
    assert synced == ["NORMAL", "FULL"]


@pytest.mark.parametrize("times", [2, retry.PARSERS_KILLED])
def test_a_parser_that_is_killed_is_tried_a_few_times(tmp_path: Path, times: int) -> None:
    left = [times]

    def parse(path: Path, name: str, **options):
        if left[0]:
            left[0] -= 1
            raise ParserKilled(name=name, reason="signal 9")
        return parse_text(path, name, **options)

    made = bench(tmp_path, parse=parse)
    document = made.add("文件。")
    waits = []
    made.work()
    while (found := made.document(document)).status == "queued":
        assert found.error_code is None
        waits.append(waiting_seconds(made, document))
        made.work_after(waits[-1])
    if times < retry.PARSERS_KILLED:
        assert (found.status, waits) == ("ready", [2, 4])
    else:
        assert (found.status, found.error_code, found.attempts) == ("failed", "parser-killed", times)
        assert waits == [2, 4, 8, 16]
        made.library.retry(document.id)
        made.work()
        assert made.document(document).status == "ready"
    made.close()


def test_what_hinders_is_waited_for_longer_each_time(tmp_path: Path) -> None:
    parse = Hindered(DiskFull(name="文件", path="/tmp"))

    made = bench(tmp_path, parse=parse)
    document = made.add("文件。")
    waits = []
    made.work()
    for _ in range(12):
        waits.append(waiting_seconds(made, document))
        made.work_after(waits[-1])
    assert waits[:4] == [2, 4, 8, 16]
    assert waits[-1] == retry.LONGEST_SECONDS
    assert made.document(document).error_code == "disk-full"
    assert made.document(document).attempts == 13
    parse.error = None
    made.library.retry(document.id)
    made.work()
    assert made.document(document).status == "ready"
    assert made.document(document).attempts == 0
    made.close()


@pytest.mark.parametrize("number", [errno.EIO, errno.EROFS, errno.ENOSPC])
def test_a_disk_that_fails_is_waited_for(tmp_path: Path, number: int) -> None:
    parse = Hindered(OSError(number, os.strerror(number), "文件"))

    made = bench(tmp_path, parse=parse)
    document = made.add("文件。")
    for _ in range(5):
        made.work_after(retry.LONGEST_SECONDS)
    code = "disk-full" if number == errno.ENOSPC else "catalog-unusable"
    assert (made.document(document).status, made.document(document).error_code) == ("queued", code)
    parse.error = None
    made.work_after(retry.LONGEST_SECONDS)
    assert made.document(document).status == "ready"
    made.close()


def test_a_clock_that_is_set_back_makes_nobody_wait_for_hours(tmp_path: Path) -> None:
    parse = Hindered(WeightsMissing(name="ocr", path="/nowhere"))

    made = bench(tmp_path, parse=parse)
    made.clock.now = 1_000_000.0
    document = made.add("文件。")
    made.work()
    parse.error = None
    made.work_after(-100_000)
    assert made.document(document).status == "ready"
    made.close()


def test_every_failed_document_of_a_base_is_tried_again(made: Bench) -> None:
    other = made.library.catalog.create_base("合同")
    bad = [made.add(f"CORRUPT {n}", f"{n}.txt") for n in range(3)]
    elsewhere = made.add("CORRUPT", "d.txt", base=other.id)
    fine = made.add("好的文件。", "e.txt")
    made.work()
    queued, without = made.library.retry_failed("default")
    assert (queued, without) == ([document.id for document in bad], [])
    assert {made.document(document).status for document in bad} == {"queued"}
    assert (made.document(elsewhere).status, made.document(fine).status) == ("failed", "ready")


def test_a_running_job_gives_signs_of_life(tmp_path: Path) -> None:
    seen: list[tuple[str, float, float, int]] = []

    def look() -> None:
        with made.library.catalog.read() as connection:
            row = connection.execute(select(schema.jobs)).mappings().one()
            stalled = jobs.count_stalled(connection, made.clock.now + 800)
        seen.append((row["place"], row["beat_at"], row["lease_until"], stalled))

    def parse(path: Path, name: str, **options):
        look()
        made.clock.now += 2
        options["progress"](7, 9)
        look()
        made.clock.now += 2
        return parse_text(path, name, **options)

    made = bench(tmp_path, parse=parse)
    made.taken_in("文件。")
    assert seen == [("parse 0", 1000, 1900, 0), ("parse 7", 1002, 1902, 0)]
    made.close()


def test_a_job_without_a_sign_of_life_is_told(tmp_path: Path) -> None:
    counts: list[int] = []

    def parse(path: Path, name: str, **options):
        for seconds in (899, 2):
            made.clock.now += seconds
            with made.library.catalog.read() as connection:
                counts.append(jobs.count_stalled(connection, made.clock.now))
        return parse_text(path, name, **options)

    made = bench(tmp_path, parse=parse)
    made.taken_in("文件。")
    assert counts == [0, 1]
    assert made.library.catalog.counts().stalled == 0
    made.close()


# Takes documents in, at the time given, and kills its process as soon as the work is at the place given, or idle.
KILLED = """
import os, signal, sys
from pathlib import Path
from ingest.retry import LONGEST_SECONDS
from tests.support.ingesting import bench, parse_text
folder, now, name, place = sys.argv[1:]
def parse(path, name_, **options):
    if name_ == name and place.startswith("parse"):
        options["progress"](int(place.split()[1]), 100)
        os.kill(os.getpid(), signal.SIGKILL)
    return parse_text(path, name_, **options)
made = bench(Path(folder), parse=parse)
def publish(document):
    if document.name == name and f"{document.stage} {document.done}" == place:
        os.kill(os.getpid(), signal.SIGKILL)
made.board.publish = publish
made.clock.now = float(now)
made.work()
if place == "idle":
    os.kill(os.getpid(), signal.SIGKILL)
made.work_after(LONGEST_SECONDS)
"""


def killed(folder: Path, now: float, name: str, place: str) -> int:
    """The exit status of a process that takes in what is in the folder."""
    command = [sys.executable, "-c", KILLED, str(folder), str(now), name, place]
    return subprocess.run(command, env={**os.environ, "PYTHONPATH": "."}, check=False).returncode


LONG = "\n\n".join(f"第{n}段。" + "字" * 300 for n in range(40))


def test_what_kills_the_process_at_the_same_place_is_given_up_and_the_rest_is_taken_in(tmp_path: Path) -> None:
    made = bench(tmp_path)
    killer = made.add(LONG, "killer.txt")
    others = [made.add(f"第{n}份文件。", f"{n}.txt") for n in range(3)]
    made.close()
    codes = [killed(tmp_path, 1000 * times, "killer.txt", "embed 0") for times in range(1, 5)]
    assert codes == [-signal.SIGKILL] * 3 + [0]
    again = bench(tmp_path)
    found = again.document(killer)
    assert (found.status, found.error_code, found.attempts) == ("failed", "ingest-crashed", 3)
    assert found.error_params == {"name": "killer.txt", "attempts": 3, "reason": "the process ended"}
    assert {again.document(d).status for d in others} == {"ready"}
    assert all(again.document(d).revision == 1 for d in others)
    assert len(again.found("第0份 文件")) == 3
    again.library.retry(killer.id)
    again.work()
    assert again.document(killer).status == "ready"
    again.close()


def test_after_a_death_others_go_first(tmp_path: Path) -> None:
    made = bench(tmp_path)
    suspect = made.add(LONG, "suspect.txt")
    other = made.add("另一份文件。", "other.txt")
    made.close()
    assert killed(tmp_path, 1000, "suspect.txt", "embed 16") == -signal.SIGKILL
    again = bench(tmp_path)
    again.work()
    assert (again.document(suspect).status, again.document(other).status) == ("queued", "ready")
    assert (again.document(suspect).attempts, waiting_seconds(again, suspect)) == (1, 2)
    again.work_after(2)
    assert again.document(suspect).status == "ready"
    again.close()


def test_a_process_may_be_killed_any_number_of_times_while_it_gets_on(tmp_path: Path) -> None:
    made = bench(tmp_path)
    document = made.add(LONG)
    made.close()
    places = ["parse 0", "embed 0", "embed 0", "embed 16", "embed 16", "index 0", "embed 32", "embed 32", "split 0"]
    for times, place in enumerate(places, start=1):
        assert killed(tmp_path, 1000 * times, "a.txt", place) == -signal.SIGKILL
    again = bench(tmp_path)
    again.work()
    again.work_after(retry.LONGEST_SECONDS)
    assert again.document(document).status == "ready"
    again.close()


def test_a_process_that_dies_anywhere_else_clears_a_document(tmp_path: Path) -> None:
    made = bench(tmp_path)
    document = made.add(LONG)
    made.close()
    for times, place in enumerate(["embed 0", "embed 0", "idle", "embed 0", "embed 0"], start=1):
        assert killed(tmp_path, 1000 * times, "a.txt", place) == -signal.SIGKILL
    again = bench(tmp_path)
    again.work()
    assert (again.document(document).status, waiting_seconds(again, document)) == ("queued", 4)
    again.close()
    assert killed(tmp_path, 9000, "a.txt", "embed 0") == -signal.SIGKILL
    again = bench(tmp_path)
    again.work()
    assert again.document(document).status == "failed", "a worker that ends in good order clears nothing"
    again.close()


def test_a_kill_in_the_middle_of_a_page_says_little_against_a_document(tmp_path: Path) -> None:
    made = bench(tmp_path)
    document = made.add(LONG)
    made.close()
    for times in range(1, retry.DEATHS_WHILE_PARSING):
        assert killed(tmp_path, 1000 * times, "a.txt", "parse 5") == -signal.SIGKILL
    again = bench(tmp_path)
    again.work()
    assert again.document(document).status == "queued"
    again.work_after(retry.LONGEST_SECONDS)
    assert again.document(document).status == "ready"
    again.close()


LOADING = """
import os, signal, sys
from pathlib import Path
from tests.support.ingesting import bench
def embedder():
    os.kill(os.getpid(), signal.SIGKILL)
bench(Path(sys.argv[1]), embedder=embedder).work()
"""


def test_a_kill_while_the_embedder_loads_is_no_attempt(tmp_path: Path) -> None:
    made = bench(tmp_path)
    document = made.add("文件。")
    made.close()
    for _ in range(4):
        child = subprocess.run(
            [sys.executable, "-c", LOADING, str(tmp_path)], env={**os.environ, "PYTHONPATH": "."}, check=False
        )
        assert child.returncode == -signal.SIGKILL
    again = bench(tmp_path)
    assert job_of(again, document).attempts == 0
    again.work()
    assert again.document(document).status == "ready"
    again.close()
