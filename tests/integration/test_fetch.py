"""Weights from hubs: resumed, checked, and never half under the final name."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from models.catalog import WeightFile, Weights
from models.errors import DiskSpace, PullCancelled, PullFailed, WeightsMissing, WeightsUnusable
from models.fetch import pull
from models.fetch_http import Retries, SourceFailed
from models.fetch_hubs import Hubs, list_huggingface
from models.installed import is_installed, location, remove, require, verify
from tests.support.fetched import GGUF, LLM, sha256, visible
from tests.support.file_server import FileServer, serving

MODELSCOPE = "/models/zh/tiny/resolve/master/tiny-q4.gguf"
HUGGINGFACE = "/en/tiny/resolve/main/tiny-q4.gguf"


@pytest.fixture
def server() -> Iterator[FileServer]:
    with serving() as server:
        yield server


@pytest.fixture
def hubs(server: FileServer) -> Hubs:
    return Hubs(server.url, server.url, Retries(attempts=3, delay_seconds=0))


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


def test_where_one_hub_is_not_there_the_next_is_asked(server: FileServer, tmp_path: Path) -> None:
    on_huggingface(server, {"tiny-q4.gguf": GGUF})
    hubs = Hubs(server.url, "http://127.0.0.1:9", Retries(1, 0))
    assert pull(LLM, tmp_path, hubs=hubs).read_bytes() == GGUF


def test_a_connection_that_breaks_without_a_word_is_told_by_its_kind() -> None:
    def broken(_: httpx.Request) -> httpx.Response:
        raise httpx.ReadError("")

    with (
        httpx.Client(transport=httpx.MockTransport(broken)) as client,
        pytest.raises(SourceFailed, match=r"hub\.example did not answer \(ReadError\)"),
    ):
        list_huggingface(client, "http://hub.example", "en/tiny")


@pytest.mark.parametrize("listing", [None, b"{}", b"not JSON"])
def test_what_a_mirror_asks_for_is_not_told(server: FileServer, listing: bytes | None, tmp_path: Path) -> None:
    mirror = server.url.replace("http://", "http://user:s3cret@") + "/t0ken"
    if listing is not None:
        server.files["/t0ken/api/models/en/tiny/tree/main?recursive=true"] = listing
        server.files["/t0ken/api/v1/models/zh/tiny/repo/files?Revision=master&Recursive=true"] = listing
    hubs = Hubs(mirror, mirror, Retries(attempts=1, delay_seconds=0))
    with pytest.raises(PullFailed, match=r"127\.0\.0\.1.*en/tiny") as failed:
        pull(LLM, tmp_path, hubs=hubs)
    assert "s3cret" not in str(failed.value)
    assert "t0ken" not in str(failed.value)


def test_an_address_that_is_none_is_not_told(tmp_path: Path) -> None:
    hubs = Hubs("http://hub.example:s3cret", "http://hub.example:s3cret")
    with pytest.raises(PullFailed, match="en/tiny leads nowhere") as failed:
        pull(LLM, tmp_path, hubs=hubs)
    assert "s3cret" not in str(failed.value)


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
    with pytest.raises(PullFailed, match=r"config\.json is not what was expected: expected 2 B"):
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
