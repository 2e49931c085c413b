"""The layout model finds a table without lines between its columns, however the page is turned."""

import subprocess
import sys

import pymupdf
import pytest

from ingest.pdf.frame import Frame
from ingest.pdf.layout_model import table_regions

ROWS = [
    ("Year", "Total", "Public", "Private"),
    *((str(2000 + i), f"{45000 + 311 * i:,}", f"{39000 + 207 * i:,}", f"{6000 + 104 * i:,}") for i in range(14)),
]


def draw(page: pymupdf.Page) -> None:
    page.insert_text((72, 90), "Table 1. Enrollment in elementary and secondary schools", fontsize=11)
    for y in (100, 118, 340):
        page.draw_line((72, y), (500, y))
    for i, row in enumerate(ROWS):
        for j, text in enumerate(row):
            page.insert_text((80 + 120 * j, 113 + 16 * i), text, fontsize=10)
    for i in range(12):
        page.insert_text(
            (72, 380 + 14 * i), "Enrollment grew in every year that is shown, and is projected to grow on."
        )


def regions(turn: int = 0) -> list:
    """What is seen on a page, or on a page that shows it turned."""
    with pymupdf.open() as flat, pymupdf.open() as turned:
        draw(flat.new_page(width=600, height=800))
        width, height = (800, 600) if turn in (90, 270) else (600, 800)
        page = turned.new_page(width=width, height=height)
        page.show_pdf_page(page.rect, flat, 0, rotate=turn)
        frame = {0: Frame(1, 0), 90: Frame(0, -1), 180: Frame(-1, 0), 270: Frame(0, 1)}[turn]
        return table_regions(page, frame)


def test_rows_and_columns_of_a_table():
    (region,) = regions()
    assert region.rect == pytest.approx((72, 100, 480, 340), abs=25)
    assert len(region.down) == 3
    assert len(region.across) == len(ROWS) - 1
    assert all(x0 < cut < x1 for x0, cut, x1 in zip((100, 225, 345), region.down, (200, 320, 440), strict=True))


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_a_turned_table_is_seen_as_the_upright_one(turn):
    (upright,), (turned,) = regions(), regions(turn)
    assert (len(turned.across), len(turned.down)) == (len(upright.across), len(upright.down))
    sizes = [(r.rect[2] - r.rect[0], r.rect[3] - r.rect[1]) for r in (upright, turned)]
    assert sizes[0] == pytest.approx(sizes[1], abs=3)


def test_a_page_as_large_as_a_poster_is_left_to_the_rules():
    with pymupdf.open() as document:
        assert table_regions(document.new_page(width=600, height=5000), Frame()) is None
        assert table_regions(document.new_page(), Frame()) == []


def test_a_page_that_cannot_be_drawn_is_left_to_the_rules():
    class Torn:
        rotation = 0
        rect = pymupdf.Rect(0, 0, 600, 800)

        def get_pixmap(self):
            raise RuntimeError("cannot draw")

    assert table_regions(Torn(), Frame()) is None


def test_the_models_are_loaded_for_pages_that_need_them_only():
    code = """
import sys
import ingest.pdf.opened, pymupdf
from ingest.pdf.frame import Frame
from ingest.pdf.layout_model import table_regions
assert not {"pymupdf.layout.onnx.BoxRFDGNN", "onnxruntime"} & set(sys.modules)
assert sys.modules["pymupdf4llm"] is None
document = pymupdf.open()
page = document.new_page()
page.insert_text((72, 72), "some text")
assert table_regions(page, Frame()) == []
assert "pymupdf.layout.onnx.BoxRFDGNN" in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_boxes_of_glyphs_are_those_of_mupdf_whatever_was_imported(tmp_path):
    """Importing pymupdf4llm says so for the whole process: what is read is not to depend on it."""
    with pymupdf.open() as document:
        document.new_page().insert_text((72, 72), "some text")
        document.save(tmp_path / "a.pdf")
    code = f"""
from pathlib import Path
from ingest.pdf.opened import open_pdf
import pymupdf
assert not pymupdf.TOOLS.unset_quad_corrections()
with open_pdf(Path({str(tmp_path / "a.pdf")!r}), "a.pdf"):
    assert pymupdf.TOOLS.unset_quad_corrections()
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_each_network_is_opened_once_with_few_threads_that_sleep_while_they_wait():
    code = """
import onnxruntime
opened = []
class Noted(onnxruntime.InferenceSession):
    def __init__(self, path, options=None, **rest):
        spins = options.get_session_config_entry("session.intra_op.allow_spinning")
        opened.append((path, options.intra_op_num_threads, spins))
        super().__init__(path, options, **rest)
onnxruntime.InferenceSession = Noted
from ingest.pdf.layout_model import _model
_model()
assert len({path for path, *_ in opened}) == len(opened) == 3, opened
assert {(threads, spins) for _, threads, spins in opened} == {(2, "0")}, opened
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_page_that_lies_askew_is_not_asked_about():
    with pymupdf.open() as document:
        assert table_regions(document.new_page(), Frame(tilt=2.5)) is None
