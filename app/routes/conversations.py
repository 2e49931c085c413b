"""Conversations and their turns."""

from __future__ import annotations

from fastapi import APIRouter

from app.routes.given import Given, Language, problems
from app.schemas import ConversationDetail, ConversationOut, TitleIn
from app.wire import conversation_out, turn_out

router = APIRouter(prefix="/api/v1/conversations", tags=["conversations"])


@router.get("")
def list_conversations(services: Given) -> list[ConversationOut]:
    """Every conversation, latest first."""
    return [conversation_out(conversation) for conversation in services.conversations.all()]


@router.get("/{conversation}", responses=problems(404))
def get_conversation(conversation: str, services: Given, language: Language) -> ConversationDetail:
    """A conversation with its turns. Quotes are read from the documents as they are now."""
    head = conversation_out(services.conversations.get(conversation))
    turns = [turn_out(turn, language) for turn in services.conversations.turns(conversation)]
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
