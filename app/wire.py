"""Turns what the library and the answers hold into what travels over REST."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from app.answering.conversations import Conversation
from app.answering.events import (
    AnswerEvent,
    AnswerSentence,
    Citation,
    Citations,
    Done,
    Extract,
    Failed,
    Instead,
    Marked,
    Queued,
    Refused,
    Source,
    Sources,
    Stage,
    Started,
    Timings,
    Token,
)
from app.answering.run import Run
from app.answering.suggest import Suggestion
from app.answering.turns import StoredTurn
from app.audience import Audience
from app.errors import restore, status_of
from app.i18n import explain, tell, translate
from app.library_schemas import (
    BaseOut,
    BaseSettings,
    BlockOut,
    BoxOut,
    ChunkOut,
    DocumentOut,
    DocumentPageOut,
    NoticeOut,
    PageReport,
    Problem,
    ReportOut,
    TotalsOut,
)
from app.model_slot import SlotState
from app.report import look_of, totals_of
from app.schemas import (
    AnswerOut,
    CitationOut,
    ClaimOut,
    ConversationOut,
    SentenceOut,
    SlotOut,
    SourceOut,
    SuggestionOut,
    TimingsOut,
    TurnOut,
)
from ingest import document as parsed
from ingest.document import Anchor, CleanDocument
from ingest.notices import Notice
from ingest.places import Places
from ingest.store.records import Base, Document, DocumentPage, StoredChunk
from models.errors import Explained


def moment(seconds: float) -> str:
    """RFC 3339, UTC."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def problem(error: Explained, to: Audience) -> Problem:
    return Problem(
        type=f"/problems/{error.code}",
        title=error.code,
        status=status_of(error),
        detail=explain(error, to),
    )


def trouble_out(error: Explained | None, to: Audience) -> Problem | None:
    """What is wrong with a model. The sentence that names folders and servers is for the owner of the installation."""
    if error is None:
        return None
    whole = problem(error, to)
    return whole if to.owner else whole.model_copy(update={"detail": translate(to.language, "models.owner_told")})


def base_out(base: Base) -> BaseOut:
    return BaseOut(
        id=base.id,
        name=base.name,
        documents=base.documents,
        chunks=base.chunks,
        settings=BaseSettings(**asdict(base.settings)),
        outdated=base.outdated,
        originals=base.originals,
        unread=base.unread,
        created_at=moment(base.created_at),
    )


def document_out(document: Document, to: Audience) -> DocumentOut:
    error = None
    if document.error_code:
        error = problem(restore(document.error_code, document.error_params), to)
    return DocumentOut(
        id=document.id,
        base=document.base_id,
        name=document.name,
        size=document.size,
        media_type=document.media_type,
        status=document.status,
        stage=document.stage,
        done=document.done,
        total=document.total,
        error=error,
        pages=document.pages,
        chunks=document.chunks,
        characters=document.characters,
        revision=document.revision,
        redacted=document.redacted,
        kept=document.kept,
        attempts=document.attempts,
        next_try=None if document.next_try is None else moment(document.next_try),
        warnings=notices_out(document.warnings, to),
        created_at=moment(document.created_at),
        updated_at=moment(document.updated_at),
    )


def page_out(found: DocumentPage, to: Audience) -> DocumentPageOut:
    return DocumentPageOut(
        items=[document_out(document, to) for document in found.items],
        total=found.total,
        page=found.page,
        per_page=found.per_page,
    )


def notices_out(notices: Iterable[Notice], to: Audience) -> list[NoticeOut]:
    return [NoticeOut(code=notice.code, text=tell(notice, to)) for notice in notices]


def report_out(
    document: Document, pages: Sequence[parsed.PageReport], cleaned: CleanDocument, to: Audience
) -> ReportOut:
    """How a document was read; the blocks of one with pages are too many, and its pages tell more."""
    places = Places(cleaned.anchors, cleaned.blocks)
    return ReportOut(
        parser=document.parser,
        seconds=document.seconds,
        totals=TotalsOut(**asdict(totals_of(pages, (block.kind for block in cleaned.blocks)))),
        pages=[PageReport(**asdict(page) | {"look": look_of(page)}) for page in pages],
        blocks=[] if pages else [_block_out(block, places) for block in cleaned.blocks],
        warnings=notices_out(document.warnings, to),
    )


def _block_out(block: parsed.BlockSpan, places: Places) -> BlockOut:
    return BlockOut(
        kind=block.kind,
        location=places.of(block.start, block.end),
        heading_path=list(block.heading_path),
        start=block.start,
        end=block.end,
    )


def boxes_out(anchors: Iterable[Anchor]) -> list[BoxOut]:
    return [
        BoxOut(page=a.page, x0=a.box.x0, y0=a.box.y0, x1=a.box.x1, y1=a.box.y1)
        for a in anchors
        if a.box is not None and a.page is not None
    ]


def chunk_out(chunk: StoredChunk, anchors: Iterable[Anchor]) -> ChunkOut:
    return ChunkOut(
        id=chunk.id,
        ordinal=chunk.ordinal,
        text=chunk.text,
        heading_path=list(chunk.heading_path),
        page=chunk.page,
        location=chunk.location,
        start=chunk.start,
        end=chunk.end,
        tokens=chunk.tokens,
        boxes=boxes_out(anchors),
    )


def source_out(source: Source) -> SourceOut:
    chunk = source.hit.chunk
    return SourceOut(
        n=source.n,
        chunk=chunk.id,
        document=chunk.document_id,
        name=chunk.document_name,
        base=chunk.base_id,
        page=chunk.page,
        location=chunk.location,
        heading_path=list(chunk.heading_path),
        text=chunk.text,
        boxes=boxes_out(source.anchors),
        score=source.hit.score,
        found_by=list(source.hit.found_by),
    )


def sources_out(sources: Iterable[Source]) -> list[SourceOut]:
    return [source_out(source) for source in sources]


def suggestions_out(suggestions: Iterable[Suggestion]) -> list[SuggestionOut]:
    return [
        SuggestionOut(question=each.question, heading=each.heading, document=each.document_id, name=each.document_name)
        for each in suggestions
    ]


def citation_out(citation: Citation) -> CitationOut:
    return CitationOut(
        n=citation.n,
        document=citation.document_id,
        name=citation.document_name,
        page=citation.page,
        location=citation.location,
        quote=citation.quote,
        boxes=boxes_out(citation.anchors),
        support=citation.support,
    )


def sentence_out(sentence: AnswerSentence) -> SentenceOut:
    return SentenceOut(
        start=sentence.start,
        end=sentence.end,
        text=sentence.text,
        support=sentence.support,
        citations=[citation_out(citation) for citation in sentence.citations],
        unfounded=[ClaimOut(**asdict(claim)) for claim in sentence.unfounded],
    )


def timings_out(timings: Timings) -> TimingsOut:
    return TimingsOut(
        load=timings.load, retrieve=timings.retrieve, first_token=timings.first_token, total=timings.total
    )


def conversation_out(conversation: Conversation) -> ConversationOut:
    return ConversationOut(
        id=conversation.id,
        title=conversation.title,
        bases=list(conversation.bases),
        created_at=moment(conversation.created_at),
        updated_at=moment(conversation.updated_at),
    )


def turn_out(turn: StoredTurn, to: Audience) -> TurnOut:
    error = turn.error
    return TurnOut(
        id=turn.id,
        question=turn.question,
        documents=list(turn.documents),
        answer=turn.answer,
        state=turn.state,
        sources=sources_out(turn.sources),
        sentences=[sentence_out(sentence) for sentence in turn.sentences],
        extract=citation_out(turn.extract) if turn.extract else None,
        timings=timings_out(turn.timings),
        model=turn.model,
        error=problem(restore(error["code"], error["params"]), to) if error else None,
        partial=partial_out(restored_partial(turn), to),
        absent=list(turn.absent),
        rating=turn.rating,
        created_at=moment(turn.created_at),
    )


def slot_out(state: SlotState, to: Audience) -> SlotOut:
    """A model of a path is called by its last part, but to the owner of the installation."""
    return SlotOut(
        name=state.name if to.owner else Path(state.name).name,
        state=state.state,
        error=trouble_out(state.error, to),
    )


def partial_out(error: Explained | None, to: Audience) -> Problem | None:
    """Why only words were searched, where that is so."""
    return None if error is None else problem(error, to)


def restored_partial(turn: StoredTurn) -> Explained | None:
    return restore(turn.partial["code"], turn.partial["params"]) if turn.partial else None


def answer_out(run: Run, events: Sequence[AnswerEvent], to: Audience) -> AnswerOut:
    """The events of a finished run as one answer. Raises what made it fail."""
    values: dict[str, Any] = {"sentences": [], "sources": [], "extract": None, "partial": None, "absent": []}
    for event in events:
        match event:
            case Sources(sources, partial):
                values |= {"sources": sources_out(sources), "partial": partial_out(partial, to)}
            case Extract(quote):
                values["extract"] = citation_out(quote)
            case Citations(sentences):
                values["sentences"] = [sentence_out(sentence) for sentence in sentences]
            case Refused(_, _, absent):
                values |= {"extract": None, "absent": list(absent)}
            case Done() as done:
                values |= {"answer": done.answer, "refused": done.refused, "model": done.model}
                values |= {"finish": done.finish, "timings": timings_out(done.timings)}
            case Failed(error):
                raise error
            case _:
                pass
    return AnswerOut(run=run.id, conversation=run.conversation, **values)


def event_out(event: AnswerEvent, to: Audience) -> tuple[str, dict[str, Any]]:
    """The name and the data of a server-sent event."""
    name: str
    data: dict[str, Any]
    match event:
        case Started(run, conversation, position):
            name, data = "run", {"run": run, "conversation": conversation, "position": position}
        case Queued(position):
            name, data = "queued", {"position": position}
        case Stage(stage, seconds):
            name, data = "stage", {"stage": stage} | ({} if seconds is None else {"seconds": round(seconds, 1)})
        case Sources(sources, partial):
            lack = None if partial is None else problem(partial, to).model_dump()
            name, data = "sources", {"sources": _dump(sources_out(sources)), "partial": lack}
        case Extract(quote):
            name, data = "extract", {"extract": citation_out(quote).model_dump(mode="json")}
        case Token(text):
            name, data = "token", {"text": text}
        case Marked(sentence):
            name, data = "sentence", {"sentence": sentence_out(sentence).model_dump(mode="json")}
        case Instead(text):
            name, data = "instead", {"text": text}
        case Citations(sentences):
            name, data = "citations", {"sentences": _dump([sentence_out(s) for s in sentences])}
        case Refused(message, nearest, absent):
            name = "refused"
            data = {"message": message, "nearest": _dump(sources_out(nearest)), "absent": list(absent)}
        case Done():
            name, data = (
                "done",
                {
                    "answer": event.answer,
                    "refused": event.refused,
                    "model": event.model,
                    "finish": event.finish,
                    "timings": timings_out(event.timings).model_dump(),
                    "usage": dict(event.usage),
                },
            )
        case Failed(error):
            name, data = "failed", {"problem": problem(error, to).model_dump()}
    return name, data


def replayed(turn: StoredTurn, *, again: bool = False) -> list[AnswerEvent]:
    """The events of a turn that is no longer in memory, as far as they were kept.

    With `again` its text takes the place of what was told of it before.
    """
    events: list[AnswerEvent] = [Sources(turn.sources, restored_partial(turn))]
    if turn.extract is not None:
        events.append(Extract(turn.extract))
    if turn.state == "refused":
        events.append(Refused(turn.answer, turn.sources, turn.absent))
    elif turn.answer:
        events += [Instead(turn.answer) if again else Token(turn.answer), Citations(turn.sentences)]
    if turn.error:
        return [*events, Failed(restore(turn.error["code"], turn.error["params"]))]
    finish: Any = turn.finish
    return [*events, Done(turn.answer, turn.state == "refused", turn.model, finish, turn.timings)]


def _dump(items: Sequence[BaseModel]) -> list[dict[str, Any]]:
    return [item.model_dump(mode="json") for item in items]
