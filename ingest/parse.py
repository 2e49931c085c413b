"""Reading a file in a process of its own, with a cap on memory and time."""

from __future__ import annotations

import json
import os
import selectors
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

from ingest.child import kill, start
from ingest.document import ParsedDocument, ParseLimits
from ingest.errors import PageTimeout, ParseCrash, ParserKilled, ParseStopped, ParseTimeout
from ingest.pause import Signal
from ingest.wire import unpack, unpack_error
from models.reasons import because, quoted

PARSER_VERSION = 3

Progress = Callable[[int, int], None]

_CHILD = (sys.executable, "-m", "ingest.parse_child")
_POLL_SECONDS = 0.1


def parse(
    path: Path,
    name: str,
    *,
    password: str | None = None,
    pictures: Path | None = None,
    checkpoints: Path | None = None,
    scratch: Path | None = None,
    limits: ParseLimits | None = None,
    progress: Progress | None = None,
    stop: Signal | None = None,
    command: Sequence[str] = _CHILD,
) -> ParsedDocument:
    """Read the file at `path`, called `name` by its owner.

    Pages of a PDF that needs its password are drawn into the folder `pictures`, if both are given. What OCR
    reads of a page is kept in the folder `checkpoints`, if it is given, and not read again by whoever gives the same
    folder; not with a password, for what it is of is not to be read without it. What is unpacked or decrypted on the
    way lies in a folder of its own inside `scratch` (by default the system's), and goes with the process, however that
    ends.
    `progress` is called with pages done, from 0, and all pages; `stop` ends the parser process.
    `command` starts that process. Raises any IngestError: what the parsers raise, ParseTimeout,
    PageTimeout, ParseCrash when the process ended by itself, ParserKilled when a signal ended it, ParseStopped.
    """
    limits = limits or ParseLimits()
    request = {
        "path": str(path.resolve()),
        "name": name,
        "password": password,
        "pictures": str(pictures.resolve()) if pictures and password else None,
        "checkpoints": str(checkpoints.resolve()) if checkpoints and password is None else None,
        "limits": asdict(limits),
    }
    with tempfile.TemporaryFile() as stderr, _scratch(scratch) as folder, _started(command, stderr, folder) as child:
        _ask(child, request)
        for message in _messages(child, stop, name, limits):
            if "document" in message:
                return unpack(message["document"])
            if "error" in message:
                raise unpack_error(message["error"])
            if progress is not None:
                progress(*message["progress"])
        raise _crash(child, stderr, name)


@contextmanager
def _scratch(parent: Path | None) -> Iterator[Path]:
    """A folder for temporary files. A process that is killed removes none of its own."""
    folder = Path(tempfile.mkdtemp(prefix="zhiwen-", dir=parent))
    try:
        yield folder.resolve()
    finally:
        # What a program that was killed together with the parser still held open goes as well as it can.
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _started(command: Sequence[str], stderr: IO[bytes], scratch: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A parser process, dead and reaped afterwards in every case."""
    child = start(command, stderr, scratch)
    try:
        with child:
            try:
                yield child
            finally:
                kill(child)
    finally:
        child.wait()


def _ask(child: subprocess.Popen[bytes], request: dict[str, Any]) -> None:
    """Send the request and leave the pipe open: its closing tells the child that we are gone."""
    assert child.stdin is not None
    left = memoryview(json.dumps(request).encode() + b"\n")
    try:
        # Past the buffer, whose rest would be tried again when the pipe is closed.
        while left:
            left = left[os.write(child.stdin.fileno(), left) :]
    except BrokenPipeError:
        # It died before it read: reading its answers finds that out, with a reason.
        return


def _messages(
    child: subprocess.Popen[bytes], stop: Signal | None, name: str, limits: ParseLimits
) -> Iterator[dict[str, Any]]:
    """What the child says, until it ends. Raises PageTimeout, ParseTimeout or ParseStopped.

    Only silence is too long: a thick scan may take an hour, as long as page after page is done.
    """
    assert child.stdout is not None
    descriptor = child.stdout.fileno()
    parts: list[bytes] = []
    with selectors.DefaultSelector() as selector:
        selector.register(descriptor, selectors.EVENT_READ)
        done = pages = 0
        deadline = time.monotonic() + limits.seconds
        while True:
            if stop is not None and stop.is_set():
                raise ParseStopped(name=name)
            left = deadline - time.monotonic()
            if left <= 0 and done < pages:
                raise PageTimeout(name=name, done=done, pages=pages, seconds=limits.page_seconds)
            if left <= 0:
                raise ParseTimeout(name=name, seconds=limits.seconds)
            if not selector.select(min(left, _POLL_SECONDS)):
                continue
            data = os.read(descriptor, 1 << 20)
            if not data:
                return
            *lines, rest = data.split(b"\n")
            for line in lines:
                message = json.loads(b"".join([*parts, line]))
                yield message
                parts = []
                # Before the first page and after the last one the document is worked on as a whole.
                done, pages = message.get("progress", (0, 0))
                deadline = time.monotonic() + (limits.page_seconds if done < pages else limits.seconds)
            parts.append(rest)


def _crash(child: subprocess.Popen[bytes], stderr: IO[bytes], name: str) -> ParseCrash:
    """Why the child died: a signal, or the last line it wrote, without any path of this machine."""
    status = child.wait()
    if status < 0:
        return ParserKilled(name=name, reason=because("signal", number=-status))
    stderr.seek(0)
    lines = stderr.read()[-4000:].decode(errors="replace").strip().splitlines()
    return ParseCrash(name=name, reason=quoted(lines[-1][:200]) if lines else because("exit-status", status=status))
