"""What was measured on this machine, kept in the data folder: `tuning.json`, a few numbers under each name.

It is no part of a backup: another machine measures for itself.
"""

from __future__ import annotations

import json
import logging
from pathlib import Path
from threading import Lock
from typing import Any

from ingest.errors import DiskFull
from ingest.store.errors import CatalogUnusable
from ingest.store.files import make_folder, write_durably

log = logging.getLogger(__name__)


class Tuning:
    """A `models.memo.Memo` in a file. Safe to use from several threads of one process."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / "tuning.json"
        self._lock = Lock()

    def read(self, key: str) -> dict[str, Any] | None:
        """What was kept; None if nothing was, or it is damaged: it is measured again then."""
        return self._all().get(key)

    def keep(self, key: str, values: dict[str, Any]) -> None:
        """Keep it beside the rest, in a data folder that need not be there yet; a disk that takes nothing is told in
        the log."""
        with self._lock:
            try:
                make_folder(self._path.parent, 0o700)
                write_durably(self._path, json.dumps(self._all() | {key: values}, indent=1).encode())
            except (DiskFull, CatalogUnusable) as error:
                log.warning("what was measured is not kept, and measured again at the next start: %s", error)

    def _all(self) -> dict[str, dict[str, Any]]:
        """All that is as `keep` takes it: numbers and words under names, which are never nested further."""
        try:
            found = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return {}
        return {key: values for key, values in found.items() if _flat(values)} if isinstance(found, dict) else {}


def _flat(values: object) -> bool:
    return isinstance(values, dict) and not any(isinstance(value, (dict, list)) for value in values.values())
