"""Everybody at once: what `python -m bench.load` does to a server, and what is there afterwards."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx

from bench.loading.askers import Asked, ask, burst
from bench.loading.browser import PATIENCE, Browser
from bench.loading.memory import Look, watch
from bench.loading.papers import Paper, papers, questions, stored
from bench.loading.readers import read
from bench.loading.record import Record
from bench.loading.server import Server
from bench.loading.trouble import never_read, vanish
from bench.loading.uploaders import PAUSE, Uploads, bring, settle, upload

# Of so many papers some are there before anybody comes; what is asked is about them.
_KNOWN = 20
# When more ask at once than may wait, as parts of the whole.
_BURSTS = (0.3, 0.7)
# How often the people's own event loop is looked at, in seconds.
_TICK = 0.05


class NotReady(Exception):
    """What should be there before anybody comes was not taken in; the text says why."""


@dataclass(frozen=True)
class Plan:
    """Who comes, and for how long. `documents` are there before, `queue_length` is what the server was told."""

    seconds: float = 300.0
    readers: int = 50
    uploaders: int = 20
    askers: int = 10
    burst: int = 40
    documents: int = 32
    queue_length: int = 16
    upload_pause: tuple[float, float] = PAUSE
    seed: int = 1


@dataclass
class Outcome:
    """What came of it. `lags` is how late the people's own event loop was: a part of every time that they saw."""

    plan: Plan
    record: Record = field(default_factory=Record)
    asked: list[Asked] = field(default_factory=list)
    uploads: Uploads = field(default_factory=Uploads)
    looks: list[Look] = field(default_factory=list)
    lags: list[float] = field(default_factory=list)
    unfinished: int = 0
    complaints: list[str] = field(default_factory=list)


async def crowd(server: Server, plan: Plan) -> Outcome:
    """Let everybody in for a while, wait until all is taken in and answered, and see what is there."""
    await _prepare(server, plan)
    supply = iter(papers(_KNOWN, round(plan.uploaders * plan.seconds / plan.upload_pause[0]) + plan.uploaders))
    outcome = Outcome(plan)
    async with asyncio.TaskGroup() as tasks:
        people = [tasks.create_task(person) for person in _people(server, plan, supply, outcome)]
        await asyncio.sleep(plan.seconds)
        for task in people:
            task.cancel()
    await settle(server.address, outcome.uploads)
    outcome.unfinished = await _unfinished(server)
    outcome.complaints = server.complaints()
    return outcome


async def _prepare(server: Server, plan: Plan) -> None:
    """Something to read and to ask about. Raises NotReady."""
    outcome = Outcome(plan)
    async with Browser(server.address, outcome.record) as browser:
        for name, content in [*papers(0, _KNOWN), *stored()][: plan.documents]:
            await upload(browser, outcome.record, outcome.uploads, name, content)
    await settle(server.address, outcome.uploads)
    if outcome.record.faults or outcome.uploads.lost():
        raise NotReady(f"{outcome.record.faults} {outcome.uploads.lost()}")


def _people(
    server: Server, plan: Plan, supply: Iterator[Paper], outcome: Outcome
) -> Iterator[Coroutine[Any, Any, None]]:
    seeds = iter(range(plan.seed, plan.seed + 1_000_000))
    address, record, asked = server.address, outcome.record, outcome.asked

    def draw() -> random.Random:
        return random.Random(next(seeds))  # noqa: S311  the same people every time

    def words() -> Iterator[str]:
        return questions(draw(), min(plan.documents, _KNOWN))

    yield watch(server.pid, record.now, outcome.looks)
    yield _late(outcome.lags)
    for _ in range(plan.readers):
        yield read(address, record, draw())
    for _ in range(plan.uploaders):
        yield bring(address, record, draw(), supply, outcome.uploads, plan.upload_pause)
    for _ in range(plan.askers):
        yield ask(address, record, draw(), words(), asked)
    for part in _BURSTS:
        yield burst(address, record, words(), plan.burst, plan.seconds * part, asked)
    yield never_read(address, words())
    yield vanish(address, draw(), words())


async def _late(lags: list[float]) -> None:
    while True:
        begin = time.monotonic()
        await asyncio.sleep(_TICK)
        lags.append(time.monotonic() - begin - _TICK)


async def _unfinished(server: Server) -> int:
    """How many answers never ended, though nobody wants them any more."""
    deadline = time.monotonic() + PATIENCE
    async with httpx.AsyncClient(base_url=server.address, timeout=PATIENCE, trust_env=False) as client:
        left = [conversation["id"] for conversation in await _json(client, "/api/v1/conversations")]
        while left:
            turns = [(await _json(client, f"/api/v1/conversations/{each}"))["turns"] for each in left]
            left = [
                each for each, told in zip(left, turns, strict=True) if any(turn["state"] == "running" for turn in told)
            ]
            if time.monotonic() > deadline:
                break
            await asyncio.sleep(0.5 if left else 0)
    return len(left)


async def _json(client: httpx.AsyncClient, path: str) -> Any:
    return (await client.get(path)).raise_for_status().json()
