"""Who calls, and whether they may: asked before anything else of a request is looked at."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPBearer
from starlette.concurrency import run_in_threadpool
from starlette.routing import BaseRoute

from app.answering.conversations import Conversation
from app.answering.run import Run
from app.auth.caller import LOCAL, Caller
from app.auth.errors import KeyRefused, LoginNeeded, NotAllowed, PageStale, ScopeMissing, SessionNeeded
from app.auth.needs import NEEDS, Need
from app.auth.roles import Role
from app.auth.sessions import Session
from app.bootstrap import Services
from app.errors import UnknownConversation, UnknownRun
from app.routes.cookies import session_of
from app.routes.given import Given
from app.routes.guard import READING
from ingest.store.errors import UnknownBase, UnknownDocument
from ingest.store.records import Base, Document
from models.errors import Explained

CSRF_HEADER, CSRF_FIELD = "X-CSRF-Token", "csrf"
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
    changes = request.method not in READING
    if caller.session is not None and changes and await _prove(request, need, caller.session):
        # The body took its time, and its sender may have been logged out or have lost a role meanwhile.
        caller = await identify(request, services)
    request.state.caller = caller
    if caller is LOCAL:
        return
    if need.session and caller.session is None:
        raise SessionNeeded()
    if need.scope not in caller.scopes:
        raise ScopeMissing(scope=need.scope)
    if need.owner and not caller.is_owner:
        raise NotAllowed()
    await run_in_threadpool(_check_objects, services, caller, need.role, request.path_params)


async def _prove(request: Request, need: Need, session: Session) -> bool:
    """A change comes from a page of the session, by a header or by a field of a form. Raises PageStale.

    Tells whether a body was waited for.
    """
    given = request.headers.get(CSRF_HEADER)
    if given is None and need.proof == "upload":
        # Its body may be large: whoever receives it looks at the field as it comes, and at nothing before it.
        request.state.unproven = session
        return False
    waits = given is None and need.proof == "form"
    if waits:
        field = (await request.form()).get(CSRF_FIELD)
        given = field if isinstance(field, str) else None
    if not session.accepts(given or ""):
        raise PageStale()
    return waits


def need_of(method: str, route: BaseRoute) -> Need | None:
    """What a route asks of its caller; None for one that nobody thought of."""
    return NEEDS.get(f"{'GET' if method == 'HEAD' else method} {getattr(route, 'path', '')}")


async def identify(request: Request, services: Services) -> Caller:
    """Who calls, by the key or the session that the request shows. Raises LoginNeeded, KeyRefused."""
    return await run_in_threadpool(_identify, request, services) if services.accounts.needed else LOCAL


def _identify(request: Request, services: Services) -> Caller:
    kind, _, bearer = request.headers.get("authorization", "").partition(" ")
    return services.accounts.identify(bearer.strip() if kind.lower() == "bearer" else "", session_of(request))


def is_owner(request: Request, services: Services) -> bool:
    """Whether the owner of the installation asks, where nobody need be known."""
    try:
        return _identify(request, services).is_owner
    except Explained:
        # Nobody can be told from others, such as while the catalog cannot be read.
        return False


def still_may(request: Request, services: Services, least: Role, base_id: str) -> None:
    """Ask once more, where a body took its time. Raises LoginNeeded, KeyRefused, UnknownBase, NotAllowed."""
    if services.accounts.needed:
        _require(_identify(request, services), least, base_id, UnknownBase(name=base_id))


async def still_reads(request: Request, services: Services, run: Run) -> bool:
    """Whether the caller may go on reading an answer: who was logged out, or lost a role, may not."""
    try:
        await must_still_read(request, services, run)
    except (LoginNeeded, KeyRefused, UnknownRun):
        return False
    return True


async def must_still_read(request: Request, services: Services, run: Run) -> None:
    """Ask once more, where an answer took its time. Raises LoginNeeded, KeyRefused, UnknownRun."""
    caller = await identify(request, services)
    if not await run_in_threadpool(_is_own_run, services, caller, run):
        raise UnknownRun(id=run.id)


def _caller(request: Request) -> Caller:
    caller: Caller = request.state.caller
    return caller


Who = Annotated[Caller, Depends(_caller)]


def _check_objects(services: Services, caller: Caller, least: Role, named: dict[str, str]) -> None:
    if (base := named.get("base")) is not None:
        # From here on it is the base that was looked at, whatever is called so in a moment.
        # Also one that was deleted a moment ago, and may be restored.
        named["base"] = services.library.catalog.base_id(base)
        _require(caller, least, named["base"], UnknownBase(name=base))
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
    if conversation.user != caller.user_id or not _shown(services, caller, [conversation]):
        raise UnknownConversation(id=conversation_id)
    return conversation


def conversations_for(
    services: Services, caller: Caller, text: str = "", *, limit: int | None = None, offset: int = 0
) -> list[Conversation]:
    """Every conversation of the caller, latest first, whose title or questions hold `text`.

    With a `limit` so many of them, behind the first `offset`.
    """
    if caller.bases is None:
        return services.conversations.of_user(caller.user_id, text, limit=limit, offset=offset)
    # Which of them a key may see is told by all their turns.
    shown = _shown(services, caller, services.conversations.of_user(caller.user_id, text))
    return shown[offset:][:limit]


def _shown(services: Services, caller: Caller, own: list[Conversation]) -> list[Conversation]:
    """A key for some bases shows nothing of a conversation that ever was about others."""
    if caller.bases is None:
        return own
    asked = services.conversations.asked_of([each.id for each in own])
    return [each for each in own if caller.sees(asked[each.id])]


def _check_run(services: Services, caller: Caller, run_id: str) -> None:
    unknown = UnknownRun(id=run_id)
    try:
        run = services.runs.get(run_id)
    except UnknownRun:
        turn, conversation = services.conversations.turn(run_id), services.conversations.of_run(run_id)
        if turn is None or conversation is None:
            raise unknown from None
    else:
        if not _is_own_run(services, caller, run):
            raise unknown
        return
    if conversation.user != caller.user_id or not caller.sees(turn.bases):
        raise unknown


def _is_own_run(services: Services, caller: Caller, run: Run) -> bool:
    """Also as far as its documents were moved since: to bases that the caller may not see."""
    if run.user != caller.user_id or not caller.sees(run.question.scope.bases):
        return False
    return caller.sees(services.library.catalog.bases_of(run.documents()))


def _require(caller: Caller, least: Role, base_id: str, unknown: Exception) -> None:
    if caller.role(base_id) is None:
        raise unknown
    if not caller.may(least, base_id):
        raise NotAllowed()
