"""What faults cost is told at the end of a run, and written to the file that FAULTS_OUT names."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

_FIGURES: dict[str, Mapping[str, object]] = {}


@pytest.fixture
def record(request: pytest.FixtureRequest) -> Callable[[Mapping[str, object]], None]:
    """Keeps the figures of a test."""

    def keep(figures: Mapping[str, object]) -> None:
        _FIGURES[request.node.name] = figures
        if target := os.environ.get("FAULTS_OUT"):
            Path(target).write_text(json.dumps(_FIGURES, indent=2) + "\n", encoding="utf-8")

    return keep


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for test, figures in _FIGURES.items():
        terminalreporter.write_line(f"{test}: " + ", ".join(f"{key} {value}" for key, value in figures.items()))
