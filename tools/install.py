"""Makes .venv: pinned packages, llama.cpp built for this machine, Zhiwen itself. Quick when nothing changed.

`python -m tools.install [--test]`, as `make serve` and `make test` run it. Every finished step leaves a
stamp in .venv that says what it was made from, so an interrupted run goes on where it stopped, and a
step runs again only when what it was made from changes.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shlex import quote

from tools import pins, torch
from tools.machine import Refused, c_compiler, check_python, check_room, llama_build, wants_gpu
from tools.pins import ROOT
from tools.pip import HASHED, PIP, VENV, WORK, call, listed

FROM_SOURCE = ("jieba", "llama-cpp-python")
# Included before every source of llama.cpp; it says why.
AMX_TILES = ROOT / "tools/amx_tiles.h"
# What the build of llama.cpp leaves out, and what it is given.
LLAMA_LIBRARY = ROOT / "tools/llama_library.cmake"
LLAMA_ROWS = ROOT / "tools/llama_rows.cpp"
LIBRARY_ALONE = f"-DLLAVA_BUILD=OFF -DCMAKE_PROJECT_llama.cpp_INCLUDE={quote(str(LLAMA_LIBRARY))}"


@dataclass(frozen=True)
class Step:
    """Something to install: what for, what it is made from, and how."""

    name: str
    about: str
    key: str
    run: Callable[[], None]
    stamps: Path = VENV / "stamps"

    @property
    def stamp(self) -> Path:
        return self.stamps / self.name

    def done(self) -> bool:
        return self.stamp.is_file() and self.stamp.read_text() == self.key

    def finish(self) -> None:
        self.stamps.mkdir(exist_ok=True)
        self.stamp.with_suffix(".part").write_text(self.key)
        self.stamp.with_suffix(".part").replace(self.stamp)


def key(*parts: object) -> str:
    """A hash of everything a step is made from."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def make_venv(place: Path) -> None:
    """A fresh virtual environment; whatever an interrupted run left there is replaced."""
    call(sys.executable, "-m", "venv", "--clear", place)


def install_packages() -> None:
    """Everything in requirements.txt that comes as a wheel."""
    chosen = [pin.text for pin in pins.read(pins.RUNTIME) if pin.name not in FROM_SOURCE]
    call(VENV / "bin/python", *PIP, *HASHED, listed("wheels.txt", *chosen))


def build_from_source(built: Path, cmake_args: str) -> None:
    """Wheels of the packages that come as source, kept in `built` for the next time."""
    builder = WORK / "builder"
    make_venv(builder)
    call(builder / "bin/python", *PIP, *HASHED, pins.BUILD)
    fresh = built.with_suffix(".part")
    chosen = [pin.text for pin in pins.read(pins.RUNTIME) if pin.name in FROM_SOURCE]
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    print("Building llama.cpp for this machine: about 5 minutes on 2 cores, longer for CUDA.", flush=True)
    call(
        builder / "bin/python",
        *(*PIP, "wheel", "--no-deps", "--no-build-isolation", "--no-cache-dir", "--require-hashes"),
        *("--wheel-dir", fresh, "-r", listed("sources.txt", *chosen)),
        CMAKE_ARGS=f"{cmake_args} {LIBRARY_ALONE}".strip(),
        CXXFLAGS=f"{os.environ.get('CXXFLAGS', '')} -include {AMX_TILES.name}".strip(),
        CPATH=os.pathsep.join(filter(None, (str(AMX_TILES.parent), os.environ.get("CPATH")))),
        CMAKE_BUILD_PARALLEL_LEVEL=os.environ.get("CMAKE_BUILD_PARALLEL_LEVEL", str(os.cpu_count() or 1)),
        PATH=f"{builder / 'bin'}{os.pathsep}{os.environ['PATH']}",
    )
    shutil.rmtree(built, ignore_errors=True)
    fresh.replace(built)
    shutil.rmtree(builder)


def install_built(built: Path, cmake_args: str) -> None:
    """jieba and llama-cpp-python, built first when no earlier build fits."""
    if not built.is_dir():
        build_from_source(built, cmake_args)
    call(VENV / "bin/python", *PIP, "install", "--no-deps", "--force-reinstall", *sorted(built.glob("*.whl")))


def install_test_tools() -> None:
    """What the tests and checks need."""
    call(VENV / "bin/python", *PIP, *HASHED, pins.TEST)


def install_project() -> None:
    """Zhiwen itself, run from this checkout; then a check that every package has what it needs."""
    call(VENV / "bin/python", *PIP, "install", "--no-deps", "--no-build-isolation", "--quiet", "-e", ROOT)
    call(VENV / "bin/python", *PIP, "check")


def steps(test: bool) -> list[Step]:
    """What .venv is made of, in order."""
    version = platform.python_version()
    # Resolved, as pyvenv.cfg names it: make takes the Python of .venv the next time, under that name.
    python = f"{Path(sys.executable).resolve()} {sys.implementation.cache_tag} {platform.machine()}"
    index = os.environ.get("TORCH_INDEX", "")
    gpu = wants_gpu(os.environ)
    cmake_args = llama_build(os.environ, gpu)
    sources = [pin.text for pin in pins.read(pins.RUNTIME) if pin.name in FROM_SOURCE]
    own = [path.read_text() for path in (AMX_TILES, LLAMA_LIBRARY, LLAMA_ROWS)]
    made_from = (sources, sys.implementation.cache_tag, platform.machine(), cmake_args, own)
    built = WORK / "built" / key(*made_from)[:16]
    runtime, cuda, tests = (path.read_text() for path in (pins.RUNTIME, pins.CUDA, pins.TEST))
    project = (ROOT / "pyproject.toml").read_text()
    network = key(torch.pin(), cuda, index, gpu)
    kind = cmake_args or "no CMAKE_ARGS"
    plan = [
        Step("venv", f"an environment of Python {version}", python, lambda: make_venv(VENV)),
        Step("built", f"llama.cpp, built here: {kind}", built.name, lambda: install_built(built, cmake_args)),
        Step("torch", torch.size(index, gpu), network, lambda: torch.install(index, gpu)),
        Step("packages", "other packages (300 MB)", key(runtime), install_packages),
        Step("project", "Zhiwen itself", key(project, runtime, network, built.name), install_project),
    ]
    if test:
        plan.append(Step("test", "test tools (100 MB)", key(tests), install_test_tools))
    return plan


def pending(plan: list[Step]) -> Iterator[Step]:
    """The steps still to do. A new virtual environment loses what stood in the old one."""
    fresh = False
    for step in plan:
        fresh = fresh or (step.name == "venv" and not step.done())
        if fresh or not step.done():
            yield step


@contextmanager
def alone() -> Iterator[None]:
    """Two set-ups of one checkout wait for each other."""
    WORK.mkdir(exist_ok=True)
    with (WORK / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Another set-up of this folder is running; waiting for it.", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def install(test: bool) -> None:
    """Do what is left to do, saying first what that is."""
    todo = list(pending(steps(test)))
    if not todo:
        return
    check_python()
    check_room(ROOT)
    if any(step.name == "built" for step in todo):
        c_compiler()
    print("Setting up Zhiwen in .venv:", *(f"  - {step.about}" for step in todo), sep="\n", flush=True)
    for step in todo:
        step.run()
        step.finish()


def main() -> int:
    """Install; 0 when everything is there."""
    try:
        with alone():
            install("--test" in sys.argv[1:])
    except Refused as refusal:
        print(f"\n{refusal}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. The same command goes on from here.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
