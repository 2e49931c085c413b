"""The web pages over a REST API that answers what a test wrote for it: no models, no data folder.

A question is answered by a script of (event, data) pairs. `HOLD` waits until the test opens
`gate`; `DROP` ends the connection without a word, once.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from fastapi import Depends, FastAPI, Request, Response, UploadFile
from fastapi.responses import JSONResponse, StreamingResponse

from app.routes import pages
from app.routes.access import admit
from app.routes.assets import STATIC, Assets
from app.server import explain_errors
from ingest.store.errors import UnknownBase, UnknownDocument
from tests.support.blanks import blank_base, blank_document, blank_page, report_of
from tests.support.live import listening
from tests.support.scripted_content import TIME, page_png

HOLD = ("hold", {})
DROP = ("drop", {})
Script = list[tuple[str, dict[str, Any]]]


@dataclass
class Run:
    script: Script
    conversation: str
    question: str
    stopped: bool = False
    dropped: bool = False


@dataclass
class Site:
    """What the pages see. Tests change it between two clicks."""

    bases: list[dict[str, Any]] = field(default_factory=list)
    documents: list[dict[str, Any]] = field(default_factory=list)
    deleted: list[dict[str, Any]] = field(default_factory=list)
    chunks: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    pages: dict[str, dict[int, dict[str, Any]]] = field(default_factory=dict)
    passwords: dict[str, str] = field(default_factory=dict)
    locked: set[str] = field(default_factory=set)
    sent: list[dict[str, Any]] = field(default_factory=list)
    conversations: dict[str, dict[str, Any]] = field(default_factory=dict)
    models: dict[str, Any] = field(default_factory=dict)
    health: dict[str, Any] = field(default_factory=dict)
    script: Script = field(default_factory=list)
    ask_problem: tuple[int, str] | None = None
    gate: threading.Event = field(default_factory=threading.Event)
    runs: dict[str, Run] = field(default_factory=dict)
    asked: list[dict[str, Any]] = field(default_factory=list)
    calls: list[tuple[str, str]] = field(default_factory=list)
    news: list[dict[str, Any]] = field(default_factory=list)
    refuse_uploads: dict[str, str] = field(default_factory=dict)

    def document(self, document_id: str) -> dict[str, Any] | None:
        return next((each for each in self.documents if each["id"] == document_id), None)

    def announce(self, document_id: str, **changes: Any) -> None:
        """Change a document and tell the pages that listen."""
        document = self.document(document_id)
        assert document is not None
        document.update(changes)
        self.news.append(dict(document))


def problem(status: int, detail: str, code: str = "scripted") -> JSONResponse:
    body = {"type": f"/problems/{code}", "title": code, "status": status, "detail": detail}
    return JSONResponse(body, status_code=status, media_type="application/problem+json")


def build(site: Site) -> FastAPI:
    app = FastAPI()
    app.state.services = SimpleNamespace(
        library=SimpleNamespace(catalog=_Catalog(site)),
        settings=SimpleNamespace(source_url="/source.zip", llm="scripted", llm_url=""),
        conversations=SimpleNamespace(of_user=lambda _: [_record(each) for each in site.conversations.values()]),
        accounts=SimpleNamespace(needed=False),
    )
    explain_errors(app)
    app.include_router(pages.router, dependencies=[Depends(admit)])
    app.mount("/static", Assets(directory=STATIC))
    for add in (_bases, _documents, _questions, _conversations, _models):
        add(app, site)

    @app.middleware("http")
    async def remember(request: Request, call_next: Any) -> Response:
        if request.url.path.startswith("/api/"):
            site.calls.append((request.method, request.url.path))
        response: Response = await call_next(request)
        response.headers["Content-Security-Policy"] = "default-src 'self'"
        return response

    return app


@contextmanager
def serving(site: Site) -> Iterator[str]:
    """Serve the site; yields its address."""
    with listening(build(site)) as address:
        try:
            yield address
        finally:
            site.gate.set()


class _Catalog:
    def __init__(self, site: Site) -> None:
        self._site = site

    def bases(self) -> list[Any]:
        return [_record(each) for each in self._site.bases]

    def base(self, name: str) -> Any:
        for each in self._site.bases:
            if name in (each["id"], each["name"]):
                return _record(each)
        raise UnknownBase(name=name)

    def document(self, document_id: str) -> Any:
        found = self._site.document(document_id)
        if found is None:
            raise UnknownDocument(id=document_id)
        return _record(found)

    def documents(self, base_id: str, **query: Any) -> Any:
        return SimpleNamespace(
            **{
                **_list(self._site, base_id, **query),
                "items": [_record(each) for each in _list(self._site, base_id, **query)["items"]],
            }
        )


def _record(values: dict[str, Any]) -> Any:
    return SimpleNamespace(**{**values, "created_at": TIME, "base_id": values.get("base"), "user": None})


def _list(site: Site, base: str, page: int, per_page: int, status: str | None, text: str, **_: Any) -> dict[str, Any]:
    found = [
        each
        for each in site.documents
        if each["base"] == base and text.lower() in each["name"].lower() and status in (None, "", each["status"])
    ]
    return {
        "items": found[(page - 1) * per_page : page * per_page],
        "total": len(found),
        "page": page,
        "per_page": per_page,
    }


def _bases(app: FastAPI, site: Site) -> None:
    @app.get("/api/v1/bases")
    def bases() -> Any:
        return site.bases

    @app.post("/api/v1/bases", status_code=201)
    async def create(request: Request) -> Any:
        name = (await request.json())["name"]
        if any(each["name"] == name for each in site.bases):
            return problem(409, f"There is a base called {name} already.")
        base = blank_base(f"b{len(site.bases)}", name)
        site.bases.append(base)
        return base

    @app.patch("/api/v1/bases/{base}")
    async def change(base: str, request: Request) -> Any:
        body = await request.json()
        site.sent.append(body)
        found = next(each for each in site.bases if each["id"] == base)
        found["settings"] = body["settings"]
        found["outdated"] = 2 if body["settings"]["redact"] else 0
        return found

    @app.post("/api/v1/bases/{base}/reread", status_code=202)
    def reread(base: str) -> Any:
        return {"queued": 1, "without_original": ["合同.pdf"]}

    @app.get("/api/v1/bases/{base}/documents")
    def documents(base: str, page: int = 1, per_page: int = 50, status: str | None = None, text: str = "") -> Any:
        if status == "":
            return problem(422, "status must not be empty")
        return _list(site, base, page, per_page, status, text)

    @app.post("/api/v1/bases/{base}/documents", status_code=202)
    async def upload(base: str, files: list[UploadFile]) -> Any:
        name = files[0].filename or ""
        if name in site.refuse_uploads:
            return problem(415, site.refuse_uploads[name])
        known = next((each for each in site.documents if each["name"] == name), None)
        if known:
            return [{**known, "created": False}]
        content = await files[0].read()
        document = blank_document(f"new-{len(site.documents)}", base, name, len(content))
        site.documents.insert(0, document)
        return [{**document, "created": True}]


def _documents(app: FastAPI, site: Site) -> None:
    prefix = "/api/v1/documents/{document_id}"

    @app.get(prefix)
    def one(document_id: str) -> Any:
        return site.document(document_id) or problem(404, "There is no such document.")

    @app.delete(prefix)
    def delete(document_id: str) -> Response:
        site.deleted += [each for each in site.documents if each["id"] == document_id]
        site.documents = [each for each in site.documents if each["id"] != document_id]
        return Response(status_code=204)

    @app.post(prefix + "/restore")
    def restore(document_id: str) -> Any:
        site.documents += [each for each in site.deleted if each["id"] == document_id]
        return site.document(document_id) or problem(404, "There is no such document.")

    @app.post(prefix + "/password", status_code=202)
    async def password(document_id: str, request: Request) -> Any:
        given = (await request.json())["password"]
        if given != site.passwords.get(document_id, given):
            return problem(422, "The password does not open it.", "password-wrong")
        site.locked.discard(document_id)
        return again(document_id) if document_id not in site.pages else site.document(document_id)

    @app.post(prefix + "/retry", status_code=202)
    def again(document_id: str) -> Any:
        document = site.document(document_id)
        assert document is not None
        document.update(status="queued", stage="queued", error=None, attempts=0, next_try=None)
        return document

    @app.get(prefix + "/chunks")
    def chunks(document_id: str) -> Any:
        return site.chunks.get(document_id, [])

    @app.get(prefix + "/report")
    def report(document_id: str) -> Any:
        document = site.document(document_id)
        if document is None:
            return problem(404, "There is no such document.")
        special = site.pages.get(document_id, {})
        pages = [blank_page(n, **special.get(n, {})) for n in range(1, document["pages"] + 1)]
        return report_of(pages, [] if pages else site.chunks.get(document_id, []), document["warnings"])

    @app.get(prefix + "/pages/{page}.png")
    def image(document_id: str, page: int, boxes: str = "", scale: float = 1.5) -> Response:
        if site.document(document_id) is None:
            return problem(404, "There is no such document.")
        if document_id in site.locked:
            return problem(422, "It is protected. Give its password to read it.", "password-needed")
        return Response(page_png(page, boxes, scale), media_type="image/png")

    @app.get("/api/v1/events")
    def events(request: Request) -> Response:
        return StreamingResponse(_news(site, request, len(site.news)), media_type="text/event-stream")


async def _news(site: Site, request: Request, at: int) -> AsyncIterator[str]:
    yield ": listening\n\n"
    while not await request.is_disconnected() and not site.gate.is_set():
        for document in site.news[at:]:
            yield _sse("document", document, at)
            at += 1
        await asyncio.sleep(0.02)


def _sse(name: str, data: dict[str, Any], number: int) -> str:
    return f"id: {number}\nevent: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"


def _questions(app: FastAPI, site: Site) -> None:
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

    @app.get("/api/v1/runs/{run}/events")
    def resume(run: str, request: Request) -> Response:
        last = request.headers.get("last-event-id")
        start = 0 if last is None else int(last) + 1
        return StreamingResponse(_play(site, site.runs[run], start), media_type="text/event-stream")

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
            "updated_at": "2026-03-04T05:06:07Z",
            "turns": [],
        },
    )
    kept["turns"].append(
        {"id": run, "question": body["question"], "state": "running", "created_at": "2026-03-04T05:06:07Z"}
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
                yield _sse(name, data, number)
                await asyncio.sleep(0)
            number += 1
    if run.stopped:
        timings = {"load": 0, "retrieve": 0, "first_token": None, "total": 1}
        yield _sse(
            "done",
            {"answer": text, "refused": False, "finish": "cancelled", "model": "scripted", "timings": timings},
            number,
        )


def _conversations(app: FastAPI, site: Site) -> None:
    @app.get("/api/v1/conversations")
    def conversations() -> Any:
        return list(site.conversations.values())

    @app.get("/api/v1/conversations/{conversation}")
    def one(conversation: str) -> Any:
        return site.conversations.get(conversation) or problem(404, "There is no such conversation.")

    @app.patch("/api/v1/conversations/{conversation}")
    async def rename(conversation: str, request: Request) -> Any:
        site.conversations[conversation]["title"] = (await request.json())["title"]
        return site.conversations[conversation]

    @app.delete("/api/v1/conversations/{conversation}")
    def delete(conversation: str) -> Response:
        del site.conversations[conversation]
        return Response(status_code=204)


def _models(app: FastAPI, site: Site) -> None:
    @app.get("/healthz")
    def health() -> Any:
        return site.health

    @app.get("/api/v1/models")
    def models() -> Any:
        return site.models

    @app.post("/api/v1/models/{name}/pull", status_code=202)
    def pull(name: str) -> Response:
        model = next(each for each in site.models["models"] if each["name"] == name)
        model["pulling"] = {"done": model["size"] // 3, "total": model["size"]}
        return Response(status_code=202)
