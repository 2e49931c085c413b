"""The whole main path where no route leads out: it works, and nothing even tries to leave."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.settings import ROOT
from tests.support.outgoing import place

PATIENCE = 500
# Three attempts: by an address, by a name, and by a name from outside Python.
TRYING = """
import ctypes, json, socket
from contextlib import suppress
from tests.support.outgoing import counted, raise_loopback, watch
raise_loopback()
attempts, counts = [], []
watch(attempts.append)
for host in ("192.0.2.1", "documents.example"):
    with suppress(OSError):
        socket.create_connection((host, 443))
    counts.append(sum(counted().values()))
ctypes.CDLL(None).getaddrinfo(b"documents.example", None, None, ctypes.byref(ctypes.c_void_p()))
counts.append(sum(counted().values()))
with socket.create_server(("127.0.0.1", 0)) as server:
    socket.create_connection(server.getsockname()).close()
print(json.dumps([attempts, counts, sum(counted().values())]))
"""


@pytest.fixture(scope="module")
def alone() -> list[str]:
    """What to put before a command so that no route leads out of where it runs."""
    found = place()
    if not found:
        pytest.skip("this machine makes no network namespace (unshare -n as root, unshare -rn otherwise)")
    return found


def at_home(folder: Path, **values: str) -> dict[str, str]:
    """An environment with an empty home, of which no library may think that it only tests."""
    (folder / "home").mkdir()
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
    return kept | {"HOME": str(folder / "home"), "PYTHONPATH": str(ROOT)} | values


def test_what_tries_to_leave_is_counted(tmp_path: Path, alone: list[str]) -> None:
    done = subprocess.check_output([*alone, sys.executable, "-c", TRYING], env=at_home(tmp_path), cwd=ROOT)
    attempts, counts, afterwards = json.loads(done)
    assert attempts[0] == "socket.getaddrinfo 192.0.2.1"
    assert "socket.connect 192.0.2.1" in attempts
    assert attempts[-1] == "socket.getaddrinfo documents.example"
    assert 0 < counts[0] < counts[1] < counts[2] == afterwards


@pytest.mark.slow
@pytest.mark.parametrize("way", ["free", "confined"])
def test_the_main_path_needs_no_network_and_asks_for_none(tmp_path: Path, alone: list[str], way: str) -> None:
    """Where the processes that read files are free to try what they want, and where they are not."""
    walk(tmp_path, alone, way)


@pytest.mark.weights
def test_the_main_path_with_the_default_models_asks_for_none(
    tmp_path: Path, alone: list[str], weights_dir: Path
) -> None:
    walk(tmp_path, alone, "weights", ZHIWEN_WEIGHTS_DIR=str(weights_dir.resolve()))


def walk(tmp_path: Path, alone: list[str], way: str, **values: str) -> None:
    done = subprocess.run(
        [*alone, sys.executable, "-m", "tests.support.main_path", str(tmp_path), way],
        stdout=subprocess.PIPE,
        env=at_home(tmp_path, **values),
        cwd=ROOT,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0
    told = json.loads(done.stdout)
    assert told["attempts"] == []
    assert told["counted"] == dict.fromkeys(told["counted"], 0)
    assert len(told["counted"]) >= 2
    # Nor is anything left that a library would send another time.
    assert [path for path in (tmp_path / "home").rglob("*") if path.is_file()] == []
