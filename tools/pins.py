"""Reads the pin files: what is installed, in which version, under which hashes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RUNTIME = ROOT / "requirements.txt"
CUDA = ROOT / "requirements-cuda.txt"
BUILD = ROOT / "requirements-build.txt"
TEST = ROOT / "requirements-test.txt"
FILES = (RUNTIME, CUDA, BUILD, TEST)

_HEAD = re.compile(r"^(?P<name>[\w.-]+)==(?P<version>[^\s;\\]+)\s*(?:;\s*(?P<marker>[^\\]+?))?\s*\\?$")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})\b")


@dataclass(frozen=True)
class Pin:
    """One package: its lines as they stand in the file, and what they say."""

    name: str
    version: str
    marker: str
    hashes: tuple[str, ...]
    text: str


def normal(name: str) -> str:
    """The name as package indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def parse(text: str) -> list[Pin]:
    """The pins of a file's text. Raises ValueError on a line that pins nothing."""
    pins: list[Pin] = []
    for entry in re.split(r"(?<!\\)\n", text):
        lines = [line for line in entry.splitlines() if line.strip() and not line.lstrip().startswith("#")]
        if not lines:
            continue
        head = _HEAD.match(lines[0])
        if head is None:
            raise ValueError(f"not a pin: {lines[0]!r}")
        name, version, marker = normal(head["name"]), head["version"], head["marker"] or ""
        pins.append(Pin(name, version, marker, tuple(_HASH.findall(entry)), "\n".join(lines)))
    return pins


def read(path: Path) -> list[Pin]:
    """The pins of a file."""
    return parse(path.read_text(encoding="utf-8"))
