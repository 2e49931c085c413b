"""Data folders as every earlier version left them are opened, searched, read on, cited from and deleted from."""

from __future__ import annotations

import sqlite3
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.answering.events import Scope
from app.bootstrap import Services
from ingest.store.catalog import Catalog, UnknownBase, UnknownDocument
from tests.data.make_catalogs import ANSWER, FOLDER, LINES, revisions
from tests.support.served import ENDED, services_in

EVERYWHERE = Scope(("default",))


@pytest.fixture(params=revisions())
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A copy of a stored data folder."""
    with zipfile.ZipFile(FOLDER / f"{request.param}.zip") as stored:
        stored.extractall(tmp_path / "data")
    with sqlite3.connect(tmp_path / "data" / "catalog.db") as rows:
        assert rows.execute("SELECT version_num FROM alembic_version").fetchall() == [(request.param,)]
    rows.close()
    return tmp_path


@pytest.fixture
def services(folder: Path) -> Iterator[Services]:
    with services_in(folder) as services:
        services.start()
        yield services
        services.stop()


def found(services: Services, question: str) -> set[str]:
    return {hit.chunk.document_id for hit in services.answerer.retriever.search((question,), EVERYWHERE, 10).hits}


def test_every_revision_of_the_schema_has_a_stored_folder() -> None:
    """A new migration needs one: `python -m tests.data.make_catalogs` makes it."""
    assert sorted(path.stem for path in FOLDER.glob("*.zip")) == revisions()


def test_its_schema_becomes_the_one_of_a_new_catalog(folder: Path) -> None:
    Catalog(folder / "data").close()
    Catalog(folder / "new").close()
    schemas = []
    for name in ("data", "new"):
        with sqlite3.connect(folder / name / "catalog.db") as rows:
            schemas.append(rows.execute("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY name").fetchall())
            assert rows.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert rows.execute("PRAGMA foreign_key_check").fetchall() == []
        rows.close()
    assert schemas[0] == schemas[1]


def test_its_document_is_found_and_told_about(services: Services) -> None:
    assert "d1" in found(services, "每年有几天带薪年休假？")
    # Words are found by themselves, in whatever way they were cut then.
    assert services.library.lexical.search("带薪", base_ids=["default"], k=5)
    document, report = services.library.catalog.document("d1"), services.library.catalog.page_info("d1")
    assert (document.name, document.status, document.chunks) == ("员工手册.pdf", "ready", 1)
    assert [notice.code for notice in document.warnings]
    assert [page.number for page in report] == [1, 2]
    assert [block.kind for block in services.library.catalog.text("d1").blocks] == ["heading", "text"]


def test_its_citation_opens_where_it_stood(services: Services) -> None:
    (conversation,) = services.conversations.of_user(None)
    (turn,) = services.conversations.turns(conversation.id)
    assert (turn.state, turn.answer, turn.error) == ("done", ANSWER, None)
    # Those of before could not be rated.
    assert turn.rating in ("up", None)
    services.conversations.rate(turn.id, "down")
    assert services.conversations.turns(conversation.id)[0].rating == "down"
    (sentence,) = turn.sentences
    (citation,) = sentence.citations
    assert (sentence.text, citation.quote, citation.page) == (ANSWER, LINES[0], 1)
    assert citation.anchors[0].box is not None
    assert citation.anchors[0].box.y0 == 92.0
    assert [source.hit.chunk.text for source in turn.sources] == ["\n".join(LINES)]


def test_what_waited_is_read(services: Services) -> None:
    version = 0
    while services.library.catalog.document("d2").status not in ENDED:
        version, _ = services.progress.wait(version, 5.0)
    assert services.library.catalog.document("d2").status == "ready"
    assert "d2" in found(services, "差旅费多久报销？")


def test_what_was_hidden_stays_so_and_a_deletion_leaves_nothing(services: Services, folder: Path) -> None:
    services.library.delete("d1")
    for document in ("d1", "d3"):
        with pytest.raises(UnknownDocument):
            services.library.catalog.document(document)
    with pytest.raises(UnknownBase):
        services.library.catalog.base("旧库")
    assert "d1" not in found(services, "每年有几天带薪年休假？")
    (turn,) = services.conversations.turns("t1")
    assert turn.sources == ()
    assert LINES[0].encode() not in (folder / "data" / "catalog.db").read_bytes()
