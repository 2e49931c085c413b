"""The library without scripts: files sent as a form, documents read page by page, and what is done with one."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import RedirectResponse, Response

from app.errors import status_of
from app.i18n import explain
from app.library_schemas import PasswordIn, Words
from app.plain_text import plain_page
from app.routes import documents
from app.routes.access import Who, still_may
from app.routes.given import Given, Readers
from app.routes.lanes import uploading
from app.routes.pages import page_route, render, waits_for_models
from app.routes.uploads import Kept, Received, Refused, keep
from app.wire import document_out
from ingest.document import CleanDocument

router = APIRouter(include_in_schema=False)


@router.post("/library/{base}")
@uploading
def upload(base: str, request: Request, services: Given, to: Readers, received: Received) -> Response:
    """Take files in, and go back to the library; unless there is something to say of one of them."""
    found = services.library.catalog.base(base)
    still_may(request, services, "editor", found.id)
    kept = keep(received, found.id, services)
    back = _library(found.id)
    if all(isinstance(each, Kept) and each.created for each in kept):
        return RedirectResponse(back, status_code=303)
    refused = [each.error for each in kept if isinstance(each, Refused)]
    files = [(each, explain(each.error, to) if isinstance(each, Refused) else "") for each in kept]
    status = status_of(refused[0]) if len(refused) == len(kept) else 200
    return render(request, "sent", status_code=status, files=files, back=back, here=back)


@page_route(router, "/documents/{document}/text")
def text(
    request: Request,
    services: Given,
    caller: Who,
    to: Readers,
    document: str,
    page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
    chunk: str = "",
) -> Response:
    """The text of a document, a page at a time, beside the picture of the page; or the part with a chunk in it."""
    catalog = services.library.catalog
    found = catalog.document(document)
    cleaned = catalog.text(document) if found.revision else CleanDocument("", (), ())
    led = catalog.chunk(document, chunk) if chunk else None
    return render(
        request,
        "text",
        role=caller.role(found.base_id),
        document=document_out(found, to),
        added=found.created_at,
        waits=waits_for_models(found),
        base=catalog.base(found.base_id),
        shown=plain_page(cleaned, found.pages, page, led.start if led else None),
    )


@router.post("/documents/{document}/retry")
def retry(document: str, services: Given, to: Readers) -> Response:
    """Try a failed document again."""
    documents.retry(document, services, to)
    return RedirectResponse(_text(document), status_code=303)


@router.post("/documents/{document}/password")
def give_password(
    document: str, services: Given, to: Readers, password: Annotated[Words, Form(min_length=1, max_length=1000)]
) -> Response:
    """Open a protected document."""
    documents.give_password(document, PasswordIn(password=password), services, to)
    return RedirectResponse(_text(document), status_code=303)


@router.post("/documents/{document}/delete")
def delete(document: str, services: Given) -> Response:
    """Delete a document. Whoever sent this said so twice."""
    back = _library(services.library.catalog.document(document).base_id)
    documents.delete_document(document, services)
    return RedirectResponse(back, status_code=303)


def _library(base: str) -> str:
    return f"/library?{urlencode({'base': base})}"


def _text(document: str) -> str:
    return f"/documents/{quote(document, safe='')}/text"
