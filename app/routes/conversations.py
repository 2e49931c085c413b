"""Conversations and their turns."""

from __future__ import annotations

from fastapi import APIRouter

from app.routes.access import Who, conversations_for
from app.routes.given import Given, Language, problems
from app.schemas import ConversationDetail, ConversationOut, TitleIn
from app.wire import conversation_out, turn_out

router = APIRouter(prefix="/api/v1/conversations", tags=["conversations"])


@router.get("")
def list_conversations(services: Given, caller: Who) -> list[ConversationOut]:
    """Every conversation of the caller, latest first."""
    return [conversation_out(conversation) for conversation in conversations_for(services, caller)]


@router.get("/{conversation}", responses=problems(404))
def get_conversation(conversation: str, services: Given, caller: Who, language: Language) -> ConversationDetail:
    """A conversation with its turns. Quotes are read from the documents as they are now.

    Of what was asked of bases that the caller may not see any more only the question is left.
    """
    head = conversation_out(services.conversations.get(conversation))
    stored = services.conversations.turns(conversation)
    turns = [turn_out(turn if caller.sees(turn.bases) else turn.withheld(), language) for turn in stored]
    return ConversationDetail(**head.model_dump(), turns=turns)


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
