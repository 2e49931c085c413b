"""What the catalog hands out: plain values, detached from the database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ingest.notices import Notice
from ingest.title import indexed_text, title_of

Status = Literal["queued", "processing", "ready", "failed", "needs_password"]
Stage = Literal["queued", "parse", "split", "embed", "index", "done"]
Refusal = Literal["lenient", "balanced", "strict"]
Sort = Literal["created_at", "updated_at", "name", "size", "pages", "chunks", "status"]


@dataclass(frozen=True)
class Blob:
    """The bytes of a file, named by their hash; `media_type` follows from the name they came with."""

    sha256: str
    size: int
    media_type: str


@dataclass(frozen=True)
class BaseSettings:
    """What a base does with its documents: hide personal data in what is read, keep the files they came as.

    `refusal` says how sure a question must be of its answer before the language model is asked.
    """

    redact: bool = False
    keep_originals: bool = True
    refusal: Refusal = "balanced"


@dataclass(frozen=True)
class Base:
    """A knowledge base. `generation` grows whenever its chunks change; times are seconds since 1970.

    `outdated` counts documents that were read under another setting of redaction, `originals`
    those whose file is kept, `unread` those that wait to be read or are being read.
    """

    id: str
    name: str
    created_at: float
    documents: int
    chunks: int
    generation: int
    settings: BaseSettings = BaseSettings()
    outdated: int = 0
    originals: int = 0
    unread: int = 0


@dataclass(frozen=True)
class Document:
    """A document as it stands. `done` of `total` counts pages or chunks of the stage it is in.

    `revision` is 0 until the document is read for the first time, and grows whenever it is read anew.
    While a replacement is under way, sha256, size, pages and chunks are still those of the old text.
    `parser` is the version of the program's reading, `seconds` what it took. `redacted` says whether
    personal data was hidden, `kept` whether the file is still there. `attempts` counts the tries of what is
    to be done now, `next_try` is when the next one is due, where it has to wait.
    """

    id: str
    base_id: str
    name: str
    sha256: str
    size: int
    media_type: str
    status: Status
    stage: Stage
    done: int
    total: int
    error_code: str | None
    error_params: Mapping[str, object]
    pages: int
    chunks: int
    characters: int
    revision: int
    warnings: tuple[Notice, ...]
    created_at: float
    updated_at: float
    parser: str = ""
    seconds: float = 0.0
    redacted: bool = False
    kept: bool = True
    attempts: int = 0
    next_try: float | None = None


@dataclass(frozen=True)
class DocumentPage:
    """One page of a list; pages count from 1, `total` is the length of the whole list."""

    items: tuple[Document, ...]
    total: int
    page: int
    per_page: int


@dataclass(frozen=True)
class Unread:
    """How many documents wait to be read or are being read, and how many of them wait for weights to be fetched."""

    documents: int
    for_models: int


@dataclass(frozen=True)
class StoredChunk:
    """A chunk and where it is from. `key` names it in every index and is never used again.

    `page` is the page it begins on; `location` says where in formats without pages.
    """

    key: int
    id: str
    document_id: str
    document_name: str
    base_id: str
    ordinal: int
    start: int
    end: int
    text: str
    heading_path: tuple[str, ...]
    tokens: int
    page: int | None
    location: str

    @property
    def indexed_text(self) -> str:
        """What is embedded and searched: the document's title and the headings, then the text."""
        return indexed_text(title_of(self.document_name), self.heading_path, self.text)


@dataclass(frozen=True)
class Heading:
    """The innermost heading above some text of a document, which begins at character `start` of its cleaned text."""

    document_id: str
    document_name: str
    start: int
    text: str


@dataclass(frozen=True)
class Counts:
    """How much there is. `jobs` wait or are under way; `stalled` ones are, without any sign of life."""

    bases: int
    documents: int
    chunks: int
    jobs: int
    stalled: int
    by_status: Mapping[str, int]


@dataclass(frozen=True)
class Job:
    """Work on a document: `ingest` reads the blob, `embed` makes new vectors of what was read.

    `attempts` counts its tries, `strikes` how many in a row ended by the same `fault`. `place` is where it is.
    """

    id: int
    document_id: str
    kind: Literal["ingest", "embed"]
    blob: Blob
    state: Literal["queued", "running", "waiting", "failed"]
    attempts: int
    strikes: int = 0
    fault: str = ""
    place: str = ""
