"""A backup through the browser is the one that the command writes: it is restored by it, and a full disk is told."""

from __future__ import annotations

from pathlib import Path

from ingest.store.restore import restore
from tests.support.disks import fill, small_disk
from tests.support.served import REPORT, client_in, problem, upload

PATH = "/api/v1/settings/backup"


def test_what_was_downloaded_is_restored(tmp_path: Path) -> None:
    with client_in(tmp_path / "old") as client:
        document = upload(client, "年报.md", REPORT.encode())
        client.patch("/api/v1/settings", json={"answer_length": "detailed"})
        # A download manager that asks for parts gets the whole: the next file would be another one.
        taken = client.get(PATH, headers={"Range": "bytes=0-9"})
        assert taken.status_code == 200 and taken.headers["accept-ranges"] == "none"
        assert taken.headers["content-disposition"].startswith('attachment; filename="zhiwen-20')
        assert int(taken.headers["content-length"]) == len(taken.content)
        last = client.get(f"{PATH}/last").json()
        assert not last["busy"]
        told = {key: last["last"][key] for key in ("documents", "originals", "size", "lost")}
        assert told == {"documents": 1, "originals": 1, "size": len(taken.content), "lost": []}
    (tmp_path / "all.zip").write_bytes(taken.content)
    restore(tmp_path / "all.zip", tmp_path / "new" / "data")
    with client_in(tmp_path / "new") as client:
        assert client.get(f"/api/v1/documents/{document['id']}/original").content == REPORT.encode()
        assert client.get("/api/v1/bases/default").json()["documents"] == 1


def test_an_original_that_is_lost_is_named(tmp_path: Path) -> None:
    with client_in(tmp_path) as client:
        upload(client, "年报.md", REPORT.encode())
        next((tmp_path / "data" / "originals").glob("??/*")).unlink()
        assert client.get(PATH).status_code == 200
        assert client.get(f"{PATH}/last").json()["last"]["lost"] == ["年报.md"]
        assert "年报.md" in client.get("/settings").text


def test_a_full_disk_is_told_and_nothing_is_left(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", megabytes=16) as disk, client_in(disk) as client:
        upload(client, "年报.md", REPORT.encode())
        ballast = fill(disk, leaving=100_000)
        problem(client.get(PATH), 507, "disk-full")
        page = client.get("/settings/backup", headers={"Accept-Language": "zh-CN"})
        assert page.status_code == 507 and "现在无法完成" in page.text
        assert not (disk / "data" / "backup").exists()
        ballast.unlink()
        assert client.get(PATH).status_code == 200
