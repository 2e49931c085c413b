"""`zhiwen doctor`: checks this installation and says what to do."""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from typing import Any

from app import __version__
from app.commands.doctor_gpu import gpu_findings, seen
from app.commands.finding import Finding
from app.settings import Settings, load_settings
from app.shelf import NO_LLM, llm_file, refuse_missing_path, remote_llm_host
from app.tuning import Tuning
from ingest import confine
from ingest.store import documents
from ingest.store.blobs import Blobs
from ingest.store.catalog import Catalog
from ingest.store.damaged import damaged_copies, forget_damaged
from ingest.store.lock import DataFolderLock, owner
from ingest.store.repair import repair
from models import installed
from models.errors import Explained, ModelError

LIBRARIES = (
    "llama-cpp-python",
    "torch",
    "sentence-transformers",
    "faiss-cpu",
    "pymupdf",
    "pdfplumber",
    "fastapi",
)
ROOM_MB = 2000


def register(commands: Any) -> None:
    """Add `doctor` to the command line."""
    parser = commands.add_parser("doctor", help="check weights, index, disk, GPU and versions")
    parser.add_argument("--repair", action="store_true", help="mend the data folder first, while no server has it open")
    parser.add_argument(
        "--forget-damaged", action="store_true", help="delete the damaged copies that repairs left, for good"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print every finding. 1 if there is a problem."""
    settings = load_settings()
    worst = 0
    for finding in chain(
        _repaired(settings) if options.repair else (),
        _forgotten(settings) if options.forget_damaged else (),
        examine(settings),
    ):
        print(f"{finding.level:8} {finding.text}")
        if finding.advice:
            print(f"{'':8} -> {finding.advice}")
        worst |= finding.level == "problem"
    return int(worst)


def _repaired(settings: Settings) -> Iterator[Finding]:
    """What was wrong with the data folder. Raises DataFolderBusy, DiskFull."""
    none = True
    for fault in repair(settings.data_dir):
        none = False
        yield Finding(fault.level, fault.text)
    if none:
        yield Finding("ok", f"nothing in {settings.data_dir} had to be repaired")


def _forgotten(settings: Settings) -> Iterator[Finding]:
    """Raises DataFolderBusy, CatalogUnusable."""
    copies = forget_damaged(settings.data_dir)
    yield Finding("ok", f"{len(copies)} damaged copies in {settings.data_dir} were deleted for good")


def examine(settings: Settings) -> Iterator[Finding]:
    """Look at everything in turn."""
    checks: tuple[Callable[[Settings], Iterator[Finding]], ...] = (
        _versions,
        _weights,
        _gpu,
        _tuned,
        _parsers,
        _disk,
        _damaged,
        _data,
    )
    for check in checks:
        yield from check(settings)


def _versions(_: Settings) -> Iterator[Finding]:
    yield Finding("ok", f"Zhiwen {__version__}, Python {platform.python_version()}, {platform.platform()}")
    found = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    yield Finding("ok", f"{found}, SQLite {sqlite3.sqlite_version}")


def _weights(settings: Settings) -> Iterator[Finding]:
    for kind, name in (("embedder", settings.embedder), ("language model", settings.llm)):
        if kind == "language model" and name == "openai":
            yield _remote(settings)
            continue
        if kind == "language model" and name == NO_LLM:
            yield Finding("ok", "no language model is wanted: answers are quotes")
            continue
        if Path(name).expanduser().exists():
            yield Finding("ok", f"{kind} {name} is there")
            continue
        try:
            refuse_missing_path(name, settings)
            weights = installed.find(name, settings.weights_dir)
        except ModelError as error:
            yield Finding("problem", f"{kind}: {error}", "Set it to a name of `zhiwen models list` or to a path.")
            continue
        problem = installed.verify(weights, settings.weights_dir)
        if problem is None:
            yield Finding("ok", f"{kind} {name} is whole ({installed.location(weights, settings.weights_dir)})")
        else:
            again = f"zhiwen models remove {name} && zhiwen models pull {name}"
            yield Finding("problem", f"{kind}: {problem}", again)


def _remote(settings: Settings) -> Finding:
    if remote_llm_host(settings):
        return Finding(
            "warning", f"questions and passages go to {settings.llm_url}", "Set ZHIWEN_LLM to keep them here."
        )
    return Finding("ok", f"language model {settings.llm_model} at {settings.llm_url}")


def _gpu(settings: Settings) -> Iterator[Finding]:
    # What a server holds there is missing from what is free.
    yield from gpu_findings(settings, seen(), judge_free=owner(settings.data_dir) is None)


def _tuned(settings: Settings) -> Iterator[Finding]:
    """How the language model computes; what is wrong with its weights is told elsewhere."""
    from models.llama.tuned import remembered

    if settings.llm in (NO_LLM, "openai"):
        return
    with suppress(ModelError):
        way = remembered(Tuning(settings.data_dir), llm_file(settings, settings.llm)[0])
        if way is not None:
            yield Finding("ok", f"{settings.llm} was tuned here: {way.told}")
        else:
            yield Finding(
                "ok", f"{settings.llm} computes in the usual way; `zhiwen tune` measures a faster one, if any"
            )


def _parsers(_: Settings) -> Iterator[Finding]:
    reason = confine.trial()
    if not reason:
        yield Finding("ok", "files are read by processes without a network")
        return
    yield Finding(
        "warning",
        f"the processes that read files have the network of this machine: {reason}",
        "No parser asks for it, but nothing would stop one. Linux can, on x86_64 and aarch64, where it allows seccomp.",
    )


def _disk(settings: Settings) -> Iterator[Finding]:
    for folder in (settings.data_dir, settings.weights_dir):
        there = next(path for path in (folder, *folder.parents) if path.exists())
        if not os.access(there, os.W_OK):
            yield Finding("problem", f"{there} cannot be written", "Change its permissions or set another folder.")
            continue
        free = shutil.disk_usage(there).free // 1_000_000
        if free < ROOM_MB:
            yield Finding("warning", f"{folder}: {free} MB free", "Free some space; documents and indexes need room.")
        else:
            yield Finding("ok", f"{folder}: {free} MB free")


def _damaged(settings: Settings) -> Iterator[Finding]:
    for path in damaged_copies(settings.data_dir):
        yield Finding(
            "warning",
            f"{path} ({path.stat().st_size / 1e6:.1f} MB) is a damaged copy that a repair left. It still holds text, "
            "also of documents that were deleted since",
            "When nothing is missing any more: zhiwen doctor --forget-damaged, with the server stopped.",
        )


def _data(settings: Settings) -> Iterator[Finding]:
    running = owner(settings.data_dir)
    if running is not None:
        yield Finding("ok", f"in use by process {running.pid}{f' at {running.url}' if running.url else ''}")
        return
    folder = settings.data_dir / "originals"
    try:
        originals = set(Blobs(folder).every()) if folder.is_dir() else set()
        if not (settings.data_dir / "catalog.db").exists():
            yield from _astray(len(originals), 0)
            if not originals:
                yield Finding("ok", "no documents yet")
            return
        with DataFolderLock(settings.data_dir):
            catalog = Catalog(settings.data_dir)
            counts = catalog.counts()
            with catalog.read() as connection:
                used = documents.blobs_in(connection)
            catalog.close()
    except Explained as error:
        yield Finding("problem", str(error))
        return
    yield from _astray(len(originals - used), len(used - originals))
    yield Finding("ok", f"{counts.documents} documents, {counts.chunks} chunks, {counts.jobs} waiting")


def _astray(unnamed: int, missing: int) -> Iterator[Finding]:
    if unnamed:
        remedy = "With the server stopped: zhiwen doctor --repair takes them in again."
        yield Finding("warning", f"{unnamed} originals belong to no document: the catalog may have lost rows", remedy)
    if missing:
        remedy = "Their text is searched all the same. Upload the files again."
        yield Finding("warning", f"{missing} originals are no longer in the data folder", remedy)
