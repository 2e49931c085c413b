"""multilingual-e5-small computed straight from its E5S1 file, with numpy alone.

Written from the description of the format, apart from `models.e5s1` and `models.convert_e5`, so
that the two can be held against each other. Slow and simple on purpose.
"""

from __future__ import annotations

import math
import struct
import unicodedata
from pathlib import Path

import numpy as np


class E5Reference:
    """Token ids and sentence vectors of a text (with its prefix), as the file says."""

    def __init__(self, path: Path) -> None:
        data = path.read_bytes()
        at = 8
        ints = struct.unpack_from("<7i", data, at)
        self.hidden, self.layers, self.heads, self.ffn, self.vocab, self.positions, _ = ints
        (self.epsilon,) = struct.unpack_from("<f", data, at + 28)
        count, self.bos, self.eos, self.pad, self.unk = struct.unpack_from("<5i", data, at + 36)
        (blob_length,) = struct.unpack_from("<Q", data, at + 56)
        at += 64
        ends = struct.unpack_from(f"<{count + 1}I", data, at)
        at += 4 * (count + 1)
        scores = struct.unpack_from(f"<{count}f", data, at)
        at += 4 * count
        blob = data[at : at + blob_length]
        at += blob_length
        special = {self.bos, self.eos, self.pad, self.unk, count - 1}
        self.pieces = {blob[ends[i] : ends[i + 1]].decode(): (i, scores[i]) for i in range(count) if i not in special}
        self.longest = max(map(len, self.pieces))
        self.unknown_score = min(score for _, score in self.pieces.values()) - 10.0
        entries, _ = struct.unpack_from("<iI", data, at)
        at += 8
        self.map: dict[str, str] = {}
        for _ in range(entries):
            point, length = struct.unpack_from("<IB", data, at)
            self.map[chr(point)] = "".join(map(chr, struct.unpack_from(f"<{length}I", data, at + 5)))
            at += 5 + 4 * length
        (tensors,) = struct.unpack_from("<i", data, at)
        at += 4
        self.tensor: dict[str, np.ndarray] = {}
        for _ in range(tensors):
            (length,) = struct.unpack_from("<H", data, at)
            name = data[at + 2 : at + 2 + length].decode()
            kind, elements, offset, size = struct.unpack_from("<BIQQ", data, at + 2 + length)
            at += 2 + length + 21
            raw = data[offset : offset + size]
            self.tensor[name] = _q4_0(raw) if kind else np.frombuffer(raw, "<f4", elements)

    def token_ids(self, text: str) -> list[int]:
        """The ids of a text, special tokens included, cut to what the positions hold."""
        ids = self._segment(self._normalize(text))
        return [self.bos, *ids[: self.positions - 2], self.eos]

    def embed(self, text: str) -> np.ndarray:
        """The vector of a text, length 1."""
        ids = self.token_ids(text)
        width = self.hidden
        x = self.tensor["emb.word"].reshape(-1, width)[ids]
        x = x + self.tensor["emb.pos"].reshape(-1, width)[: len(ids)] + self.tensor["emb.type"][:width]
        x = self._norm(x, "emb.ln")
        for layer in range(self.layers):
            x = self._layer(x, f"l{layer}.")
        mean = x.mean(axis=0)
        return mean / np.linalg.norm(mean)

    def _normalize(self, text: str) -> str:
        mapped = "".join(self.map.get(char, char) for char in text)
        # The map knows single code points; composing what stands apart makes it NFKC.
        words = unicodedata.normalize("NFC", mapped).split(" ")
        return "".join("\u2581" + word for word in words if word)

    def _segment(self, text: str) -> list[int]:
        """The best path through the text by the sum of piece scores (Viterbi)."""
        best: list[tuple[float, int, int]] = [(0.0, 0, -1)] + [(-math.inf, 0, -1)] * len(text)
        for start in range(len(text)):
            here = best[start][0]
            for end in range(start + 1, min(len(text), start + self.longest) + 1):
                found = self.pieces.get(text[start:end])
                if found is None and end > start + 1:
                    continue
                piece, score = found or (self.unk, self.unknown_score)
                if here + score > best[end][0]:
                    best[end] = (here + score, start, piece)
        ids: list[int] = []
        end = len(text)
        while end > 0:
            _, start, piece = best[end]
            if not (piece == self.unk and ids and ids[-1] == self.unk):
                ids.append(piece)
            end = start
        return ids[::-1]

    def _layer(self, x: np.ndarray, name: str) -> np.ndarray:
        size = self.hidden // self.heads
        q, k, v = (self._linear(x, name + part).reshape(len(x), self.heads, size).transpose(1, 0, 2) for part in "qkv")
        scores = q @ k.transpose(0, 2, 1) / math.sqrt(size)
        weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
        weights /= weights.sum(axis=-1, keepdims=True)
        mixed = (weights @ v).transpose(1, 0, 2).reshape(len(x), self.hidden)
        x = self._norm(x + self._linear(mixed, name + "ao"), name + "aln")
        inner = _gelu(self._linear(x, name + "fi"))
        return self._norm(x + self._linear(inner, name + "fo"), name + "oln")

    def _linear(self, x: np.ndarray, name: str) -> np.ndarray:
        return x @ self.tensor[name + ".w"].reshape(-1, x.shape[1]).T + self.tensor[name + ".b"]

    def _norm(self, x: np.ndarray, name: str) -> np.ndarray:
        centred = x - x.mean(axis=-1, keepdims=True)
        scale = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + self.epsilon)
        return centred / scale * self.tensor[name + ".w"] + self.tensor[name + ".b"]


def _q4_0(raw: bytes) -> np.ndarray:
    blocks = np.frombuffer(raw, np.uint8).reshape(-1, 18)
    scale = blocks[:, :2].copy().view("<f2").astype(np.float32)
    values = np.empty((len(blocks), 32), np.float32)
    values[:, :16] = (blocks[:, 2:] & 0x0F).astype(np.float32) - 8
    values[:, 16:] = (blocks[:, 2:] >> 4).astype(np.float32) - 8
    return (values * scale).ravel()


def _gelu(x: np.ndarray) -> np.ndarray:
    return 0.5 * x * (1.0 + np.interp(x / math.sqrt(2.0), _GRID, _ERF).astype(x.dtype))


# Between two points a thousandth apart, a straight line is within 2e-7 of the error function.
_GRID = np.linspace(-6.0, 6.0, 12001)
_ERF = np.array([math.erf(point) for point in _GRID])
