"""A backup holds everything: who may take it, who may have it made, and what is left of it."""

from __future__ import annotations

import asyncio
import io
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from app.backups import Backups
from app.errors import BackupBusy
from app.routes.backups import Sent
from tests.support.apart import apart
from tests.support.house import House, house_in
from tests.support.served import client_in, problem, services_in

PATHS = ("/api/v1/settings/backup", "/settings/backup")
PEOPLE = ("stranger", "reader", "editor", "base owner")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house_in(tmp_path_factory.mktemp("house")) as made:
        yield made


def left(house: House) -> list[Path]:
    return [*(house.services.settings.data_dir / "backup").rglob("*")]


@pytest.mark.parametrize("path", PATHS)
def test_nobody_but_the_owner_takes_a_backup(house: House, path: str) -> None:
    nobody = house.ask("nobody", "GET", path)
    assert nobody.status_code in (303, 401)
    for who in PEOPLE:
        assert house.ask(who, "GET", path).status_code == 403
    for key in (
        house.key("base owner", "read", "ask", "write"),
        house.key("owner", "read", "ask", "write"),
        house.key("owner", "admin", bases=["theirs"]),
    ):
        assert house.ask("nobody", "GET", path, key=key).status_code == 403
    assert house.services.backups.last is None
    for taken in (house.ask("owner", "GET", path), house.ask("nobody", "GET", path, key=house.key("owner", "admin"))):
        assert taken.status_code == 200
        assert "catalog.db" in zipfile.ZipFile(io.BytesIO(taken.content)).namelist()
    house.services.backups.last = None
    assert left(house) == []


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
@pytest.mark.parametrize("path", PATHS)
def test_no_page_of_another_site_has_one_made(tmp_path: Path, path: str, site: str) -> None:
    """Where there are no accounts, an address in a picture would do, a thousand times."""
    with client_in(tmp_path) as client:
        refused = client.get(path, headers={"Sec-Fetch-Site": site})
        assert refused.status_code == 403
        services = client.app.state.services  # type: ignore[attr-defined]
        assert services.backups.last is None
        for own in ({}, {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}):
            assert client.get(path, headers=own).status_code == 200


def test_there_is_one_at_a_time(tmp_path: Path) -> None:
    with client_in(tmp_path) as client:
        backups: Backups = client.app.state.services.backups  # type: ignore[attr-defined]
        made = backups.make()
        assert client.get("/api/v1/settings/backup/last").json()["busy"]
        with pytest.raises(BackupBusy):
            backups.make()
        problem(client.get(PATHS[0]), 409, "backup-busy")
        page = client.get(PATHS[1], headers={"Accept-Language": "zh-CN"})
        assert page.status_code == 409 and "另一个备份正在生成或下载" in page.text
        assert made.is_file()
        backups.done()
        assert not made.exists()
        assert client.get(PATHS[0]).status_code == 200
        assert not client.get("/api/v1/settings/backup/last").json()["busy"]


class Vanished(Exception):
    """The connection is gone."""


@pytest.mark.parametrize("how", ["connection lost", "told so", "takes nothing"])
def test_nothing_is_left_of_one_whose_reader_vanishes(tmp_path: Path, how: str) -> None:
    with services_in(tmp_path) as services:
        backups = services.backups
        made = backups.make()
        made.write_bytes(b"x" * 1_000_000)

        async def sent() -> None:
            begun = asyncio.Event()

            async def send(message: Any) -> None:
                if message["type"] != "http.response.body":
                    return
                begun.set()
                if how == "connection lost":
                    raise Vanished
                await asyncio.Event().wait()

            async def receive() -> Any:
                await (begun if how == "told so" else asyncio.Event()).wait()
                return {"type": "http.disconnect"}

            scope = {"type": "http", "method": "GET", "headers": [], "asgi": {"spec_version": "2.3"}}
            await Sent(backups, str(made), "zhiwen.zip", stalled=0.0 if how == "takes nothing" else 60.0)(
                scope, receive, send
            )

        with suppress(Vanished):
            apart(sent())
        assert not made.exists()
        assert not backups.busy


def test_what_a_killed_server_left_is_deleted_at_the_next_start(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "backup"
    folder.mkdir(parents=True)
    (folder / ".zhiwen.zip-abcdefgh.part").write_bytes(b"the text of documents")
    with client_in(tmp_path):
        assert not folder.exists()
