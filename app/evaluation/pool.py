"""What questions are asked over: the passages or documents of question sets, in a base of their own.

They go the way of every document: cleaned, split, embedded, indexed. Passages alone are not parsed
in a process of their own, for they are plain text from a file that was read already.
"""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

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

Progress = Callable[[int, int], None]


class PoolIncomplete(Explained):
    """A document that a question asks about could not be made searchable."""

    code = "pool-incomplete"
    template = "{name} could not be read ({reason}), and {more} more. Questions about them would count as wrong."


@dataclass(frozen=True)
class Pool:
    """What is asked over: the gold key of every document by its id, and the names of those that could not be read."""

    names: dict[str, str]
    unread: tuple[str, ...] = ()


class NotInBase(Explained):
    """A base lacks a document that a question set asks about."""

    code = "not-in-base"
    template = "The base {base} has no document {name}, which the set asks about. Ingest it, or leave --base out."


def fill(services: Services, base: str, sets: Sequence[EvalSet], progress: Progress) -> Pool:
    """Make a base hold what the sets ask about, and nothing else.

    What is there already is not read again. Raises PoolIncomplete if something that a question asks about cannot
    be read, or ModelError without an embedder.
    """
    library = services.library
    try:
        base_id = library.catalog.base(base).id
    except UnknownBase:
        base_id = library.catalog.create_base(base).id
    services.embedder.get()
    names: dict[str, str] = {}
    _take_in(services, base_id, ((_file_name(p), p.key, io.BytesIO(p.text.encode())) for p in merged(sets)), names)
    if names:
        _work(services, _inline(services), progress)
    files = {name: path for each in sets for name, path in (each.documents or {}).items()}
    opened = ((path.name, name, io.BytesIO(path.read_bytes())) for name, path in files.items())
    _take_in(services, base_id, opened, names)
    if files:
        _work(services, services.worker, progress)
    for document in _all(services, base_id):
        if document.id not in names:
            library.delete(document.id)
    return Pool(names, _unread(services, base_id, names, sets))


def existing(services: Services, base: str, sets: Sequence[EvalSet]) -> Pool:
    """The documents of a person's own base, matched by file name. Raises NotInBase, UnknownBase."""
    found = services.library.catalog.base(base)
    held = {document.name: document.id for document in _all(services, found.id)}
    names: dict[str, str] = {}
    for each in sets:
        wanted = {key for question in each.questions for key in question.gold}
        for name in sorted(wanted):
            if Path(name).name not in held:
                raise NotInBase(base=base, name=name)
            names[held[Path(name).name]] = name
    return Pool(names)


def _take_in(
    services: Services, base_id: str, files: Iterator[tuple[str, str, io.BytesIO]], names: dict[str, str]
) -> None:
    for name, key, stream in files:
        document, _ = services.library.add(base_id, name, stream)
        names[document.id] = key


def _work(services: Services, worker: IngestWorker, progress: Progress) -> None:
    """Work off the queue in this thread."""
    total = services.library.catalog.counts().jobs
    worker.wake()
    for done in itertools.count(1):
        if not worker.step():
            break
        progress(done, total)
    services.library.vectors.save()


def _unread(services: Services, base_id: str, names: Mapping[str, str], sets: Sequence[EvalSet]) -> tuple[str, ...]:
    """Names of documents that could not be read, none of which a question asks about."""
    unread = [document for document in _all(services, base_id) if document.status != "ready"]
    gold = {key for each in sets for question in each.questions for key in question.gold}
    needed = [document for document in unread if names[document.id] in gold]
    if needed:
        first = needed[0]
        raise PoolIncomplete(name=first.name, reason=first.error_code or first.status, more=len(needed) - 1)
    return tuple(document.name for document in unread)


def _inline(services: Services) -> IngestWorker:
    """A worker for passages: the same steps, without a process for each of thousands of small texts."""

    def parse(path: Path, name: str, **_: object) -> ParsedDocument:
        return TextParser().parse(path, name, None, limits)

    limits = parse_limits(services.settings)
    steps = replace(Steps(), parse=parse)
    return IngestWorker(services.library, services.embedder.get, services.progress, limits, steps=steps)


def _all(services: Services, base_id: str) -> list[Document]:
    return list(services.library.catalog.documents(base_id, per_page=services.library.catalog.counts().documents).items)


def _file_name(passage: Passage) -> str:
    """A passage's title as the name of a file: what people would call it."""
    title = passage.title.replace("/", " ").replace("_", " ").strip()
    return f"{title or 'passage'}.txt"


def gold_keys(names: Mapping[str, str], documents: Sequence[str]) -> tuple[str, ...]:
    """The keys of documents in their order, each once; what is no part of a set keeps its own id."""
    return tuple(dict.fromkeys(names.get(document, document) for document in documents))
