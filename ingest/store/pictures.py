"""Pictures of pages that nobody can make again without a password: pages/<sha256>/<number>.webp."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ingest.store.files import disk_named, make_folder, sync_folder

_NAME = re.compile(r"[0-9a-f]{64}")
_UNFINISHED = "new-"


class Pictures:
    """The folder `pages` of a data folder. What is in it belongs to the original with the same hash."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        make_folder(folder, mode=0o700)

    @contextmanager
    def incoming(self) -> Iterator[Path]:
        """An empty folder to put pictures into; it goes at the end unless it was kept."""
        with disk_named(self.folder.name, self.folder):
            folder = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=self.folder))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def keep(self, folder: Path, sha256: str) -> None:
        """Make these the pictures of an original; a folder without any changes nothing."""
        if not any(folder.iterdir()):
            return
        self.remove(sha256)
        with disk_named(self.folder.name, self.folder):
            folder.replace(self.folder / sha256)
            sync_folder(self.folder)

    def path(self, sha256: str, page: int) -> Path:
        """Where the picture of a page is, or would be."""
        return self.folder / sha256 / f"{page}.webp"

    def remove(self, sha256: str) -> None:
        """Delete an original's pictures, if there are any."""
        with disk_named(self.folder.name, self.folder):
            if (folder := self.folder / sha256).is_dir():
                shutil.rmtree(folder)
                sync_folder(self.folder)

    def every(self) -> Iterator[str]:
        """The hashes of all originals that have pictures."""
        with disk_named(self.folder.name, self.folder):
            return iter([path.name for path in self.folder.iterdir() if _NAME.fullmatch(path.name)])

    def sweep(self) -> None:
        """Delete what was never finished."""
        with disk_named(self.folder.name, self.folder):
            for path in self.folder.glob(f"{_UNFINISHED}*"):
                shutil.rmtree(path)
