"""The chat page. Its scripts talk to the REST API; without them the turns are in it, and forms ask and stop."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import RedirectResponse, Response

from app.answering.conversations import Conversation
from app.audience import Audience
from app.auth.caller import Caller
from app.bootstrap import Services
from app.errors import UnknownRun, status_of
from app.i18n import explain, translate
from app.library_schemas import Words
from app.plain_turns import plain_turn
from app.routes.access import Who, bases_for, conversation_for, conversations_for, document_for
from app.routes.ask import submit
from app.routes.conversations import detail_of
from app.routes.given import Given, Readers
from app.routes.guard import READING
from app.routes.pages import guide_for, here, page_route, render
from app.schemas import MOST_BASES, AskIn
from models.errors import Explained

# As many as static/js/conversations.js asks for, and as static/js/earlier.js of a conversation.
CONVERSATIONS, TURNS = 50, 20

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class _Part:
    """Which of many are shown: a page of the conversations, and the turns that were before one."""

    conversations: int = 1
    before: str | None = None


@dataclass(frozen=True)
class _Said:
    """What was asked in vain, of which bases (None: nothing was asked yet), and the sentence that says why."""

    question: str = ""
    sentence: str = ""
    bases: Collection[str] | None = None
    status_code: int = 200


@page_route(router, "/")
def chat(
    request: Request,
    services: Given,
    caller: Who,
    to: Readers,
    conversation: str = "",
    document: str = "",
    conversations: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
    before: str | None = None,
) -> Response:
    """Ask and read: conversations, the answer, its sources."""
    try:
        part = _Part(conversations, before)
        return _shown(request, services, caller, to, conversation, document, part=part)
    except Explained as error:
        # With scripts the page says it itself, and is as fresh as this one.
        return _shown(request, services, caller, to, said=_Said(sentence=explain(error, to)))


@router.post("/ask")
def ask(
    request: Request,
    services: Given,
    caller: Who,
    to: Readers,
    question: Annotated[Words, Form()] = "",
    base: Annotated[list[Words] | None, Form(max_length=MOST_BASES)] = None,
    document: Annotated[Words, Form()] = "",
    conversation: Annotated[Words, Form()] = "",
) -> Response:
    """Ask, and read on where the answer will be. What is wrong is said above the question, which stays."""
    # A document is in one base, whichever are ticked.
    question, bases = question.replace("\r\n", "\n"), [] if document else base or []
    status, sentence = 422, translate(to.language, "chat.choose_base")
    if bases or document:
        try:
            documents = [document] if document else None
            body = AskIn(question=question, bases=bases, documents=documents, conversation=conversation or None)
            # Nothing holds a connection open while the page waits to be asked for again.
            run = submit(body, services, caller, attended=False)
            return RedirectResponse(_address(run.conversation), status_code=303)
        except Explained as error:
            status, sentence = status_of(error), explain(error, to)
    said = _Said(question, sentence, bases, status)
    try:
        return _shown(request, services, caller, to, conversation, document, said)
    except Explained:
        # The conversation or the document is what is wrong: the question can be asked without.
        return _shown(request, services, caller, to, said=said)


@router.post("/runs/{run}/stop")
def stop(run: str, services: Given) -> Response:
    """Stop an answer, and read what there is of it."""
    found = services.conversations.of_run(run)
    # One that ended long ago is not in memory any more, and can be read all the same.
    with suppress(UnknownRun):
        services.runs.stop(run)
    return RedirectResponse(_address(found.id if found else None), status_code=303)


def _address(conversation: str | None, *, again: bool = False) -> str:
    """Where a conversation is read, at its latest turn.

    Whoever is there already goes to another address by `again`, and back without: to the very one that it shows, a
    browser would scroll, and load nothing.
    """
    more = "&look=2" if again else ""
    return f"/?conversation={quote(conversation, safe='')}{more}#latest" if conversation else "/"


def _shown(
    request: Request,
    services: Services,
    caller: Caller,
    to: Audience,
    conversation: str = "",
    document: str = "",
    said: _Said | None = None,
    part: _Part = _Part(),
) -> Response:
    """The page. Raises UnknownConversation, UnknownDocument, and UnknownRun for a turn that it should end before."""
    said = said or _Said()
    bases = bases_for(services, caller)
    found = conversation_for(services, caller, conversation) if conversation else None
    known = {base.id for base in bases}
    return render(
        request,
        "chat",
        status_code=said.status_code,
        bases=bases,
        conversation=found,
        **_conversations(services, caller, part.conversations),
        **_turns(services, caller, to, found, part.before),
        document=document_for(services, caller, document) if document else None,
        question=said.question,
        sentence=said.sentence,
        guide=guide_for(request, caller, bases),
        read_ahead=services.settings.read_ahead,
        ticked=said.bases if said.bases is not None else known.intersection(found.bases if found else ()) or known,
        look_again=_address(found.id, again="look" not in request.query_params) if found else "",
        here=here(request) if request.method in READING else _address(found.id if found else None),
    )


def _conversations(services: Services, caller: Caller, page: int) -> dict[str, Any]:
    """One page of the conversations, and whether there are older ones."""
    skipped = (page - 1) * CONVERSATIONS
    found = conversations_for(services, caller, limit=CONVERSATIONS + 1, offset=skipped)
    return {
        "conversations": found[:CONVERSATIONS],
        "conversations_page": page,
        "older": len(found) > CONVERSATIONS,
    }


def _turns(
    services: Services, caller: Caller, to: Audience, found: Conversation | None, before: str | None
) -> dict[str, Any]:
    """The latest turns of a conversation, of those before one of them, and how many were before these."""
    if found is None:
        return {"turns": [], "earlier": 0, "before": None}
    detail = detail_of(found.id, services, caller, to, limit=TURNS, before=before)
    turns = [plain_turn(turn, services.runs.get, to) for turn in detail.turns]
    return {"turns": turns, "earlier": detail.earlier, "before": before}
