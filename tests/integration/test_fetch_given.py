"""Weights from paths and addresses that a person gives."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.errors import NotWeights
from models.fetch_given import pull_from
from models.installed import find, local, location, require, verify
from tests.support.fetched import GGUF
from tests.support.file_server import serving


def test_a_file_is_installed_from_a_path(tmp_path: Path) -> None:
    (tmp_path / "My Model.Q4.gguf").write_bytes(GGUF)
    weights = pull_from(str(tmp_path / "My Model.Q4.gguf"), tmp_path / "w")
    assert (weights.name, weights.kind) == ("my-model.q4", "llm")
    (installed,) = local(tmp_path / "w")
    assert location(installed, tmp_path / "w").read_bytes() == GGUF
    assert find("my-model.q4", tmp_path / "w") == installed
    assert verify(installed, tmp_path / "w") is None


def test_a_folder_is_installed_from_a_path_without_its_pickles(tmp_path: Path) -> None:
    given = tmp_path / "M3E-Base"
    given.mkdir()
    for name in ("config.json", "model.safetensors", "pytorch_model.bin", "train.py"):
        (given / name).write_bytes(b"{}")
    weights = pull_from(str(given), tmp_path / "w")
    assert weights.name == "m3e-base"
    folder = location(weights, tmp_path / "w")
    assert sorted(p.name for p in folder.iterdir()) == ["config.json", "model.safetensors", "zhiwen.json"]


def test_a_file_is_installed_from_an_address(tmp_path: Path) -> None:
    address = "/some/place/model.gguf?token=1"
    with serving() as server:
        server.files[address], server.drops[address] = GGUF, 1
        weights = pull_from(f"{server.url}{address}", tmp_path, name="mine")
    assert require(find("mine", tmp_path), tmp_path).read_bytes() == GGUF
    assert weights.name == "mine"


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("nothing.gguf", None, "nothing at this path"),
        ("weights.bin", b"x", r"does not end in \.gguf"),
        ("page.gguf", b"<html>", "does not begin as a GGUF"),
        ("qwen2.5-coder-1.5b-instruct.gguf", GGUF[:999], "give it another name"),
    ],
)
def test_what_is_not_weights_is_refused(name: str, content: bytes | None, reason: str, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(NotWeights, match=reason):
        pull_from(str(tmp_path / name), tmp_path / "w")
    assert not any(p for p in (tmp_path / "w").glob("[!.]*"))


def test_a_folder_with_pickles_only_is_refused(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "config.json").write_bytes(b"{}")
    (tmp_path / "old" / "pytorch_model.bin").write_bytes(b"x")
    with pytest.raises(NotWeights, match="can run code"):
        pull_from(str(tmp_path / "old"), tmp_path / "w")
