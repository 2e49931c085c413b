"""What this machine has: a Python, a compiler, room on the disk, a GPU. Says what to install otherwise."""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

OLDEST, NEWEST = (3, 11), (3, 14)
OLDEST_MACOS = 14
ROOM_GB = 4
COMPILERS = ("c++", "g++", "clang++")


class Refused(Exception):
    """This machine cannot go on; the message says why and what to do."""


def check_python() -> None:
    """Raises Refused for a Python that the pinned packages do not exist for, or one without venv."""
    here = sys.version_info[:2]
    if not OLDEST <= here <= NEWEST:
        span = " to ".join(".".join(map(str, version)) for version in (OLDEST, NEWEST))
        raise Refused(
            f"Zhiwen runs on Python {span}, and {sys.executable} is {platform.python_version()}. "
            "Install one of those and name it: make serve PYTHON=python3.12"
        )
    if platform.system() == "Darwin":
        check_mac(platform.machine(), platform.mac_ver()[0])
    if not all(importlib.util.find_spec(name) for name in ("venv", "ensurepip")):
        raise Refused(f"{sys.executable} lacks venv. On Debian or Ubuntu: sudo apt install python3-venv")


def check_mac(machine: str, release: str) -> None:
    """Raises Refused for a Mac that torch or FAISS no longer exist for."""
    if machine != "arm64":
        raise Refused("torch no longer exists for Macs with an Intel processor. Run Zhiwen on Linux.")
    if int(release.split(".", maxsplit=1)[0] or 0) < OLDEST_MACOS:
        raise Refused(f"FAISS needs macOS {OLDEST_MACOS} or later, and this is {release}. Update macOS.")


def check_room(place: Path, needed_gb: int = ROOM_GB) -> None:
    """Raises Refused where the packages cannot fit."""
    free = shutil.disk_usage(place).free / 1e9
    if free < needed_gb:
        raise Refused(f"{place} has {free:.1f} GB free; this takes about {needed_gb} GB. Free some space.")


def c_compiler() -> str:
    """The C++ compiler that builds llama.cpp. Raises Refused when there is none."""
    named = os.environ.get("CXX", "").split()
    for name in (*named[:1], *COMPILERS):
        if found := shutil.which(name):
            return found
    raise Refused(
        "llama.cpp is built from source and needs a C++ compiler. Install one, then run this again:\n"
        "  Debian, Ubuntu, WSL2:  sudo apt install build-essential\n"
        "  Fedora:                sudo dnf install gcc-c++\n"
        "  macOS:                 xcode-select --install"
    )


def wants_gpu(environment: Mapping[str, str]) -> bool:
    """Whether an NVIDIA GPU answers, and GPU=off does not forbid it."""
    listing = shutil.which("nvidia-smi", path=environment.get("PATH"))
    if listing is None or environment.get("GPU", "").lower() == "off":
        return False
    try:
        answer = subprocess.run([listing, "-L"], capture_output=True, text=True, timeout=20, check=False)
    except subprocess.TimeoutExpired:
        return False
    return answer.returncode == 0 and "GPU" in answer.stdout


def llama_build(environment: Mapping[str, str], gpu: bool) -> str:
    """The CMAKE_ARGS that llama.cpp is built with: a person's own, and CUDA where it can be used."""
    given = environment.get("CMAKE_ARGS", "").strip()
    compiler = shutil.which("nvcc", path=f"{environment.get('PATH', '')}{os.pathsep}/usr/local/cuda/bin")
    if not gpu or "GGML_CUDA" in given or compiler is None:
        return given
    return f"{given} -DGGML_CUDA=on -DCMAKE_CUDA_COMPILER={compiler}".strip()
