"""Files that are no usable GGUF are refused with a reason before llama.cpp sees them."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from models.errors import WeightsMissing, WeightsUnusable
from models.llama import LlamaModel
from models.llama.header import read_header
from tests.support.tiny_gguf import write_gguf


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return write_gguf(tmp_path_factory.mktemp("gguf") / "good.gguf", "llama").read_bytes()


def refusal(path: Path, data: bytes) -> str:
    path.write_bytes(data)
    with pytest.raises(WeightsUnusable) as error:
        LlamaModel(path, name="m")
    assert str(path) in str(error.value)
    return str(error.value.params["reason"])


def test_reads_what_the_file_says(tmp_path: Path) -> None:
    header = read_header(write_gguf(tmp_path / "m.gguf", "qwen2"))
    assert header.architecture == "qwen2"
    assert header.metadata["qwen2.context_length"] == 2048
    assert len(header.tensors) > 10
    written = sum(tensor.bytes for tensor in header.tensors.values())
    assert 0 < written < (tmp_path / "m.gguf").stat().st_size


def test_a_missing_file_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(WeightsMissing, match="zhiwen models pull some-model"):
        LlamaModel(tmp_path / "no.gguf", name="some-model")
    with pytest.raises(WeightsMissing):
        LlamaModel(tmp_path, name="a folder")


def test_a_file_that_is_something_else(tmp_path: Path) -> None:
    path = tmp_path / "m.gguf"
    assert refusal(path, b"") == "it is too short for a GGUF file"
    assert refusal(path, b"%PDF-1.7" + b" " * 100) == "it is not a GGUF file"
    assert refusal(path, b"GGUF" + b"\xff" * 100) == "its GGUF version (4294967295) is not supported"
    assert "number of tensors" in refusal(path, b"GGUF" + struct.pack("<IQQ", 3, 1 << 60, 1) + bytes(50))
    assert "no weights" in refusal(path, b"GGUF" + struct.pack("<IQQ", 3, 0, 0))


def test_an_incomplete_file_says_what_is_missing(tmp_path: Path, good: bytes) -> None:
    assert refusal(tmp_path / "m.gguf", good[:-1000]).startswith("it is incomplete: ")
    for length in range(24, 12_000, 97):
        assert refusal(tmp_path / "m.gguf", good[:length])


def test_an_architecture_that_llama_cpp_does_not_know(tmp_path: Path, good: bytes) -> None:
    strange = good.replace(
        b"general.architecture\x08\0\0\0\x05\0\0\0\0\0\0\0llama",
        b"general.architecture\x08\0\0\0\x05\0\0\0\0\0\0\0lamma",
    )
    assert "lamma" in refusal(tmp_path / "m.gguf", strange)


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        (b"llama.attention.head_count", 0, "head_count=0"),
        (b"llama.rope.dimension_count", 4096, "dimension_count=4096"),
        (b"llama.block_count", 0xFFFFFFFF, "block_count"),
    ],
)
def test_numbers_that_would_end_the_process(tmp_path: Path, good: bytes, key: bytes, value: int, reason: str) -> None:
    at = good.index(key + b"\x04\0\0\0") + len(key) + 4
    assert reason in refusal(tmp_path / "m.gguf", good[:at] + struct.pack("<I", value) + good[at + 4 :])


def test_vocabularies_that_would_end_the_process(tmp_path: Path, good: bytes) -> None:
    assert "twice" in refusal(tmp_path / "m.gguf", good.replace(b"<0x41>", b"<0x42>"))
    assert "0x41" in refusal(tmp_path / "m.gguf", good.replace(b"<0x41>", b"<0xZZ>"))


def test_an_unknown_tensor_type_is_left_to_llama_cpp(tmp_path: Path, good: bytes) -> None:
    at = good.index(b"blk.0.attn_q.weight") + len(b"blk.0.attn_q.weight") + 4 + 16
    assert refusal(tmp_path / "m.gguf", good[:at] + struct.pack("<I", 999) + good[at + 4 :])
