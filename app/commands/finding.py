"""What `zhiwen doctor` finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Finding:
    """One line of the report; `advice` says what to do about a warning or a problem."""

    level: Literal["ok", "repaired", "warning", "problem"]
    text: str
    advice: str = ""
