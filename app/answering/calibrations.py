"""The calibrations of refusal, one for each embedder: what stands out is another matter for each of them.

The one in `refuse` is of the default embedder, and the best guess for others. Those that
`zhiwen eval calibrate` makes lie in the data folder, under the fingerprints of their embedders.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from app.answering.refuse import Calibration
from ingest.store.files import write_durably
from models.errors import Explained
from models.reasons import because, quoted

FILE = "calibrations.json"


class CalibrationsUnusable(Explained):
    """The file of the calibrations cannot be read."""

    code = "calibrations-unusable"
    template = "{path} cannot be used: {reason}. Delete it, and run zhiwen eval calibrate again if you had."


@dataclass(frozen=True)
class Calibrations:
    """The calibrations that were made on this machine, by the fingerprint of the embedder."""

    made: Mapping[str, Calibration] = field(default_factory=dict)

    def of(self, fingerprint: str) -> Calibration:
        """The calibration of an embedder: its own, or the one that Zhiwen comes with."""
        return self.made.get(fingerprint, Calibration())


def load_calibrations(folder: Path) -> Calibrations:
    """What lies in a data folder. Raises CalibrationsUnusable for a file that is no such thing."""
    path = folder / FILE
    try:
        given = json.loads(path.read_text("utf-8"))
        return Calibrations({str(fingerprint): _calibration(values) for fingerprint, values in given.items()})
    except FileNotFoundError:
        return Calibrations()
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise CalibrationsUnusable(path=path, reason=quoted(error)) from error


def save_calibration(folder: Path, fingerprint: str, calibration: Calibration) -> Path:
    """Add the calibration of an embedder to those of a data folder, in place of its last one.

    Raises DiskFull, CatalogUnusable.
    """
    made = {**load_calibrations(folder).made, fingerprint: calibration}
    path = folder / FILE
    write_durably(path, json.dumps({key: asdict(value) for key, value in made.items()}, indent=1).encode())
    return path


def _calibration(values: Mapping[str, Any]) -> Calibration:
    calibration = Calibration(**{name: float(value) for name, value in values.items()})
    if not all(math.isfinite(value) for value in asdict(calibration).values()):
        raise ValueError(because("no-number"))
    return calibration
