"""How the files of vector indexes stand beside the catalog that they belong to."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from ingest.store import passages
from ingest.store.catalog import Catalog
from ingest.store.index_file import IndexDamaged, IndexHeader, read_index
from ingest.store.moving import EMBEDDER

State = Literal["current", "old", "missing", "damaged"]


def index_file(catalog: Catalog, folder: Path, base_id: str = "default") -> State:
    """The state of the only index file that a base has in `folder`."""
    found = list(folder.glob(f"{base_id}.*.faiss"))
    if not found:
        return "missing"
    (path,) = found
    try:
        header, _ = read_index(path)
    except IndexDamaged:
        return "damaged"
    fingerprint, base = catalog.setting(EMBEDDER), catalog.base(base_id)
    assert fingerprint is not None
    with catalog.read() as connection:
        count = len(passages.vector_keys(connection, base.id, fingerprint))
    current = IndexHeader(catalog.identity, base.id, fingerprint, base.generation, count)
    return "current" if header == current else "old"


def index_states(catalog: Catalog, folder: Path) -> set[State]:
    """The states of all bases' files."""
    return {index_file(catalog, folder, base.id) for base in catalog.bases()}
