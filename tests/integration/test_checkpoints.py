"""OCR that breaks off goes on where it stopped, and what it keeps for that goes when it is not needed any more."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pymupdf
import pytest

from ingest import retry
from ingest.document import ParsedDocument, ParseLimits
from ingest.errors import PageTimeout, ParseCrash, ParserKilled
from ingest.store.records import BaseSettings, Document
from tests.support.ingesting import Bench, bench, parse_text
from tests.support.scan_child import MARK, How, Scans, scan
from tests.support.traces import traces

PAGES = 9
PATIENCE = 120.0


class Reading:
    """A library that reads scans, and what is to be seen of it."""

    def __init__(self, folder: Path, **options: Any) -> None:
        folder.mkdir()
        self.scans = Scans(folder, folder / "data")
        self.scans.plan("nothing")
        self._options = options
        self.open()

    def open(self) -> None:
        def parse(path: Path, name: str, **given: Any) -> ParsedDocument:
            return self.scans.parse(path, name, **given | self._options)

        self.made = bench(self.scans.data, parse=parse)

    def add(self, content: bytes, name: str = "a.pdf", base: str = "default") -> Document:
        return self.made.library.add(base, name, io.BytesIO(content))[0]

    def state(self, document: Document) -> str:
        return self.made.document(document).status

    def content(self, document: Document) -> tuple[Any, ...]:
        """All that was made of a document."""
        catalog = self.made.library.catalog
        chunks = [(chunk.id, chunk.text, chunk.page) for chunk in catalog.chunks(document.id)]
        return catalog.text(document.id), catalog.page_info(document.id), chunks

    def folders(self) -> list[str]:
        return [path.name for path in (self.scans.data / "checkpoints").iterdir()]


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Callable[..., Reading]]:
    begun: list[Reading] = []

    def make(name: str = "site", **options: Any) -> Reading:
        begun.append(Reading(tmp_path / name, **options))
        return begun[-1]

    yield make
    for reading in begun:
        reading.made.close()


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, ...]:
    """What is made of the scan when nothing happens, every page of it read once."""
    reading = Reading(tmp_path_factory.mktemp("undisturbed") / "site")
    document = reading.add(scan(PAGES))
    reading.made.work()
    content = reading.content(document)
    assert len(set(reading.scans.read())) == len(reading.scans.read()) == PAGES
    assert content[0].text.count(MARK) == PAGES
    assert reading.folders() == []
    reading.made.close()
    return content


@pytest.mark.slow
@pytest.mark.parametrize("how", ["parser killed", "memory", "hang"])
def test_a_second_try_reads_only_what_is_missing(
    begin: Callable[..., Reading], undisturbed: tuple[Any, ...], how: How
) -> None:
    reading = begin(limits=ParseLimits(page_seconds=8)) if how == "hang" else begin()
    document = reading.add(scan(PAGES))
    reading.scans.plan(how, after=5)
    reading.made.work()
    assert (reading.state(document), reading.made.document(document).error_code) == ("queued", None)
    assert len(reading.scans.kept()) == len(reading.scans.read()) == 5
    reading.scans.plan("nothing")
    shown: list[tuple[int, int]] = []
    reading.made.board.publish = lambda seen: shown.append((seen.done, seen.total))  # type: ignore[method-assign]
    reading.made.work_after(2)
    assert reading.state(document) == "ready"
    assert len(set(reading.scans.read())) == len(reading.scans.read()) == PAGES
    assert reading.content(document) == undisturbed
    pages = [done for done, total in shown if total == PAGES]
    assert pages == sorted(pages)
    assert pages[0] == 5, "what was read before counts as done from the start"
    assert reading.folders() == []


SERVER = """
import os, signal, sys, threading, time
from pathlib import Path
from tests.support.ingesting import bench
from tests.support.scan_child import Scans
folder, pages = Path(sys.argv[1]), int(sys.argv[2])
scans = Scans(folder, folder / "data")
def end():
    while len(scans.kept()) < pages:
        time.sleep(0.01)
    os.kill(os.getpid(), signal.SIGKILL)
threading.Thread(target=end, daemon=True).start()
bench(scans.data, parse=scans.parse).work()
"""


def test_a_server_that_is_killed_reads_only_what_is_missing(
    begin: Callable[..., Reading], undisturbed: tuple[Any, ...]
) -> None:
    reading = begin()
    document = reading.add(scan(PAGES))
    reading.made.close()
    reading.scans.plan("hang", after=4)
    command = [sys.executable, "-c", SERVER, str(reading.scans.folder), "4"]
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": "."}, check=False)
    assert done.returncode == -signal.SIGKILL
    reading.scans.plan("nothing")
    reading.open()
    assert len(reading.scans.kept()) == 4
    reading.made.work()
    reading.made.work_after(2)
    assert reading.content(document) == undisturbed
    assert len(reading.scans.read()) == PAGES
    assert reading.folders() == []


def until(seen: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not seen():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_stop_costs_no_page_that_was_read(begin: Callable[..., Reading], undisturbed: tuple[Any, ...]) -> None:
    reading = begin()
    document = reading.add(scan(PAGES))
    reading.scans.plan("hang", after=3)
    reading.made.worker.start()
    until(lambda: len(reading.scans.kept()) == 3)
    reading.made.worker.stop()
    assert reading.state(document) == "queued"
    reading.scans.plan("nothing")
    reading.made.worker.start()
    until(lambda: reading.state(document) == "ready")
    assert reading.content(document) == undisturbed
    assert len(reading.scans.read()) == PAGES


def test_a_damaged_page_is_read_again(begin: Callable[..., Reading], undisturbed: tuple[Any, ...]) -> None:
    reading = begin()
    document = reading.add(scan(PAGES))
    reading.scans.plan("parser killed", after=7)
    reading.made.work()
    changed, cut, empty, one, other, *whole = reading.scans.kept()
    assert len(whole) == 2
    data = bytearray(changed.read_bytes())
    data[-3] ^= 1
    changed.write_bytes(data)
    cut.write_bytes(cut.read_bytes()[:-1])
    empty.write_bytes(b"")
    # Whole, but of another page.
    swapped = one.read_bytes(), other.read_bytes()
    other.write_bytes(swapped[0])
    one.write_bytes(swapped[1])
    reading.scans.plan("nothing")
    reading.made.work_after(2)
    assert reading.content(document) == undisturbed
    assert len(reading.scans.read()) == PAGES + 5


def test_nothing_is_kept_of_what_is_deleted_while_it_is_read(begin: Callable[..., Reading]) -> None:
    reading = begin()
    document = reading.add(scan(60))
    reading.scans.plan("slow", after=3)
    reading.made.worker.start()
    until(lambda: len(reading.scans.kept()) >= 3)
    assert any("packed" in place for place in traces([reading.scans.data], [MARK])), "it must be seen to be missed"
    reading.made.library.delete(document.id)
    assert reading.folders() == []
    # The work ends at the next sign of life, which comes at most once a second.
    reading.made.clock.now += 2
    other = reading.add(scan(1), "b.pdf")
    until(lambda: reading.state(other) == "ready" and not reading.folders())
    assert len(reading.scans.read()) < 60
    reading.made.library.delete(other.id)
    assert traces([reading.scans.data], [MARK]) == set()


def test_a_document_with_a_password_is_kept_nowhere_before_it_is_read(begin: Callable[..., Reading]) -> None:
    reading = begin()
    secret = scan(PAGES, encryption=pymupdf.PDF_ENCRYPT_AES_256, user_pw="7731", owner_pw="7731")
    document = reading.add(secret)
    reading.made.work()
    reading.made.library.give_password(document.id, "7731")
    reading.scans.plan("slow", after=3)
    reading.made.worker.start()
    until(lambda: len(reading.scans.read()) > 3)
    assert reading.scans.kept() == []
    until(lambda: reading.state(document) == "ready")


def test_a_scan_attached_to_a_mail_goes_on_too(begin: Callable[..., Reading]) -> None:
    reading = begin()
    mail = EmailMessage()
    mail["Subject"] = "扫描件"
    mail.set_content("见附件。")
    mail.add_attachment(scan(PAGES), "application", "pdf", filename="a.pdf")
    document = reading.add(mail.as_bytes(), "a.eml")
    reading.scans.plan("parser killed", after=6)
    reading.made.work()
    reading.scans.plan("nothing")
    reading.made.work_after(2)
    assert reading.state(document) == "ready"
    assert reading.content(document)[0].text.count(MARK) == len(reading.scans.read()) == PAGES


@pytest.fixture
def pages_kept(tmp_path: Path) -> Iterator[tuple[Bench, list[tuple[int, Exception]]]]:
    """A library, and what happens to each of its parsers: so many pages more are kept, and then it ends."""
    tries: list[tuple[int, Exception]] = []

    def parse(path: Path, name: str, **options: Any) -> ParsedDocument:
        if not tries:
            return parse_text(path, name, **options)
        more, error = tries.pop(0)
        folder: Path = options["checkpoints"]
        begun = len(list(folder.iterdir()))
        for number in range(begun, begun + more):
            (folder / f"page-{number}").touch()
        raise error

    made = bench(tmp_path, parse=parse)
    yield made, tries
    made.close()


KILLED = ParserKilled(name="a.txt", reason="signal 9")
TOO_LONG = PageTimeout(name="a.txt", done=1, pages=9, seconds=60)
TOO_LARGE = ParseCrash(name="a.txt", reason="more than 4096 MB needed")


def kept(made: Bench) -> dict[str, int]:
    """How many pages are kept of which bytes."""
    return {sha256: made.library.checkpoints.count(sha256) for sha256 in made.library.checkpoints.every()}


@pytest.mark.parametrize("end", ["deleted", "base deleted", "replaced"])
def test_nothing_is_kept_of_what_nobody_wants_any_more(
    pages_kept: tuple[Bench, list[tuple[int, Exception]]], end: str
) -> None:
    made, tries = pages_kept
    base = made.library.catalog.create_base("扫描").id
    tries += [(4, KILLED)]
    document = made.taken_in("文件。", base=base)
    assert kept(made) == {document.sha256: 4}
    if end == "deleted":
        made.library.delete(document.id)
    elif end == "base deleted":
        made.library.delete_base(base)
    else:
        made.add("另一份文件。", base=base, replace=True)
    assert kept(made) == {}
    assert list(made.library.checkpoints.folder.iterdir()) == []


def test_what_another_document_still_reads_stays(pages_kept: tuple[Bench, list[tuple[int, Exception]]]) -> None:
    made, tries = pages_kept
    tries += [(4, KILLED), (0, KILLED)]
    first = made.add("文件。")
    second = made.taken_in("文件。", base=made.library.catalog.create_base("另一个").id)
    made.library.delete(first.id)
    assert kept(made) == {second.sha256: 4}
    made.work_after(retry.LONGEST_SECONDS)
    assert made.document(second).status == "ready"
    assert kept(made) == {}


def test_a_base_that_hides_personal_data_keeps_nothing_readable(
    pages_kept: tuple[Bench, list[tuple[int, Exception]]],
) -> None:
    made, tries = pages_kept
    made.library.configure("default", BaseSettings(redact=True, keep_originals=False))
    tries += [(2, KILLED)]
    document = made.taken_in("电话：13812345678。")
    assert kept(made) == {document.sha256: 2}
    made.work_after(2)
    assert made.document(document).status == "ready"
    assert kept(made) == {}
    assert list(made.library.blobs.every()) == []


def test_the_start_sweeps_what_no_job_needs(
    tmp_path: Path, pages_kept: tuple[Bench, list[tuple[int, Exception]]]
) -> None:
    made, tries = pages_kept
    tries += [(3, KILLED)]
    document = made.taken_in("文件。")
    made.close()
    for left in ("0" * 64, "gone-abc"):
        folder = tmp_path / "checkpoints" / left
        folder.mkdir()
        (folder / "page").write_text(MARK, encoding="utf-8")
    again = bench(tmp_path)
    assert [path.name for path in (tmp_path / "checkpoints").iterdir()] == [document.sha256]
    assert kept(again) == {document.sha256: 3}
    again.close()


def test_what_gets_further_is_not_given_up(pages_kept: tuple[Bench, list[tuple[int, Exception]]]) -> None:
    made, tries = pages_kept
    tries += [(1, error) for error in (KILLED, TOO_LONG, TOO_LARGE, ZeroDivisionError()) * retry.PARSERS_KILLED]
    document = made.add("文件。")
    number = len(tries)
    for left in range(number, 0, -1):
        made.work_after(2)
        assert len(tries) == left - 1, "nothing is waited for longer than after the first fault"
        shown = made.document(document)
        assert (shown.status, shown.error_code) == ("queued", None)
    made.work_after(2)
    assert made.document(document).status == "ready"


@pytest.mark.parametrize("error", [TOO_LONG, TOO_LARGE], ids=lambda error: error.code)
def test_what_gets_no_further_is_given_up_and_goes_on_from_there_when_a_person_asks(
    pages_kept: tuple[Bench, list[tuple[int, Exception]]], error: Exception
) -> None:
    made, tries = pages_kept
    tries += [(4, error), (0, error)]
    document = made.add("文件。")
    made.work()
    assert made.document(document).status == "queued"
    made.work_after(2)
    assert (made.document(document).status, made.document(document).error_code) == ("failed", error.code)
    assert made.library.checkpoints.count(document.sha256) == 4
    tries += [(0, error)]
    made.library.retry(document.id)
    made.work()
    assert made.document(document).status == "failed", "pages of an earlier try are no progress of this one"
    made.library.retry(document.id)
    made.work()
    assert made.document(document).status == "ready"
    assert made.library.checkpoints.count(document.sha256) == 0


def test_killed_without_getting_further_is_given_up(pages_kept: tuple[Bench, list[tuple[int, Exception]]]) -> None:
    made, tries = pages_kept
    tries += [(3, KILLED), *[(0, KILLED)] * (retry.PARSERS_KILLED - 1)]
    document = made.add("文件。")
    for _ in range(retry.PARSERS_KILLED):
        made.work_after(retry.LONGEST_SECONDS)
    assert (made.document(document).status, tries) == ("failed", [])
