"""What OCR has read of documents that are not read to their end yet: checkpoints/<sha256>/."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from ingest.store.files import disk_named, make_folder

_NAME = re.compile(r"[0-9a-f]{64}")
_GOING = "gone-"
# What the name of a page begins with that is being written; `ingest/pdf/kept_ocr.py` writes them.
UNFINISHED = "new-"


class Checkpoints:
    """The folder `checkpoints` of a data folder. What is in it belongs to the original with the same hash.

    It is text of documents: it stays no longer than the job that reads those bytes.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        make_folder(folder, mode=0o700)

    def begin(self, sha256: str) -> Path:
        """The folder for the pages of an original; it is made if it is not there. Raises DiskFull, CatalogUnusable."""
        folder = self.folder / sha256
        with disk_named(self.folder.name, self.folder):
            folder.mkdir(mode=0o700, exist_ok=True)
        return folder

    def count(self, sha256: str) -> int:
        """How many pages of an original are kept, as far as the disk tells."""
        try:
            return sum(not page.name.startswith(UNFINISHED) for page in (self.folder / sha256).iterdir())
        except OSError:
            return 0

    def remove(self, sha256: str) -> None:
        """Delete what was read of an original, if there is anything; a parser that is still at it adds nothing more."""
        with disk_named(self.folder.name, self.folder):
            if (folder := self.folder / sha256).is_dir():
                # Under another name first: nobody writes into it while it is emptied.
                going = self.folder / f"{_GOING}{sha256}"
                if going.exists():
                    shutil.rmtree(going)
                folder.rename(going)
                shutil.rmtree(going)

    def every(self) -> Iterator[str]:
        """The hashes of all originals of which something is kept."""
        with disk_named(self.folder.name, self.folder):
            return iter([path.name for path in self.folder.iterdir() if _NAME.fullmatch(path.name)])

    def sweep(self) -> None:
        """Finish deletions that were cut short."""
        with disk_named(self.folder.name, self.folder):
            for path in self.folder.glob(f"{_GOING}*"):
                shutil.rmtree(path)
