"""What questions are asked over: the passages or documents of question sets, in a base of their own.

They go the way of every document: cleaned, split, embedded, indexed. Passages alone are not parsed
in a process of their own, for they are plain text from a file that was read already.
"""

from __future__ import annotations

import hashlib
import io
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from app.bootstrap import Services
from app.evaluation.sets import EvalSet, Passage, merged
from app.settings import parse_limits
from ingest.document import ParsedDocument
from ingest.parsers.text import TextParser
from ingest.pipeline import Steps
from ingest.store.errors import UnknownBase
from ingest.store.records import Document
from ingest.worker import IngestWorker
from models.errors import Explained
from models.reasons import quoted

Progress = Callable[[int, int], None]


class PoolIncomplete(Explained):
    """A document that a question asks about could not be made searchable."""

    code = "pool-incomplete"
    template = "{name} could not be read ({reason}), and {more} more. Questions about them would count as wrong."


class NotInBase(Explained):
    """A base lacks a document that a question set asks about."""

    code = "not-in-base"
    template = "The base {base} has no document {name}, which the set asks about. Ingest it, or leave --base out."


@dataclass(frozen=True)
class Pool:
    """A base that is asked over: the gold key of every document by its id, and the names of those that are unread."""

    base_id: str
    names: Mapping[str, str]
    unread: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Wanted:
    """Something that the base must hold: a file, by the hash of its bytes, and its gold key."""

    name: str
    key: str
    sha256: str
    read: Callable[[], bytes]


def fill(services: Services, sets: Sequence[EvalSet], progress: Progress) -> Pool:
    """Make a base hold what the sets ask about, and nothing else.

    What is there already is read again only if it was read by another version of the program. Raises
    PoolIncomplete if something that a question asks about cannot be read, or ModelError without an embedder.
    """
    library = services.library
    base_id = _base(services, sets)
    fingerprint = services.embedder.get().fingerprint
    held = {document.sha256: document for document in _all(services, base_id)}
    names: dict[str, str] = {}
    for each in _wanted(sets):
        document = held.get(each.sha256)
        if document is None:
            document, _ = library.add(base_id, each.name, io.BytesIO(each.read()))
        elif document.parser != Steps().version:
            library.retry(document.id)
        names[document.id] = each.key
    _work(_worker(services, {passage.key for passage in merged(sets)}), library.catalog.counts().jobs, progress)
    # A search builds no large index: what is measured must not be searched by words only.
    library.vectors.refresh(base_id, fingerprint)
    library.vectors.save()
    for document in _all(services, base_id):
        if document.id not in names:
            library.delete(document.id)
    return Pool(base_id, names, _unread(services, base_id, names, sets))


def existing(services: Services, base: str, sets: Sequence[EvalSet]) -> Pool:
    """The documents of a person's own base, matched by file name. Raises NotInBase, UnknownBase."""
    found = services.library.catalog.base(base)
    wanted = {Path(key).name: key for each in sets for question in each.questions for key in question.gold}
    held = [document for document in _all(services, found.id) if document.name in wanted]
    missing = sorted(wanted.keys() - {document.name for document in held})
    if missing:
        raise NotInBase(base=base, name=wanted[missing[0]])
    services.library.vectors.refresh(found.id, services.embedder.get().fingerprint)
    return Pool(found.id, {document.id: wanted[document.name] for document in held})


def gold_keys(names: Mapping[str, str], documents: Sequence[str]) -> tuple[str, ...]:
    """The keys of documents in their order, each once; what is no part of a set keeps its own id."""
    return tuple(dict.fromkeys(names.get(document, document) for document in documents))


def _base(services: Services, sets: Sequence[EvalSet]) -> str:
    """The base of these sets, cut in this way: of other sets, or in other sizes, it is another one."""
    what = (*sorted({each.name for each in sets}), str(services.library.chunk_tokens))
    name = "pool-" + hashlib.sha256("\n".join(what).encode("utf-8", "replace")).hexdigest()[:16]
    try:
        return services.library.catalog.base(name).id
    except UnknownBase:
        return services.library.catalog.create_base(name).id


def _wanted(sets: Sequence[EvalSet]) -> Iterator[_Wanted]:
    for passage in merged(sets):
        yield _Wanted(_file_name(passage), passage.key, passage.key, passage.text.encode)
    for each in sets:
        for name, path in (each.documents or {}).items():
            yield _Wanted(path.name, name, hashlib.sha256(path.read_bytes()).hexdigest(), path.read_bytes)


def _file_name(passage: Passage) -> str:
    """A passage's title as the name of a file: what people would call it."""
    title = passage.title.replace("/", " ").replace("_", " ").strip()
    return f"{title or 'passage'}.txt"


def _worker(services: Services, passages: set[str]) -> IngestWorker:
    """A worker that reads passages, which lie under their hashes, without a process for each of thousands."""
    usual, limits = Steps(), parse_limits(services.settings)

    def parse(path: Path, name: str, **given: Any) -> ParsedDocument:
        if path.name in passages:
            return TextParser().parse(path, name, None, limits)
        return usual.parse(path, name, **given)

    steps = replace(usual, parse=parse)
    return IngestWorker(services.library, services.embedder.get, services.progress, limits, steps=steps)


def _work(worker: IngestWorker, total: int, progress: Progress) -> None:
    """Work off the queue in this thread."""
    for done in itertools.count(1):
        if not worker.step():
            return
        progress(done, total)


def _unread(services: Services, base_id: str, names: Mapping[str, str], sets: Sequence[EvalSet]) -> tuple[str, ...]:
    """Names of documents that could not be read, none of which a question asks about."""
    unread = [document for document in _all(services, base_id) if document.status != "ready"]
    gold = {key for each in sets for question in each.questions for key in question.gold}
    needed = [document for document in unread if names[document.id] in gold]
    if needed:
        first = needed[0]
        raise PoolIncomplete(name=first.name, reason=quoted(first.error_code or first.status), more=len(needed) - 1)
    return tuple(document.name for document in unread)


def _all(services: Services, base_id: str) -> list[Document]:
    catalog = services.library.catalog
    return list(catalog.documents(base_id, per_page=max(1, catalog.counts().documents)).items)
