"""The parser process with OCR that needs no networks, and what a test has of it.

`python -m tests.support.scan_child FOLDER` reads as the folder's `plan.json` says: after so many pages something
ends it.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from pathlib import Path
from threading import Lock
from typing import Any, Literal

import pymupdf

from ingest.document import ParsedDocument
from ingest.parse import parse
from ingest.parse_child import main
from ingest.parsers.reading import read
from models.base import Image, OcrLine
from tests.support.scripted_ocr import ocr_line

# Characters that nothing else in a data folder has.
MARK = "龘靐"
How = Literal["nothing", "parser killed", "memory", "hang", "slow"]


def scan(pages: int, **saving: Any) -> bytes:
    """A PDF of pages that are pictures, no two of them alike; the same bytes every time, unless they are encrypted."""
    with pymupdf.open() as document:
        for number in range(1, pages + 1):
            page = document.new_page(width=300, height=400)
            pixels = pymupdf.Pixmap(pymupdf.csGRAY, (0, 0, 300, 400))
            pixels.clear_with(250)
            pixels.set_rect(pymupdf.IRect(50, 100, 50 + 5 * number, 120), (0,))
            page.insert_image(page.rect, pixmap=pixels)
        data: bytes = document.tobytes(no_new_id=True, **saving)
        return data


@dataclass(frozen=True)
class Scans:
    """How parsers read, and what they have read. `data` is the data folder that they keep pages in."""

    folder: Path
    data: Path

    def plan(self, how: How, after: int = 0) -> None:
        """What happens to every parser that is begun from now on once it has read so many pages."""
        plan = {"how": how, "after": after, "data": str(self.data)}
        (self.folder / "plan.json").write_text(json.dumps(plan), encoding="utf-8")

    def parse(self, path: Path, name: str, **options: Any) -> ParsedDocument:
        """Read in a process of its own."""
        command = (sys.executable, "-m", "tests.support.scan_child", str(self.folder))
        return parse(path, name, **options, command=command)

    def read(self) -> list[str]:
        """A digest of every image that was read, in that order."""
        log = self.folder / "read"
        return log.read_text(encoding="ascii").split() if log.exists() else []

    def kept(self) -> list[Path]:
        """The files of the pages that are kept."""
        return sorted((self.data / "checkpoints").glob("*/counted-*"))


class CountedOCR:
    """Reads a line in every image that is of this image alone, and writes down which it has read."""

    name = fingerprint = "counted"

    def __init__(self, folder: Path) -> None:
        plan = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
        self._scans = Scans(folder, Path(plan["data"]))
        self._how, self._left = plan["how"], plan["after"]
        self._wanted = len(self._scans.kept()) + self._left
        self._lock = Lock()

    def read(self, image: Image) -> list[OcrLine]:
        with self._lock:
            self._left -= 1
            if self._left < 0 and self._how != "nothing":
                self._break_off()
        digest = blake2b(image.tobytes(), digest_size=6).hexdigest()
        with (self._scans.folder / "read").open("a", encoding="ascii") as log:
            log.write(f"{digest}\n")
        return [ocr_line(f"{MARK}{digest}是这一页的文字", 100, 300, 600.1 + 1 / 3, 340, 0.9)]

    def close(self) -> None:
        """Nothing to free."""

    def _break_off(self) -> None:
        if self._how == "slow":
            time.sleep(0.2)
            return
        # What was read before is kept by now, or will be at once.
        while len(self._scans.kept()) < self._wanted:
            time.sleep(0.01)
        if self._how == "memory":
            raise MemoryError
        if self._how == "parser killed":
            os.kill(os.getpid(), signal.SIGKILL)
        while True:
            time.sleep(1)


if __name__ == "__main__":
    main(partial(read, load=partial(CountedOCR, Path(sys.argv[1]))))
