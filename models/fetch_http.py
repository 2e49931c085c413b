"""One file over HTTP: resumed after a drop, checked, and only then under its own name."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from models.errors import Cause
from models.reasons import because

if TYPE_CHECKING:  # it takes a tenth of a second to import, and most starts fetch nothing
    import httpx

Progress = Callable[[int, int], None]
CHUNK = 1 << 20


class SourceFailed(Cause):
    """One source could not give what it was asked for."""


class Stopped(Exception):
    """Somebody set the cancel event."""


@dataclass(frozen=True)
class Watcher:
    """Who watches a pull: hears bytes done and in all, and may stop it from any thread."""

    progress: Progress = lambda _done, _total: None
    cancel: Event = field(default_factory=Event)

    def obey(self) -> None:
        """Raises Stopped when the pull is to end."""
        if self.cancel.is_set():
            raise Stopped

    def from_byte(self, base: int, total: int) -> Watcher:
        """The watcher of one file that begins after `base` of `total` bytes."""
        return Watcher(lambda done, _: self.progress(base + done, total), self.cancel)


@dataclass(frozen=True)
class RemoteFile:
    """A file on a server and what it must be. Unknown: size 0, empty checksums.

    `blob_sha1` is git's name of a small file's content, which a hub lists instead of a sha256.
    """

    path: str
    url: str
    size: int = 0
    sha256: str = ""
    blob_sha1: str = ""


@dataclass(frozen=True)
class Retries:
    """How often a dropped connection is taken up again without a byte gained in between."""

    attempts: int = 5
    delay_seconds: float = 2.0


def open_client() -> httpx.Client:
    """A client that follows redirects and gives up on a silent server after a minute."""
    import httpx

    return httpx.Client(follow_redirects=True, timeout=httpx.Timeout(60.0, connect=15.0))


def download(
    client: httpx.Client,
    file: RemoteFile,
    target: Path,
    watcher: Watcher,
    retries: Retries | None = None,
) -> None:
    """Fetch `file` to `target`.

    What an earlier call left in `target` + `.part` is continued. Raises SourceFailed or Stopped.
    """
    import httpx

    retries = retries or Retries()
    part = target.with_name(target.name + ".part")
    part.parent.mkdir(parents=True, exist_ok=True)
    failures = 0
    while not _complete(part, file):
        before = _size(part)
        try:
            _stream(client, file, part, watcher)
            break
        except (httpx.TooManyRedirects, httpx.InvalidURL) as error:
            raise SourceFailed(because("leads-nowhere", file=file.path, error=type(error).__name__)) from error
        except httpx.TransportError as error:
            failures = 0 if _size(part) > before else failures + 1
            if failures >= retries.attempts:
                raise SourceFailed(because("host-silent", host=host(file.url), error=why(error))) from error
            if watcher.cancel.wait(retries.delay_seconds):
                raise Stopped from error
    _settle(part, file, target)


def host(url: str) -> str:
    """What is told of an address: anything else in it, of a mirror that asks for a password, may be a secret."""
    import httpx

    return httpx.URL(url).host


def why(error: httpx.TransportError) -> str:
    """What a connection failed of, in its own words where it has any."""
    return str(error) or type(error).__name__


def sha256_of(path: Path, watcher: Watcher | None = None) -> str:
    """The sha256 of a file, in hex. Raises Stopped when the watcher stops it."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            if watcher is not None:
                watcher.obey()
            digest.update(chunk)
    return digest.hexdigest()


def check(path: Path, file: RemoteFile) -> None:
    """Raises SourceFailed when the bytes at `path` are not those of `file`, and deletes them."""
    size = _size(path)
    expected, got = "", ""
    if file.size and size != file.size:
        expected, got = f"{file.size} B", f"{size} B"
    elif file.sha256:
        expected, got = f"sha256 {file.sha256}", f"sha256 {sha256_of(path)}"
    elif file.blob_sha1:
        expected, got = f"blob {file.blob_sha1}", f"blob {_blob_sha1(path)}"
    if expected != got:
        path.unlink()
        raise SourceFailed(because("bytes-other", file=file.path, expected=expected, got=got))


def flush_to_disk(path: Path) -> None:
    """Return once the bytes of a file are on the disk."""
    with path.open("rb+") as stream:
        os.fsync(stream.fileno())


def _settle(part: Path, file: RemoteFile, target: Path) -> None:
    _note(part).unlink(missing_ok=True)
    check(part, file)
    flush_to_disk(part)
    part.replace(target)


def _stream(client: httpx.Client, file: RemoteFile, part: Path, watcher: Watcher) -> None:
    import httpx

    have = _size(part)
    headers = {"Accept-Encoding": "identity"} | _resume_headers(part, have)
    with client.stream("GET", file.url, headers=headers) as response:
        if response.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            part.unlink()
            raise httpx.ReadError(because("no-more-bytes"))
        if not response.is_success:
            reason = because("host-answered", host=host(file.url), status=response.status_code, file=file.path)
            raise SourceFailed(reason)
        if not _continues(response, have):
            have = 0
        _remember(part, response)
        with part.open("ab" if have else "wb") as stream:
            for chunk in response.iter_raw():
                watcher.obey()
                stream.write(chunk)
                have += len(chunk)
                watcher.progress(have, file.size)


def _continues(response: httpx.Response, have: int) -> bool:
    return response.status_code == HTTPStatus.PARTIAL_CONTENT and response.headers.get("content-range", "").startswith(
        f"bytes {have}-"
    )


def _resume_headers(part: Path, have: int) -> dict[str, str]:
    if not have:
        return {}
    headers = {"Range": f"bytes={have}-"}
    note = _note(part)
    if note.exists():
        headers["If-Range"] = json.loads(note.read_text("utf-8"))["etag"]
    return headers


def _remember(part: Path, response: httpx.Response) -> None:
    """Keep a strong ETag, so that a file that changed meanwhile is not continued."""
    etag = response.headers.get("etag", "")
    if etag.startswith('"'):
        _note(part).write_text(json.dumps({"etag": etag}), "utf-8")
    else:
        _note(part).unlink(missing_ok=True)


def _note(part: Path) -> Path:
    return part.with_name(part.name + ".json")


def _complete(part: Path, file: RemoteFile) -> bool:
    return file.size > 0 and _size(part) >= file.size


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _blob_sha1(path: Path) -> str:
    data = path.read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()
