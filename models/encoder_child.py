"""Makes an encoder in integers in a process of its own: ONNX, the network in float32 and what it computed go with it.
In another one bfloat16 is measured, with which torch goes.

Such a process is given a folder and a number of threads, answers with a line of JSON, what was measured or
{"other": why}, and the bytes of what was made behind it, and ends when its standard input does, so that it never
outlives who waits for it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from threading import Thread
from typing import Any

from models.embed_forms import Measured, timed
from models.encoder_files import OtherShape, read_encoder
from models.encoder_int8 import Made, made_from, make_int8
from models.errors import WeightsUnusable
from models.reasons import because, quoted
from models.sample_texts import SAMPLE

MAKE = (sys.executable, "-m", "models.encoder_child")
HALF = (*MAKE, "--bfloat16")
_ROOT = Path(__file__).resolve().parent.parent


def make_apart(folder: Path, threads: int = 0, command: Sequence[str] = MAKE) -> tuple[Made, Measured]:
    """What `make_int8` gives for the encoder in a folder. Raises OtherShape, also where the process dies.

    `command` starts that process.
    """
    said, made = _answer(folder, threads, command)
    return made_from(made), Measured(**said)


def time_bfloat16(folder: Path, threads: int = 0, command: Sequence[str] = HALF) -> tuple[Measured, float]:
    """What bfloat16 is beside float32 for the encoder in a folder, by torch; and the seconds it takes for SAMPLE.

    Raises OtherShape as `make_apart` does, also for what torch does not load.
    """
    said, _ = _answer(folder, threads, command)
    seconds = said.pop("seconds")
    return Measured(**said), seconds


def _answer(folder: Path, threads: int, command: Sequence[str]) -> tuple[dict[str, Any], bytes]:
    with subprocess.Popen(
        [*command, str(folder.resolve()), str(threads)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=_ROOT,
        start_new_session=True,  # Ctrl-C is for this process, with which that one ends
    ) as child:
        assert child.stdout is not None
        line, _, made = child.stdout.read().partition(b"\n")
        status = child.wait()  # before its input is closed
    if status:
        raise OtherShape(because("exit-status", status=status) if status > 0 else because("signal", number=-status))
    said = json.loads(line)
    if "other" in said:
        raise OtherShape(quoted(said["other"]))
    return said, made


def main() -> None:
    """Answer for the folder and the threads of the command line."""
    *half, folder, threads = sys.argv[1:]
    Thread(target=_end_with_input, daemon=True).start()
    # Libraries may print to descriptor 1; the answer gets a descriptor of its own.
    with os.fdopen(os.dup(1), "wb") as out:
        os.dup2(2, 1)
        try:
            said, made = (_bfloat16 if half else _int8)(Path(folder), int(threads))
        except OtherShape as why:
            said, made = {"other": why.reason}, b""
        out.write(json.dumps(said).encode() + b"\n" + made)


def _int8(folder: Path, threads: int) -> tuple[dict[str, Any], bytes]:
    made, measured = make_int8(read_encoder(folder), threads)
    return asdict(measured), made.as_bytes()


def _bfloat16(folder: Path, threads: int) -> tuple[dict[str, Any], bytes]:
    from models.encoder_torch import TorchEncoder

    try:
        network = TorchEncoder(folder, "cpu", threads)
    except WeightsUnusable as error:
        raise OtherShape(quoted(error)) from error
    measured = network.measured()
    _, seconds = timed(lambda: network.encode(SAMPLE)[0], time.perf_counter)
    return {**asdict(measured), "seconds": seconds}, b""


def _end_with_input() -> None:
    # Not by `sys.stdin`, whose lock this thread would hold when the process ends by itself.
    os.read(0, 1)
    os._exit(1)


if __name__ == "__main__":
    main()
