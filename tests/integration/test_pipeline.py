"""From a file to what search finds: rows, vectors and words agree, and a replacement is one step."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ingest.document import Box
from ingest.errors import EmptyFile, FileTooLarge, OriginalMissing
from ingest.library import Library
from ingest.names import tidy_name
from ingest.parse import parse
from ingest.store.errors import BeingReplaced, CatalogUnusable, TextMissing, UnknownBase
from ingest.store.lexical import EVERY
from tests.support.fakes import HashEmbedder
from tests.support.index_files import index_file
from tests.support.ingesting import Bench, bench

FIRST = "年假为每年十五天。\n\n报销须在三十日内提交。"
SECOND = "年假改为每年二十天。\n\n差旅标准见附件。"


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Bench]:
    opened = bench(tmp_path / "data")
    yield opened
    opened.close()


def test_a_file_is_queued_before_add_returns_and_ready_after_work(made: Bench) -> None:
    document, created = made.library.add("default", "制度.txt", io.BytesIO(FIRST.encode()))
    assert created
    assert (document.status, document.revision, document.size) == ("queued", 0, len(FIRST.encode()))
    with pytest.raises(TextMissing):
        made.library.catalog.text(document.id)
    made.work()
    ready = made.document(document)
    assert (ready.status, ready.stage, ready.pages, ready.revision) == ("ready", "done", 2, 1)
    assert ready.chunks == ready.done == ready.total == len(made.library.catalog.chunks(document.id))
    assert made.library.original(document.id).read_text(encoding="utf-8") == FIRST


def test_text_chunks_anchors_and_pages_fit_together(made: Bench) -> None:
    document = made.taken_in(FIRST)
    catalog = made.library.catalog
    cleaned = catalog.text(document.id)
    chunks = catalog.chunks(document.id)
    assert [chunk.ordinal for chunk in chunks] == list(range(len(chunks)))
    assert all(chunk.text == cleaned.text[chunk.start : chunk.end] for chunk in chunks)
    assert all(chunk.document_name == "a.txt" for chunk in chunks)
    assert len({chunk.id for chunk in chunks}) == len(chunks)
    at = cleaned.text.index("报销")
    (anchor,) = catalog.anchors(document.id, at, at + 2)
    assert (anchor.page, anchor.box) == (2, Box(72, 72, 500, 90))
    assert [page.number for page in catalog.page_info(document.id)] == [1, 2]
    assert chunks[0].page == 1
    keys = [chunk.key for chunk in chunks]
    assert catalog.stored_chunks([*keys, 999_999]) == {chunk.key: chunk for chunk in chunks}


def test_both_searches_find_it(made: Bench) -> None:
    text = made.taken_in(FIRST).id and made.library.catalog.documents("default").items[0]
    (chunk,) = made.library.catalog.chunks(text.id)
    assert made.found("報銷要在多少日內提交") == [chunk.text]
    assert made.nearest("年假为每年十五天") == [chunk.text]


def test_vectors_are_those_of_the_embedder(made: Bench) -> None:
    document = made.taken_in(FIRST)
    (chunk,) = made.library.catalog.chunks(document.id)
    question = HashEmbedder().embed_passages([chunk.indexed_text]).vectors[0]
    for scope in ({}, {"document_ids": [document.id]}):
        ((key, score),) = made.library.vectors.search(question, base_ids=["default"], k=3, **scope)
        assert key == chunk.key
        assert score == pytest.approx(1.0, abs=2e-3)


def test_the_same_bytes_are_one_document_in_a_base_and_two_in_two(made: Bench) -> None:
    document = made.taken_in(FIRST)
    again, created = made.library.add("default", "other name.txt", io.BytesIO(FIRST.encode()))
    assert (again, created) == (document, False)
    other = made.library.catalog.create_base("合同")
    twin, created = made.library.add(other.id, "a.txt", io.BytesIO(FIRST.encode()))
    assert created
    made.work()
    assert twin.id != document.id
    ids = [[chunk.id for chunk in made.library.catalog.chunks(each.id)] for each in (document, twin)]
    assert ids[0] == ids[1]
    assert made.nearest("年假", base=other.id) == made.nearest("年假")
    assert (
        len(made.library.vectors.search(HashEmbedder().embed_query("年假"), base_ids=["default", other.id], k=9)) == 2
    )


def test_a_filter_by_document_keeps_to_the_bases_too(made: Bench) -> None:
    document = made.taken_in(FIRST)
    other = made.library.catalog.create_base("合同")
    question = HashEmbedder().embed_query("年假")
    search = made.library.vectors.search
    assert search(question, base_ids=[other.id], document_ids=[document.id], k=3) == []
    assert search(question, base_ids=["default"], document_ids=[], k=3) == []
    assert search(question, base_ids=[], k=3) == []


def test_a_replacement_shows_the_old_text_until_the_new_is_there(made: Bench) -> None:
    old = made.taken_in(FIRST)
    new = made.add(SECOND, replace=True)
    assert (new.id, new.status, new.sha256) == (old.id, "queued", old.sha256)
    assert "十五天" in made.found("年假")[0]
    assert made.library.original(old.id).read_text(encoding="utf-8") == FIRST
    assert len(made.library.catalog.anchors(old.id, 0, 1)) == 1
    made.work()
    ready = made.document(new)
    assert (ready.revision, ready.status) == (2, "ready")
    text = made.library.catalog.text(old.id)
    assert made.library.catalog.anchors(old.id, 0, 999) == text.anchors
    assert ["二十天" in text for text in made.found("年假 报销")] == [True]
    assert made.library.original(old.id).read_text(encoding="utf-8") == SECOND
    assert list(made.library.blobs.every()) == [ready.sha256]
    assert len(made.library.vectors.search(HashEmbedder().embed_query("年假"), base_ids=["default"], k=9)) == 1


def test_a_replacement_that_fails_leaves_the_old_text(made: Bench) -> None:
    old = made.taken_in(FIRST)
    made.add("CORRUPT", replace=True)
    made.work()
    failed = made.document(old)
    assert (failed.status, failed.error_code, failed.revision) == ("failed", "corrupt-file", 1)
    assert made.found("报销")
    assert made.library.original(old.id).read_text(encoding="utf-8") == FIRST
    made.add(SECOND, replace=True)
    made.work()
    assert made.document(old).status == "ready"
    assert len(list(made.library.blobs.every())) == 1


def test_the_last_of_several_replacements_counts(made: Bench) -> None:
    old = made.taken_in(FIRST)
    made.add(SECOND, replace=True)
    made.add("第三版。", replace=True)
    assert made.add(FIRST, replace=True).id == old.id
    made.work()
    assert made.library.original(old.id).read_text(encoding="utf-8") == FIRST
    assert made.document(old).revision == 2
    assert len(list(made.library.blobs.every())) == 1


def test_without_replace_the_same_name_is_another_document(made: Bench) -> None:
    first = made.taken_in(FIRST)
    assert made.taken_in(SECOND).id != first.id


@pytest.mark.parametrize(("data", "error"), [(b"", EmptyFile), (b"x" * 200, FileTooLarge)])
def test_what_is_refused_leaves_no_trace(tmp_path: Path, data: bytes, error: type[Exception]) -> None:
    made = bench(tmp_path, max_bytes=100)
    with pytest.raises(error):
        made.library.add("default", "a.txt", io.BytesIO(data))
    with pytest.raises(UnknownBase):
        made.library.add("nowhere", "a.txt", io.BytesIO(b"x"))
    assert made.library.catalog.documents("default").total == 0
    assert [path for path in (tmp_path / "originals").rglob("*") if path.is_file()] == []
    made.close()


def test_a_missing_original_is_named(made: Bench) -> None:
    document = made.taken_in(FIRST)
    made.library.original(document.id).unlink()
    with pytest.raises(OriginalMissing, match=r"a\.txt"):
        made.library.original(document.id)


def test_a_damaged_original_replaces_no_text_and_its_upload_mends_it(made: Bench) -> None:
    document = made.taken_in(FIRST)
    path = made.library.original(document.id)
    whole = path.read_bytes()
    path.write_text("完全不同的坏内容。", encoding="utf-8")
    made.library.retry(document.id)
    made.work()
    failed = made.document(document)
    assert (failed.status, failed.error_code) == ("failed", "original-damaged")
    assert made.found(FIRST) == [FIRST]
    assert made.add(FIRST).id == document.id
    made.work()
    assert made.document(document).status == "ready"
    assert path.read_bytes() == whole


def test_a_crash_between_file_and_row_leaves_no_orphan(tmp_path: Path) -> None:
    made = bench(tmp_path)
    kept = made.taken_in(FIRST)
    orphan = made.library.blobs.store(io.BytesIO(b"orphan"), "a", 100)
    made.library.blobs.begin({orphan.sha256, kept.sha256})
    made.library.blobs.receive(io.BytesIO(b"half"), "a", 100)
    made.close()
    again = bench(tmp_path)
    assert list(again.library.blobs.every()) == [kept.sha256]
    assert not again.library.blobs.path(orphan.sha256).exists()
    assert list((tmp_path / "originals" / "incoming").iterdir()) == []
    again.close()


@pytest.mark.parametrize("harm", ["nothing", "flip", "cut", "delete", "swap"])
def test_an_index_file_is_used_if_whole_and_built_anew_if_not(tmp_path: Path, harm: str) -> None:
    made = bench(tmp_path)
    for number in range(12):
        made.taken_in(f"第{number}号文件，内容各不相同：{'甲乙丙丁戊己庚辛壬癸子丑'[number] * 9}", f"{number}.txt")
    question = HashEmbedder().embed_query("内容各不相同：丙丙丙")
    before = made.library.vectors.search(question, base_ids=["default"], k=5)
    made.close()
    (path,) = (tmp_path / "index").glob("*.faiss")
    data = path.read_bytes()
    {
        "nothing": lambda: None,
        "flip": lambda: path.write_bytes(data[:-9] + bytes([data[-9] ^ 1]) + data[-8:]),
        "cut": lambda: path.write_bytes(data[: len(data) // 2]),
        "delete": path.unlink,
        "swap": lambda: path.write_bytes(b"ZWIX" + data[40:]),
    }[harm]()
    again = bench(tmp_path)
    states = {"nothing": "current", "delete": "missing"}
    assert index_file(again.library.catalog, tmp_path / "index") == states.get(harm, "damaged")
    assert again.library.vectors.search(question, base_ids=["default"], k=5) == before
    again.close()
    assert index_file(again.library.catalog, tmp_path / "index") == "current"


def test_an_index_file_from_before_the_last_commits_is_brought_up_to_date(tmp_path: Path) -> None:
    made = bench(tmp_path)
    first = made.taken_in(FIRST)
    made.library.vectors.save()
    (path,) = (tmp_path / "index").glob("*.faiss")
    old = path.read_bytes()
    made.taken_in(SECOND, "b.txt")
    made.library.delete(first.id)
    made.close()
    path.write_bytes(old)
    again = bench(tmp_path)
    assert index_file(again.library.catalog, tmp_path / "index") == "old"
    hits = again.library.vectors.search(HashEmbedder().embed_query("年假"), base_ids=["default"], k=9)
    assert len(hits) == 1
    assert "二十天" in again.nearest("年假")[0]
    again.close()


def test_a_large_base_gets_another_index_and_still_finds_everything(tmp_path: Path) -> None:
    made = bench(tmp_path, flat_limit=40)
    texts = [f"{chr(0x4E00 + 37 * n) * 5}{chr(0x6000 + 91 * n) * 5}" for n in range(60)]
    documents = [made.taken_in(text, f"{n}.txt") for n, text in enumerate(texts)]
    assert all(made.nearest(text) == [text] for text in texts)
    for document in documents[:25]:
        made.library.delete(document.id)
    left = made.library.vectors.search(HashEmbedder().embed_query(texts[0]), base_ids=["default"], k=100)
    assert len(left) == 35
    assert all(made.nearest(text) == [text] for text in texts[25:])
    made.library.vectors.save()
    made.close()
    again = bench(tmp_path, flat_limit=40)
    assert again.nearest(texts[30]) == [texts[30]]
    again.close()


def test_keyword_rows_are_written_anew_when_the_analyser_changes(tmp_path: Path) -> None:
    made = bench(tmp_path)
    made.taken_in(FIRST)
    with made.library.catalog.write() as connection:
        connection.exec_driver_sql("UPDATE keywords SET tokens = 'old'")
        connection.exec_driver_sql("UPDATE settings SET value = '0' WHERE key = 'analyser'")
    assert made.found("报销") == []
    made.close()
    again = bench(tmp_path)
    assert len(again.found("报销")) == 1
    assert not again.library.lexical.refresh()
    again.close()


def test_keyword_rows_that_lack_their_mark_alone_get_it(tmp_path: Path) -> None:
    made = bench(tmp_path)
    made.taken_in(FIRST)
    rows = "SELECT rowid, tokens FROM keywords ORDER BY rowid"
    with made.library.catalog.write() as connection:
        before = connection.exec_driver_sql(rows).all()
        connection.exec_driver_sql("UPDATE keywords SET tokens = substr(tokens, 3)")
        connection.exec_driver_sql("UPDATE settings SET value = '4' WHERE key = 'analyser'")
    made.close()
    again = bench(tmp_path)
    with again.library.catalog.read() as connection:
        assert connection.exec_driver_sql(rows).all() == before
    assert all(row.tokens.startswith(EVERY) for row in before)
    assert len(again.found("报销")) == 1
    again.close()


def test_a_passage_too_long_for_the_embedder_is_reported(tmp_path: Path) -> None:
    class Cuts(HashEmbedder):
        def count_tokens(self, texts):  # its estimate is too low
            return [3 for _ in texts]

        def embed_passages(self, texts, step=lambda _: None):
            return replace(super().embed_passages(texts, step), truncated=(0,))

    made = bench(tmp_path, embedder=Cuts)
    warnings = [str(warning) for warning in made.taken_in("长" * 50).warnings]
    assert any("Passages longer than the embedding model reads: 1." in warning for warning in warnings)
    made.close()


def test_a_text_without_words_is_no_document(made: Bench) -> None:
    document = made.taken_in(" \n ")
    assert (document.status, document.error_code) == ("failed", "no-text")


@pytest.mark.parametrize(
    ("name", "tidy"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\李雷\\合同.pdf", "合同.pdf"),
        ("a\nb\0c.txt", "abc.txt"),
        ("", "unnamed"),
        ("..", "unnamed"),
        ("长" * 300 + ".pdf", "长" * 246 + ".pdf"),
        ("bad\udce4name.txt", "bad\ufffdname.txt"),
    ],
)
def test_names_are_names(name: str, tidy: str) -> None:
    assert tidy_name(name) == tidy


def test_real_parsers_end_to_end(tmp_path: Path) -> None:
    made = bench(tmp_path, parse=parse)
    markdown = "# 员工手册\n\n## 年假\n\n每年十五天。\n\n## 报销\n\n| 项目 | 上限 |\n|---|---|\n| 住宿 | 500 |\n"
    document = made.taken_in(markdown, "手册.md")
    assert document.status == "ready"
    chunks = made.library.catalog.chunks(document.id)
    assert any("年假" in " ".join(chunk.heading_path) or "年假" in chunk.text for chunk in chunks)
    assert "500" in made.found("住宿上限")[0]
    made.close()


@pytest.mark.shared
def test_a_real_chinese_pdf(tmp_path: Path) -> None:
    folder = Path(__file__).parents[2].parent / "shared" / "data" / "docs" / "zh_books"
    found = sorted(folder.glob("*.pdf"), key=lambda path: path.stat().st_size)
    if not found:
        pytest.skip("../shared/data is not there")
    made = bench(tmp_path, parse=parse)
    with found[0].open("rb") as stream:
        document, _ = made.library.add("default", found[0].name, stream)
    made.work()
    ready = made.document(document)
    assert ready.status == "ready", ready
    chunks = made.library.catalog.chunks(document.id)
    text = made.library.catalog.text(document.id).text
    assert all(chunk.text == text[chunk.start : chunk.end] and chunk.page for chunk in chunks)
    assert np.mean([bool(made.library.catalog.anchors(document.id, c.start, c.end)) for c in chunks]) == 1.0
    made.close()


def test_opening_closes_what_it_opened_when_it_fails(tmp_path: Path) -> None:
    (tmp_path / "originals").write_text("in the way")
    with pytest.raises(CatalogUnusable, match="originals"):
        Library(tmp_path)


def test_what_is_about_to_be_replaced_is_not_taken_for_kept(made: Bench) -> None:
    """Its bytes would be gone in a moment, after they were accepted."""
    document = made.taken_in("第一版的内容。", "a.txt")
    made.add("第二版的内容。", "a.txt", replace=True)
    with pytest.raises(BeingReplaced, match=r"a\.txt"):
        made.add("第一版的内容。", "copy.txt")
    made.work()
    copy = made.add("第一版的内容。", "copy.txt")
    made.work()
    assert copy.id != document.id
    assert [made.document(each).status for each in (document, copy)] == ["ready", "ready"]
