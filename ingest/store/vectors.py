"""Search by vector: one index a base and embedder, kept in step with the catalog.

The catalog's vectors are the truth. An index in memory is brought up to date by comparing keys;
its file is a cache that is loaded if it can be believed and written now and then. A search never waits
for lists: those that have to be built are built in the background.
"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from hashlib import blake2b
from pathlib import Path
from threading import Event, Lock

import numpy as np
from sqlalchemy import bindparam, select

from ingest.store import passages
from ingest.store.catalog import Catalog
from ingest.store.faiss_index import empty_index, load_index
from ingest.store.files import disk_named
from ingest.store.index_file import IndexDamaged, IndexHeader, read_index, write_index
from ingest.store.moving import EMBEDDER
from ingest.store.passages import Keys
from ingest.store.schema import bases
from ingest.store.vector_index import FLAT_LIMIT, IndexEntry, VectorIndex
from models.base import Vectors
from models.windows import Windows

log = logging.getLogger(__name__)

# So many vectors are added before a waiting search gets its turn.
_STEP = 256
# So many are put into a new index before it is asked whether anybody wants it still.
# Lists take them in a moment, which is what a stop may have to wait for.
_BUILD_STEP = 1024
# A search adds no more than so many to lists: that takes a moment. What is more is added in the background.
_AT_ONCE = 256
_GENERATION = select(bases.c.generation).where(bases.c.id == bindparam("base"))


class _Stopped(Exception):
    """The store was stopped while an index was being built or brought up to date."""


class VectorStore:
    """The vector indexes of a data folder. Every method may be called from any thread.

    An index of more than `flat_limit` vectors is made of lists. `builder` does in the background what nobody waits for.
    """

    def __init__(
        self,
        catalog: Catalog,
        folder: Path,
        flat_limit: int = FLAT_LIMIT,
        builder: Executor | None = None,
        empty: Callable[[int, int, int], VectorIndex] = empty_index,
        build_step: int = _BUILD_STEP,
    ) -> None:
        """`empty` makes an index to put vectors in, as `empty_index` does; `build_step` at a time are put in."""
        self._catalog = catalog
        self._folder = folder
        self._flat_limit = flat_limit
        self._entries: dict[tuple[str, str], IndexEntry] = {}
        self._lock = Lock()
        self._builder = builder or ThreadPoolExecutor(max_workers=1, thread_name_prefix="index")
        self._empty = empty
        self._build_step = build_step
        self._stopping = Event()

    def stop(self) -> None:
        """Build no index any more, and give up what is being built: it is begun anew after the next start.

        Returns at once. What is in memory can be searched still, and is saved as far as that takes no building.
        """
        self._stopping.set()

    def close(self) -> None:
        """`stop`, and wait until the background has given up."""
        self.stop()
        self._builder.shutdown(cancel_futures=True)

    def search(
        self,
        vector: Vectors,
        *,
        base_ids: Sequence[str],
        document_ids: Sequence[str] | None = None,
        k: int,
        fingerprint: str | None = None,
    ) -> list[tuple[int, float]]:
        """At most `k` chunk keys with their cosine, best first, in these bases and documents.

        `fingerprint` names the embedder that made the vector; without it, the one that serves. Among chosen
        documents every vector is compared. In a base that is `unbuilt` little or nothing is found.
        """
        fingerprint = fingerprint or self._catalog.setting(EMBEDDER)
        if fingerprint is None or k < 1 or not base_ids:
            return []
        if document_ids is not None:
            return self._scan(vector, base_ids, document_ids, fingerprint, k=k)
        found: list[tuple[int, float]] = []
        for base_id in dict.fromkeys(base_ids):
            entry = self._current(base_id, fingerprint)
            if (index := entry.index) is not None:
                with entry.searching:
                    found += index.search(vector, k)
        return sorted(found, key=lambda hit: (-hit[1], hit[0]))[:k]

    def unbuilt(self, base_ids: Sequence[str], fingerprint: str) -> list[str]:
        """Those of the bases that cannot be searched whole yet: their index is being built in the background."""
        entries = [self._current(base_id, fingerprint) for base_id in dict.fromkeys(base_ids)]
        return [entry.base_id for entry in entries if entry.incomplete]

    def windows(self, keys: Sequence[int], fingerprint: str) -> tuple[list[int], Windows]:
        """The keys of those of the chunks that this embedder embedded, and the windows of each."""
        with self._catalog.read() as connection:
            return passages.windows_of(connection, keys, fingerprint)

    def refresh(self, base_id: str, fingerprint: str) -> bool:
        """Bring an index up to date after a commit, and build it at need, which may take minutes.

        False if that may have been given up, for the store was stopped.
        """
        entry = self._entry(base_id, fingerprint)
        with suppress(_Stopped):
            with entry.changing:
                to_build = self._catch_up(entry) and self._takes_on(entry)
            if to_build:
                self._built(entry)
        return not self._stopping.is_set()

    def prepare(self, base_ids: Iterable[str]) -> None:
        """Load the indexes of bases and bring them up to date as a search would: what takes long, in the background."""
        if (fingerprint := self._catalog.setting(EMBEDDER)) is not None:
            for base_id in base_ids:
                self._current(base_id, fingerprint)

    def delete_files(self, base_id: str) -> None:
        """Delete a base's files; what is in memory can be searched still. Raises CatalogUnusable."""
        self._delete(self._folder.glob(f"{base_id}.*.faiss"))

    def erase(self, base_id: str) -> None:
        """Forget what the catalog no longer has: in memory, and on disk by deleting the base's files.

        Raises CatalogUnusable.
        """
        with self._loaded(base_id) as entries:
            for entry in entries:
                with entry.changing:
                    if entry.index is not None:
                        # What is gone is removed before anything is added.
                        with suppress(_Stopped):
                            self._catch_up(entry)
                    entry.saved = False
        self.delete_files(base_id)

    def save(self) -> None:
        """Write what changed since it was last written. Raises DiskFull, CatalogUnusable."""
        with self._loaded() as entries:
            for entry in entries:
                with entry.changing:
                    if entry.index is not None and not entry.saved:
                        self._write(entry)

    def sweep(self, *, everything: bool) -> None:
        """Before first use: delete files that were never finished, or all, where one may hold deleted vectors."""
        # The dictionary of words is written there under a temporary name, too, by the library that reads it.
        patterns = ("*.new", "tmp*", *(["*.faiss"] if everything else []))
        self._delete(itertools.chain.from_iterable(map(self._folder.glob, patterns)))

    def keep_only(self, fingerprint: str) -> None:
        """Drop the indexes of other embedders, from memory and from disk."""
        with self._lock:
            others = [name for name in self._entries if name[1] != fingerprint]
            for name in others:
                del self._entries[name]
        kept = _file_part(fingerprint)
        self._delete(path for path in self._folder.glob("*.faiss") if path.name.split(".")[1] != kept)

    def _delete(self, paths: Iterable[Path]) -> None:
        with disk_named(self._folder.name, self._folder):
            for path in paths:
                path.unlink(missing_ok=True)

    def _scan(
        self, vector: Vectors, base_ids: Sequence[str], document_ids: Sequence[str], fingerprint: str, *, k: int
    ) -> list[tuple[int, float]]:
        with self._catalog.read() as connection:
            keys, rows = passages.vectors_in(connection, base_ids, document_ids, fingerprint)
        if not len(keys):
            return []
        scores = rows @ np.asarray(vector, dtype=np.float32)
        best = np.lexsort((keys, -scores))[:k]
        return [(int(keys[i]), float(scores[i])) for i in best]

    def _current(self, base_id: str, fingerprint: str) -> IndexEntry:
        """The index, up to date unless someone is at that just now: then as it is, which may be none."""
        entry = self._entry(base_id, fingerprint)
        if entry.building and entry.index is None:
            return entry
        with self._catalog.read() as connection:
            generation = connection.scalar(_GENERATION, {"base": base_id})
        behind = entry.generation != (generation or 0)
        if behind and entry.changing.acquire(blocking=entry.index is None):
            to_build = False
            try:
                with suppress(_Stopped):
                    to_build = self._catch_up(entry, _AT_ONCE) and self._takes_on(entry)
            finally:
                entry.changing.release()
            if to_build:
                self._builder.submit(self._completed if entry.lacks_many else self._built, entry)
        return entry

    def _entry(self, base_id: str, fingerprint: str) -> IndexEntry:
        with self._lock:
            name = base_id, fingerprint
            if name not in self._entries:
                self._entries[name] = IndexEntry(base_id, fingerprint, self._path(base_id, fingerprint))
            return self._entries[name]

    @contextmanager
    def _loaded(self, base_id: str | None = None) -> Iterator[list[IndexEntry]]:
        with self._lock:
            found = [entry for entry in self._entries.values() if base_id in (None, entry.base_id)]
        yield found

    def _path(self, base_id: str, fingerprint: str) -> Path:
        return self._folder / f"{base_id}.{_file_part(fingerprint)}.faiss"

    def _catch_up(self, entry: IndexEntry, at_once: int | None = None) -> bool:
        """Make the index hold exactly the catalog's vectors. The caller holds `changing`.

        Says whether it is to be `_built` instead, which takes long: searches go on meanwhile. If lists lack more
        than `at_once`, they only lose what is gone: the entry `lacks_many`, and is to be `_completed`.
        """
        with self._catalog.read() as connection:
            generation = connection.scalar(_GENERATION, {"base": entry.base_id}) or 0
            wanted = passages.vector_keys(connection, entry.base_id, entry.fingerprint)
            index = entry.index or self._load(entry, generation)
            held = index.keys() if index is not None else np.zeros(0, dtype=np.int64)
            missing = np.setdiff1d(wanted, held, assume_unique=True)
            if entry.index is None and len(missing) > self._flat_limit:
                return True
            many = index is not None and at_once is not None and len(missing) > at_once
            entry.lacks_many = many and len(held) + len(missing) > self._flat_limit
            if entry.lacks_many:
                missing = missing[:0]
            keys, rows = passages.vectors_of(connection, missing.tolist(), entry.fingerprint)
        gone = np.setdiff1d(held, wanted, assume_unique=True)
        if len(keys) or len(gone):
            entry.saved = False
        entry.index = self._changed(entry, index, gone, keys, rows)
        if entry.lacks_many:
            return True
        entry.generation = generation
        return entry.index is not None and entry.index.unfit

    def _changed(
        self, entry: IndexEntry, index: VectorIndex | None, gone: Keys, keys: Keys, rows: Vectors
    ) -> VectorIndex | None:
        if index is None:
            return self._build(keys, rows) if len(keys) else None
        with entry.searching:
            index.remove(gone)
        for at in range(0, len(keys), _STEP):
            # The first few are no matter: for their sake an index that is complete otherwise is not given up.
            if at and self._stopping.is_set():
                raise _Stopped
            with entry.searching:
                index.add(keys[at : at + _STEP], rows[at : at + _STEP])
        return index if len(index) else None

    def _takes_on(self, entry: IndexEntry) -> bool:
        """Whether the caller is the one to build an index. The caller holds `changing`."""
        if entry.building or self._stopping.is_set():
            return False
        entry.building = True
        return True

    def _completed(self, entry: IndexEntry) -> None:
        """Add what an index lacks, while it is searched as it is."""
        try:
            with entry.changing:
                to_build = self._catch_up(entry)
        except _Stopped:
            log.info("the index of base %s was not completed", entry.base_id)
            return
        finally:
            entry.building = False
        if to_build and self._takes_on(entry):
            self._built(entry)

    def _built(self, entry: IndexEntry) -> None:
        """Build an index from the catalog; what changes meanwhile is made up for."""
        log.info("the index of base %s is built", entry.base_id)
        try:
            index = self._anew(entry)
            with entry.changing:
                entry.index, entry.saved, entry.generation = index, False, -1
                self._catch_up(entry)
        except _Stopped:
            log.info("the index of base %s was not finished", entry.base_id)
        except Exception:
            log.exception("the index of base %s could not be built", entry.base_id)
        finally:
            entry.building = False

    def _anew(self, entry: IndexEntry) -> VectorIndex | None:
        """The same index built from the catalog, while the old one can still be searched."""
        with self._catalog.read() as connection:
            wanted = passages.vector_keys(connection, entry.base_id, entry.fingerprint)
            keys, rows = passages.vectors_of(connection, wanted.tolist(), entry.fingerprint)
        return self._build(keys, rows) if len(keys) else None

    def _build(self, keys: Keys, rows: Vectors) -> VectorIndex:
        index = self._empty(len(keys), rows.shape[1], self._flat_limit)
        for _ in index.train(rows):
            if self._stopping.is_set():
                raise _Stopped
        for at in range(0, len(keys), self._build_step):
            if self._stopping.is_set():
                raise _Stopped
            index.add(keys[at : at + self._build_step], rows[at : at + self._build_step])
        return index

    def _load(self, entry: IndexEntry, generation: int) -> VectorIndex | None:
        try:
            header, payload = read_index(entry.path)
            ours = (self._catalog.identity, entry.base_id, entry.fingerprint)
            if (header.catalog, header.base, header.fingerprint) != ours:
                raise IndexDamaged("of another catalog, base or embedder")
            if header.generation > generation:
                raise IndexDamaged("of a later state of the catalog, which was put back to an earlier one")
            index = load_index(payload, self._flat_limit)
        except FileNotFoundError:
            return None
        except IndexDamaged as error:
            log.warning("%s is built anew: %s", entry.path.name, error)
            return None
        entry.saved = header.generation == generation
        return index

    def _write(self, entry: IndexEntry) -> None:
        # What a file lacks is added when it is loaded.
        with suppress(_Stopped):
            self._catch_up(entry)
        if entry.index is None:
            self._delete([entry.path])
        else:
            count = len(entry.index)
            header = IndexHeader(self._catalog.identity, entry.base_id, entry.fingerprint, entry.generation, count)
            write_index(entry.path, header, entry.index.to_bytes())
        entry.saved = True


def _file_part(fingerprint: str) -> str:
    """A fingerprint as part of a file's name, whatever is in it."""
    return blake2b(fingerprint.encode("utf-8"), digest_size=8).hexdigest()
