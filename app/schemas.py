"""What travels over REST, with an example of each."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


def _encodable(text: str) -> str:
    """JSON may hold half of a surrogate pair; no store and no model can take it."""
    text.encode("utf-8")
    return text


Words = Annotated[str, AfterValidator(_encodable)]
Support = Literal["supported", "weak", "unsupported"]


def _example(**values: Any) -> ConfigDict:
    return ConfigDict(json_schema_extra={"example": values})


class Problem(BaseModel):
    """RFC 9457 problem details. `type` is stable; `detail` is in the reader's language."""

    model_config = _example(
        type="/problems/unknown-base",
        title="unknown-base",
        status=404,
        detail="There is no knowledge base called contracts.",
    )
    type: str
    title: str
    status: int
    detail: str


class BaseOut(BaseModel):
    """A knowledge base."""

    model_config = _example(id="default", name="default", documents=3, chunks=412, created_at="2026-01-01T08:00:00Z")
    id: str
    name: str
    documents: int
    chunks: int
    created_at: str


class BaseIn(BaseModel):
    """A name for a base."""

    model_config = _example(name="合同")
    name: Annotated[Words, Field(min_length=1, max_length=100)]


class DocumentOut(BaseModel):
    """A document and how far it has come."""

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
    warnings: list[str]
    created_at: str
    updated_at: str


class UploadedOut(DocumentOut):
    """An accepted file. `created` is false when the base held the same bytes already."""

    created: bool


class RefusedFileOut(BaseModel):
    """A file of an upload that was not taken. The others were."""

    name: str
    error: Problem


class DocumentPageOut(BaseModel):
    items: list[DocumentOut]
    total: int
    page: int
    per_page: int


class PasswordIn(BaseModel):
    """The password of a protected document. It is never stored."""

    password: Annotated[Words, Field(min_length=1, max_length=1000)]


class BoxOut(BaseModel):
    """A place on a page, in points (1/72 inch) from the top left of the unrotated crop box."""

    page: int
    x0: float
    y0: float
    x1: float
    y1: float


class ChunkOut(BaseModel):
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
    number: int
    width: float
    height: float
    rotation: int
    text_chars: int
    images: int


class ReportOut(BaseModel):
    """How a document was read."""

    pages: list[PageReport]
    warnings: list[str]


class SourceOut(BaseModel):
    """A chunk that was found, numbered."""

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

    start: int
    end: int
    text: str
    support: Support
    citations: list[CitationOut]


class TimingsOut(BaseModel):
    """Seconds. `load` is the wait for models; the others count from the end of it."""

    load: float
    retrieve: float
    first_token: float | None
    total: float


class SearchIn(BaseModel):
    """A search. Without `bases` the base `default` is searched; `documents` narrows it."""

    model_config = _example(question="保护期是多久？", bases=["default"], k=5)
    question: Words
    bases: list[Words] = []
    documents: list[Words] | None = None
    k: Annotated[int, Field(ge=1, le=100)] = 10


class SearchOut(BaseModel):
    hits: list[SourceOut]
    timings: TimingsOut


class AskIn(BaseModel):
    """A question. With `conversation` it is read as a follow-up; with `stream` the answer comes as events."""

    model_config = _example(question="保护期是多久？", bases=["default"], stream=False)
    question: Words
    bases: list[Words] = []
    documents: list[Words] | None = None
    conversation: Words | None = None
    stream: bool = False


class AnswerOut(BaseModel):
    """A whole answer. `nearest` is what came closest when it was refused."""

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
    id: str
    title: str
    bases: list[str]
    created_at: str
    updated_at: str


class TurnOut(BaseModel):
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
    turns: list[TurnOut]


class TitleIn(BaseModel):
    title: Annotated[Words, Field(min_length=1, max_length=200, pattern=r"\S")]


class PullingOut(BaseModel):
    done: int
    total: int


class ModelOut(BaseModel):
    """A model of the catalogue."""

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
    name: str
    state: Literal["loading", "ready", "missing", "failed"]
    error: Problem | None = None


class RuntimeOut(BaseModel):
    llm: SlotOut
    embedder: SlotOut
    remote: bool


class ModelsOut(BaseModel):
    models: list[ModelOut]
    runtime: RuntimeOut


class HealthOut(BaseModel):
    status: Literal["ok"]
    version: str
    llm: SlotOut
    embedder: SlotOut
