"""What the repair of a data folder tells of one thing that was wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Fault:
    """What was wrong. It is repaired, or cannot be ("problem"), or a person should look ("warning")."""

    level: Literal["repaired", "warning", "problem"]
    text: str

    @property
    def mended(self) -> bool:
        """Whether it is no more."""
        return self.level == "repaired"
