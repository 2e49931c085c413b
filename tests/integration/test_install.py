"""The pages as an application of a phone: what a browser is told, and what is shared where no worker takes it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from PIL import Image

from app.settings import ROOT
from tests.support.served import client_in


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with client_in(tmp_path) as found:
        yield found


def test_the_manifest_is_all_that_a_browser_asks_for(client: TestClient) -> None:
    answer = client.get("/manifest.webmanifest", headers={"Accept-Language": "zh-TW"})
    assert answer.headers["content-type"] == "application/manifest+json"
    manifest = answer.json()
    assert (manifest["lang"], manifest["short_name"], manifest["display"]) == ("zh-Hant", "知文", "standalone")
    assert manifest["id"] == manifest["start_url"] == manifest["scope"] == "/"
    assert {(icon["sizes"], icon["purpose"]) for icon in manifest["icons"]} == {
        ("192x192", "any"),
        ("512x512", "any"),
        ("512x512", "maskable"),
    }
    for icon in manifest["icons"]:
        with Image.open(io.BytesIO(client.get(icon["src"]).content)) as picture:
            assert (picture.format, "x".join(map(str, picture.size))) == ("PNG", icon["sizes"])
    for shortcut in manifest["shortcuts"]:
        assert client.get(shortcut["url"]).status_code == 200


def test_every_page_names_the_manifest_and_the_worker(client: TestClient) -> None:
    page = client.get("/library", headers={"Accept-Language": "en"}).text
    assert '<link rel="manifest" href="/manifest.webmanifest"' in page
    assert '<meta name="worker" content="/worker.js?language=en&amp;files=' in page
    worker = client.get("/worker.js?language=en")
    assert worker.headers["content-type"].startswith("text/javascript")
    assert worker.headers["cache-control"] == "no-cache"


def test_the_page_for_when_the_server_is_gone_is_in_the_readers_language(client: TestClient) -> None:
    assert "The server is not running" in client.get("/offline", headers={"Accept-Language": "en"}).text
    assert "服务器没有运行" in client.get("/offline", headers={"Accept-Language": "zh-CN"}).text


def test_what_is_shared_without_a_worker_is_kept_nowhere_and_told(client: TestClient, tmp_path: Path) -> None:
    before = sorted(path for path in (tmp_path / "data").rglob("*") if path.is_file())
    # More than any other route takes, and from no page, as a phone sends it.
    photo = {"files": ("page.jpg", bytes(3_000_000), "image/jpeg")}
    answer = client.post("/share", files=photo, headers={"Origin": "null", "Accept-Language": "en"})
    assert (answer.status_code, answer.headers["connection"]) == (413, "close")
    assert "none was kept" in answer.text
    assert sorted(path for path in (tmp_path / "data").rglob("*") if path.is_file()) == before
    assert client.get("/api/v1/bases/default/documents").json()["total"] == 0


def test_the_worker_keeps_the_files_that_its_page_is_made_of(client: TestClient) -> None:
    worker = (ROOT / "static" / "js" / "worker.js").read_text("utf-8")
    page = client.get("/offline").text
    for name in ("app.css", "library.css", "offline.js"):
        assert f'{name}"' in page
        assert name.replace(".", r"\.") in worker
