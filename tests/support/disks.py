"""File systems that are small, turn read-only or break: Linux, for root."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest


def _ran(*command: str) -> bool:
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def _mounted(place: Path, *arguments: str) -> None:
    """Mount something at `place`; skips the test where nobody may."""
    place.mkdir(exist_ok=True)
    if sys.platform != "linux" or os.geteuid() != 0 or not _ran("mount", *arguments, str(place)):
        pytest.skip("no file system can be mounted here: that takes Linux, and root")


@contextmanager
def small_disk(place: Path, megabytes: int) -> Iterator[Path]:
    """A file system of so many megabytes, mounted at `place`."""
    _mounted(place, "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


@contextmanager
def read_only(place: Path) -> Iterator[None]:
    """Nothing can be created, opened for writing, renamed or deleted below `place`; what is open can be written."""
    # It is made beside, where nobody writes: what is being written keeps a file system from turning read-only.
    beside = place.with_name(f"{place.name}, read only")
    _mounted(beside, "--bind", str(place))
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", str(beside)], check=True)
        subprocess.run(["mount", "--bind", str(beside), str(place)], check=True)
        try:
            yield
        finally:
            subprocess.run(["umount", "-l", str(place)], check=True)
    finally:
        subprocess.run(["umount", "-l", str(beside)], check=True)


class BreakableDisk:
    """An ext4 file system in a file, mounted at `place`."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self._image = place.with_suffix(".img")
        with self._image.open("wb") as file:
            file.truncate(64 << 20)
        if not _ran("mkfs.ext4", "-q", "-F", str(self._image)):
            pytest.skip("no ext4 file system can be made here: mkfs.ext4 is missing")
        self._mount()

    def _mount(self) -> None:
        _mounted(self.place, "-o", "loop,errors=remount-ro", str(self._image))

    def break_down(self) -> None:
        """The kernel meets an error in it: from now on nothing is written, not even to what is open."""
        device = subprocess.run(
            ["findmnt", "-n", "-o", "SOURCE", str(self.place)], check=True, capture_output=True, text=True
        )
        trigger = Path("/sys/fs/ext4") / Path(device.stdout.strip()).name / "trigger_fs_error"
        if not os.access(trigger, os.W_OK):
            pytest.skip("this kernel breaks no file system on demand")
        trigger.write_text("1")

    def mend(self) -> None:
        """Unmount, check, mount. Nobody may use it."""
        subprocess.run(["umount", str(self.place)], check=True)
        assert subprocess.run(["e2fsck", "-y", str(self._image)], check=False, capture_output=True).returncode in (0, 1)
        self._mount()

    def close(self) -> None:
        subprocess.run(["umount", "-l", str(self.place)], check=False, capture_output=True)


@contextmanager
def breakable_disk(place: Path) -> Iterator[BreakableDisk]:
    disk = BreakableDisk(place)
    try:
        yield disk
    finally:
        disk.close()


def fill(folder: Path, leaving: int = 0) -> Path:
    """A file that takes all the room that is left but for so many bytes; delete it to have that back."""
    ballast = folder / "ballast"
    with ballast.open("ab", buffering=0) as file:
        for size in (1 << 20, 4096, 1):
            try:
                while file.write(b"x" * size) == size:
                    pass
            except OSError:
                continue
        file.truncate(max(0, file.tell() - leaving))
    return ballast


def bound_by_modes() -> Sequence[str]:
    """What a command begins with whose process the modes of files bind. They do not bind root by themselves."""
    if os.geteuid() != 0:
        return ()
    without = "-dac_override,-dac_read_search"
    command = ("setpriv", f"--bounding-set={without}", f"--inh-caps={without}")
    if not _ran(*command, "true"):
        pytest.skip("modes of files do not bind root, and setpriv, which would make them, does not work here")
    return command
