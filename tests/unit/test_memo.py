"""What was measured on one machine is kept under a name that no other machine has."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.memo import this_machine
from models.threads import CPUINFO, network_flags
from tests.support.levels import linux


def processor(folder: Path, told: str) -> Path:
    path = folder / "cpuinfo"
    path.write_text(f"processor\t: 0\n{told}\n\nprocessor\t: 1\n{told}\n", "utf-8")
    return path


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ("model name\t: AMD EPYC\nflags\t\t: fpu sse2 avx2 bmi2", "AMD EPYC avx2 threads"),
        (
            "model name\t: AMD EPYC\nflags\t\t: fpu avx2 avx512f avx_vnni avx512_bf16 avx512_vnni",
            "AMD EPYC avx2 avx512f avx512_vnni avx512_bf16 avx_vnni threads",
        ),
        ("model name\t: Intel Xeon\nflags\t\t: avx2 amx_bf16 amx_tile amx_int8", "Intel Xeon avx2 amx_int8 amx_bf16 t"),
        (
            "model name\t: N1\nFeatures\t: fp asimd asimddp sve i8mm bf16",
            "N1 asimddp bf16 i8mm sve threads",
        ),
    ],
)
def test_processors_of_one_name_that_compute_otherwise_are_different_machines(
    tmp_path: Path, told: str, name: str
) -> None:
    assert this_machine(cpuinfo=processor(tmp_path, told)).startswith(name)


def test_without_linux_a_machine_has_what_python_knows_of_it(tmp_path: Path) -> None:
    assert network_flags(tmp_path / "none") == []
    assert " threads " in this_machine("numpy", cpuinfo=tmp_path / "none")


@linux
def test_the_flags_of_this_machine_are_in_its_name() -> None:
    assert this_machine() == this_machine(cpuinfo=CPUINFO)
    assert all(f" {flag} " in this_machine() for flag in network_flags())
