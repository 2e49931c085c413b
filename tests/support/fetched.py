"""Weights that tests fetch, and what of them is to be seen."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from models.catalog import WeightFile, Weights


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


GGUF = b"GGUF" + os.urandom(3_000_000)
LLM = Weights(
    name="tiny",
    kind="llm",
    licence="MIT",
    size=len(GGUF),
    files=(WeightFile("tiny-q4.gguf", len(GGUF), sha256(GGUF)),),
    modelscope="zh/tiny",
    huggingface="en/tiny",
)


def visible(folder: Path) -> list[str]:
    """What stands in the weights folder under a final name."""
    return sorted(p.name for p in folder.iterdir() if not p.name.startswith("."))
