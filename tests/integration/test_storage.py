"""What is said of the room that everything takes is what lies on the disk."""

from __future__ import annotations

from pathlib import Path

from app.storage import Storage
from tests.support.house import house_in
from tests.support.ingesting import Clock
from tests.support.served import REPORT, client_in, upload


def test_bases_and_the_disk_are_summed_up(tmp_path: Path) -> None:
    weights = tmp_path / "weights" / "model"
    weights.mkdir(parents=True)
    (weights / "a.gguf").write_bytes(b"x" * 1234)
    with client_in(tmp_path) as client:
        client.post("/api/v1/bases", json={"name": "空"})
        upload(client, "年报.md", REPORT.encode())
        gone = upload(client, "旧.md", "# 旧\n\n这份会删除。\n".encode())["id"]
        client.delete(f"/api/v1/documents/{gone}")
        client.app.state.services.library.vectors.save()  # type: ignore[attr-defined]
        told = client.get("/api/v1/settings/storage").json()
        default, empty = told["bases"]
        assert (default["name"], default["documents"], default["originals"]) == ("default", 1, len(REPORT.encode()))
        assert default["chunks"] == client.get("/api/v1/bases/default").json()["chunks"] > 0
        assert (empty["name"], empty["documents"], empty["chunks"], empty["originals"]) == ("空", 0, 0, 0)
        disk, data = told["disk"], tmp_path / "data"
        assert disk["folder"] == str(data)
        assert disk["models"] == 1234
        # What can still be restored takes room as well.
        assert disk["originals"] > len(REPORT.encode())
        assert disk["catalog"] > 4096 and disk["indexes"] > 0 and disk["free"] > 0


def test_a_folder_is_looked_through_now_and_then(tmp_path: Path) -> None:
    clock = Clock()
    storage = Storage(tmp_path, tmp_path / "weights", clock=lambda: clock.now)
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "1.webp").write_bytes(b"12345")
    (tmp_path / "outside").symlink_to("/usr")
    first = storage.disk()
    assert (first.pictures, first.models) == (5, 0)
    assert first.rest < 100
    (tmp_path / "pages" / "2.webp").write_bytes(b"12345")
    clock.now += 14
    assert storage.disk() is first
    clock.now += 1
    assert storage.disk().pictures == 10


def test_a_reader_is_told_of_their_bases_alone(tmp_path: Path) -> None:
    with house_in(tmp_path) as house:
        path = "/api/v1/settings/storage"
        told = {who: house.ask(who, "GET", path).json() for who in ("stranger", "reader", "owner")}
        key = house.key("owner", "read", bases=["theirs"])
        by_key = house.ask("nobody", "GET", path, key=key).json()
    assert told["stranger"] == {"bases": [], "disk": None}
    assert [base["name"] for base in told["reader"]["bases"]] == ["theirs"]
    assert told["reader"]["disk"] is None
    assert told["owner"]["disk"]["folder"] == str(tmp_path / "data")
    # A key for some bases is no key of the owner.
    assert by_key["disk"] is None
