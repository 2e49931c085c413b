"""The drawing process: one page after the other, until it is not needed any more.

It is asked by lines of JSON on standard input and ends when that pipe closes. An answer is a line of JSON, and as many
bytes as its `size` says. The first request gives the limits, and is answered as soon as pages can be drawn.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from ingest.child import cap_memory
from ingest.confine import give_up_network, give_up_programs
from ingest.document import Box, PageReport
from ingest.errors import IngestError
from ingest.parsers import protected
from ingest.pdf.opened import require_password
from ingest.pdf.page_image import free_memory, prepare, render_page
from ingest.picture import draw_picture
from ingest.wire import pack_error

# The parent ends what takes too long; this ends it where the parent is gone and MuPDF lets no other thread run.
_GRACE_SECONDS = 5
# A process that once took so much may keep some of it: another one takes its place.
_WORN_MB = 512


def main() -> None:
    """Answer the requests on standard input."""
    give_up_network()
    give_up_programs()
    # Libraries may print to descriptor 1; the answers get a descriptor of their own.
    with os.fdopen(os.dup(1), "wb") as out:
        os.dup2(2, 1)
        limits = json.loads(sys.stdin.buffer.readline())
        prepare()
        cap_memory(limits["memory_mb"])
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        _write(out, {})
        for request in _requests(limits["idle_seconds"]):
            signal.alarm(limits["seconds"] + _GRACE_SECONDS)
            head, picture = _answer(request)
            _write(out, head, picture)
            free_memory()
            signal.alarm(0)
            if _peak_mb() > _WORN_MB:
                return


def _requests(idle_seconds: float) -> Iterator[dict[str, Any]]:
    with selectors.DefaultSelector() as selector:
        selector.register(sys.stdin.buffer, selectors.EVENT_READ)
        while selector.select(idle_seconds) and (line := sys.stdin.buffer.readline()):
            yield json.loads(line)


def _answer(request: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    try:
        picture = _draw(request) if request["do"] == "draw" else _unlock(request)
        return {"size": len(picture)}, picture
    except IngestError as error:
        return {"error": pack_error(error)}, b""
    except MemoryError:
        return {"overrun": True}, b""


def _draw(request: dict[str, Any]) -> bytes:
    path, name, number, scale = Path(request["path"]), request["name"], request["number"], request["scale"]
    boxes = [Box(*corners) for corners in request["boxes"]]
    if request["page"] is None:
        return render_page(path, number, boxes=boxes, scale=scale, password=request["password"], name=name)
    return draw_picture(path, request["frame"], PageReport(**request["page"]), boxes, scale, name)


def _unlock(request: dict[str, Any]) -> bytes:
    require = require_password if request["kind"] == "pdf" else protected.require_password
    require(Path(request["path"]), request["name"], request["password"])
    return b""


def _write(out: IO[bytes], head: dict[str, Any], body: bytes = b"") -> None:
    out.write(json.dumps(head).encode() + b"\n")
    out.write(body)
    out.flush()


def _peak_mb() -> int:
    """The most memory that this process has had; not `ru_maxrss` on Linux, which begins with what the parent had."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(status.read_text(encoding="ascii").split("VmHWM:")[1].split()[0]) >> 10
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> (20 if sys.platform == "darwin" else 10)


if __name__ == "__main__":
    main()
