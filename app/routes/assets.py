"""The files under `static/`: scripts, styles, icons.

Their addresses carry a hash of them all, `/static/<hash>/js/chat.js`, which modules that import each other by relative
names inherit. So a browser may keep what it has without asking, until any of them changes.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from stat import S_ISREG

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

Stamp = tuple[Path, int, int]  # a file, when it changed, its size
STATIC = Path(__file__).resolve().parents[2] / "static"
_VERSION = re.compile(r"(?:([0-9a-f]{12})(?:/|$))?(.*)", re.DOTALL)
_IMPORT = re.compile(r"""^(?:import|export)\b[^"';]*["'](\./[\w-]+\.js)["']""", re.MULTILINE)


class Assets(StaticFiles):
    """Static files. Under their present hash they never change; under another, or none, a browser asks each time.

    An old hash gives the present file: a page that was opened before an update loads what it needs later all the same.
    """

    def __init__(self, directory: Path) -> None:
        super().__init__(directory=directory)
        # As they were when one was last asked for that is not among them.
        self._files = Files("", frozenset())

    def get_path(self, scope: Scope) -> str:
        """As the parent does, without the hash."""
        return _split(super().get_path(scope))[1]

    def file_response(
        self, full_path: str | os.PathLike[str], stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        """As the parent does, and says how long it may be kept."""
        response = super().file_response(full_path, stat_result, scope, status_code)
        version, _ = _split(super().get_path(scope))
        stamp = (Path(full_path), stat_result.st_mtime_ns, stat_result.st_size)
        # To look at all files for each of a page would take longer than to send them.
        if version != self._files.version or stamp not in self._files.stamps:
            self._files = present_files()
        present = version == self._files.version
        response.headers["Cache-Control"] = "max-age=31536000, immutable" if present else "no-cache"
        return response


@dataclass(frozen=True)
class Files:
    """The files as they are now: each with its stamp; `version` is the hash of them all."""

    version: str
    stamps: frozenset[Stamp]

    def url(self, name: str) -> str:
        """The address of a file under `static/`, which changes when any of them does."""
        return f"/static/{self.version}/{name}"

    def modules(self, page: str) -> list[str]:
        """The addresses of every module that a page begins with, so that none waits for the one that imports it."""
        return [self.url(f"js/{name}") for name in _modules(self.version, page)]


def present_files() -> Files:
    """What is there now: a developer may have changed a file since the last page."""
    return _files(frozenset(_stamps(STATIC)))


def _split(path: str) -> tuple[str | None, str]:
    """The hash that a path begins with, if it does, and the name of a file."""
    found = _VERSION.fullmatch(path.replace(os.sep, "/"))
    return (found[1], found[2]) if found else (None, path)


def _stamps(folder: Path) -> Iterator[Stamp]:
    for path in folder.rglob("*"):
        found = path.stat()
        if S_ISREG(found.st_mode):
            yield path, found.st_mtime_ns, found.st_size


@lru_cache(maxsize=1)
def _files(stamps: frozenset[Stamp]) -> Files:
    digest = hashlib.sha256()
    for path in sorted(path for path, *_ in stamps):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(STATIC).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return Files(digest.hexdigest()[:12], stamps)


@cache
def _modules(_version: str, page: str) -> tuple[str, ...]:
    """`shell.js`, the page's own script if it has one, and what they import."""
    found: list[str] = []
    waiting = ["shell.js", f"{page}.js"]
    while waiting:
        name = waiting.pop(0)
        path = STATIC / "js" / name
        if name not in found and path.is_file():
            found.append(name)
            waiting += [each.removeprefix("./") for each in _IMPORT.findall(path.read_text("utf-8"))]
    return tuple(found)
