"""Whether a model fits this machine: what it will need, against the memory that there is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from app.machine import Machine
from models.catalog import Weights

Grade = Literal["fits", "tight", "too_big"]
# What a model computes in, beside its weights and its context: about what the ones measured took.
WORKING = 200_000_000
# The context of a language model of which nothing more is known, a token: that of most of eight billion parameters.
_CONTEXT_TOKEN = 131_072


@dataclass(frozen=True)
class Fit:
    """How well a model fits, and the bytes of memory that it needs, estimated. With `on_gpu` a GPU has room for it.

    It is `tight` where other programs would have to give memory back.
    """

    grade: Grade
    needed: int
    on_gpu: bool


def needed(weights: Weights, context: int) -> int:
    """Bytes of memory: the weights, the context of a language model (tokens), and what it computes in."""
    tokens = min(context, weights.context or context) if weights.kind == "llm" else 0
    return weights.size + tokens * (weights.context_token or _CONTEXT_TOKEN) + WORKING


def fit(weights: Weights, machine: Machine, context: int, freed: int = 0) -> Fit:
    """How well some weights fit; `freed` bytes are given back before they are loaded."""
    need = needed(weights, context)
    if weights.kind == "llm" and any(gpu.memory >= need for gpu in machine.gpus):
        return Fit("fits", need, on_gpu=True)
    grade: Grade = "fits" if need <= machine.available + freed else "tight" if need <= machine.memory else "too_big"
    return Fit(grade, need, on_gpu=False)
