"""People who ask: one question after the other, read to the end, stopped, or left alone."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from contextlib import ExitStack, aclosing
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Literal

import httpx

from bench.loading.browser import Browser
from bench.loading.record import Record

End = Literal["done", "refused", "stopped", "left", "failed", "cut off", "turned away"]
Meant = tuple[Literal["read", "stop", "leave"], Literal["waiting", "writing", "the end"]]
# What a person means to do, and when: of twenty questions so many are stopped in the queue or in the middle, or left.
_READ: Meant = ("read", "the end")
_STOP: tuple[Meant, ...] = (("stop", "waiting"), ("stop", "writing"), ("stop", "writing"))
_LEAVE: tuple[Meant, ...] = (("leave", "waiting"), ("leave", "writing"))
_MEANT = (_READ,) * 15 + _STOP + _LEAVE
_MOMENTS = {"run": "waiting", "queued": "waiting", "token": "writing"}
# Questions in a conversation before a new one is begun.
_TURNS = 3
_PAUSE = (0.5, 2.0)


@dataclass
class Asked:
    """One question, as who asked it saw it. Times are seconds since it was sent."""

    end: End = "cut off"
    run: str = ""
    conversation: str | None = None
    positions: list[int] = field(default_factory=list)
    begun: bool = False
    refused: bool = False
    first_token: float | None = None
    seconds: float = 0.0
    stopped_after: float | None = None
    retry_after: str = ""

    def hear(self, name: str, data: dict[str, Any]) -> None:
        """Take note of an event."""
        match name:
            case "run":
                self.run, self.conversation = data["run"], data["conversation"]
                self.positions.append(data["position"])
            case "queued":
                self.positions.append(data["position"])
            case "stage":
                self.begun = True
            case "refused":
                self.refused = True
            case "done" if data["finish"] == "cancelled":
                self.end = "stopped"
            case "done":
                self.end = "refused" if self.refused else "done"
            case "failed":
                self.end = "failed"

    @property
    def told_when(self) -> bool:
        """Whether it was said in how many seconds to come back."""
        return self.retry_after.isdecimal() and int(self.retry_after) > 0

    def honest(self, queue_length: int) -> bool:
        """Whether the queue was told truly: within its bound, one step at a time, and at its head before the start."""
        told = self.positions
        if not told:
            return self.end == "turned away" or not self.run
        steps = all(before - after == 1 for before, after in pairwise(told))
        return told[0] <= queue_length and steps and told[-1] >= 0 and (not self.begun or told[-1] == 0)


async def ask(
    address: str,
    record: Record,
    draw: random.Random,
    questions: Iterator[str],
    asked: list[Asked],
) -> None:
    """One person, until cancelled."""
    async with Browser(address, record) as browser:
        while True:
            conversation = None
            for _ in range(_TURNS):
                one = Asked(conversation=conversation)
                asked.append(one)
                await put(browser, record, one, next(questions), draw.choice(_MEANT))
                conversation = one.conversation
                # Who was turned away comes back sooner than told: the model is to stay busy.
                await asyncio.sleep(draw.uniform(*_PAUSE))


async def burst(
    address: str, record: Record, questions: Iterator[str], count: int, after: float, asked: list[Asked]
) -> None:
    """So many at the same moment, some seconds from now, more than may wait; who is let in stops at once."""

    async def one() -> None:
        mine = Asked()
        asked.append(mine)
        async with Browser(address, record) as browser:
            await put(browser, record, mine, next(questions), ("stop", "waiting"))

    await asyncio.sleep(after)
    async with asyncio.TaskGroup() as tasks:
        for _ in range(count):
            tasks.create_task(one())


async def put(browser: Browser, record: Record, asked: Asked, question: str, meant: Meant) -> None:
    """Ask one question and go on as is meant; when cancelled the answer is stopped."""
    begin = record.now()
    body = {"question": question, "conversation": asked.conversation, "stream": True}
    try:
        await _follow(browser, record, asked, body, meant)
    except httpx.HTTPStatusError as error:
        asked.retry_after = error.response.headers.get("retry-after", "")
        asked.end = "turned away" if error.response.status_code == 429 else "failed"
        if asked.end == "failed":
            record.fault(f"a question was answered with {error.response.status_code}")
    except asyncio.CancelledError:
        await _stop(browser, asked)
        raise
    finally:
        asked.seconds = record.now() - begin


async def _follow(browser: Browser, record: Record, asked: Asked, body: dict[str, Any], meant: Meant) -> None:
    begin, stopped = record.now(), None
    with ExitStack() as writing:
        async with aclosing(browser.events("question", "POST", "/api/v1/ask", json=body)) as events:
            async for name, data in events:
                asked.hear(name, data)
                if (name, data.get("stage")) == ("stage", "write"):
                    writing.enter_context(record.an_answer())
                if name == "token" and asked.first_token is None:
                    asked.first_token = record.now() - begin
                if asked.end == "failed":
                    record.fault(f"an answer failed: {data['problem']}")
                if asked.end != "cut off":
                    asked.stopped_after = None if stopped is None else record.now() - stopped
                    return
                moment = _MOMENTS.get(name)
                if meant == ("leave", moment):
                    asked.end = "left"
                    return
                if meant == ("stop", moment) and stopped is None:
                    stopped = record.now()
                    await _stop(browser, asked)
    record.fault("an answer ended without a last event")


async def _stop(browser: Browser, asked: Asked) -> None:
    if asked.run:
        await browser.send("stop", "POST", "/api/v1/runs/{run}/stop", {"run": asked.run})
