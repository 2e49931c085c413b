"""Threads of numeric libraries give way, unless a person says otherwise."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from models.threads import physical_cores, share_cores

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(("before", "after"), [(None, "passive"), ("active", "active")])
def test_waiting_threads_sleep(monkeypatch: pytest.MonkeyPatch, before: str | None, after: str) -> None:
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    if before:
        monkeypatch.setenv("OMP_WAIT_POLICY", before)
    share_cores()
    assert os.environ["OMP_WAIT_POLICY"] == after


@pytest.mark.parametrize(
    "statement",
    ["from app.cli import main; main(['models', 'list'])", "from models.llama import llama_version as v; v()"],
)
def test_it_is_settled_before_any_openmp_is_loaded(statement: str, tmp_path: Path) -> None:
    code = (
        "import os, sys\n"
        "class Watch:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name in ('torch', 'llama_cpp'): assert os.environ.get('OMP_WAIT_POLICY'), name\n"
        f"sys.meta_path.insert(0, Watch())\n{statement}\nassert os.environ['OMP_WAIT_POLICY']\n"
    )
    environment = {key: value for key, value in os.environ.items() if key != "OMP_WAIT_POLICY"}
    environment["ZHIWEN_DATA_DIR"] = str(tmp_path)
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, check=True, capture_output=True)


def test_there_is_a_core() -> None:
    assert 1 <= physical_cores() <= (os.cpu_count() or 1)
