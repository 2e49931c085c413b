"""What every measure is given."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from bench.parsing.data import Folder
from bench.parsing.readers import Reading, Request, installed
from bench.parsing.run import Runner


@dataclass
class Bench:
    """The documents, what reads them, and how much of it: `sample` is a quick part of everything."""

    folder: Folder
    runner: Runner
    work: Path
    sample: bool = False
    _read: dict[Request, Reading] = field(default_factory=dict)

    def peers(self, *names: str) -> list[str]:
        """Those of the peers that were asked for."""
        return [name for name in names if name in self.runner.peers]

    def label(self, reader: str) -> str:
        """A reader's name and version, for the head of a column."""
        if reader == "zhiwen":
            return "Zhiwen"
        return f"{reader} {installed(reader) or '(not installed)'}"

    def readings(self, reader: str, paths: list[Path], want: str = "text") -> list[Reading]:
        """What a reader makes of files, each read once a run."""
        requests = [
            Request(reader, str(path), want=want if reader in ("pymupdf", "pdfplumber") else "text") for path in paths
        ]
        if reader != "zhiwen" and installed(reader) is None:
            return [Reading(error="not installed") for _ in paths]
        missing = [request for request in requests if request not in self._read]
        self._read.update(zip(missing, self.runner.read_all(missing), strict=True))
        return [self._read[request] for request in requests]
