"""Documents: upload, list, read, delete, and the images of their pages."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable
from threading import Event
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import FileResponse
from starlette.concurrency import run_in_threadpool

from app.audience import Audience
from app.bootstrap import Services
from app.library_schemas import (
    ChunkOut,
    DocumentOut,
    DocumentPageOut,
    MoveIn,
    PasswordIn,
    RefusedFileOut,
    ReportOut,
    UploadedOut,
    Words,
)
from app.routes.access import Who, base_for, bases_for, still_may
from app.routes.given import Given, Readers, problems
from app.routes.lanes import uploading
from app.routes.uploads import BODY, Kept, Received, Refused, keep
from app.schemas import MOST_BASES
from app.wire import chunk_out, document_out, page_out, problem, report_out
from ingest.document import Box, CleanDocument
from ingest.locate import locate
from ingest.page_view import check_password, draw_page
from ingest.store.records import Document

router = APIRouter(prefix="/api/v1", tags=["documents"])
# How soon it is noticed that a reader has turned the page, and the picture is not wanted any more.
LOOK_SECONDS = 0.5
_NUMBER = r"-?\d{1,6}(\.\d{1,6})?"
BOXES = rf"^({_NUMBER},{_NUMBER},{_NUMBER},{_NUMBER}(;|$))*$"
Sort = Literal["created_at", "name", "size", "status", "pages", "chunks", "updated_at"]
Status = Literal["queued", "processing", "ready", "failed", "needs_password"]


@router.post(
    "/bases/{base}/documents", status_code=202, responses=problems(404, 409, 413, 415, 422, 507), openapi_extra=BODY
)
@uploading
def upload(
    base: str, request: Request, services: Given, to: Readers, received: Received
) -> list[UploadedOut | RefusedFileOut]:
    """Take files in. What is answered with 202 is stored and will be indexed, whatever happens next.

    A refused file costs only itself; if every file is refused the answer is the first one's problem.
    """
    base_id = services.library.catalog.base(base).id
    still_may(request, services, "editor", base_id)
    kept = keep(received, base_id, services)
    refused = [each.error for each in kept if isinstance(each, Refused)]
    if len(refused) == len(kept):
        raise refused[0]
    return [_kept_out(each, to) for each in kept]


@router.get("/bases/{base}/documents", responses=problems(404, 422))
def list_documents(
    base: str,
    services: Given,
    to: Readers,
    page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
    per_page: Annotated[int, Query(ge=1, le=500)] = 50,
    sort: Sort = "created_at",
    descending: bool = True,
    status: Status | None = None,
    text: Annotated[str, Query(max_length=200, description="Part of the name.")] = "",
) -> DocumentPageOut:
    """A page of a base's documents."""
    catalog = services.library.catalog
    found = catalog.documents(
        catalog.base(base).id,
        page=page,
        per_page=per_page,
        sort=sort,
        descending=descending,
        status=status,
        text=text,
    )
    return page_out(found, to)


@router.get("/documents", responses=problems(404, 422))
def find_documents(
    services: Given,
    caller: Who,
    to: Readers,
    bases: Annotated[list[Words] | None, Query(max_length=MOST_BASES, description="Without, all bases.")] = None,
    text: Annotated[str, Query(max_length=200, description="Part of the name.")] = "",
    status: Status | None = None,
    page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
    per_page: Annotated[int, Query(ge=1, le=500)] = 50,
) -> DocumentPageOut:
    """A page of the documents of several bases by name; those whose names begin with `text` come first."""
    chosen = [base_for(services, caller, base) for base in bases or ()] or bases_for(services, caller)
    found = services.library.catalog.documents_named(
        [base.id for base in chosen], text, status=status, page=page, per_page=per_page
    )
    return page_out(found, to)


@router.get("/documents/{document}", responses=problems(404))
def get_document(document: str, services: Given, to: Readers) -> DocumentOut:
    """One document."""
    return document_out(services.library.catalog.document(document), to)


@router.delete("/documents/{document}", status_code=204, responses=problems(404))
def delete_document(
    document: str,
    services: Given,
    purge: Annotated[Literal["now"] | None, Query(description="`now` waits for nothing.")] = None,
) -> None:
    """Delete a document. It is found no more when this answers, and deleted for good ten seconds later.

    Until then it can be restored. With `purge=now` its text, index entries and original are gone when this answers,
    and so are the words of answers that came from it. While somebody reads the catalog just then, a backup for
    instance, parts of its file that nobody is shown any more are erased as soon as that ends.
    """
    if purge == "now":
        services.library.delete(document)
    else:
        services.library.hide(document)
    services.let_go([document])


@router.post("/documents/{document}/restore", responses=problems(404))
def restore_document(document: str, services: Given, to: Readers) -> DocumentOut:
    """Undo a deletion, within ten seconds of it."""
    services.library.restore(document)
    return _announced(document, services, to)


@router.post("/documents/{document}/move", responses=problems(404, 409, 422))
def move_document(document: str, body: MoveIn, services: Given, caller: Who, to: Readers) -> DocumentOut:
    """Put a document into another base, in which the caller may add documents, too.

    It follows that base's settings: what was read under another setting of `redact` is read again, if its file is kept;
    where no originals are kept its file, and the pictures of its pages, are gone when this answers. Who may not see the
    other base is shown nothing more of the document, nor of answers that were written from it.
    """
    base_id = base_for(services, caller, body.base, "editor").id
    services.library.move(document, base_id)
    # Answers in memory know nothing of the other base: from now on they are read from the catalog, which does.
    services.runs.forget(documents=[document])
    return _announced(document, services, to)


@router.post("/documents/{document}/retry", status_code=202, responses=problems(404))
def retry(document: str, services: Given, to: Readers) -> DocumentOut:
    """Try a failed document again."""
    services.library.retry(document)
    return _announced(document, services, to)


@router.post("/documents/{document}/password", status_code=202, responses=problems(404, 409, 422, 503))
def give_password(document: str, body: PasswordIn, services: Given, to: Readers) -> DocumentOut:
    """Open a protected document. A wrong password brings it back to `needs_password` with an error.

    For a document that was read before a restart it brings back the pictures of its pages.
    """
    found = services.library.catalog.document(document)
    if found.status == "ready" or (found.status == "failed" and not found.revision):
        # Nothing will read it again and find out: look whether it opens before it takes the place of a right one.
        check_password(services.library, services.drawer, found, body.password)
    services.library.give_password(document, body.password)
    return _announced(document, services, to)


@router.get("/documents/{document}/original", response_class=FileResponse, responses=problems(404, 410))
@router.head("/documents/{document}/original", include_in_schema=False)
def original(document: str, services: Given) -> FileResponse:
    """The file as it was uploaded, always as a download."""
    found = services.library.catalog.document(document)
    return FileResponse(
        services.library.original(document),
        filename=found.name,
        media_type="application/octet-stream",
        headers={"X-Content-Type-Options": "nosniff"},
    )


@router.get("/documents/{document}/chunks", responses=problems(404))
def chunks(document: str, services: Given) -> list[ChunkOut]:
    """The chunks of a document, in order, with the places of their lines."""
    catalog = services.library.catalog
    found = catalog.chunks(document)
    anchors = catalog.text(document).anchors if found else ()
    return [chunk_out(chunk, locate(anchors, chunk.start, chunk.end)) for chunk in found]


@router.get("/documents/{document}/report", responses=problems(404))
def report(document: str, services: Given, to: Readers) -> ReportOut:
    """How the document was read, as a whole and page by page."""
    catalog = services.library.catalog
    found = catalog.document(document)
    cleaned = catalog.text(document) if found.revision else CleanDocument("", (), ())
    return report_out(found, catalog.page_info(document), cleaned, to)


@router.get(
    "/documents/{document}/pages/{page}.png",
    response_class=Response,
    responses={200: {"content": {"image/png": {}}}, **problems(404, 410, 422, 503)},
)
@router.head("/documents/{document}/pages/{page}.png", include_in_schema=False)
async def page_image(
    document: str,
    page: int,
    request: Request,
    services: Given,
    boxes: Annotated[
        str,
        Query(
            description="Places to highlight: x0,y0,x1,y1;… in points.",
            pattern=BOXES,
            max_length=20_000,
        ),
    ] = "",
    scale: Annotated[float, Query(gt=0.1, le=4.0, description="1 is 72 dots an inch.")] = 1.5,
) -> Response:
    """The picture of a page, counted from 1, with places highlighted."""
    found = await run_in_threadpool(_kept, services, document)
    # The same bytes give the same picture: the browser asks, and is told that it has it.
    tag = hashlib.sha256(f"{found.sha256} {page} {scale} {boxes}".encode()).hexdigest()[:32]
    headers = {"Cache-Control": "private, no-cache", "ETag": f'"{tag}"'}
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    gone = Event()
    drawing = asyncio.ensure_future(
        run_in_threadpool(
            draw_page, services.library, services.drawer, found, page, boxes=list(_boxes(boxes)), scale=scale, gone=gone
        )
    )
    try:
        while not (await asyncio.wait({drawing}, timeout=LOOK_SECONDS))[0]:
            if services.closing.is_set() or await request.is_disconnected():
                gone.set()
    finally:
        gone.set()
    return Response(drawing.result(), media_type="image/png", headers=headers)


def _kept(services: Services, document: str) -> Document:
    """The document, if its original is kept. Raises as `Library.original` does."""
    services.library.original(document)
    return services.library.catalog.document(document)


def _kept_out(file: Kept | Refused, to: Audience) -> UploadedOut | RefusedFileOut:
    if isinstance(file, Refused):
        return RefusedFileOut(name=file.name, error=problem(file.error, to))
    return UploadedOut(**document_out(file.document, to).model_dump(), created=file.created)


def _boxes(text: str) -> Iterable[Box]:
    for part in filter(None, text.split(";")):
        x0, y0, x1, y1 = (float(number) for number in part.split(","))
        yield Box(x0, y0, x1, y1)


def _announced(document: str, services: Given, to: Readers) -> DocumentOut:
    found = services.library.catalog.document(document)
    services.announce(found)
    return document_out(found, to)
