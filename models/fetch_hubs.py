"""Weights from a model hub: what it lists, which of it is wanted, and the files themselves."""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from models.catalog import WeightFile, Weights
from models.fetch_http import RemoteFile, Retries, SourceFailed, Watcher, download, host, why
from models.reasons import because

if TYPE_CHECKING:
    import httpx


@dataclass(frozen=True)
class Hubs:
    """Where the hubs are. `from_environment` honours HF_ENDPOINT and MODELSCOPE_ENDPOINT."""

    huggingface: str = "https://huggingface.co"
    modelscope: str = "https://modelscope.cn"
    retries: Retries = field(default_factory=Retries)

    @classmethod
    def from_environment(cls) -> Hubs:
        """The public hubs, or the mirrors that the environment names."""
        return cls(
            huggingface=(os.environ.get("HF_ENDPOINT") or cls.huggingface).rstrip("/"),
            modelscope=(os.environ.get("MODELSCOPE_ENDPOINT") or cls.modelscope).rstrip("/"),
        )


def list_huggingface(client: httpx.Client, endpoint: str, repository: str) -> list[RemoteFile]:
    """The files of a Hugging Face repository (or a mirror's). Raises SourceFailed."""
    url = f"{endpoint}/api/models/{repository}/tree/main?recursive=true"
    listed = _json(client, url, repository)
    if not isinstance(listed, list):
        raise SourceFailed(because("host-no-list", host=host(url), repository=repository))
    return [
        RemoteFile(
            path=entry["path"],
            url=f"{endpoint}/{repository}/resolve/main/{quote(entry['path'])}",
            size=int(entry.get("size", 0)),
            sha256=entry.get("lfs", {}).get("oid", ""),
            blob_sha1="" if "lfs" in entry else entry.get("oid", ""),
        )
        for entry in listed
        if entry.get("type") == "file"
    ]


def list_modelscope(client: httpx.Client, endpoint: str, repository: str) -> list[RemoteFile]:
    """The files of a ModelScope repository. Raises SourceFailed."""
    url = f"{endpoint}/api/v1/models/{repository}/repo/files?Revision=master&Recursive=true"
    answer = _json(client, url, repository)
    data = answer.get("Data") if isinstance(answer, dict) else None
    if not isinstance(data, dict) or not isinstance(data.get("Files"), list):
        raise SourceFailed(because("host-no-list", host=host(url), repository=repository))
    return [
        RemoteFile(
            path=entry["Path"],
            url=f"{endpoint}/models/{repository}/resolve/master/{quote(entry['Path'])}",
            size=int(entry.get("Size") or 0),
            sha256=entry.get("Sha256") or "",
        )
        for entry in data["Files"]
        if entry.get("Type") != "tree"
    ]


def choose(listed: Sequence[RemoteFile], weights: Weights) -> list[RemoteFile]:
    """The listed files that make up `weights`. Raises SourceFailed when something is missing."""
    if weights.files:
        return [_named(listed, file) for file in weights.files]
    if weights.kind == "llm":
        return _first_match(listed, weights)
    chosen = [f for f in listed if any(_matches(f, pattern) for pattern in weights.include)]
    if not any(f.path.endswith(".safetensors") for f in chosen):
        raise SourceFailed(because("repository-unsafe"))
    return chosen


def fetch(client: httpx.Client, files: Sequence[RemoteFile], folder: Path, watcher: Watcher, retries: Retries) -> None:
    """Fetch `files` into `folder`; those that are there already were checked before they got their name."""
    total = sum(f.size for f in files)
    done = 0
    for file in files:
        target = folder / _inside(file.path)
        if not target.exists():
            download(client, file, target, watcher.from_byte(done, total), retries)
        done += target.stat().st_size
        watcher.progress(done, total)


def listed_for(weights: Weights, source: str, hubs: Hubs, client: httpx.Client) -> list[RemoteFile]:
    """What a hub would give for `weights`. Raises SourceFailed."""
    if source == "modelscope":
        return choose(list_modelscope(client, hubs.modelscope, weights.modelscope), weights)
    return choose(list_huggingface(client, hubs.huggingface, weights.huggingface), weights)


def _json(client: httpx.Client, url: str, repository: str) -> Any:
    import httpx

    try:
        response = client.get(url)
    except (httpx.TooManyRedirects, httpx.InvalidURL) as error:
        raise SourceFailed(because("leads-nowhere", file=repository, error=type(error).__name__)) from error
    except httpx.TransportError as error:
        raise SourceFailed(because("host-silent", host=host(url), error=why(error))) from error
    if not response.is_success:
        reason = because("host-answered", host=host(url), status=response.status_code, file=repository)
        raise SourceFailed(reason)
    try:
        return response.json()
    except ValueError as error:
        raise SourceFailed(because("host-no-json", host=host(url), repository=repository)) from error


def _named(listed: Sequence[RemoteFile], file: WeightFile) -> RemoteFile:
    found = next((f for f in listed if f.path == file.path), None)
    if found is None:
        raise SourceFailed(because("repository-lacks", file=file.path))
    if not file.sha256:
        return found
    return RemoteFile(found.path, found.url, size=file.size, sha256=file.sha256)


def _first_match(listed: Sequence[RemoteFile], weights: Weights) -> list[RemoteFile]:
    for pattern in weights.include:
        chosen = sorted((f for f in listed if _matches(f, pattern)), key=lambda f: f.path)
        parts = [f for f in chosen if "-of-" in f.path]
        if chosen:
            return parts or chosen[:1]
    raise SourceFailed(because("repository-nothing-like", patterns=", ".join(weights.include)))


def _matches(file: RemoteFile, pattern: str) -> bool:
    same_depth = file.path.count("/") == pattern.count("/")
    return same_depth and fnmatch.fnmatchcase(file.path.lower(), pattern.lower())


def _inside(path: str) -> PurePosixPath:
    relative = PurePosixPath(path)
    if relative.is_absolute() or ".." in relative.parts or "\\" in path:
        raise SourceFailed(because("repository-leads-out", file=path))
    return relative
