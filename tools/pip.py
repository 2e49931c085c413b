"""Calls pip in .venv, and says which call failed."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from tools.machine import Refused
from tools.pins import ROOT

VENV = ROOT / ".venv"
WORK = ROOT / ".make"
PIP = ("-m", "pip", "--disable-pip-version-check", "--no-input")
HASHED = ("install", "--no-deps", "--require-hashes", "-r")


def call(python: Path | str, *arguments: str | Path, **environment: str) -> None:
    """Run a Python with arguments. Raises Refused when it fails; its own output says why."""
    command = [str(python), *map(str, arguments)]
    if subprocess.run(command, cwd=ROOT, env={**os.environ, **environment}, check=False).returncode:
        raise Refused(
            f"This command failed, see above: {' '.join(command)}\n"
            "Run the same make command again once the reason is gone; finished steps are kept."
        )


def listed(name: str, *lines: str) -> Path:
    """A requirements file of these lines."""
    path = WORK / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
