"""What faults are tried on; what they cost is told at the end, and written to the file that FAULTS_OUT names."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.support.killed import Seen, seen, site_in
from tests.support.mixed_files import few_files

_KEPT = "figures"


@pytest.fixture
def record(request: pytest.FixtureRequest) -> Callable[[Mapping[str, object]], None]:
    """Keeps the figures of a test with its report, which is how they come from a process that runs a part of them."""

    def keep(figures: Mapping[str, object]) -> None:
        request.node.user_properties.append((_KEPT, dict(figures)))

    return keep


@pytest.fixture(scope="session")
def files() -> dict[str, bytes]:
    """A dozen files that come to faults."""
    return few_files()


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, files: dict[str, bytes]) -> Seen:
    """What a server that nobody disturbs makes of them."""
    with site_in(tmp_path_factory.mktemp("undisturbed") / "site") as site:
        site.start()
        site.wait_listening()
        site.upload(files)
        site.wait_settled()
        return seen(site)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [report for outcome in ("passed", "failed") for report in terminalreporter.getreports(outcome)]
    told = {
        report.nodeid.rpartition("::")[2]: figures
        for report in reports
        for name, figures in report.user_properties
        if name == _KEPT
    }
    for test, figures in told.items():
        terminalreporter.write_line(f"{test}: " + ", ".join(f"{key} {value}" for key, value in figures.items()))
    if told and (target := os.environ.get("FAULTS_OUT")):
        Path(target).write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
