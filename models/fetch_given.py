"""Weights that a person already has: a GGUF file or a sentence-transformers folder, or an address."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from threading import Event

from models import installed
from models.catalog import EMBEDDER_FILES, Kind, Weights, load_catalog
from models.errors import NotWeights, PullFailed
from models.fetch_http import (
    CHUNK,
    Progress,
    RemoteFile,
    SourceFailed,
    Watcher,
    download,
    host,
    open_client,
    sha256_of,
)
from models.installed import RECORD, bytes_below
from models.reasons import because
from models.staging import explained, install, need, staging


def pull_from(
    path_or_url: str,
    weights_dir: Path,
    *,
    name: str | None = None,
    progress: Progress = lambda _done, _total: None,
    cancel: Event | None = None,
) -> Weights:
    """Install a GGUF file or a sentence-transformers folder from a path, or a GGUF file from an address.

    It is called `name`, else as the catalogue calls these very bytes, else as the file.
    Raises NotWeights, PullFailed, PullCancelled or DiskSpace.
    """
    watcher = Watcher(progress, cancel or Event())
    weights_dir.mkdir(parents=True, exist_ok=True)
    remote = path_or_url.startswith(("http://", "https://"))
    source = Path(path_or_url.split("?", maxsplit=1)[0] if remote else path_or_url).expanduser()
    if not remote:
        _refuse_unusable(source)
    elif source.suffix.lower() != ".gguf":
        raise NotWeights(path=path_or_url, reason=because("address-no-gguf"))
    given = _unlisted(source, name, remote)
    with (
        installed.claimed(given.name, weights_dir, watcher.cancel),
        explained(given, weights_dir),
        ExitStack() as held,
    ):
        files = staging(given, weights_dir, "given")
        try:
            if remote:
                _get(path_or_url, files / source.name, watcher)
            else:
                _copy_all(given, source, files, weights_dir, watcher)
        except SourceFailed as failure:
            reason = because("source-failed", source=host(path_or_url), reason=failure.reason)
            raise PullFailed(name=given.name, reason=reason) from failure
        if given.kind == "llm" and not _is_gguf(files / source.name):
            shutil.rmtree(files)
            raise NotWeights(path=path_or_url, reason=because("begins-unlike-gguf"))
        weights = _listed(given, files, name, watcher)
        if weights.name != given.name:
            held.enter_context(installed.claimed(weights.name, weights_dir, watcher.cancel))
        install(weights, files, weights_dir, "given", watcher)
        shutil.rmtree(files.parent, ignore_errors=True)
    return weights


def _refuse_unusable(source: Path) -> None:
    if not source.exists():
        raise NotWeights(path=source, reason=because("nothing-there"))
    if source.is_file() and source.suffix.lower() != ".gguf":
        raise NotWeights(path=source, reason=because("ending-no-gguf"))
    if source.is_dir() and not (source / "config.json").is_file():
        raise NotWeights(path=source, reason=because("no-config"))
    if source.is_dir() and not any(source.glob("*.safetensors")):
        raise NotWeights(path=source, reason=because("no-safetensors"))


def _unlisted(source: Path, name: str | None, remote: bool) -> Weights:
    kind: Kind = "llm" if remote or source.is_file() else "embedder"
    stem = source.stem if kind == "llm" else source.resolve().name
    safe = re.sub(r"[^\w.-]+", "-", (name or stem).lower()).strip(".-")
    if not safe:
        raise NotWeights(path=source, reason=because("no-name"))
    size = bytes_below(source) if source.is_dir() else source.stat().st_size if source.is_file() else 0
    return Weights(name=safe, kind=kind, licence="unknown", size=size)


def _listed(weights: Weights, files: Path, name: str | None, watcher: Watcher) -> Weights:
    """The catalogue's entry with this name or, without a name given, with these very bytes."""
    catalog = load_catalog()
    entry = catalog.get(weights.name)
    if entry is not None and entry.kind != weights.kind:
        raise NotWeights(path=weights.name, reason=because("name-of-other-kind", kind=entry.kind))
    if weights.kind == "embedder":
        return entry or weights
    given = next(p for p in files.iterdir() if p.suffix.lower() == ".gguf")
    sha256 = sha256_of(given, watcher)
    if name is None:
        entry = next((w for w in catalog if any(f.sha256 == sha256 for f in w.files)), entry)
    if entry is None:
        return weights
    if entry.files:
        if entry.files[0].sha256 not in {"", sha256}:
            reason = because("hash-of-other", sha256=sha256, name=entry.name)
            raise NotWeights(path=given.name, reason=reason)
        given.replace(files / entry.files[0].path)
    return entry


def _get(url: str, target: Path, watcher: Watcher) -> None:
    with open_client() as client:
        download(client, RemoteFile(target.name, url), target, watcher)


def _copy_all(weights: Weights, source: Path, files: Path, weights_dir: Path, watcher: Watcher) -> None:
    shutil.rmtree(files, ignore_errors=True)
    root = source.parent if source.is_file() else source
    wanted = [source] if source.is_file() else list(_embedder_files(source))
    total = sum(p.stat().st_size for p in wanted)
    need(weights, weights_dir, total)
    done = 0
    for path in wanted:
        target = files / path.relative_to(root)
        target.parent.mkdir(parents=True, exist_ok=True)
        with path.open("rb") as reading, target.open("wb") as writing:
            while chunk := reading.read(CHUNK):
                watcher.obey()
                writing.write(chunk)
                done += len(chunk)
                watcher.progress(done, total)


def _embedder_files(source: Path) -> Iterable[Path]:
    found = {path for pattern in EMBEDDER_FILES for path in source.glob(pattern) if path.is_file()}
    return sorted(path for path in found if path.name != RECORD)


def _is_gguf(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(4) == b"GGUF"
