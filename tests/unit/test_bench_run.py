"""Readers in processes of their own: what they read, what is kept, and what their end says."""

from __future__ import annotations

from pathlib import Path

import pymupdf
import pytest

from bench.parse import main
from bench.parsing.bench import Bench
from bench.parsing.data import Folder
from bench.parsing.made_variants import scanned, sideways, turned, with_wrong_unicode, without_unicode
from bench.parsing.readers import DISTRIBUTIONS, Request
from bench.parsing.run import Runner


@pytest.fixture
def pdf(tmp_path: Path) -> Path:
    path = tmp_path / "one.pdf"
    with pymupdf.open() as document:
        page = document.new_page()
        page.insert_font("cjk", fontbuffer=pymupdf.Font("cjk").buffer)
        page.insert_text((72, 72), "Hello from page one", fontname="cjk")
        document.save(path)
    return path


def test_a_reading_comes_back_from_its_process(pdf: Path) -> None:
    reading = Runner().read(Request("pymupdf", str(pdf)))
    assert "Hello from page one" in reading.text
    assert reading.pages == [reading.text]
    assert 0 < reading.seconds < reading.wall
    assert reading.peak_mb > 10


def test_a_peer_is_read_once_when_it_is_kept(pdf: Path, tmp_path: Path) -> None:
    runner = Runner(cache=tmp_path / "cache")
    first = runner.read(Request("pymupdf", str(pdf)))
    (kept,) = (tmp_path / "cache").iterdir()
    kept.write_text(kept.read_text("utf-8").replace("Hello", "Kept"), "utf-8")
    assert "Kept" in runner.read(Request("pymupdf", str(pdf))).text
    assert runner.read(Request("pymupdf", str(pdf)), fresh=True).text == first.text


def test_what_a_reader_raises_is_its_result(tmp_path: Path) -> None:
    (tmp_path / "bad.pdf").write_bytes(b"not a PDF")
    assert Runner().read(Request("pymupdf", str(tmp_path / "bad.pdf"))).error.startswith("FileDataError")


def test_a_reader_that_takes_too_long_hangs(pdf: Path) -> None:
    assert Runner(seconds=0).read(Request("pymupdf", str(pdf))).error == "hang"


def test_a_peer_that_is_missing_is_shown_so(pdf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(DISTRIBUTIONS, "pypdf", "no-such-distribution")
    bench = Bench(Folder(tmp_path), Runner(), tmp_path)
    assert bench.readings("pypdf", [pdf])[0].error == "not installed"
    assert bench.label("pypdf") == "pypdf (not installed)"


def test_variants_show_the_same_page_and_say_something_else(pdf: Path, tmp_path: Path) -> None:
    texts = {}
    for change in (turned, sideways, scanned, without_unicode, with_wrong_unicode):
        with pymupdf.open(change(pdf, tmp_path / f"{change.__name__}.pdf")) as document:
            texts[change.__name__] = (document[0].get_text().strip(), document[0].rotation)
    assert texts["turned"] == ("Hello from page one", 90)
    assert texts["sideways"] == ("Hello from page one", 90)
    assert texts["scanned"] == ("", 0)
    assert texts["with_wrong_unicode"][0][:1] not in ("H", "")


def test_a_folder_without_documents_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["bench.parse", "--data", str(tmp_path)])
    with pytest.raises(SystemExit, match="There are no documents"):
        main()
