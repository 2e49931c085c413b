"""What this machine can do at most: memory, multiplication and disk, measured; and what that means for a row.

`python -m bench.speed.limits FOLDER` prints the first as JSON, after some seconds in which nothing else should run.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from app.settings import load_settings
from bench.speed.measure import Values
from models import installed
from models.llama.header import read_header

_ROUNDS = 5
_BYTES = 2**29
_SIDE = 1536
_LAYERS = "blk."
# Multiplications and additions a token: 12 layers with 12 matrices of the width squared.
_SMALL_FLOPS, _LARGE_FLOPS = (2 * 12 * 12 * width * width for width in (384, 768))


def measured(folder: Path) -> Values:
    """Bytes/s read from memory and written to the disk of a folder, and operations/s of matrices in each form.

    And of the language model: the parameters that a token of a prompt passes through, and the bytes that are read for
    a token that is written. The table of words is looked up in; what makes words of states is passed by the last token
    of a prompt alone, and may be the same table.
    """
    settings = load_settings()
    model = installed.require(installed.find(settings.llm, settings.weights_dir), settings.weights_dir)
    tensors = read_header(model).tensors
    layers = {name: tensor for name, tensor in tensors.items() if name.startswith(_LAYERS)}
    words = tensors.get("output.weight") or tensors["token_embd.weight"]
    return {
        "memory": _memory(),
        "disk": _disk(folder),
        **_multiplication(),
        "read_parameters": float(sum(tensor.elements for tensor in layers.values())),
        "written_bytes": float(sum(tensor.bytes for tensor in layers.values()) + words.bytes),
    }


def _best(work: Callable[[], object]) -> float:
    """Seconds of the fastest of some rounds."""
    best = float("inf")
    for _ in range(_ROUNDS):
        begin = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - begin)
    return best


def _memory() -> float:
    import torch

    block = torch.ones(_BYTES // 4)
    return _BYTES / _best(block.sum)


def _multiplication() -> Values:
    import torch

    operations = 2 * _SIDE**3
    plain = torch.rand(_SIDE, _SIDE)
    half, small = plain.to(torch.bfloat16), (plain * 100).to(torch.int8)
    found = {
        "float32": operations / _best(lambda: plain @ plain),
        "bfloat16": operations / _best(lambda: half @ half),
    }
    try:
        found["int8"] = operations / _best(lambda: torch._int_mm(small, small))
    except (RuntimeError, AttributeError):
        found["int8"] = 0.0  # this torch has no such multiplication here
    return found


def _disk(folder: Path) -> float:
    block = os.urandom(_BYTES // 8)

    def write() -> None:
        with tempfile.TemporaryFile(dir=folder) as stream:
            stream.write(block)
            stream.flush()
            os.fsync(stream.fileno())

    return len(block) / _best(write)


def limit_of(row: str, ours: Mapping[str, Values], machine: Values) -> float | None:
    """The best value that a row could have on this machine, in its unit; None where nothing simple bounds it.

    `ours` are the medians of our side, by measure; `machine` is what `measured` gives.
    """
    peak = max((machine.get(form, 0.0) for form in ("float32", "bfloat16", "int8")), default=0.0)
    answer, ingest = ours.get("answers", {}), ours.get("ingest", {})
    try:
        a_prompt_token = 2 * machine["read_parameters"] / peak
        a_written_token = machine["written_bytes"] / machine["memory"]
        match row:
            case "embedding_small":
                return peak / _SMALL_FLOPS
            case "embedding_large":
                return peak / _LARGE_FLOPS
            case "decode_free" | "decode_quoting":
                return 1 / a_written_token
            case "first_token":
                return answer["fed"] * a_prompt_token
            case "full_answer":
                return answer["fed"] * a_prompt_token + answer["generated_tokens"] * a_written_token
            case "followup_same" | "followup_new":
                return ours["followups"][f"{row.removeprefix('followup_')}_fed"] * a_prompt_token
            case "ingest":
                return ingest["pages"] / (ingest["bytes"] / machine["disk"])
    except (KeyError, ZeroDivisionError):
        return None
    return None


if __name__ == "__main__":
    print(json.dumps(measured(Path(sys.argv[1]))))
