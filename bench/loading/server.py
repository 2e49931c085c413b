"""The server that is measured: a process of its own, with a data folder of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from bench.parsing.run import ROOT

ZHIWEN = (sys.executable, "-m", "app", "serve")
# Loading the default models from a slow disk takes minutes.
_START_SECONDS = 600.0
_END_SECONDS = 60.0


class ServerEnded(Exception):
    """It ended, or did not get ready; the text is what it said."""


@dataclass(frozen=True)
class Server:
    """Where it is, which process it is, and where it writes what goes wrong."""

    address: str
    pid: int
    log: Path

    def complaints(self) -> list[str]:
        """Lines of its log that tell of what must not be."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return [line for line in lines if " ERROR " in line or line.startswith("Traceback")]


@contextmanager
def serving(folder: Path, command: Sequence[str] = ZHIWEN, **settings: str) -> Iterator[Server]:
    """A server whose models are loaded. Otherwise as `starting`."""
    with starting(folder, command, **settings) as (server, process):
        _wait_ready(server, process)
        yield server


@contextmanager
def starting(
    folder: Path, command: Sequence[str] = ZHIWEN, root: Path = ROOT, **settings: str
) -> Iterator[tuple[Server, subprocess.Popen[bytes]]]:
    """A server that was told to start this moment; its data folder and its log are in `folder`. Ended when left.

    Of the environment's settings only the folder of the weights counts. It runs in `root`. Raises ServerEnded.
    """
    kept = {key: value for key, value in os.environ.items() if not key.startswith("ZHIWEN_") or "WEIGHTS" in key}
    port = _free_port()
    own = {"ZHIWEN_DATA_DIR": str(folder / "data"), "ZHIWEN_PORT": str(port), "ZHIWEN_CONFIG": str(folder / "none")}
    log = folder / "log"
    process = _started(command, kept | own | settings, log, root)
    try:
        yield Server(f"http://127.0.0.1:{port}", process.pid, log), process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(_END_SECONDS)
        finally:
            process.kill()
            process.wait()


def _started(command: Sequence[str], environment: Mapping[str, str], log: Path, root: Path) -> subprocess.Popen[bytes]:
    with log.open("ab") as out:
        return subprocess.Popen(list(command), env=dict(environment), cwd=root, stdout=out, stderr=out)


def _wait_ready(server: Server, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    with httpx.Client(base_url=server.address, trust_env=False, timeout=_START_SECONDS) as client:
        while time.monotonic() < deadline:
            if process.poll() is not None:
                raise ServerEnded(server.log.read_text("utf-8", "replace"))
            try:
                state = client.get("/readyz")
            except httpx.TransportError:
                time.sleep(0.1)
                continue
            if state.status_code == 200:
                return
            if set(state.json().values()) & {"missing", "failed"}:
                raise ServerEnded(f"the models are not there: {state.text} (zhiwen models pull --defaults)")
            time.sleep(0.2)
    raise ServerEnded(f"not ready after {_START_SECONDS:.0f} s: {server.log.read_text('utf-8', 'replace')}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
