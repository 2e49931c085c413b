"""Who calls, and whether they may: asked before anything else of a request is looked at."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPBearer
from starlette.concurrency import run_in_threadpool
from starlette.routing import BaseRoute

from app.answering.conversations import Conversation
from app.auth.caller import LOCAL, Caller
from app.auth.errors import NotAllowed, PageStale, ScopeMissing
from app.auth.needs import NEEDS, Need
from app.auth.roles import Role
from app.bootstrap import Services
from app.errors import UnknownConversation, UnknownRun
from app.routes.cookies import session_of
from app.routes.given import Given
from app.routes.guard import READING
from ingest.store.errors import UnknownBase, UnknownDocument
from ingest.store.records import Base, Document

CSRF_HEADER = "X-CSRF-Token"
# Says in the description of the REST interface how programs show who they are; `identify` reads it.
BEARER = Depends(HTTPBearer(auto_error=False, scheme_name="API key", description="An API key: `zw_…`"))


async def admit(request: Request, services: Given) -> None:
    """For every route: let the caller through whom `NEEDS` lets through.

    Raises LoginNeeded, KeyRefused, PageStale, ScopeMissing, NotAllowed. What may not even be seen is unknown, by
    the same error as what is not there.
    """
    need = need_of(request.method, request.scope["route"])
    if need is None:
        raise NotAllowed()
    if need.scope is None:
        return
    caller = await identify(request, services)
    request.state.caller = caller
    if caller is LOCAL:
        return
    if (
        caller.session is not None
        and request.method not in READING
        and not caller.session.accepts(request.headers.get(CSRF_HEADER, ""))
    ):
        raise PageStale()
    if need.scope not in caller.scopes:
        raise ScopeMissing(scope=need.scope)
    if need.owner and not caller.is_owner:
        raise NotAllowed()
    await run_in_threadpool(_check_objects, services, caller, need.role, dict(request.path_params))


def need_of(method: str, route: BaseRoute) -> Need | None:
    """What a route asks of its caller; None for one that nobody thought of."""
    return NEEDS.get(f"{'GET' if method == 'HEAD' else method} {getattr(route, 'path', '')}")


async def identify(request: Request, services: Services) -> Caller:
    """Who calls, by the key or the session that the request shows. Raises LoginNeeded, KeyRefused."""
    if not services.accounts.needed:
        return LOCAL
    kind, _, bearer = request.headers.get("authorization", "").partition(" ")
    shown = bearer.strip() if kind.lower() == "bearer" else ""
    return await run_in_threadpool(services.accounts.identify, shown, session_of(request))


def _caller(request: Request) -> Caller:
    caller: Caller = request.state.caller
    return caller


Who = Annotated[Caller, Depends(_caller)]


def _check_objects(services: Services, caller: Caller, least: Role, named: dict[str, str]) -> None:
    if (base := named.get("base")) is not None:
        base_for(services, caller, base, least)
    if (document := named.get("document")) is not None:
        # Also one that was deleted a moment ago, and may be restored.
        _require(caller, least, services.library.catalog.base_of(document), UnknownDocument(id=document))
    if (conversation := named.get("conversation")) is not None:
        conversation_for(services, caller, conversation)
    if (run := named.get("run")) is not None:
        _check_run(services, caller, run)


def base_for(services: Services, caller: Caller, id_or_name: str, least: Role = "reader") -> Base:
    """A base in which the caller has this role. Raises UnknownBase, NotAllowed."""
    base = services.library.catalog.base(id_or_name)
    _require(caller, least, base.id, UnknownBase(name=id_or_name))
    return base


def bases_for(services: Services, caller: Caller) -> list[Base]:
    """Every base that the caller may see."""
    return [base for base in services.library.catalog.bases() if caller.sees([base.id])]


def document_for(services: Services, caller: Caller, document_id: str) -> Document:
    """A document that the caller may read. Raises UnknownDocument."""
    document = services.library.catalog.document(document_id)
    _require(caller, "reader", document.base_id, UnknownDocument(id=document_id))
    return document


def conversation_for(services: Services, caller: Caller, conversation_id: str) -> Conversation:
    """A conversation of the caller. Raises UnknownConversation."""
    conversation = services.conversations.get(conversation_id)
    if not _is_own(caller, conversation):
        raise UnknownConversation(id=conversation_id)
    return conversation


def conversations_for(services: Services, caller: Caller) -> list[Conversation]:
    """Every conversation of the caller, latest first."""
    return [each for each in services.conversations.of_user(caller.user_id) if _is_own(caller, each)]


def _is_own(caller: Caller, conversation: Conversation) -> bool:
    """A key for some bases shows nothing that its user asked elsewhere."""
    return conversation.user == caller.user_id and (caller.bases is None or caller.sees(conversation.bases))


def _check_run(services: Services, caller: Caller, run_id: str) -> None:
    unknown = UnknownRun(id=run_id)
    try:
        run = services.runs.get(run_id)
    except UnknownRun:
        turn, conversation = services.conversations.turn(run_id), services.conversations.of_run(run_id)
        if turn is None or conversation is None:
            raise unknown from None
        user, bases = conversation.user, turn.bases
    else:
        user, bases = run.user, run.question.scope.bases
    if user != caller.user_id or not caller.sees(bases):
        raise unknown


def _require(caller: Caller, least: Role, base_id: str, unknown: Exception) -> None:
    if caller.role(base_id) is None:
        raise unknown
    if not caller.may(least, base_id):
        raise NotAllowed()
