"""The base to try Zhiwen with."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest

from app.sample import FOLDER, TEXTS, offer
from ingest.store.records import Base
from tests.support.served import client_in, settled, upload


@pytest.mark.parametrize(("language", "name"), [("zh-CN", "知文指南"), ("en", "Zhiwen guide")])
def test_it_is_made_once_in_the_language_of_the_reader(tmp_path: Path, language: str, name: str) -> None:
    with client_in(tmp_path) as client:
        made = client.post("/api/v1/bases/guide", headers={"Accept-Language": language})
        assert made.status_code == 202
        body = made.json()
        assert body["base"]["name"] == name
        assert len(body["questions"]) == 3
        again = client.post("/api/v1/bases/guide", headers={"Accept-Language": "zh-TW"}).json()
        assert again["base"]["id"] == body["base"]["id"]
        assert [each["id"] for each in again["documents"]] == [each["id"] for each in body["documents"]]
        assert [settled(client, each["id"])["status"] for each in body["documents"]] == ["ready", "ready"]
        client.patch(f"/api/v1/bases/{body['base']['id']}", json={"name": name.upper()})
        last = client.post("/api/v1/bases/guide", headers={"Accept-Language": "zh-CN"}).json()
        assert last["base"]["id"] == body["base"]["id"]
        assert len(client.get("/api/v1/bases").json()) == 2


def test_it_is_offered_as_long_as_there_is_nothing_else(tmp_path: Path) -> None:
    with client_in(tmp_path) as client:
        assert 'id="guide-make"' in client.get("/").text
        assert 'id="guide-make"' in client.get("/library").text
        for document in client.post("/api/v1/bases/guide").json()["documents"]:
            settled(client, document["id"])
        page = client.get("/").text
        assert 'id="guide-make"' not in page
        assert "怎样备份？" in page or "How do I make a backup?" in page
        upload(client, "年报.md", "# 年报\n\n营业收入为三百元。\n".encode())
        assert 'class="guide"' not in client.get("/").text


def test_its_texts_are_part_of_the_source(tmp_path: Path) -> None:
    with client_in(tmp_path) as client:
        names = zipfile.ZipFile(BytesIO(client.get("/source.zip").content)).namelist()
    assert {f"zhiwen/app/guide/{file}" for file in TEXTS.values()} <= set(names)
    assert {path.name for path in FOLDER.iterdir()} == set(TEXTS.values())


def test_questions_are_offered_when_nothing_of_it_is_left_to_be_read() -> None:
    guide = Base("b", "Zhiwen guide", 0.0, documents=2, chunks=9, generation=1, unread=1)
    # One that could not be read keeps nobody from asking of the other.
    for base, ready in ((guide, False), (replace(guide, unread=0), True)):
        made = offer([base], "en", may_make=True)
        assert made is not None and made.ready is ready
