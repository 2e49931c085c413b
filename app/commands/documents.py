"""`zhiwen ingest`: files and folders into a knowledge base."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from tqdm import tqdm

from app.audience import TERMINAL
from app.bootstrap import Services
from app.commands.engine import Server, ServerRefused, engine
from app.commands.given import NoSuchPath, add_password, password_of
from app.settings import load_settings
from app.wire import document_out
from ingest.errors import IngestError
from ingest.parsers.formats import supported_extensions
from ingest.store.errors import UnknownBase
from models.errors import Explained

# How often a command looks how far the documents are, in seconds.
LOOK_SECONDS = 0.3
ENDED = ("ready", "failed", "needs_password")


class NothingToIngest(Explained):
    code = "nothing-to-ingest"
    template = "{path} holds no file that can be read. Supported: {supported}."


class ReadingPaused(Explained):
    code = "reading-paused"
    template = "{name} is kept and waits, for the reading of documents is paused. Let it go on in the library."


def register(commands: Any) -> None:
    """Add `ingest` to the command line."""
    ingest = commands.add_parser("ingest", help="add files or folders to a knowledge base")
    ingest.add_argument("paths", metavar="PATH", nargs="+", type=Path)
    ingest.add_argument("--base", default="default", help="knowledge base, created if missing (default: default)")
    ingest.add_argument("--replace", action="store_true", help="make a file a new version of the one with its name")
    ingest.add_argument("--json", action="store_true", help="print JSON")
    add_password(ingest)
    ingest.set_defaults(run=run_ingest)


@dataclass(frozen=True)
class Outcome:
    """What became of one file."""

    path: str
    document: str | None
    status: str
    created: bool
    error: str | None
    values: dict[str, Any]


def run_ingest(options: argparse.Namespace) -> int:
    """Add files and wait until each is indexed or has failed. 1 if any failed."""
    settings = load_settings()
    password = password_of(options)
    files, skipped = files_of(options.paths)
    for path in skipped:
        print(f"zhiwen: skipped {path}: its kind cannot be read", file=sys.stderr)
    with engine(settings) as found:
        desk: _Desk = _ServerDesk(found, options.base) if isinstance(found, Server) else _OwnDesk(found, options.base)
        try:
            outcomes = _ingest(desk, files, options.replace, password, quiet=options.json)
        finally:
            desk.close()
    if options.json:
        print(json.dumps({"documents": [_row(outcome) for outcome in outcomes]}, ensure_ascii=False, indent=2))
    failed = [outcome for outcome in outcomes if outcome.status != "ready"]
    for outcome in failed:
        print(f"zhiwen: {outcome.path}: {outcome.error or outcome.status}", file=sys.stderr)
    if not options.json:
        print(f"{len(outcomes) - len(failed)} of {len(outcomes)} files are indexed in {options.base}.")
    return 1 if failed else 0


class _Desk(Protocol):
    """Where files are handed in: this process or a server."""

    def add(self, path: Path, replace: bool) -> tuple[dict[str, Any], bool]:
        """Hand a file in; the document as REST shows it, and whether it is new. Raises Explained."""

    def document(self, document_id: str) -> dict[str, Any]:
        """How far a document is."""

    def paused(self) -> bool:
        """Whether nothing is read until a person lets it."""

    def give_password(self, document_id: str, password: str) -> dict[str, Any]:
        """Try to open a protected document; how far it is then."""

    def close(self) -> None:
        """End what was started."""


class _OwnDesk:
    def __init__(self, services: Services, base: str) -> None:
        self._services = services
        catalog = services.library.catalog
        try:
            self._base = catalog.base(base).id
        except UnknownBase:
            self._base = catalog.create_base(base).id
        # Without an embedder documents would wait in the queue for ever: say so before taking any.
        services.embedder.get()
        services.worker.start()

    def add(self, path: Path, replace: bool) -> tuple[dict[str, Any], bool]:
        with path.open("rb") as stream:
            document, created = self._services.library.add(self._base, path.name, stream, replace=replace)
        self._services.announce(document)
        return document_out(document, TERMINAL).model_dump(), created

    def document(self, document_id: str) -> dict[str, Any]:
        return document_out(self._services.library.catalog.document(document_id), TERMINAL).model_dump()

    def paused(self) -> bool:
        return self._services.library.pause.is_set()

    def give_password(self, document_id: str, password: str) -> dict[str, Any]:
        self._services.library.give_password(document_id, password)
        return self.document(document_id)

    def close(self) -> None:
        self._services.worker.stop()


class _ServerDesk:
    def __init__(self, server: Server, base: str) -> None:
        self._server = server
        names = {found["name"]: found["id"] for found in server.request("GET", "/bases").json()}
        ids = set(names.values())
        if base in ids:
            self._base = base
        elif base in names:
            self._base = names[base]
        else:
            self._base = server.request("POST", "/bases", json={"name": base}).json()["id"]

    def add(self, path: Path, replace: bool) -> tuple[dict[str, Any], bool]:
        with path.open("rb") as stream:
            response = self._server.request(
                "POST",
                f"/bases/{self._base}/documents",
                files={"files": (path.name, stream, "application/octet-stream")},
                data={"replace": str(replace).lower()},
            )
        document = response.json()[0]
        return document, document["created"]

    def document(self, document_id: str) -> dict[str, Any]:
        document: dict[str, Any] = self._server.request("GET", f"/documents/{document_id}").json()
        return document

    def paused(self) -> bool:
        return bool(self._server.request("GET", "/reading").json()["paused"])

    def give_password(self, document_id: str, password: str) -> dict[str, Any]:
        answer = self._server.request("POST", f"/documents/{document_id}/password", json={"password": password})
        document: dict[str, Any] = answer.json()
        return document

    def close(self) -> None:
        """The server goes on by itself."""


def _ingest(desk: _Desk, files: Sequence[Path], replace: bool, password: str | None, quiet: bool) -> list[Outcome]:
    outcomes: list[Outcome] = []
    with tqdm(total=len(files), unit="file", disable=quiet or not sys.stderr.isatty(), file=sys.stderr) as bar:
        for path in files:
            bar.set_description(path.name[:40])
            outcomes.append(_ingest_one(desk, path, replace, password, bar))
            bar.update()
    return outcomes


def _ingest_one(desk: _Desk, path: Path, replace: bool, password: str | None, bar: Any) -> Outcome:
    try:
        document, created = desk.add(path, replace)
    except (IngestError, ServerRefused) as error:
        return Outcome(str(path), None, "failed", False, str(error), {})
    except OSError as error:
        return Outcome(str(path), None, "failed", False, f"{path} cannot be read: {error.strerror}.", {})
    document = _awaited(desk, document, bar)
    if document["status"] == "needs_password" and password is not None:
        document = _awaited(desk, desk.give_password(document["id"], password), bar)
    reason = document["error"]["detail"] if document["error"] else None
    if document["status"] == "queued" and reason is None:
        reason = str(ReadingPaused(name=path.name))
    return Outcome(str(path), document["id"], document["status"], created, reason, document)


def _awaited(desk: _Desk, document: dict[str, Any], bar: Any) -> dict[str, Any]:
    while not _settled(document) and not (document["status"] == "queued" and desk.paused()):
        time.sleep(LOOK_SECONDS)
        document = desk.document(document["id"])
        bar.set_postfix_str(f"{document['stage']} {document['done']}/{document['total']}")
    return document


def _settled(document: dict[str, Any]) -> bool:
    """Through, or waiting for something that will not come by itself: weights, room on the disk."""
    return document["status"] in ENDED or (document["status"] == "queued" and document["error"] is not None)


def _row(outcome: Outcome) -> dict[str, Any]:
    values = outcome.values
    return {
        "path": outcome.path,
        "document": outcome.document,
        "status": outcome.status,
        "created": outcome.created,
        "pages": values.get("pages", 0),
        "chunks": values.get("chunks", 0),
        "warnings": values.get("warnings", []),
        "error": outcome.error,
    }


def files_of(paths: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    """Files to take in, and files of folders whose kind cannot be read. A file that was named is always taken."""
    taken: list[Path] = []
    skipped: list[Path] = []
    known = supported_extensions()
    for path in paths:
        if path.is_file():
            taken.append(path)
        elif path.is_dir():
            for inner in _inside(path):
                (taken if inner.suffix.lower() in known else skipped).append(inner)
        else:
            raise NoSuchPath(path=path)
    if not taken:
        raise NothingToIngest(path=", ".join(map(str, paths)), supported=", ".join(sorted(known)))
    return taken, skipped


def _inside(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.is_file() and not hidden:
            yield path
