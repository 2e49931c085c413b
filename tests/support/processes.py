"""Zhiwen as people run it: its own processes, with a data folder of their own."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from app.settings import ROOT

ZHIWEN = (sys.executable, "-m", "app")
PATIENCE = 120


def environment(folder: Path, **values: str) -> dict[str, str]:
    """This process's environment with a data and weights folder of its own and no other setting."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith("ZHIWEN_")}
    own = {"ZHIWEN_DATA_DIR": str(folder / "data"), "ZHIWEN_WEIGHTS_DIR": str(folder / "weights")}
    return clean | own | {"ZHIWEN_CONFIG": str(folder / "none.toml"), "ZHIWEN_PORT": str(free_port())} | values


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def zhiwen(variables: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [*ZHIWEN, *arguments]
    return subprocess.run(
        command, env=dict(variables), capture_output=True, text=True, timeout=PATIENCE, cwd=ROOT, check=False
    )


@contextmanager
def served(
    variables: Mapping[str, str], command: Sequence[str] = (*ZHIWEN, "serve"), said: list[str] | None = None
) -> Iterator[str]:
    """A server process; gives its address. It must end by itself when told to.

    With `said`, waits for the token of the first start, and adds what was printed up to it.
    """
    process = subprocess.Popen(list(command), env=dict(variables), stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        found = re.search(r"https?://\S+", line)
        assert found, line
        while said is not None:
            said.append(line)
            if "token" in line or not line:
                break
            line = process.stdout.readline()
        yield found[0]
    finally:
        process.send_signal(signal.SIGINT)
        try:
            assert process.wait(PATIENCE) == 0
        finally:
            process.kill()
            process.stdout.close()
