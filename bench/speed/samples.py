"""What was measured, line by line on disk as it comes, so that a run that was broken off goes on where it was."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.parsing.run import ROOT
from bench.speed.files import write_whole
from bench.speed.measure import Values

_MEASURED = ("app", "ingest", "models", "bench/speed/measures")
_TOOLS = ("stack.py", "product.py", "documents.py", "made_base.py", "made_encoder.py", "kept.py")


@dataclass(frozen=True)
class Sample:
    """What one side took for one item in one round, on which day (ISO 8601).

    `others` is the share of all cores that other processes took meanwhile, from 0 to 1.
    """

    side: str
    item: str
    round: int
    values: Values
    when: str
    others: float

    @property
    def key(self) -> tuple[str, str, int]:
        return (self.side, self.item, self.round)


class Samples:
    """The samples of one measure, in a file whose first line says what they are of: `conditions`, as JSON has them.

    Those of other conditions are set aside: they are not of the same run. A line that is no sample is left out.
    """

    def __init__(self, path: Path, conditions: Mapping[str, object]) -> None:
        self._path = path
        self._found: dict[tuple[str, str, int], Sample] = {}
        lines = path.read_text("utf-8", "replace").splitlines() if path.exists() else []
        if lines and _whole(lines[0]) != json.loads(json.dumps(conditions)):
            path.replace(path.with_suffix(".old.jsonl"))
            lines = []
        for sample in _samples(lines[1:]):
            self._keep(sample)
        kept = [json.dumps(conditions, ensure_ascii=False), *(_line(sample) for sample in self._found.values())]
        write_whole(path, "\n".join(kept) + "\n")

    def __contains__(self, key: tuple[str, str, int]) -> bool:
        return key in self._found

    def all(self) -> list[Sample]:
        """Every sample, in the order in which they came."""
        return list(self._found.values())

    def add(self, sample: Sample) -> None:
        """Keep a sample; it is on disk when this returns."""
        self._keep(sample)
        with self._path.open("a", encoding="utf-8") as stream:
            stream.write(_line(sample) + "\n")
            stream.flush()
            os.fsync(stream.fileno())

    def _keep(self, sample: Sample) -> None:
        self._found[sample.key] = sample


def made_of(root: Path = ROOT) -> str:
    """A hash of the program and of what measures it: what changes neither leaves samples valid."""
    folders = (path for folder in _MEASURED for path in (root / folder).rglob("*.py"))
    return _hash(root, [*folders, *(root / "bench/speed" / name for name in _TOOLS)])


def known_as(conditions: Mapping[str, object]) -> str:
    """A short name for what samples are of."""
    return hashlib.sha256(json.dumps(conditions, sort_keys=True).encode()).hexdigest()[:12]


def _hash(root: Path, paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(path for path in paths if path.is_file()):
        digest.update(f"{path.relative_to(root)}\n".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def _line(sample: Sample) -> str:
    return json.dumps(asdict(sample), ensure_ascii=False)


def _samples(lines: Iterable[str]) -> Iterator[Sample]:
    """What the lines hold. One may have been cut short with the run; what it held is measured anew."""
    for line in lines:
        try:
            yield Sample(**(_whole(line) or {}))
        except TypeError:
            continue


def _whole(line: str) -> dict[str, object] | None:
    try:
        row = json.loads(line)
    except ValueError:
        return None
    return row if isinstance(row, dict) else None
