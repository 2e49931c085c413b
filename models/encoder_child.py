"""Makes an encoder in integers in a process of its own: ONNX, the network in float32 and what it computed go with it.

`make_apart` starts that process, which is given a folder and a number of threads, answers with a line of JSON, the form
and the figures that were measured or {"other": why}, and the bytes of what was made behind it, and ends when its
standard input does, so that it never outlives who waits for it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from threading import Thread

from models.embed_forms import Measured
from models.encoder_files import OtherShape, read_encoder
from models.encoder_int8 import Made, made_from, make_int8
from models.reasons import because, quoted

MAKE = (sys.executable, "-m", "models.encoder_child")
_ROOT = Path(__file__).resolve().parent.parent


def make_apart(folder: Path, threads: int = 0, command: Sequence[str] = MAKE) -> tuple[Made, Measured]:
    """What `make_int8` gives for the encoder in a folder. Raises OtherShape, also where the process dies.

    `command` starts that process.
    """
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
    return made_from(made), Measured(**said)


def main() -> None:
    """Answer for the folder and the threads of the command line."""
    folder, threads = sys.argv[1:]
    Thread(target=_end_with_input, daemon=True).start()
    # Libraries may print to descriptor 1; the answer gets a descriptor of its own.
    with os.fdopen(os.dup(1), "wb") as out:
        os.dup2(2, 1)
        try:
            made, measured = make_int8(read_encoder(Path(folder)), int(threads))
        except OtherShape as why:
            out.write(json.dumps({"other": why.reason}).encode() + b"\n")
            return
        out.write(json.dumps(asdict(measured)).encode() + b"\n" + made.as_bytes())


def _end_with_input() -> None:
    # Not by `sys.stdin`, whose lock this thread would hold when the process ends by itself.
    os.read(0, 1)
    os._exit(1)


if __name__ == "__main__":
    main()
