"""Disks that are full, read-only, broken or closed: that is told, nothing is lost, and all is well afterwards."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from httpx import Response

from ingest.store.catalog import Catalog
from ingest.store.database import checkpoint
from ingest.store.errors import CatalogUnusable
from tests.support.accounts import PASSWORD
from tests.support.disks import bound_by_modes, breakable_disk, fill, read_only, small_disk
from tests.support.house import House, house_in
from tests.support.killed import PATIENCE, QUESTIONS, Seen, Site, check_catalog, seen, site_in
from tests.support.processes import ROOT
from tests.support.served import problem

Record = Callable[[Mapping[str, object]], None]


@contextmanager
def on_disk(folder: Path, disk: Path, prefix: Sequence[str] = ()) -> Iterator[Site]:
    """A site whose data and temporary files are on a disk of their own."""
    with site_in(folder / "site", prefix=prefix, ZHIWEN_DATA_DIR=str(disk / "data"), TMPDIR=str(disk)) as site:
        yield site


def offered(site: Site, files: Mapping[str, bytes]) -> dict[str, tuple[int, str]]:
    return {name: site.offer(name, content) for name, content in files.items()}


def bases_made(site: Site) -> set[int]:
    """The statuses of the answers to many requests at once that write to the catalog."""

    def made(_: int) -> int:
        return site.request("POST", "/bases", json={"name": uuid.uuid4().hex}).status_code

    with ThreadPoolExecutor(16) as many:
        return set(many.map(made, range(64)))


def wait_until(site: Site, holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, site.log()
        time.sleep(0.05)


def begin(site: Site, files: Mapping[str, bytes]) -> set[str]:
    """Start the server; three files are taken in and three are being read. Gives the names of the six."""
    names = list(files)
    site.start()
    site.wait_listening()
    site.upload({name: files[name] for name in names[:3]})
    wait_until(site, site.settled)
    site.upload({name: files[name] for name in names[3:6]})
    return {*names[:6]}


def check_all_is_well(site: Site, files: Mapping[str, bytes], accepted: set[str], undisturbed: Seen) -> int:
    """What was accepted is there, the rest is taken now, and all is as if nothing had been; gives how much is lost."""
    lost = len(accepted - {document["name"] for document in site.documents()})
    for name in files.keys() - accepted:
        assert site.offer(name, files[name])[0] == 202, site.log()
    site.hurry()
    site.wait_settled()
    assert seen(site) == undisturbed
    site.end()
    assert "Traceback" not in site.log()
    check_catalog(site.data / "catalog.db")
    return lost


def test_a_disk_that_fills_up_during_uploads_and_ingestion(
    tmp_path: Path, files: dict[str, bytes], undisturbed: Seen, record: Record
) -> None:
    names = list(files)
    with small_disk(tmp_path / "disk", megabytes=24) as disk, on_disk(tmp_path, disk) as site:
        accepted, refused = begin(site, files), 0
        for first, leaving in ((6, 0), (9, 300_000), (12, 50_000)):
            ballast = fill(disk, leaving)
            answers = offered(site, {name: files[name] for name in names[first : first + 3]})
            assert set(answers.values()) <= {(202, ""), (507, "disk-full")}, answers
            refused += sum(status == 507 for status, _ in answers.values())
            assert site.ask("POST", "/search", json={"question": QUESTIONS[3]})["hits"]
            assert site.request("POST", "/ask", json={"question": QUESTIONS[3]}).status_code in (200, 507)
            accepted |= {name for name, (status, _) in answers.items() if status == 202}
            ballast.unlink()
        assert refused
        lost = check_all_is_well(site, files, accepted, undisturbed)
    record({"disk": "full", "times": 3, "uploads refused": refused, "documents lost": lost})
    assert lost == 0


LOGIN_SAYS = {"en": "Nobody can log in now", "zh-CN": "现在无法登录", "zh-TW": "現在無法登入"}


def test_a_full_disk_lets_nobody_in_and_puts_nobody_out(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", megabytes=24) as disk, house_in(disk) as house:
        base = house.objects["theirs"]["base"]
        # What the log has room for already would be written all the same.
        assert checkpoint(house.services.library.catalog.engine)
        ballast = fill(disk)
        for language, sentence in LOGIN_SAYS.items():
            answer = logged_in(house, language)
            assert (answer.status_code, answer.headers["content-type"]) == (507, "text/html; charset=utf-8")
            assert sentence in answer.text
            assert str(disk) not in answer.text
            assert "set-cookie" not in answer.headers
        changed = house.ask("reader", "PUT", "/api/v1/me/password", json={"old": PASSWORD, "new": PASSWORD + "!"})
        problem(changed, 507, "disk-full")
        key = house.ask("reader", "POST", "/api/v1/keys", json={"name": "k", "scopes": ["read"]})
        problem(key, 507, "disk-full")
        for path in ("/", "/library", f"/api/v1/bases/{base}/documents", "/api/v1/conversations", "/api/v1/me"):
            assert house.ask("reader", "GET", path).status_code == 200
        found = house.ask("reader", "POST", "/api/v1/search", json={"question": "营业收入", "bases": [base]})
        assert found.json()["hits"]
        ballast.unlink()
        assert logged_in(house, "en").status_code == 303


def logged_in(house: House, language: str) -> Response:
    """What somebody gets who logs in by a browser in this language."""
    house.client.cookies.clear()
    fields, headers = {"name": "reader", "password": PASSWORD}, {"Accept-Language": language}
    return house.client.post("/login", data=fields, headers=headers, follow_redirects=False)


UNUSABLE = {(202, ""), (503, "catalog-unusable")}


@pytest.mark.slow
def test_a_disk_that_is_read_only_for_a_while(
    tmp_path: Path, files: dict[str, bytes], undisturbed: Seen, record: Record
) -> None:
    names = list(files)
    with small_disk(tmp_path / "disk", megabytes=40) as disk, on_disk(tmp_path, disk) as site:
        accepted = begin(site, files)
        with read_only(disk):
            answers = offered(site, {name: files[name] for name in names[6:10]})
            assert set(answers.values()) <= UNUSABLE, answers
            assert (503, "catalog-unusable") in answers.values()
            assert site.ask("POST", "/search", json={"question": QUESTIONS[3]})["hits"]
            # Connections to the catalog that are opened now, because many are needed, must not stay as they are.
            assert bases_made(site) <= {201, 503}
        accepted |= {name for name, (status, _) in answers.items() if status == 202}
        refused = len(answers) - sum(status == 202 for status, _ in answers.values())
        assert bases_made(site) == {201}
        lost = check_all_is_well(site, files, accepted, undisturbed)
    record({"disk": "read-only, while it runs", "uploads refused": refused, "documents lost": lost})
    assert lost == 0


def test_what_was_opened_read_only_does_not_stay_so(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", megabytes=4) as disk:
        catalog = Catalog(disk)
        # Another process keeps the write-ahead log there: without one nothing can be read from a read-only disk.
        with closing(sqlite3.connect(disk / "catalog.db")) as other:
            other.execute("SELECT count(*) FROM bases").fetchall()
            catalog.close()
            with read_only(disk):
                assert len(catalog.bases()) == 1
                with pytest.raises(CatalogUnusable):
                    catalog.create_base("合同")
                assert len(catalog.bases()) == 1
            catalog.create_base("合同")
        catalog.close()


@pytest.mark.slow
def test_a_disk_that_breaks_under_a_running_server(
    tmp_path: Path, files: dict[str, bytes], undisturbed: Seen, record: Record
) -> None:
    names = list(files)
    with breakable_disk(tmp_path / "disk") as disk, on_disk(tmp_path, disk.place) as site:
        accepted = begin(site, files)
        disk.break_down()
        answers = offered(site, {name: files[name] for name in names[6:10]})
        assert set(answers.values()) == {(503, "catalog-unusable")}, answers
        assert site.ask("POST", "/search", json={"question": QUESTIONS[3]})["hits"]
        assert site.request("POST", "/ask", json={"question": QUESTIONS[3]}).status_code in (200, 503)
        assert site.request("DELETE", f"/documents/{site.documents()[0]['id']}").status_code == 503
        site.end()
        assert "Traceback" not in site.log()
        disk.mend()
        site.start()
        site.wait_listening()
        lost = check_all_is_well(site, files, accepted, undisturbed)
    record({"disk": "broken, mended, started again", "uploads refused": len(answers), "documents lost": lost})
    assert lost == 0


@pytest.mark.slow
def test_folders_that_are_closed_for_a_while(
    tmp_path: Path, files: dict[str, bytes], undisturbed: Seen, record: Record
) -> None:
    names = list(files)
    with site_in(tmp_path / "site", prefix=bound_by_modes()) as site:
        site.start()
        site.wait_listening()
        accepted, refused = {*names[:3]}, 0
        site.upload({name: files[name] for name in names[:3]})
        wait_until(site, site.settled)
        closed = ["originals/incoming", "originals", "pages", "index"]
        for first, folder in zip(range(3, 11, 2), closed, strict=True):
            (site.data / folder).chmod(0o500)
            answers = offered(site, {name: files[name] for name in names[first : first + 2]})
            assert set(answers.values()) <= UNUSABLE, (folder, answers)
            assert site.ask("POST", "/search", json={"question": QUESTIONS[3]})["hits"]
            if folder == "pages":
                wait_until(site, lambda: "catalog-unusable" in {_code(document) for document in site.documents()})
            (site.data / folder).chmod(0o700)
            refused += sum(status == 503 for status, _ in answers.values())
            accepted |= {name for name, (status, _) in answers.items() if status == 202}
        assert refused >= 2
        lost = check_all_is_well(site, files, accepted, undisturbed)
    record({"disk": "folders closed, while it runs", "uploads refused": refused, "documents lost": lost})
    assert lost == 0


def _code(document: Mapping[str, Any]) -> str:
    return document["error"]["title"] if document["error"] else ""


# Opens the data folder again and again, each time with something else closed, and says what that comes to.
OPENING = """
import sys
from app.bootstrap import bootstrap
from app.settings import load_settings
from models.errors import Explained
folder = load_settings().data_dir
for case in sys.argv[1:]:
    name, mode = case.split("=")
    before = (folder / name).stat().st_mode
    (folder / name).chmod(int(mode, 8))
    try:
        bootstrap(load_settings()).close()
        print(case, "opened")
    except Explained as error:
        print(case, error.code)
    (folder / name).chmod(before)
"""
CLOSED = {
    ".=500": "catalog-unusable",
    ".=000": "settings-invalid",
    "originals=000": "catalog-unusable",
    "originals/incoming=000": "catalog-unusable",
    "pages=000": "catalog-unusable",
    "index=000": "opened",
    "catalog.db=400": "catalog-unusable",
    "catalog.db=000": "catalog-unusable",
    "owner.lock=400": "catalog-unusable",
    "choices.json=000": "settings-invalid",
    "calibrations.json=000": "calibrations-unusable",
    "originals=500": "opened",
}


@pytest.mark.slow
def test_what_is_closed_at_the_start_is_told_in_a_sentence(tmp_path: Path) -> None:
    with site_in(tmp_path / "site", prefix=bound_by_modes()) as site:
        site.start()
        site.wait_listening()
        site.upload({"a.txt": "年假有十天。".encode()})
        site.wait_settled()
        site.end()
        for name in ("choices.json", "calibrations.json"):
            (site.data / name).write_text("{}")
        # The server may not have come to write an index.
        (site.data / "index").mkdir(mode=0o700, exist_ok=True)
        command = [*bound_by_modes(), sys.executable, "-c", OPENING, *CLOSED]
        done = subprocess.run(command, env=site.variables, cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert dict(line.split() for line in done.stdout.splitlines()) == CLOSED
    assert "Traceback" not in done.stderr


CHOOSING = """
import sys
from pathlib import Path
from app.settings import store_choices
from models.errors import Explained
try:
    store_choices(Path(sys.argv[1]), llm="other")
except Explained as error:
    print(error.code)
"""


def test_a_choice_that_cannot_be_kept_is_told(tmp_path: Path) -> None:
    command = [*bound_by_modes(), sys.executable, "-c", CHOOSING, str(tmp_path)]
    tmp_path.chmod(0o500)
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    tmp_path.chmod(0o700)
    assert (done.stdout, done.stderr) == ("catalog-unusable\n", "")


def test_a_disk_without_any_room_keeps_a_server_from_starting(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", megabytes=16) as disk, on_disk(tmp_path, disk) as site:
        site.data.mkdir()
        ballast = fill(disk)
        assert opened(site) == ".=700 disk-full\n"
        ballast.unlink()
        assert opened(site) == ".=700 opened\n"


def opened(site: Site) -> str:
    """What opening the data folder comes to, with everything as it is."""
    command = [sys.executable, "-c", OPENING, ".=700"]
    return subprocess.run(command, env=site.variables, cwd=ROOT, check=True, capture_output=True, text=True).stdout
