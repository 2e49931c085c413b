"""How sources and sentences are kept: by place, never by their words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.answering.claims import Claim
from app.answering.events import AnswerSentence, Citation, SearchHit, Source
from ingest.document import Anchor
from ingest.store.catalog import Catalog, UnknownDocument
from ingest.store.records import Document

Stored = Mapping[str, Any]


def store_source(source: Source) -> dict[str, Any]:
    """A source as JSON values."""
    chunk = source.hit.chunk
    return {
        "n": source.n,
        "document": chunk.document_id,
        "chunk": chunk.id,
        "score": source.hit.score,
        "found_by": list(source.hit.found_by),
        "similarity": source.hit.similarity,
    }


def restore_source(stored: Stored, catalog: Catalog) -> Source | None:
    """The source as it stands now, or None when its document or its chunk is gone."""
    chunk = catalog.chunk(stored["document"], stored["chunk"])
    if chunk is None:
        return None
    hit = SearchHit(chunk, stored["score"], tuple(stored["found_by"]), stored["similarity"])
    return Source(stored["n"], hit, catalog.anchors(chunk.document_id, chunk.start, chunk.end))


def store_sentence(sentence: AnswerSentence) -> dict[str, Any]:
    """A sentence and its citations as JSON values."""
    return {
        "start": sentence.start,
        "end": sentence.end,
        "support": sentence.support,
        "citations": [store_citation(citation) for citation in sentence.citations],
        "unfounded": [[claim.start, claim.end, claim.kind] for claim in sentence.unfounded],
    }


def store_citation(citation: Citation) -> dict[str, Any]:
    """A citation as JSON values."""
    return {
        "n": citation.n,
        "document": citation.document_id,
        "revision": citation.revision,
        "start": citation.start,
        "end": citation.end,
        "support": citation.support,
    }


def restore_sentence(stored: Stored, answer: str, catalog: Catalog) -> AnswerSentence:
    """The sentence with those citations whose document still stands as it was."""
    citations = tuple(c for kept in stored["citations"] if (c := restore_citation(kept, catalog)))
    return AnswerSentence(
        stored["start"],
        stored["end"],
        answer[stored["start"] : stored["end"]],
        stored["support"],
        citations,
        tuple(Claim(start, end, answer[start:end], kind) for start, end, kind in stored.get("unfounded", ())),
    )


def restore_citation(stored: Stored, catalog: Catalog) -> Citation | None:
    """The citation, or None when its document is gone or is not what it was."""
    try:
        document: Document = catalog.document(stored["document"])
    except UnknownDocument:
        return None
    if document.revision != stored["revision"] or document.status != "ready":
        return None
    start, end = stored["start"], stored["end"]
    anchors: tuple[Anchor, ...] = catalog.anchors(document.id, start, end)
    first = anchors[0] if anchors else None
    return Citation(
        n=stored["n"],
        document_id=document.id,
        document_name=document.name,
        revision=document.revision,
        start=start,
        end=end,
        quote=catalog.text(document.id).text[start:end],
        support=stored["support"],
        page=first.page if first else None,
        location=first.location if first else "",
        anchors=anchors,
    )
