"""Resolves pyproject.toml into the four pin files, for Linux and macOS at once. Needs `uv` on the path.

Run it by hand when a dependency changes: `python -m tools.compile_pins [--upgrade]`.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from tools import pins

# The CPU build of torch 2.13.0 has a hash of its own beside those of the plain wheels.
TORCH_CPU = (
    "2.13.0",
    {"cp311 manylinux_2_28_x86_64": "6746dbcbeb526eb61330b76b41ff1b4eb848951103a892eeb080dfa2b264667b"},
)
ELSEWHERE = re.compile(r"sys_platform == '(win32|emscripten)'")
CUDA_PREFIXES = ("nvidia-", "cuda-", "triton")
ABOUT = {
    pins.RUNTIME: "Everything that Zhiwen runs on.",
    pins.CUDA: "What the plain Linux build of torch needs beside requirements.txt.",
    pins.BUILD: "What builds llama.cpp and the other packages that come as source.",
    pins.TEST: "What the tests and checks need beside requirements.txt.",
}


def resolve(*arguments: str, seeds: tuple[Path, ...], upgrade: bool) -> list[pins.Pin]:
    """Pins for Linux and macOS, as close to the seeds as the new requirements allow."""
    command = ["uv", "pip", "compile", "--universal", "--python-version", "3.11", "--generate-hashes"]
    command += ["--no-emit-index-url", "--no-annotate", "--no-header", "--quiet", *arguments]
    preferred = pins.ROOT / ".make" / "seed.txt"
    preferred.parent.mkdir(exist_ok=True)
    known = [] if upgrade else [pin.text for path in seeds if path.exists() for pin in pins.read(path)]
    preferred.write_text("\n".join(known) + "\n", encoding="utf-8")
    subprocess.run([*command, "--output-file", str(preferred)], cwd=pins.ROOT, check=True)
    return [pin for pin in pins.read(preferred) if not ELSEWHERE.search(pin.marker)]


def with_cpu_build(pin: pins.Pin) -> pins.Pin:
    """torch with the hashes of its CPU build as well."""
    version, builds = TORCH_CPU
    if pin.name != "torch":
        return pin
    if pin.version != version:
        raise SystemExit(f"torch {pin.version}: write the hashes of its CPU build into {__file__} first.")
    head = pin.text.splitlines()[0]
    hashes = sorted({*pin.hashes, *builds.values()})
    return pins.parse(" \\\n    ".join([head.rstrip(" \\"), *(f"--hash=sha256:{h}" for h in hashes)]))[0]


def write(path: Path, chosen: list[pins.Pin]) -> None:
    """One pin file, with a line that says what it is for."""
    lines = [f"# {ABOUT[path]} Written by tools/compile_pins.py.", *(pin.text for pin in chosen)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main() -> None:
    """Write the four files."""
    upgrade = "--upgrade" in sys.argv[1:]
    runtime = resolve("pyproject.toml", seeds=(pins.RUNTIME, pins.CUDA), upgrade=upgrade)
    cuda = [pin for pin in runtime if pin.name.startswith(CUDA_PREFIXES)]
    plain = [with_cpu_build(pin) for pin in runtime if pin not in cuda]
    write(pins.RUNTIME, plain)
    write(pins.CUDA, cuda)
    held = {(pin.name, pin.version, pin.marker) for pin in runtime}
    constraint = ("--constraint", str(pins.RUNTIME), "--constraint", str(pins.CUDA))
    tests = resolve("pyproject.toml", "--extra=test", *constraint, seeds=(pins.TEST,), upgrade=upgrade)
    write(pins.TEST, [pin for pin in tests if (pin.name, pin.version, pin.marker) not in held])
    write(pins.BUILD, resolve("--group=build", seeds=(pins.BUILD,), upgrade=upgrade))


if __name__ == "__main__":
    main()
