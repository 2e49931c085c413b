"""What a crash cut short in a data folder is finished at the next start."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from ingest.store import documents, jobs

if TYPE_CHECKING:
    from ingest.library import Library

log = logging.getLogger(__name__)


def recover(library: Library) -> None:
    """Finish uploads and deletions that were cut short. An original that no row names is deleted if it came or went
    just then; else a row was lost, and the file may be all that is left.
    """
    library.blobs.sweep()
    library.pictures.sweep()
    library.checkpoints.sweep()
    with library.catalog.read() as connection:
        read = [sha256 for sha256 in library.checkpoints.every() if not jobs.reads(connection, sha256)]
        used = documents.blobs_in(connection)
    going = library.blobs.going()
    for sha256 in read:
        library.checkpoints.remove(sha256)
    lost = set(library.blobs.every()) - used - going
    for sha256 in {*library.blobs.every(), *library.pictures.every()} - used - lost:
        log.warning("removing a file that no document needs: an upload or a deletion was cut short")
        library.blobs.remove(sha256)
        library.pictures.remove(sha256)
    library.blobs.end(going)
    if lost:
        log.warning("%d originals belong to no document: `zhiwen doctor --repair` takes them in again", len(lost))
    library.vectors.sweep(everything=library.catalog.erase_due())
    library.catalog.erase()
    library.lexical.refresh()
