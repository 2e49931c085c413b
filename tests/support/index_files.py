"""How the files of vector indexes stand beside the catalog that they belong to."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from ingest.store import passages
from ingest.store.catalog import Catalog
from ingest.store.index_file import IndexDamaged, IndexHeader, read_index
from ingest.store.moving import EMBEDDER


def index_file(catalog: Catalog, folder: Path) -> Literal["current", "old", "missing", "damaged"]:
    """The state of the only index file in `folder`, that of the default base."""
    found = list(folder.glob("*.faiss"))
    if not found:
        return "missing"
    (path,) = found
    try:
        header, _ = read_index(path)
    except IndexDamaged:
        return "damaged"
    fingerprint, base = catalog.setting(EMBEDDER), catalog.base("default")
    assert fingerprint is not None
    with catalog.read() as connection:
        count = len(passages.vector_keys(connection, base.id, fingerprint))
    current = IndexHeader(catalog.identity, base.id, fingerprint, base.generation, count)
    return "current" if header == current else "old"
