"""Damaged copies that a repair left in a data folder: broken catalogs, and originals that are not what they were.

Each still holds text, also of documents that were deleted later.
"""

from __future__ import annotations

import re
from pathlib import Path

from ingest.store.blobs import DAMAGED
from ingest.store.database import FILE as CATALOG
from ingest.store.files import disk_named, sync_folder
from ingest.store.lock import DataFolderLock

# What is to be said of such a copy wherever one is left.
STILL_HOLDS = (
    "it still holds text, also of documents that are deleted later, until `zhiwen doctor --forget-damaged` deletes it"
)
_ORIGINAL = re.compile(rf"[0-9a-f]{{64}}{re.escape(DAMAGED)}")
_CATALOG = re.compile(rf"{re.escape(CATALOG)}{re.escape(DAMAGED)}-[0-9]{{8}}-[0-9]{{6}}(-wal|-shm|-journal)?")


def damaged_copies(folder: Path) -> list[Path]:
    """The files, catalogs first."""
    catalogs = [path for path in folder.glob(f"{CATALOG}{DAMAGED}-*") if _CATALOG.fullmatch(path.name)]
    originals = [path for path in folder.glob(f"originals/??/*{DAMAGED}") if _ORIGINAL.fullmatch(path.name)]
    return [*sorted(catalogs), *sorted(originals)]


def forget_damaged(folder: Path) -> list[Path]:
    """Delete them for good; gives what is gone. Raises DataFolderBusy, CatalogUnusable."""
    with DataFolderLock(folder):
        copies = damaged_copies(folder)
        for path in copies:
            with disk_named(path.name, path.parent):
                path.unlink()
        for changed in {path.parent for path in copies}:
            sync_folder(changed)
    return copies
