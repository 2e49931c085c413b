"""A server killed at any moment of a move to another embedder ends up where one does that nobody disturbed."""

from __future__ import annotations

import random
import signal
import sqlite3
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from threading import Timer

import httpx
import pytest

from tests.support.killed import PATIENCE, Seen, Site, check_catalog, files_of, seen, site_in
from tests.support.mixed_files import mixed_files

# How long a passage takes to be embedded, and how long a server lives at most, once it moves: the move takes longer.
EMBED_SECONDS = "0.1"
SECONDS = 3.0
# The dimensions of the vectors of either embedder.
ONE, OTHER = 64, 128


def taken_in(site: Site, files: Mapping[str, bytes]) -> None:
    """By the embedder that is to be left."""
    site.variables["ZHIWEN_EMBEDDER"] = "one"
    site.start()
    site.wait_listening()
    for name, content in files.items():
        assert site.offer(name, content)[0] == 202
    site.wait_settled()
    site.end()
    site.variables["FAULT_EMBED_SECONDS"] = EMBED_SECONDS


def moving(site: Site) -> bool:
    return site.ask("GET", "/models")["runtime"]["moving"] is not None


def wait_moving(site: Site, wanted: int) -> None:
    """Until the move to vectors of so many dimensions is under way, or done already."""
    deadline = time.monotonic() + PATIENCE
    while not moving(site) and set(dimensions(site)) != {wanted}:
        assert time.monotonic() < deadline, site.log()
        time.sleep(0.01)


def live_until_killed(site: Site, wanted: int, seconds: float, names: set[str]) -> bool:
    """Whether that was in the middle of a move; every document is there until then.

    The time counts from the beginning of the move, for a slow machine takes long to get there.
    """
    site.start()
    site.wait_listening()
    wait_moving(site, wanted)
    timer = Timer(seconds, site.kill)
    timer.start()
    try:
        while True:
            found = {document["name"] for document in site.documents()}
            assert found == names
            assert site.ask("POST", "/search", json={"question": "灯塔是什么时候建成的？"})["hits"]
    except httpx.TransportError:
        assert site.wait_ended() == -signal.SIGKILL, site.log()
    timer.join()
    return len(dimensions(site)) == 2


def moved(site: Site) -> Seen:
    """What is to be seen once all documents have gone over to the other embedder."""
    site.variables["ZHIWEN_EMBEDDER"] = "other"
    site.start()
    site.wait_listening()
    deadline = time.monotonic() + 2 * PATIENCE
    # Before it has begun there is none either, but vectors of the former.
    while moving(site) or set(dimensions(site)) != {OTHER}:
        assert time.monotonic() < deadline, site.log()
        time.sleep(0.1)
    found = seen(site)
    site.end()
    assert site.processes() == []
    check_catalog(site.data / "catalog.db")
    return found


def dimensions(site: Site) -> dict[int, int]:
    """How many chunks have a vector of so many float16."""
    with closing(sqlite3.connect(f"file:{site.data / 'catalog.db'}?mode=ro", uri=True)) as connection:
        return dict(connection.execute("SELECT length(vector) / 2, count(*) FROM vectors GROUP BY 1").fetchall())


@pytest.mark.slow
def test_kills_in_a_move_to_another_embedder_lose_nothing(
    tmp_path: Path, full: bool, record: Callable[[Mapping[str, object]], None]
) -> None:
    draw, files, under_way = random.Random(31), mixed_files(), 0
    kills = 24 if full else 3
    with site_in(tmp_path / "undisturbed") as site:
        taken_in(site, files)
        names = set(files)
        wanted = moved(site)
        wanted_vectors, wanted_files = dimensions(site), files_of(site.data)
    with site_in(tmp_path / "killed") as site:
        taken_in(site, files)
        for number in range(kills):
            # Somebody changes their mind now and then: the move turns round where it is.
            embedder, wanted_dimensions = ("one", ONE) if number % 4 == 3 else ("other", OTHER)
            site.variables["ZHIWEN_EMBEDDER"] = embedder
            # One of three in each third of the time, so that a few are spread over it, too.
            seconds = SECONDS * (number % 3 + draw.random()) / 3
            under_way += live_until_killed(site, wanted_dimensions, seconds, names)
        found = moved(site)
        assert found == wanted
        assert dimensions(site) == wanted_vectors
        assert files_of(site.data) == wanted_files
        assert "Traceback" not in site.log()
    assert under_way >= kills / 4
    assert all(len(hits) > 3 for hits in wanted.hits.values())
    record({"kills": kills, "in the middle of a move": under_way, "documents": len(files), "documents lost": 0})
