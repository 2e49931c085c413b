"""People who bring documents: one file after the other, and afterwards each of them is looked for."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import httpx

from bench.loading.browser import PATIENCE, Browser
from bench.loading.papers import Paper
from bench.loading.record import Record

# Seconds between a person's files.
PAUSE = (5.0, 15.0)
_ENDED = {"ready", "failed", "needs_password"}
_ROUTE = "/api/v1/bases/default/documents"


@dataclass
class Uploads:
    """What was answered with 202, by id, and what became of it."""

    accepted: dict[str, str] = field(default_factory=dict)
    listed: dict[str, dict[str, object]] = field(default_factory=dict)
    settled_seconds: float = 0.0

    def names(self) -> list[str]:
        """What is in the list."""
        return [str(document["name"]) for document in self.listed.values()]

    def lost(self) -> list[str]:
        """Names of what was accepted and is not there, not under its name, or not ready."""
        return [
            name
            for document, name in self.accepted.items()
            if (found := self.listed.get(document)) is None or (found["name"], found["status"]) != (name, "ready")
        ]


async def bring(
    address: str,
    record: Record,
    draw: random.Random,
    supply: Iterator[Paper],
    uploads: Uploads,
    pause: tuple[float, float],
) -> None:
    """One person, until cancelled or nothing is left to bring."""
    async with Browser(address, record) as browser:
        await asyncio.sleep(draw.uniform(0, pause[1]))
        for name, content in supply:
            sending = asyncio.ensure_future(upload(browser, record, uploads, name, content))
            try:
                await asyncio.shield(sending)
            except asyncio.CancelledError:
                # Broken off in the middle nobody could say whether it was accepted.
                await sending
                raise
            await asyncio.sleep(draw.uniform(*pause))


async def upload(browser: Browser, record: Record, uploads: Uploads, name: str, content: bytes) -> None:
    """Send one file."""
    response = await browser.send("upload", "POST", _ROUTE, files={"files": (name, content)})
    if response is None or response.status_code != 202:
        record.fault(f"upload of {name}: {'broken' if response is None else response.text}")
        return
    (answer,) = response.json()
    if not answer.get("created"):
        record.fault(f"upload of {name}: {answer}")
        return
    uploads.accepted[answer["id"]] = name


async def settle(address: str, uploads: Uploads) -> None:
    """Wait until all documents are through, as long as it goes on, and note what the list says then."""
    begin = moved = time.monotonic()
    open_before = -1
    async with httpx.AsyncClient(base_url=address, timeout=PATIENCE, trust_env=False) as client:
        while True:
            uploads.listed = await _listed(client)
            now_open = sum(document["status"] not in _ENDED for document in uploads.listed.values())
            uploads.settled_seconds = time.monotonic() - begin
            if now_open != open_before:
                open_before, moved = now_open, time.monotonic()
            if not now_open or time.monotonic() - moved > PATIENCE:
                return
            await asyncio.sleep(0.5)


async def _listed(client: httpx.AsyncClient) -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = {}
    number = 1
    while True:
        query: Mapping[str, str | int | bool] = {"per_page": 500, "page": number, "descending": False}
        answer = (await client.get(_ROUTE, params=query)).raise_for_status().json()
        found |= {document["id"]: document for document in answer["items"]}
        if not answer["items"] or number * 500 >= answer["total"]:
            return found
        number += 1
