"""What travels over REST of bases and documents, with an example of each, and problems."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from app import examples
from ingest.store.records import Refusal


def _encodable(text: str) -> str:
    """JSON may hold half of a surrogate pair; no store and no model can take it."""
    text.encode("utf-8")
    return text


Words = Annotated[str, AfterValidator(_encodable)]


def example_of(values: examples.Example) -> ConfigDict:
    """The settings of a model that is shown with this example."""
    return ConfigDict(json_schema_extra={"example": values})


class Problem(BaseModel):
    """RFC 9457 problem details. `type` is stable; `detail` is in the reader's language."""

    model_config = example_of(examples.PROBLEM)
    type: str
    title: str
    status: int
    detail: str


class BaseSettings(BaseModel):
    """`redact` hides personal data in what is read from now on; `keep_originals` keeps the files.

    `refusal` is how sure a question must be of its answer.
    """

    model_config = example_of(examples.BASE_SETTINGS)
    redact: bool
    keep_originals: bool
    refusal: Refusal


class BaseOut(BaseModel):
    """A knowledge base. `outdated` documents were read under the other setting of `redact`, `unread` ones wait for it
    or are being read."""

    model_config = example_of(examples.BASE)
    id: str
    name: str
    documents: int
    chunks: int
    settings: BaseSettings
    outdated: int
    originals: int
    unread: int
    created_at: str


class BaseIn(BaseModel):
    """A name for a base."""

    model_config = example_of({"name": "合同"})
    name: Annotated[Words, Field(min_length=1, max_length=100)]


class BaseSettingsIn(BaseModel):
    """What is to change; what is not named stays."""

    model_config = example_of({"redact": True})
    redact: bool | None = None
    keep_originals: bool | None = None
    refusal: Refusal | None = None


class BaseChangeIn(BaseModel):
    """A new name, new settings, or both."""

    model_config = example_of({"name": "合同", "settings": {"redact": True}})
    name: Annotated[Words, Field(min_length=1, max_length=100)] | None = None
    settings: BaseSettingsIn | None = None


class RereadOut(BaseModel):
    """How many documents are read again, and the names of those whose file is not kept."""

    model_config = example_of(examples.REREAD)
    queued: int
    without_original: list[str]


class NoticeOut(BaseModel):
    """What a person should know of a document. `code` is stable; `text` is in the reader's language."""

    model_config = example_of(examples.NOTICE)
    code: str
    text: str


class DocumentOut(BaseModel):
    """A document and how far it has come. `kept` says whether its file is still there.

    `attempts` counts the tries of the work that is not done yet, or was given up; `next_try` is when a queued
    document is tried again that has to wait.
    """

    model_config = example_of(examples.DOCUMENT)
    id: str
    base: str
    name: str
    size: int
    media_type: str
    status: Literal["queued", "processing", "ready", "failed", "needs_password"]
    stage: str
    done: int
    total: int
    error: Problem | None
    pages: int
    chunks: int
    characters: int
    revision: int
    redacted: bool
    kept: bool
    attempts: int
    next_try: str | None
    warnings: list[NoticeOut]
    created_at: str
    updated_at: str


class UploadedOut(DocumentOut):
    """An accepted file. `created` is false when the base held the same bytes already."""

    model_config = example_of(examples.UPLOADED)
    created: bool


class RefusedFileOut(BaseModel):
    """A file of an upload that was not taken. The others were."""

    model_config = example_of(examples.REFUSED_FILE)
    name: str
    error: Problem


class GuideOut(BaseModel):
    """The base to try Zhiwen with, its documents, and first questions about them."""

    model_config = example_of(examples.GUIDE)
    base: BaseOut
    documents: list[DocumentOut]
    questions: list[str]


class DocumentPageOut(BaseModel):
    model_config = example_of(examples.DOCUMENT_PAGE)
    items: list[DocumentOut]
    total: int
    page: int
    per_page: int


class PasswordIn(BaseModel):
    """The password of a protected document. It is never stored."""

    model_config = example_of({"password": "secret"})
    password: Annotated[Words, Field(min_length=1, max_length=1000)]


class MoveIn(BaseModel):
    """The base that a document is to be in, by id or name."""

    model_config = example_of({"base": "合同"})
    base: Annotated[Words, Field(min_length=1, max_length=100)]


class Reading(BaseModel):
    """Whether documents wait until somebody lets them be read."""

    model_config = example_of(examples.READING)
    paused: bool


class BoxOut(BaseModel):
    """A place on a page, in points (1/72 inch) from the top left of the unrotated crop box."""

    model_config = example_of(examples.BOX)
    page: int
    x0: float
    y0: float
    x1: float
    y1: float


class ChunkOut(BaseModel):
    model_config = example_of(examples.CHUNK)
    id: str
    ordinal: int
    text: str
    heading_path: list[str]
    page: int | None
    location: str
    start: int
    end: int
    tokens: int
    boxes: list[BoxOut]


class PageReport(BaseModel):
    """How a page was read: `garbled` says why its text layer, or a part, was not believed, `look` why to look at it."""

    model_config = example_of(examples.PAGE_REPORT)
    number: int
    width: float
    height: float
    rotation: int
    text_chars: int
    images: int
    read_as: Literal["text", "ocr", "none"]
    garbled: str
    confidence: float | None
    skew: float
    columns: int
    tables: int
    layout: Literal["rules", "model"]
    removed: list[str]
    checked: bool
    look: Literal["", "unread", "empty", "garbled", "mixed", "unsure"]


class TotalsOut(BaseModel):
    """Pages by the way they were read, and what stands on them. `blocks` counts by kind."""

    model_config = example_of(examples.TOTALS)
    pages: int
    text: int
    ocr: int
    empty: int
    garbled: int
    look: int
    columns: int
    tables: int
    removed: int
    confidence: float | None
    blocks: dict[str, int]


class BlockOut(BaseModel):
    """A paragraph, a table and so on: code points [start, end) of the cleaned text, and where they came from."""

    model_config = example_of(examples.BLOCK)
    kind: str
    location: str
    heading_path: list[str]
    start: int
    end: int


class ReportOut(BaseModel):
    """How a document was read. `blocks` are told for formats without pages."""

    model_config = example_of(examples.REPORT)
    parser: str
    seconds: float
    totals: TotalsOut
    pages: list[PageReport]
    blocks: list[BlockOut]
    warnings: list[NoticeOut]
