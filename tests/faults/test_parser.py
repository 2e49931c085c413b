"""Parsers that somebody kills - the system, when memory runs out - cost time, and no document."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.support.killed import PATIENCE, Seen, Site, seen, site_in


def kill_every_second_parser(site: Site) -> int:
    """Kill parsers, of whatever document, until all are settled; gives how many."""
    killed = 0
    known: set[int] = set()
    deadline = time.monotonic() + PATIENCE
    while not site.settled():
        assert time.monotonic() < deadline, site.log()
        site.hurry()
        for child in psutil.Process(site.pid).children():
            if child.pid not in known:
                known.add(child.pid)
                with suppress(psutil.NoSuchProcess):  # it was done just now
                    if len(known) % 2:
                        child.kill()
                        killed += 1
    return killed


@pytest.mark.slow
def test_every_document_survives_that_its_parser_is_killed(
    tmp_path: Path, files: dict[str, bytes], undisturbed: Seen, record: Callable[[Mapping[str, object]], None]
) -> None:
    with site_in(tmp_path / "site") as site:
        site.start()
        site.wait_listening()
        site.upload(files)
        killed = kill_every_second_parser(site)
        assert seen(site) == undisturbed
        site.end()
    assert killed > len(files) / 2, "the first few may be read while the rest comes in"
    assert "Traceback" not in site.log()
    record({"parsers killed": killed, "documents": len(files), "documents lost": 0})
