"""What happens while a question is answered, in the order in which it is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from app.answering.claims import Claim
from ingest.document import Anchor
from ingest.store.records import StoredChunk
from models.errors import Explained

Support = Literal["supported", "weak", "unsupported"]
# What stands `beside` a chunk that was found is read with it.
FoundBy = Literal["dense", "lexical", "beside"]


@dataclass(frozen=True)
class Scope:
    """Where to look: some bases, or only some documents of them."""

    bases: tuple[str, ...]
    documents: tuple[str, ...] | None = None


@dataclass(frozen=True)
class SearchHit:
    """A chunk that was found. `score` is the fused one; `similarity` the cosine, where dense search saw it."""

    chunk: StoredChunk
    score: float
    found_by: tuple[FoundBy, ...]
    similarity: float | None = None


@dataclass(frozen=True)
class Source:
    """A numbered hit as it is shown: with the places of its lines."""

    n: int
    hit: SearchHit
    anchors: tuple[Anchor, ...]


@dataclass(frozen=True)
class Citation:
    """A quote that stands behind a sentence: characters [start, end) of the document's cleaned text.

    `quote` is exactly that substring. `revision` tells which version of the document it was.
    """

    n: int
    document_id: str
    document_name: str
    revision: int
    start: int
    end: int
    quote: str
    support: Support
    page: int | None
    location: str
    anchors: tuple[Anchor, ...]


@dataclass(frozen=True)
class AnswerSentence:
    """Characters [start, end) of the answer and what supports them, best first, at most three.

    `unfounded` are the numbers, dates and names in it that no passage holds; their places are in the answer too.
    """

    start: int
    end: int
    text: str
    support: Support
    citations: tuple[Citation, ...]
    unfounded: tuple[Claim, ...] = ()


@dataclass(frozen=True)
class Timings:
    """Seconds since the question was taken up; `load` is the wait for models before that."""

    load: float = 0.0
    retrieve: float = 0.0
    first_token: float | None = None
    total: float = 0.0


@dataclass(frozen=True)
class Started:
    run: str
    conversation: str | None
    position: int


@dataclass(frozen=True)
class Queued:
    position: int


@dataclass(frozen=True)
class Stage:
    """What is being done now; `seconds` is how long it takes about, where that can be told."""

    stage: Literal["load", "search", "read", "write"]
    seconds: float | None = None


@dataclass(frozen=True)
class Sources:
    """What was found. `partial` is why only words were searched, or only words in some of the bases."""

    sources: tuple[Source, ...]
    partial: Explained | None = None


@dataclass(frozen=True)
class Extract:
    """The sentence or table row of the documents that answers best: shown before anything is written."""

    citation: Citation


@dataclass(frozen=True)
class Token:
    text: str


@dataclass(frozen=True)
class Marked:
    """A sentence that is complete, while the next is being written."""

    sentence: AnswerSentence


@dataclass(frozen=True)
class Instead:
    """What was written so far is taken back: this is the answer."""

    text: str


@dataclass(frozen=True)
class Citations:
    sentences: tuple[AnswerSentence, ...]


@dataclass(frozen=True)
class Refused:
    """There is no answer in the documents; `nearest` is what came closest.

    `absent` are the words of the question that stand nowhere in them; of a question in their language alone.
    """

    message: str
    nearest: tuple[Source, ...]
    absent: tuple[str, ...] = ()


@dataclass(frozen=True)
class Done:
    answer: str
    refused: bool
    model: str
    finish: Literal["stop", "length", "cancelled"]
    timings: Timings
    usage: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Failed:
    error: Explained


AnswerEvent = (
    Started | Queued | Stage | Sources | Extract | Token | Marked | Instead | Citations | Refused | Done | Failed
)
