"""Settings of the installation that may be changed while it runs."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query

from app.bootstrap import Services
from app.routes.access import Who, bases_for
from app.routes.given import Given, problems
from app.settings import MOST_DAYS, fixed_by
from app.settings_schemas import (
    AnswerLengthOut,
    BaseStorageOut,
    ConversationDaysOut,
    DiskOut,
    OlderOut,
    SettingsIn,
    SettingsOut,
    StorageOut,
)
from ingest.store import documents

router = APIRouter(prefix="/api/v1/settings", tags=["settings"])


@router.get("")
def get_settings(services: Given) -> SettingsOut:
    """What holds now, and what the environment fixes."""
    return settings_out(services)


@router.patch("", responses=problems(409, 422, 503, 507))
def change_settings(body: SettingsIn, services: Given) -> SettingsOut:
    """Change settings, from the next question on and after a restart.

    With `conversation_days` what is older goes a day later, for good; until then that can be changed again.
    """
    services.preferences.choose(**body.model_dump(exclude_none=True))
    services.library.to_purge.set()
    return settings_out(services)


@router.get("/older", responses=problems(422))
def count_older(services: Given, days: Annotated[int, Query(ge=1, le=MOST_DAYS)]) -> OlderOut:
    """How many conversations would be deleted if they were kept for so many days."""
    return OlderOut(days=days, conversations=services.retention.older(days))


@router.get("/storage", responses=problems(503))
def get_storage(services: Given, caller: Who) -> StorageOut:
    """How much room everything takes, as it was a few seconds ago at most."""
    with services.library.catalog.read() as connection:
        sizes = documents.originals_size(connection)
    disk = DiskOut(folder=str(services.storage.data), **asdict(services.storage.disk())) if caller.is_owner else None
    return StorageOut(
        bases=[
            BaseStorageOut(
                id=base.id,
                name=base.name,
                documents=base.documents,
                chunks=base.chunks,
                originals=sizes.get(base.id, 0),
            )
            for base in bases_for(services, caller)
        ],
        disk=disk,
    )


def settings_out(services: Services) -> SettingsOut:
    """The settings as they are told."""
    chosen = services.preferences
    return SettingsOut(
        answer_length=AnswerLengthOut(value=chosen.answer_length, fixed_by=fixed_by("answer_length")),
        conversation_days=ConversationDaysOut(value=chosen.conversation_days, fixed_by=fixed_by("conversation_days")),
    )
