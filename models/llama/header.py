"""The head of a GGUF file, read and checked before llama.cpp is given the file.

Layout (github.com/ggml-org/ggml, docs/gguf.md): magic, u32 version, u64 tensors, u64 keys, the
keys with their values, the tensors' names, shapes, types and offsets, then the aligned data.
"""

from __future__ import annotations

import mmap
import struct
from dataclasses import dataclass
from math import prod
from pathlib import Path

from models.errors import Cause, WeightsUnusable
from models.reasons import Reason, because

Scalar = str | int | float | bool

_SCALARS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}
_STRING, _ARRAY = 8, 9
_MOST = 1_000_000
# ggml type: elements in a block, bytes of a block. A type that is not here is only checked to begin in the file.
_BLOCKS = {
    0: (1, 4), 1: (1, 2), 2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24), 8: (32, 34),
    10: (256, 84), 11: (256, 110), 12: (256, 144), 13: (256, 176), 14: (256, 210),
    20: (32, 18), 23: (256, 136), 24: (1, 1), 26: (1, 4), 30: (1, 2),
}  # fmt: skip


@dataclass(frozen=True)
class Tensor:
    """How many numbers a tensor has, and their bytes; 0 of a type that is not known."""

    elements: int
    bytes: int


@dataclass(frozen=True)
class Header:
    """What a GGUF file says about itself. Arrays are left out of `metadata`; `types` are ggml's of the tensors."""

    version: int
    tensors: dict[str, Tensor]
    metadata: dict[str, Scalar]
    types: frozenset[int]

    @property
    def architecture(self) -> str:
        return str(self.metadata["general.architecture"])


class _Broken(Cause):
    """The bytes are not those of a usable GGUF file."""


def read_header(path: Path) -> Header:
    """Read the head of a GGUF file and check that everything it announces lies inside the file.

    Raises WeightsUnusable, or OSError for a file that cannot be read at all.
    """
    try:
        if path.stat().st_size < 24:
            raise _Broken(because("gguf-too-short"))
        with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return _Reader(data).header()
    except _Broken as cause:
        raise WeightsUnusable(path=path, reason=cause.reason) from None


class _Reader:
    """Walks over the mapped file; never past its end."""

    def __init__(self, data: mmap.mmap) -> None:
        self._data = data
        self._size = len(data)
        self._at = 0
        self._tokens: list[bytes] = []
        self._types: set[int] = set()
        self._tensors: dict[str, Tensor] = {}

    def header(self) -> Header:
        if self._data[:4] != b"GGUF":
            raise _Broken(because("no-gguf"))
        self._at = 4
        version = int(self._number("<I"))
        if version not in (2, 3):
            raise _Broken(because("gguf-version", version=version))
        tensors, keys = self._count(because("tensor-count")), self._count(because("key-count"))
        metadata = self._metadata(keys)
        if tensors == 0:
            raise _Broken(because("no-weights"))
        _check_shape(metadata)
        _check_tokens(self._tokens, str(metadata.get("tokenizer.ggml.model")))
        self._check_tensors(tensors, int(metadata.get("general.alignment", 32)))
        return Header(version, self._tensors, metadata, frozenset(self._types))

    def _metadata(self, keys: int) -> dict[str, Scalar]:
        metadata: dict[str, Scalar] = {}
        for _ in range(keys):
            key, kind = self._string(), int(self._number("<I"))
            if key == "tokenizer.ggml.tokens":
                self._tokens = self._token_array(kind)
            elif kind == _ARRAY:
                self._skip_array()
            else:
                metadata[key] = self._scalar(kind)
        return metadata

    def _scalar(self, kind: int) -> Scalar:
        if kind == _STRING:
            return self._string()
        if kind not in _SCALARS:
            raise _Broken(because("head-damaged", what=because("value-kind")))
        return self._number(_SCALARS[kind])

    def _skip_array(self) -> None:
        kind, length = int(self._number("<I")), int(self._number("<Q"))
        if kind == _STRING:
            for _ in range(length):
                self._skip(int(self._number("<Q")))
        elif kind in _SCALARS:
            self._skip(length * struct.calcsize(_SCALARS[kind]))
        else:
            raise _Broken(because("head-damaged", what=because("array-kind")))

    def _token_array(self, kind: int) -> list[bytes]:
        of, length = int(self._number("<I")), int(self._number("<Q"))
        if kind != _ARRAY or of != _STRING:
            raise _Broken(because("head-damaged", what=because("vocabulary")))
        return [self._bytes() for _ in range(length)]

    def _check_tensors(self, tensors: int, alignment: int) -> None:
        if alignment < 1 or alignment & (alignment - 1):
            raise _Broken(because("head-damaged", what=because("alignment")))
        ends = [self._tensor_end() for _ in range(tensors)]
        start = -(-self._at // alignment) * alignment
        missing = start + max(ends) - self._size
        if missing > 0:
            raise _Broken(because("end-missing", count=missing))

    def _tensor_end(self) -> int:
        name = self._string()
        dimensions = int(self._number("<I"))
        if not 1 <= dimensions <= 4:
            raise _Broken(because("head-damaged", what=because("tensor-dimensions")))
        shape = [int(self._number("<Q")) for _ in range(dimensions)]
        kind, offset = int(self._number("<I")), int(self._number("<Q"))
        if min(shape) < 1 or offset > self._size or prod(shape) > 64 * self._size:
            raise _Broken(because("head-damaged", what=because("tensor-place")))
        self._types.add(kind)
        elements, size = _BLOCKS.get(kind, (1, 0))
        self._tensors[name] = tensor = Tensor(prod(shape), prod(shape) // elements * size)
        return offset + tensor.bytes

    def _count(self, of: Reason) -> int:
        count = int(self._number("<Q"))
        if count > _MOST:
            raise _Broken(because("head-damaged", what=of))
        return count

    def _number(self, form: str) -> int | float | bool:
        start = self._at
        self._skip(struct.calcsize(form))
        value: int | float | bool = struct.unpack_from(form, self._data, start)[0]
        return value

    def _string(self) -> str:
        return self._bytes().decode("utf-8", "replace")

    def _bytes(self) -> bytes:
        length = int(self._number("<Q"))
        start = self._at
        self._skip(length)
        return self._data[start : self._at]

    def _skip(self, size: int) -> None:
        if size > self._size - self._at:
            raise _Broken(because("head-cut-off"))
        self._at += size


def _check_tokens(tokens: list[bytes], model: str) -> None:
    """llama.cpp ends the process over a token that is there twice, or a byte that no token spells."""
    # llama.cpp reads them as C strings, up to a zero byte.
    known = {token.partition(b"\0")[0] for token in tokens}
    if len(known) != len(tokens):
        raise _Broken(because("token-twice"))
    if tokens and model == "llama":
        for byte in range(256):
            if b"<0x%02X>" % byte not in known and bytes([byte]) not in known:
                raise _Broken(because("byte-missing", byte=f"0x{byte:02X}"))


def _check_shape(metadata: dict[str, Scalar]) -> None:
    """llama.cpp divides by some of these numbers without looking at them."""
    architecture = metadata.get("general.architecture")
    if not isinstance(architecture, str) or not architecture:
        raise _Broken(because("no-architecture"))
    for key in ("embedding_length", "block_count", "attention.head_count", "attention.head_count_kv"):
        value = metadata.get(f"{architecture}.{key}", 1)
        if not isinstance(value, int) or not 0 < value < _MOST:
            raise _Broken(because("head-damaged", what=f"{architecture}.{key}={value}"))
    width = metadata.get(f"{architecture}.embedding_length")
    heads = metadata.get(f"{architecture}.attention.head_count")
    if isinstance(width, int) and isinstance(heads, int):
        head = metadata.get(f"{architecture}.attention.key_length", width // heads)
        turned = metadata.get(f"{architecture}.rope.dimension_count", head)
        if not isinstance(head, int) or not isinstance(turned, int) or not 0 <= turned <= head:
            raise _Broken(because("head-damaged", what=f"{architecture}.rope.dimension_count={turned}"))
