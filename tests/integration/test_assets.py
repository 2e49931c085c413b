"""Scripts and styles: kept by browsers for as long as they are the same, asked about under any other address."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.routes import assets
from tests.support.served import client_in

FOREVER, ASKED = "max-age=31536000, immutable", "no-cache"


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with client_in(tmp_path) as found:
        yield found


def test_what_a_page_names_is_kept_for_a_year(client: TestClient) -> None:
    named = re.findall(r'(?:href|src)="(/static/[^"]+)"', client.get("/").text)
    assert len(named) > 10
    for address in named:
        answer = client.get(address)
        assert answer.status_code == 200, address
        assert answer.headers["cache-control"] == FOREVER


def test_an_old_hash_gives_the_present_file_and_is_asked_about(client: TestClient) -> None:
    present = client.get(assets.present_files().url("js/chat.js"))
    for address in ("/static/0123456789ab/js/chat.js", "/static/js/chat.js"):
        answer = client.get(address)
        assert answer.content == present.content
        assert answer.headers["cache-control"] == ASKED
        again = client.get(address, headers={"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.headers["cache-control"]) == (304, ASKED)
    assert client.get("/static/0123456789ab/js/nothing.js").status_code == 404


def test_one_changed_file_changes_every_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "static"
    (folder / "js").mkdir(parents=True)
    (folder / "js" / "shell.js").write_text("import './dom.js';\n")
    (folder / "js" / "dom.js").write_text("export {};\n")
    monkeypatch.setattr(assets, "STATIC", folder)
    before = assets.present_files()
    assert before.modules("nothing") == [before.url("js/shell.js"), before.url("js/dom.js")]
    app = FastAPI()
    app.mount("/static", assets.Assets(folder))
    client = TestClient(app)
    assert client.get(before.url("js/shell.js")).headers["cache-control"] == FOREVER
    (folder / "js" / "dom.js").write_text("export const one = 1;\n")
    assert assets.present_files().url("js/shell.js") != before.url("js/shell.js")
    assert client.get(before.url("js/dom.js")).headers["cache-control"] == ASKED


def test_all_files_are_looked_at_once_for_a_page_not_for_each_of_its_own(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = assets.present_files()
    client.get(first.url("js/shell.js"))
    monkeypatch.setattr(assets, "present_files", lambda: pytest.fail("looked at again"))
    for name in ("js/dom.js", "js/api.js", "icon.svg"):
        assert client.get(first.url(name)).headers["cache-control"] == FOREVER


def test_a_folder_that_looks_like_a_hash_is_one_where_an_address_begins_alone(tmp_path: Path) -> None:
    (tmp_path / "js" / "0123456789ab").mkdir(parents=True)
    (tmp_path / "js" / "0123456789ab" / "own.js").write_text("export {};\n")
    app = FastAPI()
    app.mount("/static", assets.Assets(tmp_path))
    for address in ("js/0123456789ab/own.js", "0123456789ab/js/0123456789ab/own.js"):
        assert TestClient(app).get(f"/static/{address}").status_code == 200
