"""Conversations and their turns."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from app.audience import Audience
from app.auth.caller import Caller
from app.bootstrap import Services
from app.exported import MEDIA_TYPES, Format, disposition, exported
from app.routes.access import Who, conversations_for
from app.routes.given import Given, Readers, problems
from app.schemas import ConversationDetail, ConversationOut, TitleIn
from app.wire import conversation_out, turn_out

router = APIRouter(prefix="/api/v1/conversations", tags=["conversations"])
EXPORTED: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "A file named after the conversation.",
        "model": ConversationDetail,
        "content": {"text/markdown": {}},
    }
}


@router.get("", responses=problems(422))
def list_conversations(
    services: Given,
    caller: Who,
    text: Annotated[str, Query(max_length=200, description="Part of the title or of a question.")] = "",
    limit: Annotated[int | None, Query(ge=1, le=1000, description="At most so many; without it all.")] = None,
    offset: Annotated[int, Query(ge=0, le=1_000_000, description="So many of the latest are left out.")] = 0,
) -> list[ConversationOut]:
    """Every conversation of the caller, latest first, or those whose title or questions hold `text`.

    Where fewer than `limit` are given, there are no more.
    """
    found = conversations_for(services, caller, text, limit=limit, offset=offset)
    return [conversation_out(conversation) for conversation in found]


@router.get("/{conversation}", responses=problems(404, 422))
def get_conversation(
    conversation: str,
    services: Given,
    caller: Who,
    to: Readers,
    limit: Annotated[int | None, Query(ge=1, le=1000, description="The latest so many turns; without it all.")] = None,
    before: Annotated[str | None, Query(description="Only turns before this one, by its id.")] = None,
) -> ConversationDetail:
    """A conversation with its turns, oldest first; `earlier` is how many there are before the first of them.

    Quotes are read from the documents as they are now. Of what was asked of bases that the caller may not see any more
    only the question is left.
    """
    return detail_of(conversation, services, caller, to, limit=limit, before=before)


@router.get("/{conversation}/export", response_class=Response, responses={**EXPORTED, **problems(404, 422)})
def export_conversation(
    conversation: str,
    services: Given,
    caller: Who,
    to: Readers,
    form: Annotated[Format, Query(alias="format")] = "markdown",
) -> Response:
    """A conversation as a file: its questions, its answers with numbered citations, and where those stand."""
    detail = detail_of(conversation, services, caller, to)
    headers = {"Content-Disposition": disposition(detail.title, form), "Cache-Control": "no-store"}
    return Response(exported(detail, form, to.language), media_type=MEDIA_TYPES[form], headers=headers)


@router.patch("/{conversation}", responses=problems(404, 422))
def rename_conversation(conversation: str, body: TitleIn, services: Given) -> ConversationOut:
    """Give a conversation another title."""
    return conversation_out(services.conversations.rename(conversation, body.title))


@router.delete("/{conversation}", status_code=204, responses=problems(404))
def delete_conversation(conversation: str, services: Given) -> None:
    """Delete a conversation."""
    services.conversations.remove(conversation)
    services.runs.forget(conversation=conversation)
    services.library.to_purge.set()


def detail_of(
    conversation: str,
    services: Services,
    caller: Caller,
    to: Audience,
    *,
    limit: int | None = None,
    before: str | None = None,
) -> ConversationDetail:
    """A conversation as its reader may see it now: all turns, or the latest `limit`, of those before the turn `before`.

    Raises UnknownConversation, UnknownRun.
    """
    head = conversation_out(services.conversations.get(conversation))
    stored = services.conversations.turns(conversation, limit=limit, before=before)
    earlier = services.conversations.earlier(conversation, stored[0].id) if stored else 0
    turns = [turn_out(turn if caller.sees(turn.bases) else turn.withheld(), to) for turn in stored]
    return ConversationDetail(**head.model_dump(), turns=turns, earlier=earlier)
