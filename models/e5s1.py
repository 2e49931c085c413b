"""The "E5S1" file: a quantised BERT encoder with an XLM-R unigram vocabulary, little-endian."""

from __future__ import annotations

import itertools
import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.reasons import because

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Header:
    """The numbers at the head of an E5S1 file."""

    hidden: int
    layers: int
    heads: int
    ffn: int
    vocab: int
    positions: int
    types: int
    epsilon: float
    block: int
    pieces: int
    bos: int
    eos: int
    pad: int
    unk: int


@dataclass(frozen=True)
class E5File:
    """A parsed E5S1 file. `scores` are the log probabilities of `pieces`; arrays are still flat."""

    header: Header
    pieces: tuple[str, ...]
    scores: Array
    tensors: dict[str, Array]


def parse(data: bytes) -> E5File:
    """Read an E5S1 file. Raises ValueError or struct.error."""
    reader = _Reader(data)
    magic, version = reader.take("4sI")
    if (magic, version) != (b"E5S1", 1):
        raise ValueError(because("begins-unlike-kind"))
    # The one float stands between seven sizes, the quantisation block, and the five vocabulary numbers.
    header = Header(*reader.take("7ifi5i"))
    (blob_length,) = reader.take("Q")
    offsets = reader.array("<u4", header.pieces + 1)
    scores = reader.array("<f4", header.pieces).astype(np.float32)
    blob = reader.raw(blob_length)
    pieces = tuple(blob[a:b].decode() for a, b in itertools.pairwise(offsets))
    _, map_bytes = reader.take("iI")
    reader.raw(map_bytes)  # The tokenizer's own NFKC stands in for the map.
    (count,) = reader.take("i")
    return E5File(header, pieces, scores, dict(reader.tensor() for _ in range(count)))


def dequantize(blocks: bytes, elements: int) -> Array:
    """The float32 values of ggml Q4_0 blocks: a half-precision scale, then 32 four-bit values."""
    rows = np.frombuffer(blocks, dtype=np.dtype([("scale", "<f2"), ("packed", "u1", 16)]))
    low, high = rows["packed"] & 15, rows["packed"] >> 4
    quants = np.concatenate([low, high], axis=1).astype(np.float32) - np.float32(8)
    values: Array = (quants * rows["scale"].astype(np.float32)[:, None]).reshape(-1)
    if values.size != elements:
        raise ValueError(because("cut-off"))
    return values


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def take(self, layout: str) -> tuple[Any, ...]:
        values = struct.unpack_from("<" + layout, self._data, self._at)
        self._at += struct.calcsize("<" + layout)
        return values

    def raw(self, length: int) -> bytes:
        return self.slice(self._at, length, move=True)

    def array(self, dtype: str, count: int) -> NDArray[Any]:
        return np.frombuffer(self.raw(np.dtype(dtype).itemsize * count), dtype)

    def slice(self, start: int, length: int, *, move: bool = False) -> bytes:
        if length < 0 or start + length > len(self._data):
            raise ValueError(because("cut-off"))
        if move:
            self._at = start + length
        return self._data[start : start + length]

    def tensor(self) -> tuple[str, Array]:
        (name_length,) = self.take("H")
        name = self.raw(name_length).decode()
        kind, elements, offset, length = self.take("BIQQ")
        raw = self.slice(offset, length)
        if kind == 0:
            return name, np.frombuffer(raw, "<f4", elements).astype(np.float32)
        return name, dequantize(raw, elements)
