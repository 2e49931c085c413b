"""What travels over REST of questions, answers and models, with an example of each."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from app import examples
from app.library_schemas import BoxOut, Problem, Words, example_of

# Each is looked up by itself.
MOST_BASES, MOST_DOCUMENTS = 100, 1000
Rating = Literal["up", "down"]
Support = Literal["supported", "weak", "unsupported"]


class SourceOut(BaseModel):
    """A chunk that was found, numbered."""

    model_config = example_of(examples.SOURCE)
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
    model_config = example_of(examples.CITATION)
    n: int
    document: str
    name: str
    page: int | None
    location: str
    quote: str
    boxes: list[BoxOut]
    support: Support


class ClaimOut(BaseModel):
    """A number, date or name at characters [start, end) of the answer that no passage holds."""

    model_config = example_of(examples.CLAIM)
    start: int
    end: int
    text: str
    kind: Literal["number", "date", "name"]


class SentenceOut(BaseModel):
    """Characters [start, end) of the answer, counted in code points."""

    model_config = example_of(examples.SENTENCE)
    start: int
    end: int
    text: str
    support: Support
    citations: list[CitationOut]
    unfounded: list[ClaimOut]


class TimingsOut(BaseModel):
    """Seconds. `load` is the wait for models; the others count from the end of it."""

    model_config = example_of(examples.TIMINGS)
    load: float
    retrieve: float
    first_token: float | None
    total: float


class SearchIn(BaseModel):
    """A search. Without `bases` the base `default` is searched; `documents` narrows it."""

    model_config = example_of(examples.SEARCH_IN)
    question: Words
    bases: Annotated[list[Words], Field(max_length=MOST_BASES)] = []
    documents: Annotated[list[Words], Field(max_length=MOST_DOCUMENTS)] | None = None
    k: Annotated[int, Field(ge=1, le=100)] = 10


class SearchOut(BaseModel):
    """What was found. `partial` says why only words were searched, not meaning, where that is so."""

    model_config = example_of(examples.SEARCH)
    hits: list[SourceOut]
    partial: Problem | None
    timings: TimingsOut


class QuestionIn(BaseModel):
    """A question, and where to look. With `conversation` it is read as a follow-up."""

    model_config = example_of(examples.QUESTION_IN)
    question: Words
    bases: Annotated[list[Words], Field(max_length=MOST_BASES)] = []
    documents: Annotated[list[Words], Field(max_length=MOST_DOCUMENTS)] | None = None
    conversation: Words | None = None


class AskIn(QuestionIn):
    """A question. With `conversation` it is read as a follow-up; with `stream` the answer comes as events."""

    model_config = example_of(examples.ASK_IN)
    stream: bool = False


class AnswerOut(BaseModel):
    """A whole answer. `extract` is the sentence of the documents that answers best; a refusal has none.

    `sources` are what came closest when it was refused. Without a language model the extract is the answer, and
    `model` is empty. `partial` says why only words were searched, not meaning, where that is so. `absent` are
    the words of a refused question that stand nowhere in what was searched.
    """

    model_config = example_of(examples.ANSWER)
    run: str
    conversation: str | None
    answer: str
    refused: bool
    extract: CitationOut | None
    sentences: list[SentenceOut]
    sources: list[SourceOut]
    partial: Problem | None
    absent: list[str]
    model: str
    finish: str
    timings: TimingsOut


class SuggestionOut(BaseModel):
    """A question that could be asked, and the heading of the document that it is made of."""

    model_config = example_of(examples.SUGGESTION)
    question: str
    heading: str
    document: str
    name: str


class ConversationOut(BaseModel):
    model_config = example_of(examples.CONVERSATION)
    id: str
    title: str
    bases: list[str]
    created_at: str
    updated_at: str


class TurnOut(BaseModel):
    """A question and its answer. `documents` are those that it was asked of, none where it was asked of whole bases."""

    model_config = example_of(examples.TURN)
    id: str
    question: str
    documents: list[str]
    answer: str
    state: Literal["running", "done", "refused", "stopped", "failed", "erased"]
    sources: list[SourceOut]
    partial: Problem | None
    extract: CitationOut | None
    sentences: list[SentenceOut]
    timings: TimingsOut
    model: str
    error: Problem | None
    absent: list[str]
    rating: Rating | None
    created_at: str


class ConversationDetail(ConversationOut):
    """A conversation with turns, oldest first, before which there are so many `earlier` ones."""

    model_config = example_of(examples.CONVERSATION | {"turns": [examples.TURN], "earlier": 0})
    turns: list[TurnOut]
    earlier: int


class RatingIn(BaseModel):
    """What the person who asked thinks of an answer; null takes it back."""

    model_config = example_of({"rating": "up"})
    rating: Rating | None


class TitleIn(BaseModel):
    model_config = example_of({"title": "年休假"})
    title: Annotated[Words, Field(min_length=1, max_length=200, pattern=r"\S")]


class PullingOut(BaseModel):
    """Bytes that are here and in all, bytes a second lately, and the seconds that it takes at that speed."""

    model_config = example_of(examples.PULLING)
    done: int
    total: int
    speed: float | None
    seconds_left: float | None


class DownloadOut(PullingOut):
    """The wanted models that are not here. Unless it is `running` they wait for somebody to fetch them."""

    model_config = example_of(examples.DOWNLOAD)
    running: bool
    error: Problem | None


class FitOut(BaseModel):
    """Whether a model fits this machine: it would need so many bytes of memory, estimated from its size and context.

    With `on_gpu` a GPU has room for it. Where it is `tight` other programs would have to give memory back.
    """

    model_config = example_of(examples.FIT)
    grade: Literal["fits", "tight", "too_big"]
    needed: int
    on_gpu: bool


class ModelOut(BaseModel):
    """A model of the catalogue. `kept` is the bytes that an interrupted pull left for the next one to go on from."""

    model_config = example_of(examples.MODEL)
    name: str
    kind: Literal["llm", "embedder"]
    title: str
    licence: str
    size: int
    installed: bool
    active: bool
    default: bool
    kept: int
    fit: FitOut
    pulling: PullingOut | None
    error: Problem | None


class SlotOut(BaseModel):
    model_config = example_of(examples.SLOT)
    name: str
    state: Literal["loading", "ready", "asleep", "missing", "failed", "off"]
    error: Problem | None = None


class RateOut(BaseModel):
    """Tokens a second, over the last `works` of the model that runs."""

    model_config = example_of(examples.RATE)
    tokens: float
    works: int


class GaugeOut(BaseModel):
    """What a model takes, in bytes, and its pace, measured here. `mapped` is the part of `memory` that maps a file.

    `read` is the pace of what it is given, `written` of what it writes; null where nothing was measured yet.
    """

    model_config = example_of(examples.GAUGE)
    memory: int
    mapped: int
    gpu_memory: int
    layers: int
    offloaded_layers: int
    read: RateOut | None
    written: RateOut | None


class GaugesOut(BaseModel):
    """Null for a model that does not run, or not in this process."""

    model_config = example_of(examples.GAUGES)
    llm: GaugeOut | None
    embedder: GaugeOut | None


class GpuOut(BaseModel):
    model_config = example_of(examples.GPU)
    name: str
    memory: int
    free: int


class MachineOut(BaseModel):
    """This machine, in bytes. `own` is what Zhiwen takes in all; `backends` is what llama.cpp was built for."""

    model_config = example_of(examples.MACHINE)
    memory: int
    available: int
    own: int
    disk_free: int
    gpus: list[GpuOut]
    backends: list[str]


class MoveOut(BaseModel):
    """How many documents the chosen embedder has embedded. `failed` are names of those that it could not,
    for the owner of the installation."""

    model_config = example_of(examples.MOVE)
    done: int
    total: int
    failed: list[str]


class RuntimeOut(BaseModel):
    """What runs. `moving` is how far the documents are on their way to another embedder, until it serves."""

    model_config = example_of(examples.RUNTIME)
    llm: SlotOut
    embedder: SlotOut
    moving: MoveOut | None
    remote: bool
    measured: GaugesOut
    machine: MachineOut


class ModelsOut(BaseModel):
    model_config = example_of({"models": [examples.MODEL], "runtime": examples.RUNTIME})
    models: list[ModelOut]
    runtime: RuntimeOut


class HealthOut(BaseModel):
    """The server lives. `download` is how far wanted models are on their way here, null when they are all here."""

    model_config = example_of(examples.HEALTH)
    status: Literal["ok"]
    version: str
    llm: SlotOut
    embedder: SlotOut
    download: DownloadOut | None
