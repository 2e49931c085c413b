"""Whether waiting documents are read: for the whole installation, whose one worker reads those of all bases."""

from __future__ import annotations

from fastapi import APIRouter

from app.library_schemas import Reading
from app.routes.given import Given, problems

router = APIRouter(prefix="/api/v1/reading", tags=["documents"])


@router.get("")
def get_reading(services: Given) -> Reading:
    """Whether the reading of documents is paused."""
    return Reading(paused=services.library.pause.is_set())


@router.put("", responses=problems(422, 503, 507))
def set_reading(body: Reading, services: Given) -> Reading:
    """Pause the reading of documents, or let it go on. It stays as it is over a restart.

    The document that is being read goes back to the queue, with the pages that OCR has read. Files can be added
    meanwhile, and what was read is searched.
    """
    services.pause(body.paused)
    return Reading(paused=services.library.pause.is_set())
