"""Backups that a browser, or a program, takes away."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse
from starlette.types import Message, Receive, Scope, Send

from app.backups import Backups
from app.bootstrap import Services
from app.errors import ForeignRequest
from app.routes.given import Given, problems
from app.settings_schemas import BackupOut, BackupsOut
from app.wire import moment

router = APIRouter(prefix="/api/v1/settings", tags=["settings"])
# The same as a page: what goes wrong is told to a person.
page_router = APIRouter(include_in_schema=False)
# A reader who takes nothing for so long has gone.
STALLED_SECONDS = 60.0
# By what a browser says of the page that asks: this server's own, or a person. Programs say nothing.
_OWN = (None, "none", "same-origin")


class Sent(FileResponse):
    """A backup on its way, which is deleted when it has arrived, or its reader is gone."""

    def __init__(self, backups: Backups, path: str, name: str, stalled: float = STALLED_SECONDS) -> None:
        # The next one is another file: what broke off cannot go on with it.
        super().__init__(path, media_type="application/zip", filename=name, headers={"Accept-Ranges": "none"})
        self._backups = backups
        self._stalled = stalled

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def paced(message: Message) -> None:
            async with asyncio.timeout(self._stalled):
                await send(message)

        whole = {**scope, "headers": [pair for pair in scope["headers"] if pair[0] != b"range"]}
        try:
            # The connection ends in the middle of the file, which tells the reader that it is not whole.
            with suppress(TimeoutError):
                await super().__call__(whole, receive, paced)
        finally:
            self._backups.done()


@router.get(
    "/backup",
    response_class=FileResponse,
    responses={200: {"description": "A ZIP file.", "content": {"application/zip": {}}}, **problems(409, 503, 507)},
)
def get_backup(request: Request, services: Given) -> FileResponse:
    """Bases, documents and conversations in one file, as `zhiwen backup` writes it. It is made first, which takes time.

    Not for pages of other sites, which could have the disk filled by it.
    """
    return _made(request, services)


@page_router.get("/settings/backup")
def download_backup(request: Request, services: Given) -> FileResponse:
    """The backup for a person, by a link."""
    return _made(request, services)


@router.get("/backup/last")
def last_backup(services: Given) -> BackupsOut:
    """Whether one is being made or sent, and what the last one since the start of the server holds."""
    last = services.backups.last
    return BackupsOut(
        busy=services.backups.busy,
        last=None
        if last is None
        else BackupOut(
            made_at=moment(last.at),
            documents=last.what.documents,
            originals=last.what.originals,
            size=last.what.size,
            lost=list(last.what.lost),
        ),
    )


def _made(request: Request, services: Services) -> Sent:
    if request.headers.get("sec-fetch-site") not in _OWN:
        raise ForeignRequest()
    path = services.backups.make()
    return Sent(services.backups, str(path), time.strftime("zhiwen-%Y-%m-%d.zip"))
