"""Backup and restore of a data folder: whole, while in use, and never half."""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from fastapi.testclient import TestClient
from sqlalchemy import create_engine

from app.cli import main
from app.server import create_app
from ingest.errors import DiskFull
from ingest.store import backup, database
from ingest.store.backup import BackupExists, BackupUnwritable, NothingToBackUp, back_up
from ingest.store.errors import CatalogTooNew, DataFolderBusy
from ingest.store.exchange import finish_exchange
from ingest.store.restore import BackupDamaged, BackupTooNew, FolderInUse, restore
from tests.support.accounts import HOME, PASSWORD, accounts_in
from tests.support.disks import small_disk
from tests.support.served import REPORT, client_in, services_in, upload

HANDBOOK = "# 假期\n\n满一年的员工每年享有十天年休假。\n"
QUESTION = "二〇二五年营业收入是多少？"


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """A backup of two documents and a conversation, made while the server ran. The folder is `tmp_path/old/data`."""
    with client_in(tmp_path / "old") as client:
        upload(client, "年报.md", REPORT.encode())
        upload(client, "手册.md", HANDBOOK.encode())
        client.post("/api/v1/ask", json={"question": QUESTION})
        done = back_up(tmp_path / "old" / "data", tmp_path / "all.zip", "1.0")
        assert (done.documents, done.originals, done.lost) == (2, 2, ())
    return tmp_path / "all.zip"


def seen(folder: Path) -> dict[str, object]:
    """What a user would see of the data folder below `folder`."""
    with client_in(folder) as client:
        found = client.post("/api/v1/search", json={"question": QUESTION}).json()
        documents = client.get("/api/v1/bases/default/documents").json()["items"]
        (conversation,) = client.get("/api/v1/conversations").json()
        turns = client.get(f"/api/v1/conversations/{conversation['id']}").json()["turns"]
        originals = {each["name"]: client.get(f"/api/v1/documents/{each['id']}/original").content for each in documents}
        return {
            "hits": [(hit["text"], round(hit["score"], 6)) for hit in found["hits"]],
            "documents": sorted((each["id"], each["name"], each["status"]) for each in documents),
            "answers": [(turn["question"], turn["answer"], turn["state"]) for turn in turns],
            "originals": originals,
        }


def test_a_restored_folder_is_as_the_old_one_was(tmp_path: Path, written: Path) -> None:
    restored = restore(written, tmp_path / "new" / "data")
    assert (restored.documents, restored.originals, restored.before) == (2, 2, None)
    new = seen(tmp_path / "new")
    assert new == seen(tmp_path / "old")
    assert new["originals"] == {"年报.md": REPORT.encode(), "手册.md": HANDBOOK.encode()}
    assert oct((tmp_path / "new" / "data" / "catalog.db").stat().st_mode)[-3:] == "600"


def test_accounts_come_back_and_nobody_is_logged_in(tmp_path: Path) -> None:
    with accounts_in(tmp_path / "old") as accounts:
        owner, user = accounts.owner(), accounts.user()
        accounts.roles.set(user.id, "default", "editor")
        key, text = accounts.keys.create(user, "script", {"read"})
        session = accounts.login.login("li", PASSWORD, HOME)
        assert accounts.sessions.resume(session) is not None
        back_up(tmp_path / "old", tmp_path / "all.zip", "1.0")
        assert accounts.sessions.resume(session) is not None
    restore(tmp_path / "all.zip", tmp_path / "new")
    with accounts_in(tmp_path / "new") as accounts:
        assert accounts.users.all() == [owner, user]
        assert accounts.roles.of_user(user.id) == {"default": "editor"}
        assert accounts.keys.check(text) == (user, key)
        assert accounts.sessions.resume(session) is None
        assert accounts.sessions.resume(accounts.login.login("li", PASSWORD, HOME)) is not None


def test_a_backup_from_before_there_were_accounts_is_restored(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    engine = create_engine(f"sqlite:///{tmp_path / 'old' / 'catalog.db'}")
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(Path(database.__file__).parent / "migrations"))
        config.attributes["connection"] = connection
        command.upgrade(config, "0003")
    engine.dispose()
    back_up(tmp_path / "old", tmp_path / "all.zip", "1.0")
    restore(tmp_path / "all.zip", tmp_path / "new")
    with accounts_in(tmp_path / "new") as accounts:
        assert accounts.users.all() == []


def test_pictures_that_nobody_can_make_again_and_choices_are_in_it(tmp_path: Path, written: Path) -> None:
    data = tmp_path / "old" / "data"
    original = next((data / "originals").glob("??/*")).name
    (data / "pages" / original).mkdir()
    (data / "pages" / original / "1.webp").write_bytes(b"picture")
    (data / "choices.json").write_text('{"llm": "other"}')
    back_up(data, tmp_path / "again.zip", "1.0")
    restore(tmp_path / "again.zip", tmp_path / "new")
    assert (tmp_path / "new" / "pages" / original / "1.webp").read_bytes() == b"picture"
    assert (tmp_path / "new" / "choices.json").read_text() == '{"llm": "other"}'


def test_an_original_that_is_let_go_meanwhile_is_not_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        services_in(tmp_path) as services,
        TestClient(create_app(services), base_url="http://127.0.0.1:8000") as client,
    ):
        upload(client, "年报.md", REPORT.encode())
        take = backup._take_snapshot

        def let_go_after(catalog: Path, snapshot: Path) -> None:
            take(catalog, snapshot)
            client.patch("/api/v1/bases/default", json={"settings": {"keep_originals": False}})

        monkeypatch.setattr(backup, "_take_snapshot", let_go_after)
        done = back_up(tmp_path / "data", tmp_path / "all.zip", "1.0")
    assert (done.documents, done.originals, done.lost) == (1, 0, ())


def test_a_restore_that_fails_at_the_last_moment_puts_everything_back(
    tmp_path: Path, written: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "old" / "data"
    before = seen(tmp_path / "old")
    rename = Path.rename

    def fail_on_the_new_catalog(source: Path, target: Path) -> Path:
        if source.parent.name.startswith("restoring-") and source.name == "catalog.db":
            raise OSError(5, "Input/output error")
        return rename(source, target)

    monkeypatch.setattr(Path, "rename", fail_on_the_new_catalog)
    with pytest.raises(BackupUnwritable):
        restore(written, data, over=True)
    monkeypatch.undo()
    assert seen(tmp_path / "old") == before
    assert sorted(path.name for path in data.parent.iterdir()) == ["data"]


def test_what_is_deleted_after_the_snapshot_makes_it_be_taken_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        services_in(tmp_path) as services,
        TestClient(create_app(services), base_url="http://127.0.0.1:8000") as client,
    ):
        kept = upload(client, "年报.md", REPORT.encode())
        gone = upload(client, "手册.md", HANDBOOK.encode())
        take = backup._take_snapshot
        taken = []

        def delete_after_the_first(catalog: Path, snapshot: Path) -> None:
            take(catalog, snapshot)
            taken.append(snapshot)
            if len(taken) == 1:
                services.library.delete(str(gone["id"]))

        monkeypatch.setattr(backup, "_take_snapshot", delete_after_the_first)
        done = back_up(tmp_path / "data", tmp_path / "all.zip", "1.0")
    assert len(taken) == 2
    assert (done.documents, done.originals, done.lost) == (1, 1, ())
    restore(tmp_path / "all.zip", tmp_path / "new")
    with closing(sqlite3.connect(tmp_path / "new" / "catalog.db")) as connection:
        assert connection.execute("SELECT id FROM documents").fetchall() == [(kept["id"],)]


def test_a_lost_or_damaged_original_is_named_and_the_rest_is_kept(tmp_path: Path, written: Path) -> None:
    originals = sorted((tmp_path / "old" / "data" / "originals").glob("??/*"))
    originals[0].unlink()
    originals[1].write_bytes(b"other bytes")
    done = back_up(tmp_path / "old" / "data", tmp_path / "again.zip", "1.0")
    assert (done.documents, done.originals, sorted(done.lost)) == (2, 0, ["年报.md", "手册.md"])
    assert restore(tmp_path / "again.zip", tmp_path / "new").documents == 2


def test_a_folder_in_use_or_with_documents_is_not_overwritten(tmp_path: Path, written: Path) -> None:
    data = tmp_path / "old" / "data"
    before = sorted(path.name for path in data.rglob("*"))
    with pytest.raises(FolderInUse):
        restore(written, data)
    with services_in(tmp_path / "old"), pytest.raises(DataFolderBusy):
        restore(written, data, over=True)
    assert sorted(path.name for path in data.rglob("*") if path.name != "owner.lock") == [
        name for name in before if name != "owner.lock"
    ]


def test_what_was_there_before_is_kept_beside_it(tmp_path: Path, written: Path) -> None:
    data = tmp_path / "old" / "data"
    with client_in(tmp_path / "old") as client:
        upload(client, "later.md", b"# Later\n\nAdded after the backup was written.\n")
    restored = restore(written, data, over=True)
    assert restored.before is not None
    assert restored.before.parent == data.parent
    assert len(seen(tmp_path / "old")["documents"]) == 2  # type: ignore[arg-type]
    shutil.copytree(restored.before, tmp_path / "back" / "data")
    assert len(seen(tmp_path / "back")["documents"]) == 3  # type: ignore[arg-type]


def test_nothing_is_written_over_and_nothing_is_left_of_a_failure(
    tmp_path: Path, written: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(BackupExists):
        back_up(tmp_path / "old" / "data", written, "1.0")
    with pytest.raises(NothingToBackUp):
        back_up(tmp_path / "nothing", tmp_path / "none.zip", "1.0")
    with pytest.raises(BackupUnwritable, match="nowhere"):
        back_up(tmp_path / "old" / "data", tmp_path / "nowhere" / "all.zip", "1.0")

    def full(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(backup, "_add", full)
    with pytest.raises(DiskFull):
        back_up(tmp_path / "old" / "data", tmp_path / "full.zip", "1.0")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["all.zip", "old"]


def rewritten(path: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    changed = path.with_name("changed.zip")
    with zipfile.ZipFile(changed, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return changed


def manifest(members: dict[str, bytes], change: Callable[[dict[str, object]], None]) -> None:
    found = json.loads(members["manifest.json"])
    change(found)
    members["manifest.json"] = json.dumps(found).encode()


def add_outside(members: dict[str, bytes]) -> None:
    members["../outside"] = b"x"
    manifest(members, lambda found: found["members"].append({"name": "../outside", "size": 1, "sha256": "0" * 64}))  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "change",
    [
        lambda members: members.pop("manifest.json"),
        lambda members: members.pop("catalog.db"),
        lambda members: members.update({"extra": b"x"}),
        add_outside,
        lambda members: members.update({"catalog.db": members["catalog.db"][:-1] + b"?"}),
        lambda members: members.update({"catalog.db": members["catalog.db"] + b"?"}),
        lambda members: members.update({"manifest.json": b"[]"}),
        lambda members: members.update({"manifest.json": b"\xff"}),
        lambda members: manifest(members, lambda found: found.update({"written_at": 1e300})),
        lambda members: members.update({"manifest.json": b'{"format": 1, "members": [1]}'}),
    ],
)
def test_a_changed_backup_is_refused_and_nothing_is_touched(
    tmp_path: Path, written: Path, change: Callable[[dict[str, bytes]], None]
) -> None:
    data = tmp_path / "old" / "data"
    catalog = (data / "catalog.db").read_bytes()
    with pytest.raises(BackupDamaged):
        restore(rewritten(written, change), data, over=True)
    assert (data / "catalog.db").read_bytes() == catalog
    assert not list(data.glob("restoring-*"))
    assert not (tmp_path / "outside").exists()


def test_flipped_bytes_are_refused_or_make_no_difference(tmp_path: Path, written: Path) -> None:
    """Whatever zipfile and zlib say of them."""
    whole, draw = written.read_bytes(), random.Random(3)
    for n in range(200):
        flipped = bytearray(whole)
        flipped[draw.randrange(len(whole))] ^= 1 << draw.randrange(8)
        broken = tmp_path / "broken.zip"
        broken.write_bytes(flipped)
        try:
            assert restore(broken, tmp_path / f"new{n}").documents == 2
        except BackupDamaged:
            assert not (tmp_path / f"new{n}" / "catalog.db").exists()


def test_places_before_the_beginning_of_the_file_are_damage(tmp_path: Path, written: Path) -> None:
    """The system takes them for a wrong call, and says so as it says what is wrong with a disk."""
    shifted = bytearray(written.read_bytes())
    end = shifted.rindex(b"PK\5\6")
    shifted[end + 19] = 1  # the directory is said to begin 16 MB further on
    (tmp_path / "broken.zip").write_bytes(shifted)
    with pytest.raises(BackupDamaged):
        restore(tmp_path / "broken.zip", tmp_path / "new")


@pytest.mark.parametrize("length", [0, 30, 2000])
def test_a_file_that_is_cut_off_or_no_backup_is_refused(tmp_path: Path, written: Path, length: int) -> None:
    cut = tmp_path / "cut.zip"
    cut.write_bytes(written.read_bytes()[:length])
    with pytest.raises(BackupDamaged):
        restore(cut, tmp_path / "new")
    with pytest.raises(BackupUnwritable):
        restore(tmp_path / "missing.zip", tmp_path / "new")


def test_a_backup_of_a_later_version_is_refused(tmp_path: Path, written: Path) -> None:
    def later(members: dict[str, bytes]) -> None:
        manifest(members, lambda found: found.update({"format": 99, "version": "9.0"}))

    with pytest.raises(BackupTooNew, match=r"9\.0"):
        restore(rewritten(written, later), tmp_path / "new")


def test_a_catalog_of_a_later_version_is_refused(tmp_path: Path, written: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "old" / "data" / "catalog.db")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    back_up(tmp_path / "old" / "data", tmp_path / "later.zip", "9.0")
    with pytest.raises(CatalogTooNew):
        restore(tmp_path / "later.zip", tmp_path / "new")
    assert not (tmp_path / "new" / "catalog.db").exists()


def test_a_folder_that_is_a_mount_point_is_replaced_too(tmp_path: Path, written: Path) -> None:
    (tmp_path / "new").mkdir()
    with small_disk(tmp_path / "new" / "data", megabytes=24) as data:
        restore(written, data)
        with client_in(tmp_path / "new") as client:
            upload(client, "新的.md", HANDBOOK.replace("十", "二十").encode())
        restored = restore(written, data, over=True)
        assert restored.before is not None
        assert restored.before.parent == data
        assert len(list((restored.before / "originals").glob("??/*"))) == 3
        assert seen(tmp_path / "new") == seen(tmp_path / "old")
        assert not list((tmp_path / "new").glob("data-before-*"))


def test_a_move_that_was_begun_beside_a_mount_point_is_finished_inside(tmp_path: Path, written: Path) -> None:
    (tmp_path / "new").mkdir()
    with small_disk(tmp_path / "new" / "data", megabytes=24) as data:
        restore(written, data)
        fresh = data / "restoring-1"
        fresh.mkdir()
        shutil.copy(data / "catalog.db", fresh / "catalog.db")
        # What a process leaves that dies right after its plan.
        plan = {"fresh": fresh.name, "before": "data-before-x", "parts": ["catalog.db"]}
        (data / "exchange.json").write_text(json.dumps(plan), encoding="utf-8")
        finish_exchange(data)
        assert not (data / "exchange.json").exists()
        (before,) = data.glob("before-*")
        assert (before / "originals").is_dir()
        assert (data / "catalog.db").is_file()


@pytest.mark.parametrize(
    "plan",
    [
        '{"fresh":',
        "[]",
        "{}",
        '{"fresh": "..", "before": "b", "parts": []}',
        '{"fresh": "a", "before": "a/b", "parts": []}',
        "\x00",
    ],
)
def test_a_damaged_plan_is_told_and_nothing_is_moved(
    tmp_path: Path, written: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], plan: str
) -> None:
    data = tmp_path / "old" / "data"
    (data / "exchange.json").write_text(plan, encoding="utf-8")
    monkeypatch.setenv("ZHIWEN_DATA_DIR", str(data))
    assert main(["restore", "--replace", str(written)]) == 1
    assert "exchange.json is damaged" in capsys.readouterr().err
    assert (data / "catalog.db").is_file()


def test_the_commands(
    tmp_path: Path, written: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ZHIWEN_DATA_DIR", str(tmp_path / "old" / "data"))
    assert main(["backup", str(tmp_path / "mine.zip")]) == 0
    assert "2 documents, 2 originals" in capsys.readouterr().out
    assert main(["restore", str(tmp_path / "mine.zip")]) == 1
    assert "--replace" in capsys.readouterr().err
    assert main(["restore", "--replace", str(tmp_path / "mine.zip")]) == 0
    assert "What was there before is in" in capsys.readouterr().out
    next((tmp_path / "old" / "data" / "originals").glob("??/*")).unlink()
    assert main(["backup", str(tmp_path / "lost.zip")]) == 1
    assert "is lost or damaged" in capsys.readouterr().err
