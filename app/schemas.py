"""What travels over REST, with an example of each."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from app import examples


def _encodable(text: str) -> str:
    """JSON may hold half of a surrogate pair; no store and no model can take it."""
    text.encode("utf-8")
    return text


Words = Annotated[str, AfterValidator(_encodable)]
Support = Literal["supported", "weak", "unsupported"]


def _example(values: examples.Example) -> ConfigDict:
    return ConfigDict(json_schema_extra={"example": values})


class Problem(BaseModel):
    """RFC 9457 problem details. `type` is stable; `detail` is in the reader's language."""

    model_config = _example(examples.PROBLEM)
    type: str
    title: str
    status: int
    detail: str


class BaseSettings(BaseModel):
    """`redact` hides personal data in what is read from now on; `keep_originals` keeps the files."""

    model_config = _example(examples.BASE_SETTINGS)
    redact: bool
    keep_originals: bool


class BaseOut(BaseModel):
    """A knowledge base. `outdated` documents were read under the other setting of `redact`."""

    model_config = _example(examples.BASE)
    id: str
    name: str
    documents: int
    chunks: int
    settings: BaseSettings
    outdated: int
    originals: int
    created_at: str


class BaseIn(BaseModel):
    """A name for a base."""

    model_config = _example({"name": "合同"})
    name: Annotated[Words, Field(min_length=1, max_length=100)]


class BaseSettingsIn(BaseModel):
    """What is to change; what is not named stays."""

    model_config = _example({"redact": True})
    redact: bool | None = None
    keep_originals: bool | None = None


class BaseChangeIn(BaseModel):
    """A new name, new settings, or both."""

    model_config = _example({"name": "合同", "settings": {"redact": True}})
    name: Annotated[Words, Field(min_length=1, max_length=100)] | None = None
    settings: BaseSettingsIn | None = None


class RereadOut(BaseModel):
    """How many documents are read again, and the names of those whose file is not kept."""

    model_config = _example(examples.REREAD)
    queued: int
    without_original: list[str]


class NoticeOut(BaseModel):
    """What a person should know of a document. `code` is stable; `text` is in the reader's language."""

    model_config = _example(examples.NOTICE)
    code: str
    text: str


class DocumentOut(BaseModel):
    """A document and how far it has come. `kept` says whether its file is still there."""

    model_config = _example(examples.DOCUMENT)
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
    warnings: list[NoticeOut]
    created_at: str
    updated_at: str


class UploadedOut(DocumentOut):
    """An accepted file. `created` is false when the base held the same bytes already."""

    model_config = _example(examples.UPLOADED)
    created: bool


class RefusedFileOut(BaseModel):
    """A file of an upload that was not taken. The others were."""

    model_config = _example(examples.REFUSED_FILE)
    name: str
    error: Problem


class DocumentPageOut(BaseModel):
    model_config = _example(examples.DOCUMENT_PAGE)
    items: list[DocumentOut]
    total: int
    page: int
    per_page: int


class PasswordIn(BaseModel):
    """The password of a protected document. It is never stored."""

    model_config = _example({"password": "secret"})
    password: Annotated[Words, Field(min_length=1, max_length=1000)]


class BoxOut(BaseModel):
    """A place on a page, in points (1/72 inch) from the top left of the unrotated crop box."""

    model_config = _example(examples.BOX)
    page: int
    x0: float
    y0: float
    x1: float
    y1: float


class ChunkOut(BaseModel):
    model_config = _example(examples.CHUNK)
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
    """How a page was read. `garbled` says why its text layer was not believed, `look` why a person should look."""

    model_config = _example(examples.PAGE_REPORT)
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
    look: Literal["", "unread", "empty", "garbled", "unsure"]


class TotalsOut(BaseModel):
    """Pages by the way they were read, and what stands on them. `blocks` counts by kind."""

    model_config = _example(examples.TOTALS)
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

    model_config = _example(examples.BLOCK)
    kind: str
    location: str
    heading_path: list[str]
    start: int
    end: int


class ReportOut(BaseModel):
    """How a document was read. `blocks` are told for formats without pages."""

    model_config = _example(examples.REPORT)
    parser: str
    seconds: float
    totals: TotalsOut
    pages: list[PageReport]
    blocks: list[BlockOut]
    warnings: list[NoticeOut]


class SourceOut(BaseModel):
    """A chunk that was found, numbered."""

    model_config = _example(examples.SOURCE)
    n: int
    chunk: str
    document: str
    name: str
    base: str
    page: int | None
    location: str
    heading_path: list[str]
    text: str
    boxes: list[BoxOut]
    score: float
    found_by: list[str]


class CitationOut(BaseModel):
    model_config = _example(examples.CITATION)
    n: int
    document: str
    name: str
    page: int | None
    location: str
    quote: str
    boxes: list[BoxOut]
    support: Support


class SentenceOut(BaseModel):
    """Characters [start, end) of the answer, counted in code points."""

    model_config = _example(examples.SENTENCE)
    start: int
    end: int
    text: str
    support: Support
    citations: list[CitationOut]


class TimingsOut(BaseModel):
    """Seconds. `load` is the wait for models; the others count from the end of it."""

    model_config = _example(examples.TIMINGS)
    load: float
    retrieve: float
    first_token: float | None
    total: float


class SearchIn(BaseModel):
    """A search. Without `bases` the base `default` is searched; `documents` narrows it."""

    model_config = _example(examples.SEARCH_IN)
    question: Words
    bases: list[Words] = []
    documents: list[Words] | None = None
    k: Annotated[int, Field(ge=1, le=100)] = 10


class SearchOut(BaseModel):
    model_config = _example(examples.SEARCH)
    hits: list[SourceOut]
    timings: TimingsOut


class AskIn(BaseModel):
    """A question. With `conversation` it is read as a follow-up; with `stream` the answer comes as events."""

    model_config = _example(examples.ASK_IN)
    question: Words
    bases: list[Words] = []
    documents: list[Words] | None = None
    conversation: Words | None = None
    stream: bool = False


class AnswerOut(BaseModel):
    """A whole answer. `nearest` is what came closest when it was refused."""

    model_config = _example(examples.ANSWER)
    run: str
    conversation: str | None
    answer: str
    refused: bool
    sentences: list[SentenceOut]
    sources: list[SourceOut]
    model: str
    finish: str
    timings: TimingsOut


class ConversationOut(BaseModel):
    model_config = _example(examples.CONVERSATION)
    id: str
    title: str
    bases: list[str]
    created_at: str
    updated_at: str


class TurnOut(BaseModel):
    model_config = _example(examples.TURN)
    id: str
    question: str
    answer: str
    state: Literal["running", "done", "refused", "stopped", "failed"]
    sources: list[SourceOut]
    sentences: list[SentenceOut]
    timings: TimingsOut
    model: str
    error: Problem | None
    created_at: str


class ConversationDetail(ConversationOut):
    model_config = _example(examples.CONVERSATION | {"turns": [examples.TURN]})
    turns: list[TurnOut]


class TitleIn(BaseModel):
    model_config = _example({"title": "年休假"})
    title: Annotated[Words, Field(min_length=1, max_length=200, pattern=r"\S")]


class PullingOut(BaseModel):
    model_config = _example({"done": 48072524, "total": 1117320768})
    done: int
    total: int


class ModelOut(BaseModel):
    """A model of the catalogue."""

    model_config = _example(examples.MODEL)
    name: str
    kind: Literal["llm", "embedder"]
    title: str
    licence: str
    size: int
    installed: bool
    active: bool
    default: bool
    pulling: PullingOut | None
    error: Problem | None


class SlotOut(BaseModel):
    model_config = _example(examples.SLOT)
    name: str
    state: Literal["loading", "ready", "missing", "failed"]
    error: Problem | None = None


class RuntimeOut(BaseModel):
    model_config = _example(examples.RUNTIME)
    llm: SlotOut
    embedder: SlotOut
    remote: bool


class ModelsOut(BaseModel):
    model_config = _example({"models": [examples.MODEL], "runtime": examples.RUNTIME})
    models: list[ModelOut]
    runtime: RuntimeOut


class HealthOut(BaseModel):
    model_config = _example(examples.HEALTH)
    status: Literal["ok"]
    version: str
    llm: SlotOut
    embedder: SlotOut
