"""Bases and documents of the scripted site, and the news of them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

from fastapi import FastAPI, Request, Response, UploadFile
from fastapi.responses import StreamingResponse

from tests.support.blanks import blank_base, blank_document, blank_page, report_of
from tests.support.scripted_content import page_png
from tests.support.scripted_state import Site, problem


def documents_of(
    site: Site,
    base: str,
    page: int,
    per_page: int,
    status: str | None,
    text: str = "",
    sort: str = "created_at",
    descending: bool = True,
) -> dict[str, Any]:
    found = [
        each
        for each in site.documents
        if each["base"] == base and text.lower() in each["name"].lower() and status in (None, "", each["status"])
    ]
    if sort != "created_at":
        found.sort(key=lambda each: each[sort], reverse=descending)
    return {
        "items": found[(page - 1) * per_page : page * per_page],
        "total": len(found),
        "page": page,
        "per_page": per_page,
    }


def base_routes(app: FastAPI, site: Site) -> None:
    @app.get("/api/v1/bases")
    def bases() -> Any:
        return [_counted(site, each) for each in site.bases]

    @app.post("/api/v1/bases", status_code=201)
    async def create(request: Request) -> Any:
        name = (await request.json())["name"]
        if any(each["name"] == name for each in site.bases):
            return problem(409, f"There is a base called {name} already.")
        base = blank_base(f"b{len(site.bases)}", name)
        site.bases.append(base)
        return base

    @app.post("/api/v1/bases/guide", status_code=202)
    def guide() -> Any:
        base = blank_base("guide", "Zhiwen guide", documents=2, chunks=24, originals=2, unread=2)
        site.bases.append(base)
        site.documents += [
            blank_document(f"guide-{n}", "guide", name, 5000)
            for n, name in enumerate(("知文指南.md", "Zhiwen guide.md"))
        ]
        return {"base": base, "documents": site.documents[-2:], "questions": []}

    @app.patch("/api/v1/bases/{base}")
    async def change(base: str, request: Request) -> Any:
        body = await request.json()
        site.sent.append(body)
        found = next(each for each in site.bases if each["id"] == base)
        found["settings"] |= body["settings"]
        found["outdated"] = 2 if found["settings"]["redact"] else 0
        return found

    @app.get("/api/v1/bases/{base}")
    def base(base: str) -> Any:
        return _counted(site, next(each for each in site.bases if each["id"] == base))

    # One after the other: what is deleted at once by several threads would be put back by another.
    @app.delete("/api/v1/bases/{base}")
    async def delete(base: str) -> Response:
        site.deleted += [each for each in site.bases if each["id"] == base]
        site.bases = [each for each in site.bases if each["id"] != base]
        return Response(status_code=204)

    @app.post("/api/v1/bases/{base}/restore")
    async def restore(base: str) -> Any:
        site.bases += [each for each in site.deleted if each["id"] == base]
        return next((each for each in site.bases if each["id"] == base), None) or problem(404, "There is no such base.")

    @app.post("/api/v1/bases/{base}/reread", status_code=202)
    def reread(base: str) -> Any:
        return {"queued": 1, "without_original": ["合同.pdf"]}

    @app.get("/api/v1/bases/{base}/documents")
    def documents(
        base: str,
        page: int = 1,
        per_page: int = 50,
        status: str | None = None,
        text: str = "",
        sort: str = "created_at",
        descending: bool = True,
    ) -> Any:
        if status == "":
            return problem(422, "status must not be empty")
        return documents_of(site, base, page, per_page, status, text, sort, descending)

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


def _counted(site: Site, base: dict[str, Any]) -> dict[str, Any]:
    inside = [each for each in site.documents if each["base"] == base["id"]]
    unread = sum(each["status"] in ("queued", "processing") for each in inside)
    return base | {"documents": len(inside), "unread": unread}


def document_routes(app: FastAPI, site: Site) -> None:
    prefix = "/api/v1/documents/{document_id}"

    @app.get("/api/v1/documents")
    def find(request: Request, text: str = "", status: str | None = None, page: int = 1, per_page: int = 50) -> Any:
        bases = request.query_params.getlist("bases")
        found = [documents_of(site, base, 1, 10_000, status, text, "name", False)["items"] for base in bases]
        named = [each for items in found for each in items]
        items = named[(page - 1) * per_page : page * per_page]
        return {"items": items, "total": len(named), "page": page, "per_page": per_page}

    @app.get(prefix)
    def one(document_id: str) -> Any:
        return site.document(document_id) or problem(404, "There is no such document.")

    @app.delete(prefix)
    async def delete(document_id: str) -> Response:
        if site.document(document_id) is None:
            return problem(404, "There is no such document.")
        site.deleted += [each for each in site.documents if each["id"] == document_id]
        site.documents = [each for each in site.documents if each["id"] != document_id]
        return Response(status_code=204)

    @app.post(prefix + "/restore")
    async def restore(document_id: str) -> Any:
        site.documents += [each for each in site.deleted if each["id"] == document_id]
        return site.document(document_id) or problem(404, "There is no such document.")

    @app.post(prefix + "/move")
    async def move(document_id: str, request: Request) -> Any:
        found = site.document(document_id)
        if found is None:
            return problem(404, "There is no such document.")
        if found["name"] in site.unmovable:
            return problem(409, f"The other base holds {found['name']} already.", "already-there")
        found["base"] = (await request.json())["base"]
        return found

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
        if document is None:
            return problem(404, "There is no such document.")
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

    @app.get("/api/v1/reading")
    def reading() -> Any:
        return {"paused": site.paused}

    @app.put("/api/v1/reading")
    async def set_reading(request: Request) -> Any:
        site.paused = (await request.json())["paused"]
        return {"paused": site.paused}

    @app.get("/api/v1/events")
    def events(request: Request) -> Response:
        return StreamingResponse(_news(site, request, len(site.news)), media_type="text/event-stream")


async def _news(site: Site, request: Request, at: int) -> AsyncIterator[str]:
    paused = site.paused
    yield ": listening\n\n"
    while not await request.is_disconnected() and not site.gate.is_set():
        if paused != site.paused:
            paused = site.paused
            yield sse("reading", {"paused": paused}, at)
        for document in site.news[at:]:
            yield sse("document", document, at)
            at += 1
        await asyncio.sleep(0.02)


def sse(name: str, data: dict[str, Any], number: int) -> str:
    return f"id: {number}\nevent: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"
