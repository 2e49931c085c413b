"""The parser process: reads one file and answers in lines of JSON.

It is asked by one line on standard input and ends when that pipe closes, so that it never
outlives the process that started it. A line {"progress": [done, total]} may come many times;
the last is {"document": …} or {"error": …}.
"""

from __future__ import annotations

import errno
import gc
import json
import os
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import IO, Any

from ingest.child import cap_memory, end_with_parent
from ingest.confine import give_up_network, give_up_programs
from ingest.document import ParsedDocument, ParseLimits
from ingest.errors import IngestError, ParseCrash
from ingest.parsers.formats import FORMATS
from ingest.parsers.kinds import detect
from ingest.parsers.reading import Progress, read
from ingest.store.files import explain_os_error
from ingest.wire import pack, pack_error
from models.reasons import because

# A page is a hundred thousand small tuples that no cycle holds: looking for cycles among them at the usual
# intervals took a fifth of the time. Cycles are still found, after more objects.
_COLLECT = (2_000_000, 5, 1000)

Answer = Callable[[dict[str, Any]], None]
Read = Callable[[Path, str, str | None, ParseLimits, Progress, Path | None], ParsedDocument]


def main(reading: Read = read) -> None:
    """Answer the request on standard input."""
    give_up_network()
    # Libraries may print to descriptor 1; the answers get a descriptor of their own.
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as out:
        os.dup2(2, 1)
        request = json.loads(sys.stdin.readline())
        Thread(target=_end_with_pipe, args=(sys.stdin,), daemon=True).start()
        limits = ParseLimits(**request["limits"])
        cap_memory(limits.memory_mb)
        gc.set_threshold(*_COLLECT)

        def answer(message: dict[str, Any]) -> None:
            out.write(json.dumps(message, ensure_ascii=True) + "\n")
            out.flush()

        _answer(request, limits, answer, reading)


def _answer(request: dict[str, Any], limits: ParseLimits, answer: Answer, reading: Read) -> None:
    path, name = Path(request["path"]), request["name"]
    checkpoints = None if request["checkpoints"] is None else Path(request["checkpoints"])

    def progress(done: int, total: int) -> None:
        answer({"progress": [done, total]})

    try:
        kind = detect(path, name)
        if not FORMATS[kind].programs:
            give_up_programs()
        if kind == "pdf":
            # MuPDF may keep the thread that watches the pipe from running. Not for other formats: killed at once, this
            # process could not end a program that it started.
            end_with_parent()
        document = reading(path, name, request["password"], limits, progress, checkpoints)
        if request["pictures"] is not None:
            _keep_pictures(request, answer)
        answer({"document": pack(document)})
    except IngestError as error:
        answer({"error": pack_error(error)})
    except OSError as error:
        ours = _disk_error(error, request)
        if ours is None:
            raise
        answer({"error": pack_error(ours)})
    except MemoryError:
        answer(
            {"error": pack_error(ParseCrash(name=name, reason=because("memory-needed", memory_mb=limits.memory_mb)))}
        )


def _disk_error(error: OSError, request: dict[str, Any]) -> IngestError | None:
    """What the disk has against it. What is written while a file is read is temporary."""
    folder = Path(tempfile.gettempdir()) if error.errno == errno.ENOSPC else Path(request["path"]).parent
    return explain_os_error(error, request["name"], folder)


def _keep_pictures(request: dict[str, Any], answer: Answer) -> None:
    """While the password is known: later nobody could draw the pages."""
    path, name = Path(request["path"]), request["name"]
    if detect(path, name) != "pdf":
        return
    from ingest.pdf.page_image import keep_pictures

    keep_pictures(
        path,
        name,
        request["password"],
        Path(request["pictures"]),
        lambda done, total: answer({"progress": [done, total]}),
    )


def _end_with_pipe(stdin: IO[str]) -> None:
    stdin.read()
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)  # the programs that it started end with it
    os._exit(1)


if __name__ == "__main__":
    main()
