"""The drawing processes: kept and reused, and what hangs, grows or crashes in them costs one page."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import psutil
import pymupdf
import pytest
from msoffcrypto.format.ooxml import OOXMLFile

from app.settings import ROOT
from ingest.draw import Drawer, DrawLimits, Picture
from ingest.errors import (
    DrawingBusy,
    PageMissing,
    PageNotDrawn,
    PasswordNeeded,
    PasswordNotNeeded,
    PasswordWrong,
)
from tests.support.awaited import awaited
from tests.support.hostile import doubling

PNG = b"\x89PNG"


def children() -> list[psutil.Process]:
    """The processes that draw; a browser of other tests may run beside them."""
    found = psutil.Process().children(recursive=True)
    return [child for child in found if any("draw_child" in part for part in _words(child))]


def pids() -> set[int]:
    """Their numbers: psutil tells processes apart by the time they began, which moves when the clock is set."""
    return {child.pid for child in children()}


def _words(child: psutil.Process) -> list[str]:
    try:
        return child.cmdline()
    except psutil.Error:
        return []  # it has just ended


@pytest.fixture
def page(tmp_path: Path) -> Picture:
    return Picture(saved(tmp_path / "good"), "good.pdf", 1)


@pytest.fixture
def hostile(tmp_path: Path) -> Picture:
    path = tmp_path / "hostile"
    path.write_bytes(doubling())
    return Picture(path, "hostile.pdf", 1)


def saved(path: Path, **options: object) -> Path:
    with pymupdf.open() as document:
        document.new_page(width=200, height=100).insert_text((20, 50), "Revenue was 300 dollars.")
        document.save(path, **options)
    return path


@pytest.fixture
def drawers() -> Iterator[Callable[..., Drawer]]:
    """Drawers that are closed in the end, and leave no process behind."""
    before, made = pids(), list[Drawer]()

    def make(*command: str, **limits: int) -> Drawer:
        made.append(Drawer(DrawLimits(**limits), **({"command": command} if command else {})))
        return made[-1]

    yield make
    for drawer in made:
        drawer.close()
    assert pids() == before


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor() as pool:
        yield pool


def test_one_process_draws_page_after_page_and_ends_when_it_is_not_needed(
    drawers: Callable[..., Drawer], page: Picture
) -> None:
    drawer = drawers(idle_seconds=4)
    assert children() == []
    assert drawer.draw(page).startswith(PNG)
    (child,) = children()
    assert drawer.draw(page).startswith(PNG)
    assert pids() == {child.pid}
    awaited(lambda: child.status() == psutil.STATUS_ZOMBIE)
    assert drawer.draw(page).startswith(PNG)
    assert child.pid not in pids()


def test_a_process_begun_by_a_large_server_is_kept_all_the_same(drawers: Callable[..., Drawer], page: Picture) -> None:
    """A server that holds models is larger than a process that draws may become."""
    ballast = b"\1" * 700_000_000
    drawer = drawers()
    drawer.draw(page)
    (child,) = children()
    drawer.draw(page)
    # One that had ended itself after a page, or was about to, would draw no other.
    drawer.draw(page)
    assert pids() == {child.pid}
    assert len(ballast) == 700_000_000


def test_a_page_that_hangs_costs_itself_and_no_other(
    drawers: Callable[..., Drawer], page: Picture, hostile: Picture, threads: ThreadPoolExecutor
) -> None:
    drawer = drawers(seconds=4)
    drawer.draw(page)
    hanging = threads.submit(drawer.draw, hostile)
    again = threads.submit(drawer.draw, hostile)
    awaited(lambda: drawer.waiting == 1)
    assert drawer.draw(page).startswith(PNG)
    assert not hanging.done()
    with pytest.raises(PageNotDrawn) as caught:
        hanging.result(30)
    assert caught.value.params == {"name": "hostile.pdf", "page": 1, "seconds": 4, "memory_mb": 2048}
    begun = time.monotonic()
    with pytest.raises(PageNotDrawn):
        again.result(30)
    assert time.monotonic() - begun < 2, "what failed for one is not tried for the next"
    assert drawer.draw(page).startswith(PNG)


def test_a_page_that_takes_too_much_memory(drawers: Callable[..., Drawer], page: Picture, hostile: Picture) -> None:
    drawer = drawers(seconds=300, memory_mb=700)
    with pytest.raises(PageNotDrawn, match="700 MB"):
        drawer.draw(hostile)
    assert drawer.draw(page).startswith(PNG)


def test_a_crash(drawers: Callable[..., Drawer], page: Picture) -> None:
    script = "import os; input(); print('{}', flush=True); input(); os.abort()"
    with pytest.raises(PageNotDrawn):
        drawers(sys.executable, "-c", script).draw(page)


def test_a_process_that_cannot_start(drawers: Callable[..., Drawer], page: Picture) -> None:
    for end in ("1/0", "raise SystemExit(0)"):
        with pytest.raises(PageNotDrawn):
            drawers(sys.executable, "-c", end).draw(page)


def test_what_nobody_waits_for_is_given_up(
    drawers: Callable[..., Drawer], page: Picture, hostile: Picture, threads: ThreadPoolExecutor
) -> None:
    drawer, gone, given_up = drawers(seconds=120, processes=1), Event(), Event()
    hanging = threads.submit(drawer.draw, hostile, gone)
    awaited(children)
    waiting = threads.submit(drawer.draw, page, given_up)
    awaited(lambda: drawer.waiting == 1)
    given_up.set()
    with pytest.raises(DrawingBusy):
        waiting.result(10)
    gone.set()
    with pytest.raises(DrawingBusy):
        hanging.result(10)
    assert drawer.draw(page).startswith(PNG)


def test_no_more_wait_than_is_allowed(
    drawers: Callable[..., Drawer], page: Picture, hostile: Picture, threads: ThreadPoolExecutor
) -> None:
    drawer = drawers(seconds=120, processes=1, waiting=2, waiting_of_file=1)
    hanging = threads.submit(drawer.draw, hostile)
    awaited(children)
    waiting = [threads.submit(drawer.draw, hostile)]
    awaited(lambda: drawer.waiting == 1)
    with pytest.raises(DrawingBusy):
        drawer.draw(hostile)
    waiting.append(threads.submit(drawer.draw, page))
    awaited(lambda: drawer.waiting == 2)
    other = Picture(page.path.with_name("other"), "other.pdf", 1)
    with pytest.raises(DrawingBusy, match="Try again in 120 seconds"):
        drawer.draw(other)
    drawer.close()
    for each in (hanging, *waiting):
        with pytest.raises(DrawingBusy):
            each.result(10)
    with pytest.raises(DrawingBusy):
        drawer.draw(page)


PARENT = """
import sys
from pathlib import Path
from ingest.draw import Drawer, DrawLimits, Picture
Drawer(DrawLimits(seconds=5)).draw(Picture(Path(sys.argv[1]), "hostile.pdf", 1))
"""


def test_a_process_that_hangs_ends_though_the_one_that_started_it_was_killed(hostile: Picture) -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(hostile.path)], env={**os.environ, "PYTHONPATH": "."})
    awaited(children_of := lambda: psutil.Process(parent.pid).children())
    (child,) = children_of()
    awaited(lambda: child.cpu_times().user > 0.5)
    parent.send_signal(signal.SIGKILL)
    parent.wait(10)
    awaited(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)


def test_passwords_go_through_the_pipe(drawers: Callable[..., Drawer], tmp_path: Path) -> None:
    path = saved(tmp_path / "a", encryption=pymupdf.PDF_ENCRYPT_AES_256, user_pw="geheim", owner_pw="owner")
    drawer = drawers()
    with pytest.raises(PasswordNeeded):
        drawer.draw(Picture(path, "a.pdf", 1))
    with pytest.raises(PasswordWrong):
        drawer.draw(Picture(path, "a.pdf", 1, password="no"))
    assert drawer.draw(Picture(path, "a.pdf", 1, password="geheim")).startswith(PNG)
    with pytest.raises(PageMissing, match="pages 1 to 1"):
        drawer.draw(Picture(path, "a.pdf", 2, password="geheim"))
    drawer.unlock(path, "a.pdf", "pdf", "geheim")
    with pytest.raises(PasswordWrong):
        drawer.unlock(path, "a.pdf", "pdf", "no")
    (child,) = children()
    assert not any("geheim" in part for part in child.cmdline())


def test_what_has_no_password_needs_none(drawers: Callable[..., Drawer], page: Picture, tmp_path: Path) -> None:
    drawer = drawers()
    with pytest.raises(PasswordNotNeeded, match=r"good\.pdf needs no password"):
        drawer.unlock(page.path, "good.pdf", "pdf", "geheim")
    plain = ROOT / "tests/data/documents/bridge-zh.docx"
    path = tmp_path / "locked"
    with plain.open("rb") as source, path.open("wb") as target:
        OOXMLFile(source).encrypt("geheim", target)
    drawer.unlock(path, "a.docx", "protected", "geheim")
    with pytest.raises(PasswordWrong):
        drawer.unlock(path, "a.docx", "protected", "no")
    with path.open("wb") as target, plain.open("rb") as source:
        OOXMLFile(source).encrypt("VelvetSweatshop", target)
    for each in (path, plain):
        with pytest.raises(PasswordNotNeeded):
            drawer.unlock(each, "a.docx", "protected", "geheim")
