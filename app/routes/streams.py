"""Server-sent events. A stream only reads what a worker wrote; it owns nothing, no thread either, and blocks nobody."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from typing import Any

from fastapi import Request
from fastapi.sse import EventSourceResponse, format_sse_event

from app.answering.conversations import StoredTurn
from app.answering.runs import Run
from app.auth.caller import Caller
from app.auth.errors import KeyRefused, LoginNeeded
from app.bootstrap import Services
from app.routes.access import identify, still_reads
from app.routes.bell import listening
from app.wire import document_out, event_out, replayed

# The longest that a vanished reader goes unnoticed.
LOOK_SECONDS = 1.0
# The longest that somebody goes on listening who was logged out, or lost a role, meanwhile.
ASK_AGAIN_SECONDS = 15.0
EVENTS: dict[int | str, dict[str, Any]] = {200: {"description": "Events.", "content": {"text/event-stream": {}}}}
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


def run_stream(request: Request, services: Services, run: Run, language: str, after: int | None) -> EventSourceResponse:
    """The events of a run behind number `after`, as they come."""
    return EventSourceResponse(_run_events(request, services, run, language, after), headers=HEADERS)


async def _run_events(
    request: Request, services: Services, run: Run, language: str, after: int | None
) -> AsyncIterator[bytes]:
    asked = time.monotonic()
    number = 0 if after is None else after + 1
    with run.reading(), listening(run.news) as bell:
        while not await request.is_disconnected():
            if time.monotonic() - asked > ASK_AGAIN_SECONDS:
                asked = time.monotonic()
                if not await still_reads(request, services, run):
                    return
            # Asked before the events are read: what comes between the two is read, or rings.
            finished = run.finished
            for event in run.events(number):
                name, data = event_out(event, language)
                yield _event(name, data, number)
                number += 1
            if finished:
                return
            await bell.heard(LOOK_SECONDS)


def replay_stream(turn: StoredTurn, language: str, after: int | None) -> EventSourceResponse:
    """The events of a turn that only the catalog still knows."""
    first = 0 if after is None else after + 1
    events = [event_out(event, language) for event in replayed(turn)]
    lines = [_event(name, data, number) for number, (name, data) in enumerate(events) if number >= first]
    return EventSourceResponse(iter(lines), headers=HEADERS)


def document_stream(request: Request, services: Services, caller: Caller, language: str) -> EventSourceResponse:
    """Every change of a document's state from now on, as far as the caller may see it."""
    return EventSourceResponse(_document_events(request, services, caller, language), headers=HEADERS)


async def _document_events(request: Request, services: Services, caller: Caller, language: str) -> AsyncIterator[bytes]:
    with listening(services.progress.news) as bell:
        version, _ = services.progress.changes(0)
        asked = time.monotonic()
        yield format_sse_event(data_str=None, comment="listening")
        while not (services.closing.is_set() or await request.is_disconnected()):
            version, documents = services.progress.changes(version)
            if time.monotonic() - asked > ASK_AGAIN_SECONDS:
                asked = time.monotonic()
                try:
                    caller = await identify(request, services)
                except (LoginNeeded, KeyRefused):
                    return
            for document in documents:
                if not caller.sees([document.base_id]):
                    continue
                yield _event("document", document_out(document, language).model_dump(mode="json"), version)
            await bell.heard(LOOK_SECONDS)


def _event(name: str, data: dict[str, Any], number: int) -> bytes:
    return format_sse_event(event=name, data_str=json.dumps(data, ensure_ascii=False), id=str(number))
