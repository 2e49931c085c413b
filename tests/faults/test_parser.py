"""Parsers that somebody kills - the system, when memory runs out - cost time, and no document."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.support.killed import PATIENCE, Seen, Site, seen, site_in


def kill_first_parsers(site: Site) -> set[str]:
    """Kill the first parser of every document; gives the names of those that had one."""
    killed: set[str] = set()
    spared: set[int] = set()
    deadline = time.monotonic() + PATIENCE
    while not site.settled():
        assert time.monotonic() < deadline, site.log()
        site.hurry()
        for child in psutil.Process(site.pid).children():
            if child.pid in spared:
                continue
            with suppress(psutil.NoSuchProcess):  # it was done just now
                child.suspend()
                (name,) = (document["name"] for document in site.documents() if document["status"] == "processing")
                if name in killed:
                    spared.add(child.pid)
                    child.resume()
                else:
                    killed.add(name)
                    child.kill()
    return killed


@pytest.mark.slow
def test_every_document_survives_that_its_parser_is_killed(
    tmp_path: Path, files: dict[str, bytes], undisturbed: Seen, record: Callable[[Mapping[str, object]], None]
) -> None:
    with site_in(tmp_path / "site") as site:
        site.start()
        site.wait_listening()
        site.upload(files)
        killed = kill_first_parsers(site)
        assert seen(site) == undisturbed
        site.end()
    assert len(killed) > len(files) / 2, "the first few may be read while the rest comes in"
    assert "Traceback" not in site.log()
    record({"parsers killed": len(killed), "documents": len(files), "documents lost": 0})
