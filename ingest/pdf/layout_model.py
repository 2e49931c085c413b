"""PyMuPDF's layout model and its table-grid model: where tables stand on a page, and what parts their cells.

Both are ONNX files inside the wheel and run offline. They look at upright pages, so that a turned
page or table is drawn upright first.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ingest.pdf.frame import Frame, Rect
from ingest.pdf.opened import mupdf_errors
from models.offline import stay_offline
from models.onnx_network import open_network

_THREADS = 2
# In points: a larger page is a poster or a plan, and takes too much memory as pixels.
_LARGEST = 3000
# The turn, as `show_pdf_page` counts it, that brings a frame's direction to the right.
_DEGREES = {Frame(1, 0): 0, Frame(0, -1): 270, Frame(-1, 0): 180, Frame(0, 1): 90}


@dataclass(frozen=True)
class Region:
    """A table the model sees: `across` are the heights that part its rows, `down` what parts its columns."""

    rect: Rect
    across: tuple[float, ...]
    down: tuple[float, ...]


def table_regions(page: Any, frame: Frame) -> list[Region] | None:
    """The tables of a page whose text runs in the direction of `frame`; None if the model cannot look at it."""
    if frame not in _DEGREES or max(page.rect.width, page.rect.height) > _LARGEST:
        return None
    import numpy

    try:
        with _upright(page, frame) as (upright, (dx, dy)), numpy.errstate(all="ignore"):
            groups = _model().predict(upright, return_raw=True)
    except mupdf_errors():
        # A page that cannot be drawn still has its text, and rules give the tables that they enclose.
        return None
    return [_region(group, dx, dy) for group in groups if group["class_name"] == "table" and group.get("table_grid")]


def _region(group: dict[str, Any], dx: float, dy: float) -> Region:
    x0, top, x1, bottom = (float(value) for value in group["group_bbox"][:4])
    grid = group["table_grid"]
    # The grid model saw the page's pixels from whole numbers on.
    left, above = max(0, int(x0)) + dx, max(0, int(top)) + dy
    return Region(
        (x0 + dx, top + dy, x1 + dx, bottom + dy),
        tuple(float(y) + above for y in grid.h_lines),
        tuple(float(x) + left for x in grid.v_lines),
    )


@lru_cache(maxsize=1)
def _model() -> Any:
    return _model_class()(enable_inference_cache=False)


def _model_class() -> Any:
    """The class of the model; its package is held back by our own, and would load a model by itself."""
    stay_offline()
    import pymupdf

    if sys.modules.get("pymupdf.layout") is None:
        sys.modules.pop("pymupdf.layout", None)
    before, pymupdf._get_layout = pymupdf._get_layout, table_regions
    from pymupdf.layout.onnx import BoxRFDGNN, TableGridExtractorV2

    pymupdf._get_layout = before
    # Not public, but there is no other way to say how many threads they take: as many as there are cores otherwise.
    BoxRFDGNN.make_session = TableGridExtractorV2.make_session = lambda path, _providers: open_network(path, _THREADS)
    return BoxRFDGNN.BoxRFDGNN


@contextmanager
def _upright(page: Any, frame: Frame) -> Iterator[tuple[Any, tuple[float, float]]]:
    """The page with the frame's text from left to right, and where its origin lies in the frame."""
    if frame == Frame() and not page.rotation:
        yield page, (0.0, 0.0)
        return
    import pymupdf

    turn = page.rotation
    page.set_rotation(0)
    try:
        x0, y0, x1, y1 = frame.rect((0, 0, page.rect.width, page.rect.height))
        with pymupdf.open() as sheet:
            copy = sheet.new_page(width=x1 - x0, height=y1 - y0)
            copy.show_pdf_page(copy.rect, page.parent, page.number, rotate=_DEGREES[frame])
            yield copy, (x0, y0)
    finally:
        page.set_rotation(turn)
