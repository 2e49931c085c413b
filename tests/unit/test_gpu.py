"""Whether torch is worth asking for a GPU: what drivers and packages say, and what is made of it."""

from __future__ import annotations

import ctypes
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from app.settings import ROOT
from models.gpu import may_have_gpu

pytestmark = pytest.mark.skipif(sys.platform == "darwin", reason="every Mac has Apple's GPU")


class Driver:
    """NVIDIA's library on a machine with so many GPUs; without any it does not even start."""

    def __init__(self, gpus: int, started: int = 0) -> None:
        self._gpus, self._started = gpus, started

    def cuInit(self, flags: int) -> int:  # noqa: N802
        assert flags == 0
        return self._started

    def cuDeviceGetCount(self, count: Any) -> int:  # noqa: N802
        ctypes.cast(count, ctypes.POINTER(ctypes.c_int))[0] = self._gpus
        return 0


def torch_for(folder: Path, cuda: str, hip: str = "None") -> Path:
    """A package as torch's own build writes it."""
    said = f"__version__ = '2.13.0'\ndebug = False\ncuda: Optional[str] = {cuda}\nhip: Optional[str] = {hip}\n"
    (folder / "version.py").write_text(said, "utf-8")
    return folder


def no_driver() -> Any:
    raise OSError("libcuda.so.1: cannot open shared object file")


@pytest.mark.parametrize(
    ("driver", "there"),
    [
        (Driver(2), True),
        (Driver(0), False),
        # CUDA_ERROR_NO_DEVICE
        (Driver(1, started=100), False),
        # A library without these functions cannot be asked; torch can.
        (object(), True),
    ],
)
def test_a_driver_is_a_gpu_only_where_it_sees_one(tmp_path: Path, driver: Any, there: bool) -> None:
    assert may_have_gpu(lambda: driver, torch_for(tmp_path, "'12.6'")) == there


@pytest.mark.parametrize(
    ("cuda", "hip", "there"), [("'12.6'", "None", True), ("None", "'6.4'", True), ("None", "None", False)]
)
def test_a_gpu_is_one_only_for_a_torch_that_was_built_for_it(tmp_path: Path, cuda: str, hip: str, there: bool) -> None:
    assert may_have_gpu(lambda: Driver(1), torch_for(tmp_path, cuda, hip)) == there


def test_a_torch_that_says_nothing_is_asked(tmp_path: Path) -> None:
    assert may_have_gpu(lambda: Driver(1), tmp_path)
    assert not may_have_gpu(no_driver, tmp_path)


def test_this_machine_is_looked_at_without_torch() -> None:
    code = """
import sys
from pathlib import Path
from models.gpu import may_have_gpu
from models.local_transformers import choose_device
may_have_gpu()
assert choose_device("cpu", Path()) == "cpu"
assert "torch" not in sys.modules
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
