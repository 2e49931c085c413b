"""People who look around: pages and what their scripts ask for, with a stream of news open all the while."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from typing import Any

import httpx

from bench.loading.browser import Browser
from bench.loading.record import Record

# Seconds between two visits of a person.
THINK = (1.0, 3.0)
_SEARCHES = ("仓库的湿度", "灯塔是什么时候建成的", "boxes of tea", "kites", "每几天检查一次", "record of the warehouse")
_BASE = "/api/v1/bases/default/documents"


async def read(address: str, record: Record, draw: random.Random) -> None:
    """One person, until cancelled."""
    async with Browser(address, record) as browser, asyncio.TaskGroup() as tasks:
        tasks.create_task(_listen(browser))
        reader = Reader(browser, draw)
        await asyncio.sleep(draw.uniform(0, THINK[1]))
        while True:
            await reader.visit()
            await asyncio.sleep(draw.uniform(*THINK))


async def _listen(browser: Browser) -> None:
    # As pages do: a stream that ended is opened again.
    while True:
        async with aclosing(browser.events("data", "GET", "/api/v1/events")) as events:
            async for _ in events:
                pass
        await asyncio.sleep(1.0)


class Reader:
    """What one person has in view."""

    def __init__(self, browser: Browser, draw: random.Random) -> None:
        self._browser = browser
        self._draw = draw
        self._documents: list[dict[str, Any]] = []
        self._conversations: list[str] = []

    async def visit(self) -> None:
        """Go to some page."""
        where: tuple[Callable[[], Awaitable[None]], ...] = (
            self._library,
            self._list,
            self._document,
            self._chat,
            self._conversation,
            self._search,
        )
        await self._draw.choice(where)()

    async def _library(self) -> None:
        await self._browser.get("page", "/library")

    async def _list(self) -> None:
        page = str(self._draw.choice((1, 1, 1, 2)))
        found = _answer(await self._browser.get("data", f"{_BASE}?page={{page}}", page=page))
        ready = [item for item in found["items"] if item["status"] == "ready"] if found else []
        # What was seen is not forgotten when a list shows only what is being read.
        self._documents = ready or self._documents

    async def _document(self) -> None:
        if not self._documents:
            await self._list()
            return
        document = self._draw.choice(self._documents)
        names = {"id": document["id"]}
        await self._browser.get("page", "/documents/{id}", **names)
        await self._browser.get("data", "/api/v1/documents/{id}", **names)
        async with asyncio.TaskGroup() as both:
            both.create_task(self._browser.get("data", "/api/v1/documents/{id}/report", **names))
            both.create_task(self._browser.get("data", "/api/v1/documents/{id}/chunks", **names))
        if document["pages"] and document["name"].endswith(".pdf"):
            await self._browser.get("picture", "/api/v1/documents/{id}/pages/1.png", **names)

    async def _chat(self) -> None:
        await self._browser.get("page", "/")
        await self._browser.get("data", "/healthz")
        found = _answer(await self._browser.get("data", "/api/v1/conversations"))
        self._conversations = [conversation["id"] for conversation in (found or [])[:50]]

    async def _conversation(self) -> None:
        if not self._conversations:
            await self._chat()
            return
        await self._browser.get("data", "/api/v1/conversations/{id}", id=self._draw.choice(self._conversations))

    async def _search(self) -> None:
        question = f"{self._draw.choice(_SEARCHES)} {self._draw.randrange(100)}"
        await self._browser.send("search", "POST", "/api/v1/search", json={"question": question})


def _answer(response: httpx.Response | None) -> Any:
    return response.json() if response is not None and response.is_success else None
