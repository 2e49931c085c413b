"""In which form an encoder computes on a processor: 8-bit integers, bfloat16 or float32.

The fastest here that finds the same is taken, measured once a model and a machine. Integers need a
quarter of the memory's pace that float32 needs, and processors with integer dot products (AVX-512 VNNI, say) multiply
four times as many at once; bfloat16 is half way (Intel, "bfloat16 hardware numerics definition", 2018: as many bits of
the exponent, 8 of the significand) where a processor multiplies it itself. Other processors emulate either and may be
slower. On two cores of an AMD EPYC with both, multilingual-e5-small reads 2,800 tokens/s in float32, 5,000 in bfloat16
and 6,100 to 7,000 in integers, these with a mean cosine of 0.9994 to float32.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, get_args

import numpy as np

from models.base import Vectors
from models.encoder import Form
from models.memo import Memo, this_machine

_LIBRARIES = ("torch", "onnxruntime")
_ROUNDS = 3
_GAIN = 1.2
# Integers are taken where bfloat16 is faster by less: they need no torch, which takes seconds to import, and a fifth of
# the memory.
_LEAD = 1.1
# The vectors of both forms of one text have to be this near, in cosine; a search then ranks by either the same.
_LIKENESS = {"bfloat16": 0.9995, "int8": 0.998}


@dataclass(frozen=True)
class Measured:
    """What was found: the form to take, the `speedup` over float32 of the one that was tried, and the least cosine
    between the vectors of both."""

    form: Form
    speedup: float
    cosine: float


def remembered(memo: Memo | None, key: str) -> Measured | None:
    """What was measured before, on this processor with these libraries; None also where it makes no sense."""
    found = memo.read(f"{key} {this_machine(*_LIBRARIES)}") if memo is not None else None
    try:
        measured = Measured(**found) if found is not None else None
    except TypeError:
        return None
    return measured if measured is not None and _makes_sense(measured) else None


def _makes_sense(measured: Measured) -> bool:
    """A person, or a failing disk, may have written into the file."""
    numbers = (measured.speedup, measured.cosine)
    return measured.form in get_args(Form) and all(type(one) is float and math.isfinite(one) for one in numbers)


def remember(memo: Memo | None, key: str, measured: Measured) -> None:
    """Keep it for the next start."""
    if memo is not None:
        memo.keep(f"{key} {this_machine(*_LIBRARIES)}", asdict(measured))


def fastest(integers: Measured, half: Measured, lead: float) -> Measured:
    """What to take of integers and bfloat16, each measured beside float32, where bfloat16 is `lead` times as fast."""
    if half.form != "bfloat16" or (integers.form == "int8" and lead <= _LEAD):
        return integers
    return half


def compare(model: Any, vectors_of: Callable[[], Vectors], clock: Callable[[], float] = time.perf_counter) -> Measured:
    """Measure float32, then bfloat16, into which `model` is turned: float32 has to be loaded again if it is the one.

    `vectors_of` embeds SAMPLE with the model as it is; shape (texts, dimensions), rows of length 1. `clock` gives
    seconds.
    """
    import torch

    plain, plain_seconds = timed(vectors_of, clock)
    model.to(torch.bfloat16)
    half, half_seconds = timed(vectors_of, clock)
    return judged("bfloat16", plain_seconds / half_seconds, float((plain * half).sum(axis=1).min()))


def judged(form: Form, speedup: float, cosine: float) -> Measured:
    """Whether a form that is so much faster than float32, and so near to it, is the one to take."""
    taken: Form = form if speedup >= _GAIN and cosine >= _LIKENESS[form] else "float32"
    return Measured(taken, round(speedup, 2), round(cosine, 5))


def timed(vectors_of: Callable[[], Vectors], clock: Callable[[], float]) -> tuple[Vectors, float]:
    """The vectors, and the shortest of some rounds in seconds: the first warms up, others may be disturbed."""
    vectors, best = np.zeros((0, 0), dtype=np.float32), float("inf")
    for _ in range(_ROUNDS):
        began = clock()
        vectors = vectors_of()
        best = min(best, clock() - began)
    return vectors, best
