"""The catalog: its schema, its bases and lists, and what it says of a file it cannot use."""

from __future__ import annotations

import os
import sqlite3
import stat
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text

from ingest.errors import DiskFull
from ingest.store import bases, database, documents, schema
from ingest.store.catalog import Catalog
from ingest.store.errors import (
    BaseNameInvalid,
    BaseProtected,
    CatalogDamaged,
    CatalogTooNew,
    CatalogUnusable,
    NameTaken,
    UnknownBase,
    UnknownDocument,
)
from ingest.store.records import BaseSettings, Blob


@pytest.fixture
def catalog(tmp_path: Path):
    opened = Catalog(tmp_path)
    yield opened
    opened.close()


def add(catalog: Catalog, name: str, base: str = "default", size: int = 1) -> str:
    with catalog.write() as connection:
        return documents.create(connection, base, name, Blob(f"{base}{name}", size, "text/plain"))


def test_migrations_make_the_schema_that_the_code_names(catalog: Catalog) -> None:
    def ours(name: str | None, *_: object) -> bool:
        return not (name or "").startswith(("keywords", "sqlite_"))

    with catalog.read() as connection:
        context = MigrationContext.configure(connection, opts={"include_name": ours, "compare_type": True})
        assert compare_metadata(context, schema.metadata) == []


def test_the_revision_is_the_last_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(database.__file__).parent / "migrations"))
    assert ScriptDirectory.from_config(config).get_current_head() == schema.REVISION


def test_a_catalog_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    Catalog(tmp_path).close()
    names = ("catalog.db", "catalog.db-wal", "catalog.db-shm")
    for name in names:
        (tmp_path / name).touch()
        (tmp_path / name).chmod(0o644)
    catalog = Catalog(tmp_path)
    assert {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in names} == {0o600}
    catalog.close()


def test_pragmas_hold_on_every_connection(catalog: Catalog) -> None:
    wanted = {"journal_mode": "wal", "foreign_keys": 1, "secure_delete": 1, "synchronous": 2, "temp_store": 2}
    with catalog.read() as first, catalog.read() as second:
        for connection in (first, second):
            found = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in wanted}
            assert found == wanted


def test_only_a_write_that_is_not_synced_does_not_wait_for_the_disk(catalog: Catalog) -> None:
    found = []
    for write in (catalog.write(), catalog.write(synced=False), catalog.write()):
        with write as connection:
            found.append(connection.exec_driver_sql("PRAGMA synchronous").scalar())
    assert found == [2, 1, 2]


def test_a_reader_sees_one_state_and_does_not_wait_for_a_writer(catalog: Catalog) -> None:
    with catalog.read() as reader, catalog.write() as writer:
        before = len(bases.every(reader))
        bases.create(writer, "合同")
        assert len(bases.every(reader)) == before
    assert len(catalog.bases()) == before + 1


def test_a_later_schema_is_left_alone(catalog: Catalog, tmp_path: Path) -> None:
    with catalog.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(CatalogTooNew, match="9999"):
        Catalog(tmp_path)


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "catalog.db").write_bytes(b"not a database at all" * 400)
    with pytest.raises(CatalogDamaged, match="originals"):
        Catalog(tmp_path)


def test_broken_pages_are_named_when_they_are_met(tmp_path: Path) -> None:
    opened = Catalog(tmp_path)
    for number in range(300):
        add(opened, f"{number}.txt")
    opened.close()
    path = tmp_path / "catalog.db"
    data = bytearray(path.read_bytes())
    data[4096:] = b"\xff" * (len(data) - 4096)
    path.write_bytes(data)
    with pytest.raises(CatalogDamaged):
        Catalog(tmp_path).documents("default")


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(CatalogUnusable):
        Catalog(tmp_path / "file" / "data")


def test_sqlite_errors_are_told_apart_by_code(tmp_path: Path) -> None:
    def error(code: int) -> sqlite3.Error:
        made = sqlite3.OperationalError("any words")
        made.sqlite_errorcode = code
        return made

    path = tmp_path / "catalog.db"
    assert isinstance(database.explain(error(sqlite3.SQLITE_FULL), path), DiskFull)
    assert isinstance(database.explain(error(sqlite3.SQLITE_CORRUPT), path), CatalogDamaged)
    assert isinstance(database.explain(error(sqlite3.SQLITE_BUSY_SNAPSHOT), path), CatalogUnusable)
    assert database.explain(error(sqlite3.SQLITE_CONSTRAINT), path) is None


def test_the_default_base_is_always_there(catalog: Catalog, tmp_path: Path) -> None:
    assert [base.id for base in catalog.bases()] == ["default"]
    with pytest.raises(BaseProtected):
        catalog.delete_base("default")
    again = Catalog(tmp_path)
    assert [base.id for base in again.bases()] == ["default"]
    again.close()


def test_bases_have_names_of_their_own(catalog: Catalog) -> None:
    base = catalog.create_base("  合同 Ａ ")
    assert base.name == "合同 Ａ"
    assert catalog.base("合同 a") == catalog.base(base.id) == base
    for taken in ("合同 A", "合同   A", "合同\u3000A", "default", base.id):
        with pytest.raises(NameTaken):
            catalog.create_base(taken)
    unseen = ("合同\u200b A", "合同\u202e A", "合同\u2066 A", "合同\u3164", "合同\ufe0f", "合同\u2028", "\u2800")
    for bad in ("", "  ", "a\nb", "x" * 101, *unseen):
        with pytest.raises(BaseNameInvalid):
            catalog.create_base(bad)
    assert catalog.rename_base(base.id, "合同 a").name == "合同 a"
    with pytest.raises(NameTaken):
        catalog.rename_base(base.id, "DEFAULT")
    with pytest.raises(UnknownBase):
        catalog.base("nowhere")


def test_a_base_goes_with_all_that_is_in_it(catalog: Catalog) -> None:
    base = catalog.create_base("合同")
    document = add(catalog, "a.txt", base.id)
    catalog.delete_base(base.id)
    with pytest.raises(UnknownBase):
        catalog.base(base.id)
    with pytest.raises(UnknownDocument):
        catalog.document(document)


def test_lists_are_sorted_filtered_and_paged(catalog: Catalog) -> None:
    names = ["Beta.PDF", "alpha_1.txt", "报告.docx", "100%.txt"]
    ids = [add(catalog, name, size=size) for size, name in enumerate(names)]
    with catalog.write() as connection:
        documents.set_state(connection, ids[1], "failed", "done")

    def listed(**query) -> list[str]:
        return [document.name for document in catalog.documents("default", **query).items]

    assert listed() == names[::-1]
    assert listed(sort="size", descending=False) == names
    assert listed(status="failed") == ["alpha_1.txt"]
    assert listed(text="beta") == ["Beta.PDF"]
    assert listed(text="报") == ["报告.docx"]
    assert listed(text="報") == ["报告.docx"]
    assert listed(text="%") == ["100%.txt"]
    assert listed(text="_") == ["alpha_1.txt"]
    page = catalog.documents("default", page=2, per_page=3)
    assert ([d.name for d in page.items], page.total, page.page, page.per_page) == (["Beta.PDF"], 4, 2, 3)
    assert catalog.documents("default", page=9).items == ()


def test_counts(catalog: Catalog) -> None:
    add(catalog, "a.txt")
    counts = catalog.counts()
    assert (counts.bases, counts.documents, counts.chunks, counts.jobs) == (1, 1, 0, 0)
    assert counts.by_status == {"queued": 1}


def test_an_earlier_catalog_is_brought_forward(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'catalog.db'}")
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(Path(database.__file__).parent / "migrations"))
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.exec_driver_sql("INSERT INTO bases VALUES ('b1', '合同', '合同', 1.0, 3)")
        connection.exec_driver_sql(
            "INSERT INTO documents VALUES ('d1', 'b1', 'a.txt', 'x', 1, 'text/plain', 'ready', 'done', 1, 1, NULL,"
            " '{}', 0, 1, 9, 1, '[]', 1.0, 1.0)"
        )
        connection.exec_driver_sql("INSERT INTO conversations VALUES ('c1', '假期', '[]', 1.0, 1.0)")
    engine.dispose()
    opened = Catalog(tmp_path)
    base, document = opened.base("b1"), opened.document("d1")
    assert (base.settings, base.outdated, base.originals) == (BaseSettings(), 0, 1)
    assert (document.name, document.redacted, document.kept, document.parser) == ("a.txt", False, True, "")
    with opened.write() as connection:
        assert connection.execute(text("SELECT id, user_id FROM conversations")).all() == [("c1", None)]
        bases.set_settings(connection, "b1", BaseSettings(redact=True))
    assert (opened.base("b1").settings.redact, opened.base("b1").outdated) == (True, 1)
    opened.close()


def test_the_catalog_is_its_owners_alone(tmp_path: Path) -> None:
    if os.name == "nt":
        pytest.skip("Windows has other permissions")
    opened = Catalog(tmp_path / "data")
    add(opened, "a.txt")
    modes = {path.name: path.stat().st_mode & 0o077 for path in (tmp_path / "data").iterdir()}
    assert {"catalog.db", "catalog.db-wal"} <= set(modes)
    assert set(modes.values()) == {0}
    opened.close()
