"""The content of each page: its runs of text, its tables, and how it was read."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import Any, Literal

from ingest.document import PageReport
from ingest.notices import Notice
from ingest.pdf.blend import blend
from ingest.pdf.frame import Point
from ingest.pdf.glyphs import Frames, Glyph
from ingest.pdf.layer import read_layer
from ingest.pdf.leaders import is_contents, with_leaders
from ingest.pdf.ocr_queue import Lines, OcrQueue
from ingest.pdf.opened import mupdf_errors, reason
from ingest.pdf.quality import Doubt, doubt, strange
from ingest.pdf.running import PageRuns
from ingest.pdf.runs import Run, confidence, runs
from ingest.pdf.scan import Picture, draw, images, place, ruling
from ingest.pdf.table_words import holds
from ingest.pdf.tables import Found, Placed, find_tables

Progress = Callable[[int, int], None]
Use = Literal["auto", "off", "always"]

# Pages begun before the first of them is done: OCR has work while MuPDF reads on.
_AHEAD = 4
_FEW_CHARS, _HEADER_CHARS = 30, 150
_MOST_OF_PAGE, _WHOLE_PAGE = 0.4, 0.8
_OUTLINES = 20


@dataclass(frozen=True)
class Page:
    """What stands on a page, by reading frame. `height` is that of the unrotated page.

    `looked` tells that OCR looked at it, whether or not it found anything; `unseen` counts characters of
    its text layer that nobody sees.
    """

    report: PageReport
    height: float
    runs: PageRuns
    problem: Notice | None = None
    looked: bool = False
    unseen: int = 0


@dataclass(frozen=True)
class _Begun:
    """A page whose text layer was read, and the reading by OCR that is under way if it needs one."""

    number: int
    layer: Frames
    chars: int = 0
    doubt: Doubt = ""
    picture: Picture | None = None
    reading: Future[Lines] | None = None
    problem: Notice | None = None
    removed: tuple[str, ...] = ()
    unseen: int = 0
    scanned: bool = False


@dataclass(frozen=True)
class _Content:
    """The lines of a page that are believed, and what OCR had to do with them."""

    frames: Frames
    garbled: str = ""
    skew: float = 0.0
    strokes: Sequence[tuple[Point, Point]] = ()


def read_pages(document: Any, progress: Progress | None, ocr: OcrQueue, use: Use = "auto") -> Iterator[Page]:
    """Read every page; a damaged one is given with its problem and without content."""
    begun: deque[_Begun] = deque()
    total = document.page_count
    if progress is not None:
        progress(0, total)
    for number in range(1, total + 1):
        begun.append(_guarded_begin(document, number, ocr, use))
        while begun and (len(begun) > _AHEAD or begun[0].reading is None or begun[0].reading.done()):
            yield _guarded_end(document, begun.popleft(), ocr, progress)
    while begun:
        yield _guarded_end(document, begun.popleft(), ocr, progress)


def _guarded_begin(document: Any, number: int, ocr: OcrQueue, use: Use) -> _Begun:
    try:
        return _begin(document[number - 1], number, ocr, use)
    except mupdf_errors() as error:
        return _Begun(number, {}, problem=_damaged(number, error))


def _begin(page: Any, number: int, ocr: OcrQueue, use: Use) -> _Begun:
    seen = read_layer(page)
    layer = seen.frames
    text = "\n".join("".join(glyph.text for glyph in line) for lines in layer.values() for line in lines)
    chars = sum(count for char, count in Counter(text).items() if not (char.isspace() or strange(char)))
    begun = _Begun(number, layer, chars, removed=seen.watermarks, unseen=seen.unseen, scanned=_is_scan(page))
    if use == "off":
        return begun
    if use == "always":
        begun = replace(begun, layer={})
    else:
        why: Doubt = "bad-ocr" if begun.scanned and chars >= _FEW_CHARS else doubt(text)
        if not (ocr.worth(why, number - _AHEAD) if why else _is_image(page, chars)):
            ocr.skip()
            return begun
        begun = replace(begun, doubt=why)
    picture = draw(page)
    return replace(begun, picture=picture, reading=ocr.read(picture))


def _is_scan(page: Any) -> bool:
    """Whether one image fills the page, and all text over it is invisible: a program for OCR has put it there."""
    if not page.get_images() or max((share for share, _ in images(page)), default=0.0) < _WHOLE_PAGE:
        return False
    return all(span["type"] == 3 for span in page.get_texttrace())


def _is_image(page: Any, chars: int) -> bool:
    """Whether a page shows what its text layer does not have: an image, or letters drawn as outlines."""
    if chars >= _HEADER_CHARS:
        return False
    if chars >= _FEW_CHARS:
        return bool(page.get_images()) and sum(share for share, _ in images(page)) >= _MOST_OF_PAGE
    drawn = [kind for kind, *_ in page.get_bboxlog()]
    outlines = sum("path" in kind for kind in drawn)
    unread = not chars and any("text" in kind for kind in drawn)
    return unread or outlines >= _OUTLINES or any("image" in kind or "shade" in kind for kind in drawn)


def _guarded_end(document: Any, begun: _Begun, ocr: OcrQueue, progress: Progress | None) -> Page:
    try:
        page = _end(document[begun.number - 1], begun, ocr)
    except mupdf_errors() as error:
        report = PageReport(begun.number, 0, 0, read_as="none")
        page = Page(report, 0, {}, begun.problem or _damaged(begun.number, error))
    if progress is not None:
        progress(begun.number, document.page_count)
    return page


def _damaged(number: int, error: Exception) -> Notice:
    return Notice("page-damaged", {"page": number, "reason": reason(error)})


def _end(page: Any, begun: _Begun, ocr: OcrQueue) -> Page:
    content = _content(page, begun, ocr)
    frames, problem = content.frames, begun.problem
    found: PageRuns = {}
    count = 0
    layout: Literal["rules", "model"] = "rules"
    # The direction of most text first: it also says which way the tables stand.
    for frame in sorted(frames, key=lambda f: -sum(map(len, frames[f]))):
        lines = frames[frame]
        tables = Found((), lines) if is_contents(lines) else find_tables(page, frame, lines, seen=content.strokes)
        found[frame] = runs(tables.rest) + [_run(each, lines) for each in tables.tables]
        count += len(tables.tables)
        layout = "model" if tables.layout == "model" else layout
        if tables.skipped_edges:
            problem = Notice("tables-not-sought", {"page": begun.number, "edges": tables.skipped_edges})
    height = page.rect.width if page.rotation in (90, 270) else page.rect.height
    report = replace(_report(page, begun, content), tables=count, layout=layout)
    return Page(report, height, found, problem, looked=begun.reading is not None, unseen=begun.unseen)


def _run(placed: Placed, lines: Sequence[Sequence[Glyph]]) -> Run:
    inside = [glyph for line in lines for glyph in line if holds(placed.rect, glyph.middle)]
    return Run("", placed.rect, 0, False, placed.table, confidence=confidence(inside))


def _content(page: Any, begun: _Begun, ocr: OcrQueue) -> _Content:
    if begun.reading is None or begun.picture is None:
        # The layer of a scan has its words, and only the picture has its rules.
        return _Content(begun.layer, strokes=ruling(draw(page), (), 0.0) if begun.scanned and begun.layer else ())
    lines = with_leaders(ocr.lines(begun.reading), begun.picture.image)
    read, tilt = place(lines, begun.picture)
    both = blend(begun.layer, read, begun.doubt)
    strokes = ruling(begun.picture, lines, tilt) if read and (begun.scanned or not begun.layer) else ()
    if not begun.doubt:
        return _Content(both.frames, skew=tilt, strokes=strokes)
    ocr.judged(begun.number, begun.doubt, bool(both.garbled))
    if not both.garbled:
        return _Content(begun.layer, strokes=strokes)
    return _Content(both.frames, both.garbled, tilt, strokes)


def _report(page: Any, begun: _Begun, content: _Content) -> PageReport:
    read_as: Literal["text", "ocr", "none"] = "text" if content.frames else "none"
    # Without a picture nothing of the page comes from OCR.
    lines = [line for several in content.frames.values() for line in several] if begun.picture else []
    glyphs = [glyph for line in lines for glyph in line if not glyph.text.isspace()]
    sure = [glyph.confidence for glyph in glyphs if glyph.confidence is not None]
    return PageReport(
        begun.number,
        page.rect.width,
        page.rect.height,
        page.rotation,
        begun.chars,
        len(page.get_images()),
        read_as="ocr" if sure and 2 * len(sure) > len(glyphs) else read_as,
        garbled=content.garbled,
        confidence=sum(sure) / len(sure) if sure else None,
        skew=content.skew,
        removed=begun.removed,
        checked=begun.reading is not None,
    )
