"""A server killed at any moment of taking forty documents in ends up where one that nobody disturbed does."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

import pytest

from tests.support.killed import Kill, Ordeal, Seen, check_catalog, files_of, seen, site_in
from tests.support.mixed_files import mixed_files

# Long enough for two or three of the documents, once the server listens.
SECONDS = 3.0


def through(folder: Path, files: Mapping[str, bytes], kills: list[Kill], draw: random.Random) -> tuple[Ordeal, Seen]:
    with site_in(folder) as site:
        ordeal = Ordeal(site, files, kills)
        ordeal.run(lambda waiting: draw.randint(1, min(3, waiting)))
        found = seen(site)
        site.end()
        assert site.processes() == []
    return ordeal, found


@pytest.mark.slow
def test_kills_at_any_moment_lose_nothing(
    tmp_path: Path, full: bool, record: Callable[[Mapping[str, object]], None]
) -> None:
    draw, files = random.Random(20), mixed_files()
    assert len(files) == 40
    # Every fifth kill comes while the server starts.
    kills = [Kill(draw.uniform(0, SECONDS), starting=number % 5 == 4) for number in range(100 if full else 6)]
    with ThreadPoolExecutor(1) as beside:
        undisturbed = beside.submit(through, tmp_path / "undisturbed", files, [], random.Random(21))
        ordeal, found = through(tmp_path / "killed", files, kills, draw)
        _, wanted = undisturbed.result()
    record(asdict(ordeal.figures))
    assert ordeal.figures.kills == len(kills)
    assert (ordeal.figures.documents_lost, ordeal.figures.duplicates) == (0, 0)
    assert found == wanted
    assert {document["status"] for document in wanted.documents.values()} == {"ready", "failed", "needs_password"}
    assert all(len(hits) > 3 for hits in wanted.hits.values())
    assert files_of(tmp_path / "killed" / "data") == files_of(tmp_path / "undisturbed" / "data")
    check_catalog(tmp_path / "killed" / "data" / "catalog.db")
