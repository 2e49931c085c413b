"""Who calls, and whether they may: asked before anything else of a request is looked at."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPBearer
from starlette.concurrency import run_in_threadpool
from starlette.routing import BaseRoute

from app.answering.conversations import Conversation
from app.answering.runs import Run
from app.auth.caller import LOCAL, Caller
from app.auth.errors import KeyRefused, LoginNeeded, NotAllowed, PageStale, ScopeMissing, SessionNeeded
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
    if need.session and caller.session is None:
        raise SessionNeeded()
    if need.scope not in caller.scopes:
        raise ScopeMissing(scope=need.scope)
    if need.owner and not caller.is_owner:
        raise NotAllowed()
    await run_in_threadpool(_check_objects, services, caller, need.role, request.path_params)


def need_of(method: str, route: BaseRoute) -> Need | None:
    """What a route asks of its caller; None for one that nobody thought of."""
    return NEEDS.get(f"{'GET' if method == 'HEAD' else method} {getattr(route, 'path', '')}")


async def identify(request: Request, services: Services) -> Caller:
    """Who calls, by the key or the session that the request shows. Raises LoginNeeded, KeyRefused."""
    return await run_in_threadpool(_identify, request, services) if services.accounts.needed else LOCAL


def _identify(request: Request, services: Services) -> Caller:
    kind, _, bearer = request.headers.get("authorization", "").partition(" ")
    return services.accounts.identify(bearer.strip() if kind.lower() == "bearer" else "", session_of(request))


def still_may(request: Request, services: Services, least: Role, base_id: str) -> None:
    """Ask once more, where a body took its time. Raises LoginNeeded, KeyRefused, UnknownBase, NotAllowed."""
    if services.accounts.needed:
        _require(_identify(request, services), least, base_id, UnknownBase(name=base_id))


async def still_reads(request: Request, services: Services, run: Run) -> bool:
    """Whether the caller may go on reading an answer: who was logged out, or lost a role, may not."""
    try:
        caller = await identify(request, services)
    except (LoginNeeded, KeyRefused):
        return False
    return _is_own_run(caller, run)


def _caller(request: Request) -> Caller:
    caller: Caller = request.state.caller
    return caller


Who = Annotated[Caller, Depends(_caller)]


def _check_objects(services: Services, caller: Caller, least: Role, named: dict[str, str]) -> None:
    if (base := named.get("base")) is not None:
        # From here on it is the base that was looked at, whatever is called so in a moment.
        named["base"] = base_for(services, caller, base, least).id
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
    if not _is_own(services, caller, conversation):
        raise UnknownConversation(id=conversation_id)
    return conversation


def conversations_for(services: Services, caller: Caller) -> list[Conversation]:
    """Every conversation of the caller, latest first."""
    return [each for each in services.conversations.of_user(caller.user_id) if _is_own(services, caller, each)]


def _is_own(services: Services, caller: Caller, conversation: Conversation) -> bool:
    """A key for some bases shows nothing of a conversation that ever was about others."""
    if conversation.user != caller.user_id:
        return False
    return caller.bases is None or caller.sees(services.conversations.asked_of(conversation.id))


def _check_run(services: Services, caller: Caller, run_id: str) -> None:
    unknown = UnknownRun(id=run_id)
    try:
        run = services.runs.get(run_id)
    except UnknownRun:
        turn, conversation = services.conversations.turn(run_id), services.conversations.of_run(run_id)
        if turn is None or conversation is None:
            raise unknown from None
    else:
        if not _is_own_run(caller, run):
            raise unknown
        return
    if conversation.user != caller.user_id or not caller.sees(turn.bases):
        raise unknown


def _is_own_run(caller: Caller, run: Run) -> bool:
    return run.user == caller.user_id and caller.sees(run.question.scope.bases)


def _require(caller: Caller, least: Role, base_id: str, unknown: Exception) -> None:
    if caller.role(base_id) is None:
        raise unknown
    if not caller.may(least, base_id):
        raise NotAllowed()
