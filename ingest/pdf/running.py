"""Running heads and page numbers: what stands at the same place on many pages is read once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import median

from ingest.pdf.frame import Frame
from ingest.pdf.glyphs import Run

PageRuns = dict[Frame, list[Run]]
_MARGIN = 0.1
_FEWEST_PAGES = 4
_NUMBER = re.compile(r"\d+")
_PAGE_WORDS = re.compile(r"第|页|頁|共|page|of", re.IGNORECASE)


@dataclass(frozen=True)
class _Key:
    """A text in the margin and its height; a number that goes with the pages is counted from them."""

    text: str
    place: int

    @property
    def mere_number(self) -> bool:
        return "#" in self.text and not any(char.isalpha() for char in _PAGE_WORDS.sub("", self.text))


def drop_running(pages: Sequence[tuple[float, PageRuns]]) -> list[PageRuns]:
    """Leave out repeated runs in the outer tenth of pages; pages come as (height, runs), from page 1.

    A running head is kept where it stands first, so that its words are not lost; a mere page
    number is dropped everywhere.
    """
    running = _running(pages)
    seen: set[_Key] = set()
    kept = []
    for number, (height, frames) in enumerate(pages, 1):
        page: PageRuns = {frame: [] for frame in frames}
        for frame, run in _all(frames):
            key = next((k for k in _keys(frame, run, height, number) if k in running), None)
            if key is None:
                page[frame].append(run)
                continue
            if not (key.mere_number or key in seen):
                page[frame].append(replace(run, aside=True))
            seen.add(key)
        kept.append(page)
    return kept


def _running(pages: Sequence[tuple[float, PageRuns]]) -> set[_Key]:
    """What stands on most pages, or, in small print, on most pages of a stretch: a chapter's head."""
    places: dict[_Key, list[int]] = {}
    large: set[_Key] = set()
    usual = median([run.size for _, frames in pages for _, run in _all(frames) if run.table is None] or [0])
    for number, (height, frames) in enumerate(pages, 1):
        for frame, run in _all(frames):
            for key in _keys(frame, run, height, number):
                places.setdefault(key, []).append(number)
                if run.size > 1.1 * usual:
                    large.add(key)
    return {
        key
        for key, found in places.items()
        if len(set(found)) >= max(_FEWEST_PAGES, 0.4 * len(pages))
        or (len(set(found)) >= _FEWEST_PAGES and key not in large and found[-1] - found[0] < 2.5 * len(set(found)))
    }


def _all(frames: PageRuns) -> list[tuple[Frame, Run]]:
    return [(frame, run) for frame, runs in frames.items() for run in runs]


def _keys(frame: Frame, run: Run, height: float, number: int) -> Iterator[_Key]:
    box = frame.box(run.rect)
    if run.table or (height * _MARGIN < box.y1 and box.y0 < height * (1 - _MARGIN)):
        return
    text, place = "".join(run.text.split()), round((box.y0 + box.y1) / 8)
    yield _Key(text, place)
    numbers = list(_NUMBER.finditer(text))
    for match in {numbers[0], numbers[-1]} if numbers else ():
        if len(match.group()) < 6:
            offset = int(match.group()) - number
            yield _Key(f"{text[: match.start()]}#{offset}{text[match.end() :]}", place)
