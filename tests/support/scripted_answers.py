"""Questions, answers by script, and conversations of the scripted site."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import StreamingResponse

from tests.support.scripted_content import MOMENT
from tests.support.scripted_library import sse
from tests.support.scripted_state import Run, Site, problem


def question_routes(app: FastAPI, site: Site) -> None:
    @app.post("/api/v1/ask")
    async def ask(request: Request) -> Response:
        body = await request.json()
        site.asked.append(body)
        if site.ask_problem:
            return problem(*site.ask_problem)
        conversation = body.get("conversation") or f"c{len(site.conversations)}"
        run = f"r{len(site.runs)}"
        begin = ("run", {"run": run, "conversation": conversation, "position": 0})
        site.runs[run] = Run([begin, *site.script], conversation, body["question"])
        _keep(site, run, conversation, body)
        return StreamingResponse(_play(site, site.runs[run], 0), media_type="text/event-stream")

    @app.post("/api/v1/read-ahead", status_code=204)
    async def read_ahead(request: Request) -> None:
        site.typed.append(await request.json())

    @app.get("/api/v1/runs/{run}/events")
    def resume(run: str, request: Request) -> Response:
        last = request.headers.get("last-event-id")
        start = 0 if last is None else int(last) + 1
        return StreamingResponse(_play(site, site.runs[run], start), media_type="text/event-stream")

    @app.get("/api/v1/suggestions")
    def first(request: Request) -> Any:
        documents = request.query_params.getlist("documents")
        return [each for each in site.first_questions if not documents or each["document"] in documents]

    @app.get("/api/v1/runs/{run}/suggestions")
    def following(run: str) -> Any:
        return site.next_questions

    @app.post("/api/v1/runs/{run}/stop")
    def stop(run: str) -> Response:
        site.runs[run].stopped = True
        return Response(status_code=204)


def _keep(site: Site, run: str, conversation: str, body: dict[str, Any]) -> None:
    kept = site.conversations.setdefault(
        conversation,
        {
            "id": conversation,
            "title": body["question"][:40],
            "bases": body["bases"],
            "updated_at": MOMENT,
            "turns": [],
        },
    )
    kept["turns"].append(
        {
            "id": run,
            "question": body["question"],
            "documents": body.get("documents", []),
            "state": "running",
            "created_at": MOMENT,
        }
    )


async def _play(site: Site, run: Run, start: int) -> AsyncIterator[str]:
    """Every reader goes through the script at its own pace; events are numbered without the pauses."""
    number = 0
    text = ""
    for name, data in run.script:
        if name == "hold":
            while not site.gate.is_set() and not run.stopped:
                await asyncio.sleep(0.01)
        elif name == "drop":
            if not run.dropped:
                run.dropped = True
                return
        elif run.stopped:
            break
        else:
            text += data.get("text", "")
            if number >= start:
                yield sse(name, data, number)
                await asyncio.sleep(0)
            number += 1
    if run.stopped:
        timings = {"load": 0, "retrieve": 0, "first_token": None, "total": 1}
        yield sse(
            "done",
            {"answer": text, "refused": False, "finish": "cancelled", "model": "scripted", "timings": timings},
            number,
        )


def conversation_routes(app: FastAPI, site: Site) -> None:
    @app.get("/api/v1/conversations")
    def conversations(offset: int = 0, limit: int | None = None) -> Any:
        return list(site.conversations.values())[offset:][:limit]

    @app.get("/api/v1/conversations/{conversation}")
    def one(conversation: str) -> Any:
        return site.conversations.get(conversation) or problem(404, "There is no such conversation.")

    @app.patch("/api/v1/conversations/{conversation}")
    async def rename(conversation: str, request: Request) -> Any:
        site.conversations[conversation]["title"] = (await request.json())["title"]
        return site.conversations[conversation]

    @app.delete("/api/v1/conversations/{conversation}")
    def delete(conversation: str) -> Response:
        if site.conversations.pop(conversation, None) is None:
            return problem(404, "There is no such conversation.")
        return Response(status_code=204)
