"""A Python that has what the baseline needs beside Zhiwen's own packages: `.venv-bench`, made once.

It sees the packages of `.venv` and adds those of `bench/requirements.txt`, and llama-cpp-python as pip builds it where
nothing is said: that of `.venv` has some of Zhiwen's own code in it. `.venv` itself stays as it is.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

from bench.parsing.run import ROOT
from tools import pins

_LLAMA = "llama-cpp-python"
_FOLDER = ROOT / ".venv-bench"
_WANTED = ROOT / "bench" / "requirements.txt"


def peers_python(folder: Path = _FOLDER) -> Path:
    """Its Python; made anew where what it is made from has changed. Raises CalledProcessError where pip fails."""
    python, stamp = folder / "bin" / "python", folder / "stamp"
    made_from = (_WANTED, pins.RUNTIME, Path(__file__))
    wanted = "".join(path.read_text("utf-8") for path in made_from) + sys.version
    key = hashlib.sha256(wanted.encode()).hexdigest()
    if stamp.exists() and stamp.read_text("utf-8") == key:
        return python
    print("Installing what the baseline needs into .venv-bench: about 5 minutes on 2 cores.", flush=True)
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
    here = sysconfig.get_path("purelib")
    there = subprocess.run(
        [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        check=True,
        capture_output=True,
        text=True,
    )
    Path(there.stdout.strip(), "zhiwen.pth").write_text(f"{here}\n", "utf-8")
    # Zhiwen's own pins hold for both sides: the same torch, llama.cpp and FAISS.
    constraints = folder / "constraints.txt"
    lines = (f"{pin.name}=={pin.version}{f' ; {pin.marker}' if pin.marker else ''}" for pin in pins.read(pins.RUNTIME))
    constraints.write_text("\n".join(lines) + "\n", "utf-8")
    install = ("-m", "pip", "--disable-pip-version-check", "--no-input", "install", "--quiet")
    subprocess.run([str(python), *install, "-c", str(constraints), "-r", str(_WANTED)], check=True)
    (llama,) = (f"{pin.name}=={pin.version}" for pin in pins.read(pins.RUNTIME) if pin.name == _LLAMA)
    # Not from pip's cache, which does not know how what it holds was built.
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("CMAKE", "SKBUILD"))}
    alone = ("--no-deps", "--ignore-installed", "--no-cache-dir")
    subprocess.run([str(python), *install, *alone, llama], check=True, env=plain)
    stamp.write_text(key, "utf-8")
    return python
