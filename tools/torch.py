"""Installs the build of torch that fits this machine: a CPU build where one is at hand, else the plain one."""

from __future__ import annotations

import platform
import subprocess

from tools import pins
from tools.machine import check_room
from tools.pins import ROOT
from tools.pip import HASHED, PIP, VENV, call, listed

CUDA_ROOM_GB = 8


def installed_version() -> str:
    """The version of the torch in .venv, such as `2.13.0+cpu`."""
    code = "from importlib.metadata import version; print(version('torch'))"
    command = [str(VENV / "bin/python"), "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def install(index: str, gpu: bool) -> None:
    """torch: from an index that a person named, else a CPU build at hand, else the plain build."""
    if index:
        build_from(index)
    elif not cpu_build(gpu):
        call(VENV / "bin/python", *PIP, *HASHED, listed("torch.txt", pin().text), "--force-reinstall")
    install_companions(index)


def pin() -> pins.Pin:
    """The torch of requirements.txt."""
    return next(pin for pin in pins.read(pins.RUNTIME) if pin.name == "torch")


def build_from(index: str) -> None:
    """torch from the index that a person named: that index vouches for it, no hash is checked."""
    print(f"torch comes from TORCH_INDEX={index}; requirements.txt has no hash for it.", flush=True)
    named = ("--force-reinstall", "--index-url", index, f"torch=={pin().version}")
    call(VENV / "bin/python", *PIP, "install", "--no-deps", *named)


def cpu_build(gpu: bool) -> bool:
    """Whether a CPU build was at hand. Asked for by name: pip itself prefers the plain build."""
    if gpu or platform.system() != "Linux":
        return False
    plain = pin()
    line = plain.text.replace(f"=={plain.version}", f"=={plain.version}+cpu", 1)
    arguments = (*PIP, *HASHED, listed("torch.txt", line), "--force-reinstall", "--quiet")
    tried = subprocess.run([VENV / "bin/python", *arguments], capture_output=True, text=True, check=False)
    if tried.returncode:
        print("No CPU build of torch is at hand; the plain one follows, which is larger.", flush=True)
    return tried.returncode == 0


def install_companions(index: str) -> None:
    """The CUDA packages of the torch that got installed; a CPU build and macOS need none."""
    version = installed_version()
    if platform.system() != "Linux" or version.endswith("+cpu"):
        return
    if "+" in version:
        call(VENV / "bin/python", *PIP, "install", "--extra-index-url", index, f"torch=={version}")
        return
    check_room(ROOT, CUDA_ROOM_GB)
    print("This torch is the plain Linux build: its CUDA packages follow (2.2 GB).", flush=True)
    call(VENV / "bin/python", *PIP, *HASHED, pins.CUDA)


def size(index: str, gpu: bool) -> str:
    """How much torch weighs."""
    if index or platform.system() != "Linux":
        return f"torch {pin().version}"
    return "torch (2.7 GB with CUDA)" if gpu else "torch (190 MB where its CPU build is at hand, else 2.7 GB)"
