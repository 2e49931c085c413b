"""Threads of numeric libraries give way, unless a person says otherwise."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import get_native_id

import pytest

from models.threads import give_way, physical_cores, share_cores
from tests.support.levels import level, linux

ROOT = Path(__file__).parents[2]
NAMES = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, {"GOMP_SPINCOUNT": "1000"}),
        ({"GOMP_SPINCOUNT": "5"}, {"GOMP_SPINCOUNT": "5"}),
        ({"OMP_WAIT_POLICY": "active"}, {"OMP_WAIT_POLICY": "active"}),
    ],
)
def test_waiting_threads_sleep_soon(
    monkeypatch: pytest.MonkeyPatch, before: dict[str, str], after: dict[str, str]
) -> None:
    for name in NAMES:
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    for name, value in before.items():
        monkeypatch.setenv(name, value)
    share_cores()
    assert {name: os.environ[name] for name in NAMES if name in os.environ} == after


@pytest.mark.parametrize(
    "statement",
    ["from app.cli import main; main(['models', 'list'])", "from models.llama import llama_version as v; v()"],
)
def test_it_is_settled_before_any_openmp_is_loaded(statement: str, tmp_path: Path) -> None:
    code = (
        "import os, sys\n"
        "class Watch:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name in ('torch', 'llama_cpp'): assert os.environ.get('GOMP_SPINCOUNT'), name\n"
        f"sys.meta_path.insert(0, Watch())\n{statement}\nassert os.environ['GOMP_SPINCOUNT']\n"
    )
    environment = {key: value for key, value in os.environ.items() if key not in NAMES}
    environment["ZHIWEN_DATA_DIR"] = str(tmp_path)
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, check=True, capture_output=True)


def test_there_is_a_core() -> None:
    assert 1 <= physical_cores() <= (os.cpu_count() or 1)


@linux
def test_who_gives_way_and_what_it_begins_stand_behind() -> None:
    here = level(get_native_id())
    with ThreadPoolExecutor(1) as one:
        one.submit(give_way, 3).result()
        assert one.submit(lambda: level(get_native_id())).result() == here + 3
        process = one.submit(subprocess.Popen, ["sleep", "60"]).result()
    assert level(process.pid) == here + 3
    process.kill()
    process.wait()
    assert level(get_native_id()) == here


@linux
def test_where_levels_are_forbidden_all_stay_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: object) -> None:
        raise PermissionError("not in here")

    here = level(get_native_id())
    monkeypatch.setattr(os, "setpriority", forbidden)
    give_way(3)
    assert level(get_native_id()) == here
