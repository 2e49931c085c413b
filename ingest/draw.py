"""Pages drawn in processes of their own, which are kept for the next page, with caps on memory and time."""

from __future__ import annotations

import json
import logging
import os
import selectors
import subprocess
import sys
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from threading import Condition, Event
from typing import Any

from ingest.child import kill, start
from ingest.document import Box, PageReport
from ingest.errors import DrawingBusy, PageNotDrawn
from ingest.wire import unpack_error
from models.reasons import because

log = logging.getLogger(__name__)

_CHILD = (sys.executable, "-m", "ingest.draw_child")
_START_SECONDS = 60.0
# How soon it is noticed that nobody waits for a page any more, and how long it may then take to be done:
# ending it costs the next page the start of a process.
_POLL_SECONDS, _GONE_SECONDS = 0.2, 1.0
# A page that could not be drawn is not tried again for so long: browsers ask twice, for the picture and for the reason.
_REMEMBERED_SECONDS, _REMEMBERED = 60.0, 200


@dataclass(frozen=True)
class DrawLimits:
    """What drawing one page may cost, and how many may be drawn and wait at a time.

    Only one page of a file is drawn at a time, so that a hostile one leaves a process for the others.
    """

    seconds: int = 20
    memory_mb: int = 2048
    processes: int = 2
    waiting: int = 16
    waiting_of_file: int = 8
    idle_seconds: int = 300


@dataclass(frozen=True)
class Picture:
    """A page that is to be drawn: of a PDF, or, where `page` says how it is shown, a frame, from 0, of a picture."""

    path: Path
    name: str
    number: int
    boxes: Sequence[Box] = ()
    scale: float = 1.5
    password: str | None = field(default=None, repr=False)
    page: PageReport | None = None
    frame: int = 0


class Drawer:
    """Owns the processes that draw: begun at need, ended by `close`. Every method may be called from any thread.

    A process that hangs, crashes or takes too much memory is ended, and costs only the page that it was at.
    """

    def __init__(self, limits: DrawLimits | None = None, *, command: Sequence[str] = _CHILD) -> None:
        """Nothing is started yet. `command` starts a process."""
        self._limits = limits or DrawLimits()
        self._command = command
        self._changed = Condition()
        self._waiting: list[_Turn] = []
        self._drawing: set[Path] = set()
        self._children: set[_Child] = set()
        self._idle: list[_Child] = []
        self._failed: OrderedDict[tuple[Path, int, float], float] = OrderedDict()
        self._closed = False

    @property
    def waiting(self) -> int:
        """How many wait for a process."""
        return len(self._waiting)

    def draw(self, picture: Picture, gone: Event | None = None) -> bytes:
        """PNG of a page. Setting `gone` says that nobody waits for it any more.

        Raises PageNotDrawn, DrawingBusy, PageMissing, and what opening the file raises.
        """
        request = {
            **{"path": str(picture.path), "name": picture.name, "number": picture.number, "scale": picture.scale},
            "boxes": [[box.x0, box.y0, box.x1, box.y1] for box in picture.boxes],
            "password": picture.password,
            "page": asdict(picture.page) if picture.page else None,
            "frame": picture.frame,
        }
        key = (picture.path, picture.number, picture.scale)
        self._refuse_failed(key, picture.name)
        with self._turn(picture.path, picture.name, gone):
            # It may have failed for somebody else while this one waited.
            self._refuse_failed(key, picture.name)
            return self._asked("draw", request, gone, key)

    def unlock(self, path: Path, name: str, kind: str, password: str, gone: Event | None = None) -> None:
        """Find out whether a password opens a file of this kind.

        Raises PasswordWrong, PasswordNotNeeded, and as `draw` does.
        """
        request = {"path": str(path), "name": name, "kind": kind, "password": password}
        with self._turn(path, name, gone):
            self._asked("unlock", request, gone, (path, 1, 0.0))

    def close(self) -> None:
        """End every process, and with it what waits for one. Drawing is refused from then on."""
        with self._changed:
            self._closed = True
            idle, busy = list(self._idle), self._children.difference(self._idle)
            self._idle.clear()
            self._changed.notify_all()
        for child in busy:
            child.kill()  # the thread that asked it closes the pipes
        for child in idle:
            self._drop(child)

    def _refuse_failed(self, key: tuple[Path, int, float], name: str) -> None:
        with self._changed:
            failed = self._failed.get(key)
        if failed is not None and time.monotonic() - failed < _REMEMBERED_SECONDS:
            raise self._not_drawn(name, key[1])

    def _not_drawn(self, name: str, number: int) -> PageNotDrawn:
        return PageNotDrawn(name=name, page=number, seconds=self._limits.seconds, memory_mb=self._limits.memory_mb)

    @contextmanager
    def _turn(self, path: Path, name: str, gone: Event | None) -> Iterator[None]:
        """Wait for a process, in the order of asking, behind the other pages of the same file."""
        turn = _Turn(path)
        latest = time.monotonic() + self._limits.seconds + _GONE_SECONDS
        with self._changed:
            of_file = sum(other.path == path for other in self._waiting)
            if len(self._waiting) >= self._limits.waiting or of_file >= self._limits.waiting_of_file:
                raise self._busy(name)
            self._waiting.append(turn)
            try:
                while not self._is_next(turn):
                    if self._closed or _is_set(gone) or time.monotonic() > latest:
                        raise self._busy(name)
                    self._changed.wait(_POLL_SECONDS)
                if self._closed:
                    raise self._busy(name)
                self._drawing.add(path)
            finally:
                self._waiting.remove(turn)
                self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                self._drawing.remove(path)
                self._changed.notify_all()

    def _is_next(self, turn: _Turn) -> bool:
        if len(self._drawing) >= self._limits.processes:
            return False
        return turn is next((other for other in self._waiting if other.path not in self._drawing), None)

    def _busy(self, name: str) -> DrawingBusy:
        return DrawingBusy(name=name, seconds=self._limits.seconds)

    def _asked(self, what: str, request: dict[str, Any], gone: Event | None, key: tuple[Path, int, float]) -> bytes:
        name = request["name"]
        try:
            head, body = self._answer({"do": what, **request}, gone)
        except _Broken as broken:
            if self._closed or _is_set(gone):
                raise self._busy(name) from broken
            log.warning("a page could not be drawn: %s", broken)
            self._remember(key)
            raise self._not_drawn(name, key[1]) from broken
        if "error" in head:
            raise unpack_error(head["error"])
        return body

    def _remember(self, key: tuple[Path, int, float]) -> None:
        with self._changed:
            self._failed.pop(key, None)
            self._failed[key] = time.monotonic()
            while len(self._failed) > _REMEMBERED:
                self._failed.popitem(last=False)

    def _answer(self, request: dict[str, Any], gone: Event | None) -> tuple[dict[str, Any], bytes]:
        """What a process says. One that had been waiting may have ended itself meanwhile: then another is asked."""
        while True:
            child, fresh = self._child()
            try:
                answer = child.ask(request, self._limits.seconds, lambda: _is_set(gone))
            except _Retired as retired:
                self._drop(child)
                if fresh:
                    raise _Broken("the process ended without an answer") from retired
                continue
            except BaseException:
                self._drop(child)
                raise
            if answer[0].get("overrun"):
                self._drop(child)
                raise _Broken("more memory was needed than is allowed")
            with self._changed:
                if not self._closed:
                    self._idle.append(child)
            return answer

    def _child(self) -> tuple[_Child, bool]:
        with self._changed:
            if self._closed:
                raise _Broken("the server stops")
            if self._idle:
                return self._idle.pop(), False
            child = _Child(self._command)
            self._children.add(child)
        try:
            child.prepare(self._limits)
        except BaseException as error:
            self._drop(child)
            if isinstance(error, _Retired):
                raise _Broken("the process ended as it was started") from error
            raise
        return child, True

    def _drop(self, child: _Child) -> None:
        child.end()
        with self._changed:
            self._children.discard(child)


class _Turn:
    """One that waits."""

    def __init__(self, path: Path) -> None:
        self.path = path


class _Broken(Exception):
    """A process hung or crashed, with its last words."""


class _Retired(Exception):
    """A process ended in good order: it had not been needed for long, or had grown."""


class _Child:
    """A process that draws, and the pipes to it."""

    def __init__(self, command: Sequence[str]) -> None:
        self._process: subprocess.Popen[bytes] = start(command)

    def prepare(self, limits: DrawLimits) -> None:
        """Tell the limits, and wait until it can draw: its start counts for no page."""
        caps = {"seconds": limits.seconds, "memory_mb": limits.memory_mb, "idle_seconds": limits.idle_seconds}
        self.ask(caps, _START_SECONDS, lambda: False)

    def ask(self, request: dict[str, Any], seconds: float, is_gone: Callable[[], bool]) -> tuple[dict[str, Any], bytes]:
        """A line of JSON, and as many bytes as it says. Raises _Broken or _Retired."""
        stdin = self._process.stdin
        assert stdin is not None
        try:
            stdin.write(json.dumps(request, separators=(",", ":")).encode() + b"\n")
            stdin.flush()
        except BrokenPipeError:
            raise self._ended() from None
        deadline = time.monotonic() + seconds
        left: float | None = None  # how long it may go on for nobody

        data, head = bytearray(), None
        for piece in self._pieces():
            now = time.monotonic()
            if left is None and is_gone():
                left = now + _GONE_SECONDS
            if now > deadline or (left is not None and now > left):
                raise _Broken(f"it was not done in {seconds:g} seconds" if now > deadline else "nobody waits for it")
            data += piece
            if head is None and b"\n" in piece:
                line, _, rest = bytes(data).partition(b"\n")
                head, data = json.loads(line), bytearray(rest)
            if head is not None and len(data) >= head.get("size", 0):
                return head, bytes(data)
        raise self._ended()

    def _pieces(self) -> Iterator[bytes]:
        """What it writes, as it comes; nothing now and then, so that the time is looked at."""
        stdout = self._process.stdout
        assert stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(stdout, selectors.EVENT_READ)
            while True:
                if not selector.select(_POLL_SECONDS):
                    yield b""
                elif piece := os.read(stdout.fileno(), 1 << 20):
                    yield piece
                else:
                    return

    def _ended(self) -> Exception:
        status = self._process.wait()
        if status == 0:
            return _Retired()
        return _Broken(because("signal", number=-status) if status < 0 else because("exit-status", status=status))

    def kill(self) -> None:
        """Dead and reaped, whatever it was at."""
        if self._process.poll() is None:
            kill(self._process)
        self._process.wait()

    def end(self) -> None:
        """Dead and reaped, whatever it was at, and its pipes closed."""
        self.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            try:
                pipe.close()
            except BrokenPipeError:
                log.debug("a request was not read any more")


def _is_set(gone: Event | None) -> bool:
    return gone is not None and gone.is_set()
