"""Weights on this machine: where they are, whether they are whole, and how they go.

Each weights have a folder of their own below the weights folder, with the files and a small
record of their sizes and checksums. The folder appears and goes as a whole.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from typing import Any

from models.catalog import Catalog, WeightFile, Weights, load_catalog
from models.errors import ModelError, PullCancelled, WeightsMissing, WeightsUnusable
from models.fetch_http import Watcher, sha256_of
from models.reasons import because

RECORD = "zhiwen.json"
PARTIAL = ".partial"


def location(weights: Weights, weights_dir: Path) -> Path:
    """Where these weights are, or would be: a GGUF file, or a sentence-transformers folder."""
    folder = weights_dir / weights.name
    if weights.kind == "embedder":
        return folder
    if weights.files:
        return folder / weights.files[0].path
    # Of a file in several parts, llama.cpp opens the first and finds the others beside it.
    return next(iter(sorted(folder.glob("*.gguf"))), folder / f"{weights.name}.gguf")


def is_installed(weights: Weights, weights_dir: Path) -> bool:
    """Whether all files are there with the right sizes. Fast; `verify` reads every byte."""
    record = read_record(weights_dir / weights.name)
    if record is None:
        return _looks_usable(location(weights, weights_dir))
    return _missing_file(record, weights_dir / weights.name) is None


def require(weights: Weights, weights_dir: Path) -> Path:
    """The location of weights that are needed now. Raises WeightsMissing."""
    path = location(weights, weights_dir)
    if not is_installed(weights, weights_dir):
        raise WeightsMissing(name=weights.name, path=path)
    return path


def verify(weights: Weights, weights_dir: Path, watcher: Watcher | None = None) -> ModelError | None:
    """What is wrong with these weights, after reading all of them, or None."""
    folder = weights_dir / weights.name
    path = location(weights, weights_dir)
    record = read_record(folder)
    if record is None:
        if not _looks_usable(path):
            return WeightsMissing(name=weights.name, path=path)
        record = {"files": {f.path: {"size": f.size, "sha256": f.sha256} for f in weights.files}}
    missing = _missing_file(record, folder)
    if missing is not None:
        return WeightsUnusable(path=folder / missing, reason=because("size-other"))
    for name, facts in record["files"].items():
        got = sha256_of(folder / name, watcher)
        if facts["sha256"] not in {"", got}:
            reason = because("hash-other", sha256=got, expected=facts["sha256"])
            return WeightsUnusable(path=folder / name, reason=reason)
    return None


def remove(weights: Weights, weights_dir: Path) -> bool:
    """Delete these weights and what an interrupted pull left. False when there was nothing."""
    with claimed(weights.name, weights_dir, Event()):
        folder, partial = weights_dir / weights.name, weights_dir / PARTIAL / weights.name
        found = folder.exists() or partial.exists()
        if folder.exists():
            discard(folder, weights_dir)
        shutil.rmtree(partial, ignore_errors=True)
    return found


def kept(weights: Weights, weights_dir: Path) -> int:
    """Bytes that an interrupted pull left, and that the next one goes on from."""
    return bytes_below(weights_dir / PARTIAL / weights.name)


def bytes_below(folder: Path) -> int:
    """Bytes of the files below a folder, which another thread or process may be moving about meanwhile."""
    total = 0
    # Unlike rglob, walk goes on when a folder vanishes before it is read.
    for root, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                total += Path(root, name).stat().st_size
    return total


def local(weights_dir: Path, catalog: Catalog | None = None) -> tuple[Weights, ...]:
    """Weights that were installed from a path or an address and are not in the catalogue."""
    known = catalog or load_catalog()
    folders = sorted(p.parent for p in weights_dir.glob(f"[!.]*/{RECORD}"))
    return tuple(_from_record(folder) for folder in folders if known.get(folder.name) is None)


def find(name: str, weights_dir: Path, catalog: Catalog | None = None) -> Weights:
    """Weights by name, from the catalogue or installed from elsewhere. Raises UnknownWeights."""
    known = catalog or load_catalog()
    return next((w for w in local(weights_dir, known) if w.name == name), None) or known.find(name)


@contextlib.contextmanager
def claimed(name: str, weights_dir: Path, cancel: Event) -> Iterator[None]:
    """Be the only one that changes these weights, across processes. Raises PullCancelled."""
    from filelock import FileLock, Timeout

    (weights_dir / PARTIAL).mkdir(parents=True, exist_ok=True)
    lock = FileLock(weights_dir / PARTIAL / f"{name}.lock")
    while True:
        if cancel.is_set():
            raise PullCancelled(name=name)
        try:
            with lock.acquire(timeout=0.2):
                yield
        except Timeout:
            continue
        return


def discard(folder: Path, weights_dir: Path) -> None:
    """Take a folder out of sight in one step, then delete it."""
    trash = weights_dir / PARTIAL / f"{folder.name}.trash"
    shutil.rmtree(trash, ignore_errors=True)
    folder.replace(trash)
    shutil.rmtree(trash)


def write_record(folder: Path, weights: Weights, source: str, sha256s: dict[str, str]) -> None:
    """Note what is in the folder, so that `verify` can tell damage later."""
    files = {name: {"size": (folder / name).stat().st_size, "sha256": sha} for name, sha in sha256s.items()}
    record = {"name": weights.name, "kind": weights.kind, "licence": weights.licence, "source": source}
    text = json.dumps(record | {"files": files}, ensure_ascii=False, indent=1)
    (folder / RECORD).write_text(text, "utf-8")


def read_record(folder: Path) -> dict[str, Any] | None:
    """What was noted when the folder was installed, or None for a folder put there by hand."""
    path = folder / RECORD
    if not path.exists():
        return None
    record: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return record


def _from_record(folder: Path) -> Weights:
    record = read_record(folder) or {}
    files = tuple(WeightFile(path, f["size"], f["sha256"]) for path, f in record["files"].items())
    return Weights(
        name=folder.name,
        kind=record["kind"],
        licence=record["licence"],
        size=sum(f.size for f in files),
        files=files,
    )


def _looks_usable(path: Path) -> bool:
    if path.suffix == ".gguf":
        return path.is_file()
    return (path / "config.json").is_file() and any(path.glob("*.safetensors"))


def _missing_file(record: dict[str, Any], folder: Path) -> str | None:
    for name, facts in record["files"].items():
        path = folder / name
        if not path.is_file() or facts["size"] not in {0, path.stat().st_size}:
            return str(name)
    return None
