"""Server-sent events. A stream only reads what a worker wrote; it owns nothing, no thread either, and blocks nobody."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from typing import Any

from fastapi import Request
from fastapi.sse import EventSourceResponse, format_sse_event
from starlette.concurrency import run_in_threadpool

from app.answering.events import AnswerEvent, Failed
from app.answering.run import Run
from app.answering.turns import StoredTurn
from app.audience import Audience
from app.auth.caller import Caller
from app.auth.errors import KeyRefused, LoginNeeded
from app.bootstrap import Services
from app.errors import UnknownRun
from app.routes.access import identify, still_reads
from app.routes.bell import listening
from app.wire import document_out, event_out, replayed

# The longest that a vanished reader goes unnoticed.
LOOK_SECONDS = 1.0
# The longest that somebody goes on listening who was logged out, or lost a role, meanwhile.
ASK_AGAIN_SECONDS = 15.0
EVENTS: dict[int | str, dict[str, Any]] = {200: {"description": "Events.", "content": {"text/event-stream": {}}}}
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


def run_stream(
    request: Request,
    services: Services,
    run: Run,
    to: Audience,
    after: int | None,
    *,
    ask_again: float = ASK_AGAIN_SECONDS,
) -> EventSourceResponse:
    """The events of a run behind number `after`, as they come, for as long as the caller may read them."""
    return EventSourceResponse(_run_events(request, services, run, to, after, ask_again), headers=HEADERS)


async def _run_events(
    request: Request, services: Services, run: Run, to: Audience, after: int | None, ask_again: float
) -> AsyncIterator[bytes]:
    asked = time.monotonic()
    number = 0 if after is None else after + 1
    with run.reading(), listening(run.news) as bell:
        while not await request.is_disconnected():
            if time.monotonic() - asked >= ask_again:
                asked = time.monotonic()
                if not await still_reads(request, services, run):
                    return
            # Asked before the events are read: what comes between the two is read, or rings.
            finished, told = run.finished, run.told(number)
            if told is None and finished:
                # Of its documents some may have been moved to where the caller sees nothing.
                if not await still_reads(request, services, run):
                    return
                told = await run_in_threadpool(left_of, services, run, again=number > 0)
            for event in told or ():
                name, data = event_out(event, to)
                yield _event(name, data, number)
                number += 1
            if finished:
                return
            await bell.heard(LOOK_SECONDS)


def left_of(services: Services, run: Run, *, again: bool = False) -> list[AnswerEvent]:
    """What the catalog tells of a finished run that was dropped: all of it `again`, or the first time.

    Where it tells nothing there is no such answer any more.
    """
    last = run.events()[-1]
    if isinstance(last, Failed):
        # It may not be stored yet.
        return [last]
    turn = services.conversations.turn(run.id)
    return [Failed(UnknownRun(id=run.id))] if turn is None else replayed(turn, again=again)


def replay_stream(turn: StoredTurn, to: Audience, after: int | None) -> EventSourceResponse:
    """The events of a turn that only the catalog still knows.

    They are not those that were told while it was written. Whoever had read some of these is told all of it once more,
    under the numbers that follow.
    """
    first = 0 if after is None else after + 1
    events = (event_out(event, to) for event in replayed(turn, again=after is not None))
    lines = [_event(name, data, number) for number, (name, data) in enumerate(events, first)]
    return EventSourceResponse(iter(lines), headers=HEADERS)


def document_stream(
    request: Request, services: Services, caller: Caller, to: Audience, *, ask_again: float = ASK_AGAIN_SECONDS
) -> EventSourceResponse:
    """Every change of a document's state from now on, as far as the caller may see it; and of the pause of reading."""
    return EventSourceResponse(_document_events(request, services, caller, to, ask_again), headers=HEADERS)


async def _document_events(
    request: Request, services: Services, caller: Caller, to: Audience, ask_again: float
) -> AsyncIterator[bytes]:
    with listening(services.progress.news) as bell:
        paused = services.library.pause.is_set()
        version, _ = services.progress.changes(0)
        asked = time.monotonic()
        yield format_sse_event(data_str=None, comment="listening")
        while not (services.closing.is_set() or await request.is_disconnected()):
            version, documents = services.progress.changes(version)
            if time.monotonic() - asked >= ask_again:
                asked = time.monotonic()
                try:
                    caller = await identify(request, services)
                except (LoginNeeded, KeyRefused):
                    return
            if paused != services.library.pause.is_set():
                paused = not paused
                yield _event("reading", {"paused": paused}, version)
            for document in documents:
                if not caller.sees([document.base_id]):
                    continue
                yield _event("document", document_out(document, to).model_dump(mode="json"), version)
            await bell.heard(LOOK_SECONDS)


def _event(name: str, data: dict[str, Any], number: int) -> bytes:
    return format_sse_event(event=name, data_str=json.dumps(data, ensure_ascii=False), id=str(number))
