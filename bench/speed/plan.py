"""What a run is to measure, as the processes that measure it are told."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Plan:
    """How much is measured, over which documents, and where what is made for it lies.

    `round` is that of a child: each gets what it needs for one round. `full` is the long form.
    """

    data: Path
    work: Path
    questions: int = 20
    rounds: int = 3
    pages: int = 1000
    full: bool = False
    round: int = 0

    def as_json(self) -> str:
        return json.dumps(asdict(self), default=str)


def plan_from(text: str) -> Plan:
    """The plan that `as_json` wrote."""
    given = json.loads(text)
    return Plan(**{**given, "data": Path(given["data"]), "work": Path(given["work"])})
