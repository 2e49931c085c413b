"""Knowledge bases."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal

from fastapi import APIRouter, Query

from app import sample
from app.library_schemas import BaseChangeIn, BaseIn, BaseOut, GuideOut, RereadOut
from app.routes.access import Who, bases_for
from app.routes.given import Given, Readers, problems
from app.wire import base_out, document_out

router = APIRouter(prefix="/api/v1/bases", tags=["bases"])


@router.get("")
def list_bases(services: Given, caller: Who) -> list[BaseOut]:
    """Every knowledge base that the caller may see; `default` always exists."""
    return [base_out(base) for base in bases_for(services, caller)]


@router.post("", status_code=201, responses=problems(409, 422))
def create_base(body: BaseIn, services: Given) -> BaseOut:
    """Create a base. Names are unique."""
    return base_out(services.library.catalog.create_base(body.name))


@router.post("/guide", status_code=202, responses=problems(507))
def make_guide(services: Given, to: Readers) -> GuideOut:
    """Make the base to try Zhiwen with: a guide to it, in Chinese and in English. What is there already stays."""
    base, documents = sample.make(services.library, to.language)
    for document in documents:
        services.announce(document)
    return GuideOut(
        base=base_out(base),
        documents=[document_out(document, to) for document in documents],
        questions=list(sample.questions(to.language)),
    )


@router.get("/{base}", responses=problems(404))
def get_base(base: str, services: Given) -> BaseOut:
    """One base, by id or name."""
    return base_out(services.library.catalog.base(base))


@router.patch("/{base}", responses=problems(404, 409, 422))
def change_base(base: str, body: BaseChangeIn, services: Given) -> BaseOut:
    """Rename a base, or change what it does with its documents.

    `redact` holds for what is read from now on: `outdated` documents are read again by `reread`. Without
    `keep_originals` the files of documents that are read as they should be, and the pictures of their
    pages, are gone when this answers. `refusal` holds from the next question on.
    """
    library = services.library
    found = library.catalog.base(base)
    if body.name is not None:
        found = library.catalog.rename_base(found.id, body.name)
    if body.settings is not None:
        changes = body.settings.model_dump(exclude_none=True)
        found = library.configure(found.id, replace(found.settings, **changes))
    return base_out(found)


@router.post("/{base}/reread", status_code=202, responses=problems(404))
def reread_base(base: str, services: Given) -> RereadOut:
    """Read again what was read under the other setting of `redact`."""
    queued, without = services.library.read_outdated(base)
    for document in queued:
        services.announce(services.library.catalog.document(document))
    return RereadOut(queued=len(queued), without_original=[document.name for document in without])


@router.post("/{base}/retry", status_code=202, responses=problems(404))
def retry_base(base: str, services: Given) -> RereadOut:
    """Try every failed document of a base again."""
    queued, without = services.library.retry_failed(base)
    for document in queued:
        services.announce(services.library.catalog.document(document))
    return RereadOut(queued=len(queued), without_original=[document.name for document in without])


@router.delete("/{base}", status_code=204, responses=problems(404, 409))
def delete_base(
    base: str,
    services: Given,
    purge: Annotated[Literal["now"] | None, Query(description="`now` waits for nothing.")] = None,
) -> None:
    """Delete a base with everything in it. It is found no more when this answers, and gone for good ten seconds later.

    Until then it can be restored; its name is free for another base. With `purge=now` everything of it is gone when
    this answers, and so are the words of answers that came from it.
    """
    library = services.library
    services.let_go(library.delete_base(base) if purge == "now" else library.hide_base(base))


@router.post("/{base}/restore", responses=problems(404, 409))
def restore_base(base: str, services: Given) -> BaseOut:
    """Undo a deletion, within ten seconds of it. It is named by its id."""
    library = services.library
    base_id = library.catalog.base_id(base)
    for document in library.restore_base(base_id):
        services.announce(document)
    return base_out(library.catalog.base(base_id))
