"""Search, questions and running answers."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.sse import EventSourceResponse
from starlette.concurrency import run_in_threadpool

from app.answering.events import Scope, Timings
from app.answering.prompt import Turn
from app.answering.question import Question, checked_question
from app.answering.run import Run
from app.answering.suggest import first_questions, next_questions, places_of
from app.auth.caller import Caller
from app.bootstrap import Services
from app.errors import UnknownRun
from app.library_schemas import Words
from app.routes.access import Who, base_for, bases_for, conversation_for, document_for, must_still_read
from app.routes.bell import listening
from app.routes.given import Given, Readers, problems
from app.routes.lanes import searching, suggesting
from app.routes.streams import EVENTS, LOOK_SECONDS, left_of, replay_stream, run_stream
from app.schemas import (
    MOST_BASES,
    MOST_DOCUMENTS,
    AnswerOut,
    AskIn,
    QuestionIn,
    RatingIn,
    SearchIn,
    SearchOut,
    SuggestionOut,
)
from app.wire import answer_out, partial_out, sources_out, suggestions_out, timings_out

router = APIRouter(prefix="/api/v1", tags=["questions"])
STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "One JSON answer, or with `stream` server-sent events: run, queued, stage, sources, token, "
        "citations, refused, done, failed.",
        "content": {"text/event-stream": {}},
    }
}


@router.post("/search", responses=problems(404, 422, 503))
@searching
def search(body: SearchIn, services: Given, caller: Who, to: Readers) -> SearchOut:
    """The chunks nearest to a question, without a language model."""
    question = checked_question(body.question, services.settings.max_question_chars)
    scope = _scope(body.bases, body.documents, services, caller)
    begin = time.perf_counter()
    retriever = services.answerer.retriever
    retriever.loaded()
    loaded = time.perf_counter()
    found = retriever.search((question,), scope, body.k)
    sources = retriever.sources(found.hits)
    end = time.perf_counter()
    timings = Timings(load=loaded - begin, retrieve=end - loaded, total=end - loaded)
    partial = partial_out(found.partial, to)
    return SearchOut(hits=sources_out(sources), partial=partial, timings=timings_out(timings))


@router.post("/ask", response_model=AnswerOut, responses={**STREAM, **problems(404, 422, 429, 502, 503)})
async def ask(body: AskIn, request: Request, services: Given, caller: Who, to: Readers) -> Any:
    """Answer a question from the documents, with the places that support each sentence."""
    run = await run_in_threadpool(submit, body, services, caller)
    if body.stream:
        return run_stream(request, services, run, to, None)
    with run.reading(), listening(run.news) as bell:
        while not run.finished:
            await bell.heard(LOOK_SECONDS)
            if await request.is_disconnected():
                return Response(status_code=204)  # nobody is there to read it
    await must_still_read(request, services, run)
    told = run.told()
    events = await run_in_threadpool(left_of, services, run) if told is None else told
    return answer_out(run, events, to)


@router.post("/read-ahead", status_code=204, responses=problems(404, 422))
def read_ahead(body: QuestionIn, services: Given, caller: Who) -> Response:
    """Have the model read what a question that is still being typed would be answered from.

    It does so only while nobody waits for an answer, and stops as soon as somebody asks. Nothing is told or kept.
    """
    question = _question(body, services, caller)
    if services.settings.read_ahead:
        services.runs.read_ahead(question)
    return Response(status_code=204)


@router.get("/runs/{run}/events", response_class=Response, responses={**EVENTS, **problems(404)})
def run_events(
    run: str,
    request: Request,
    services: Given,
    to: Readers,
    last_event_id: Annotated[int | None, Header(ge=0)] = None,
) -> EventSourceResponse:
    """The events of an answer from the first, or behind `Last-Event-ID`; then those still to come."""
    try:
        return run_stream(request, services, services.runs.get(run), to, last_event_id)
    except UnknownRun:
        turn = services.conversations.turn(run)
        if turn is None:
            raise
        return replay_stream(turn, to, last_event_id)


@router.post("/runs/{run}/stop", status_code=204, responses=problems(404))
def stop_run(run: str, services: Given) -> Response:
    """Stop an answer. What was written stays."""
    services.runs.stop(run)
    return Response(status_code=204)


@router.put("/runs/{run}/rating", status_code=204, responses=problems(404, 409, 422))
def rate_run(run: str, body: RatingIn, services: Given) -> Response:
    """Rate an answer. It is kept with the answer, for evaluation, and goes with it."""
    services.conversations.rate(run, body.rating)
    return Response(status_code=204)


@router.get("/suggestions", responses=problems(404, 422))
@suggesting
def first_suggestions(
    services: Given,
    caller: Who,
    bases: Annotated[list[Words] | None, Query(max_length=MOST_BASES, description="Without, all bases.")] = None,
    documents: Annotated[list[Words] | None, Query(max_length=MOST_DOCUMENTS)] = None,
    count: Annotated[int, Query(ge=1, le=20)] = 4,
) -> list[SuggestionOut]:
    """Questions to begin with, made of the headings of the documents, in their languages."""
    seen = bases or ([] if documents else [base.id for base in bases_for(services, caller)])
    if not seen and not documents:
        return []
    scope = _scope(seen, documents, services, caller)
    return suggestions_out(first_questions(services.library.catalog, scope, count))


@router.get("/runs/{run}/suggestions", responses=problems(404, 422))
@suggesting
def next_suggestions(run: str, services: Given, count: Annotated[int, Query(ge=1, le=20)] = 3) -> list[SuggestionOut]:
    """Questions that an answer leads to, made of the headings around its sources that it did not use."""
    turn = services.conversations.turn(run)
    if turn is None or turn.state != "done":
        return []
    return suggestions_out(next_questions(services.library.catalog, turn.question, places_of(turn), count))


def submit(body: AskIn, services: Services, caller: Caller, *, attended: bool = True) -> Run:
    """Queue a question of the caller. Raises as `checked_question` and `Runs.submit`, and for what is not there."""
    question = _question(body, services, caller)
    return services.runs.submit(question, body.conversation, user=caller.user_id, attended=attended)


def _question(body: QuestionIn, services: Services, caller: Caller) -> Question:
    """What the caller asks, behind the turns before it. Raises as `checked_question`, and for what is not there."""
    text = checked_question(body.question, services.settings.max_question_chars)
    scope = _scope(body.bases, body.documents, services, caller)
    history: tuple[Turn, ...] = ()
    if body.conversation:
        conversation_for(services, caller, body.conversation)
        history = services.conversations.history(body.conversation, caller.sees)
    return Question(text, scope, history)


def _scope(bases: Sequence[str], documents: Sequence[str] | None, services: Services, caller: Caller) -> Scope:
    """Resolve names to ids. Raises UnknownBase or UnknownDocument, also for what the caller may not see."""
    if documents:
        found = [document_for(services, caller, document) for document in dict.fromkeys(documents)]
    if bases or not documents:
        chosen = [base_for(services, caller, base).id for base in dict.fromkeys(bases or ["default"])]
    if not documents:
        return Scope(tuple(dict.fromkeys(chosen)))
    where = chosen if bases else [document.base_id for document in found]
    return Scope(tuple(dict.fromkeys(where)), tuple(document.id for document in found))
