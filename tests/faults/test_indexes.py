"""Vector indexes that are cut short or hold other bits than were written: a server makes them anew."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from ingest.store.index_file import read_index
from tests.support.killed import Seen, check_catalog, seen, site_in


def cut(dice: random.Random, data: bytes) -> bytes:
    return data[: dice.randrange(len(data))]


def flipped(dice: random.Random, data: bytes, bits: int = 1) -> bytes:
    """So many bits of it are others, anywhere."""
    changed = bytearray(data)
    for bit in dice.sample(range(8 * len(data)), bits):
        changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def rotten(dice: random.Random, data: bytes) -> bytes:
    """What follows the header is as a failing disk leaves it: a bit in fifty bytes is another, the form is right."""
    header = len(data) // 10
    return data[:header] + flipped(dice, data[header:], len(data) // 50)


@pytest.mark.slow
def test_damaged_index_files_change_nothing_that_is_found(
    tmp_path: Path,
    full: bool,
    files: dict[str, bytes],
    undisturbed: Seen,
    record: Callable[[Mapping[str, object]], None],
) -> None:
    done = {"cut": 0, "rotten": 0, "flipped": 0}
    with site_in(tmp_path / "site") as site:
        site.start()
        site.wait_listening()
        site.upload(files)
        site.wait_settled()
        assert seen(site) == undisturbed
        site.end()
        (index,) = (site.data / "index").glob("*.faiss")
        whole = index.read_bytes()
        for number in range(30 if full else 2):
            dice = random.Random(number)
            damage = (cut, rotten, flipped)[number % 3]
            damaged = damage(dice, whole)
            assert damaged != whole
            index.write_bytes(damaged)
            site.start()
            site.wait_listening()
            assert seen(site) == undisturbed, (number, damage)
            site.end()
            read_index(index)
            done[damage.__name__] += 1
        assert "Traceback" not in site.log()
        check_catalog(site.data / "catalog.db")
    record({"documents": len(files), "documents lost": 0} | done)
