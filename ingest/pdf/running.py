"""Running heads and page numbers: what repeats in the margins of pages is no part of the text."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from ingest.pdf.frame import Frame
from ingest.pdf.page_numbers import NUMBER, PAGE_NUMBER, value
from ingest.pdf.runs import Run

PageRuns = dict[Frame, list[Run]]
_EDGE, _MARGIN, _WIDE_MARGIN, _WIDEST_MARGIN = 0.07, 0.12, 0.15, 0.25
_SHORT = 6
_FEW, _MANY = 3, 4
_STEP = 3
_BUCKET = 8
_MARK = "\0"  # stands for the number of a page
_PAGE_WORDS = re.compile(r"第|页|頁|共|page|of|[ivxl]+$", re.IGNORECASE)
_NO_LETTERS = re.compile(r"[\W\d_]+")
_IMPRINT = re.compile(
    r"https?://|www\.|\bdoi\b|\bISSN\b|©|downloaded from|published by|all rights reserved|\bvol(?:ume|\.)|\bissue\b"
    r"|第\s*\d+\s*[卷期]|\d+\s*\(\d{4}\)\s*\d+\s*[-–—]\s*\d+",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Sheet:
    """The size of a page before it is turned, and its runs."""

    width: float
    height: float
    frames: PageRuns


@dataclass(frozen=True)
class Kept:
    """A page without its running heads, and their texts."""

    frames: PageRuns
    removed: tuple[str, ...]


@dataclass(frozen=True)
class _Key:
    """A text in the margin and its place; a number that goes with the pages is counted from them."""

    text: str
    place: tuple[bool, int]

    @property
    def mere_number(self) -> bool:
        return _MARK in self.text and not any(char.isalpha() for char in _PAGE_WORDS.sub("", self.text))


@dataclass(frozen=True)
class _Placed:
    """A run and where it stands between the edges of the page that are above and below its lines, from 0 to 1."""

    run: Run
    upright: bool
    low: float
    high: float
    extent: float

    @property
    def middle(self) -> float:
        return (self.low + self.high) / 2

    def within(self, margin: float) -> bool:
        return self.run.table is None and (self.high <= margin or self.low >= 1 - margin)


def drop_running(pages: Sequence[Sheet]) -> list[Kept]:
    """Leave out running heads and page numbers of all pages, from page 1.

    A head whose words stand nowhere else in the document is kept where it stands first.
    """
    usual = _usual_size(pages)
    placed = [_placed(page) for page in pages]
    keyed = [_keyed(several, number, usual) for number, several in enumerate(placed, 1)]
    running = _running(keyed, placed, usual)
    numbers = _rising(placed)
    gone = [
        _furniture(several, {key: keys & running for key, keys in found.items()}, numbers, usual, len(pages) == 1)
        for several, found in zip(placed, keyed, strict=True)
    ]
    kept = list(_without(pages, gone))
    # What is all that a document says is its text, wherever it stands.
    return kept if any(page.frames for page in kept) else [Kept(page.frames, ()) for page in pages]


def _usual_size(pages: Sequence[Sheet]) -> float:
    """The size that most characters, or if that is larger most runs, are set in."""
    sizes: Counter[float] = Counter()
    for page in pages:
        for run in _runs(page):
            sizes[run.size] += len(run.text)
    middle = median([run.size for page in pages for run in _runs(page) if run.table is None] or [0.0])
    return max(max(sizes, key=lambda size: sizes[size], default=0.0), middle)


def _runs(page: Sheet) -> Iterator[Run]:
    for several in page.frames.values():
        yield from several


def _placed(page: Sheet) -> list[_Placed]:
    found = []
    for frame, several in page.frames.items():
        for run in several:
            box = frame.box(run.rect)
            low, high, extent = (box.y0, box.y1, page.height) if frame.dy == 0 else (box.x0, box.x1, page.width)
            extent = extent or 1.0
            found.append(_Placed(run, frame.dy == 0, low / extent, high / extent, extent))
    return found


def _without(pages: Sequence[Sheet], gone: Sequence[dict[int, Run]]) -> Iterator[Kept]:
    """The pages without what is gone; of that, words which would be lost stay where they stand first."""
    pairs = list(zip(pages, gone, strict=True))
    known = _letters("".join(run.text for page, out in pairs for run in _runs(page) if id(run) not in out))
    for page, out in pairs:
        first: set[int] = set()
        for run in out.values():
            words = _letters(NUMBER.sub("", run.text))
            if words and len(pages) > 1 and not _IMPRINT.search(run.text) and words not in known:
                first.add(id(run))
                known += " " + words
        frames = {frame: list(_left(several, out, first)) for frame, several in page.frames.items()}
        removed = tuple(run.text for run in out.values() if id(run) not in first)
        yield Kept({frame: several for frame, several in frames.items() if several}, removed)


def _left(several: Sequence[Run], out: dict[int, Run], first: set[int]) -> Iterator[Run]:
    for run in several:
        if id(run) in first:
            yield replace(run, aside=True)
        elif id(run) not in out:
            yield run


def _letters(text: str) -> str:
    return _NO_LETTERS.sub("", _PAGE_WORDS.sub("", text).casefold())


def _furniture(
    placed: Sequence[_Placed], running: dict[int, set[_Key]], numbers: set[int], usual: float, single: bool
) -> dict[int, Run]:
    """What of a page repeats on others, and what its outermost lines surely are, by `id`.

    `numbers` rise from page to page.

    Of a line of the text, a word may well stand at the same place on several pages: lines go as a
    whole. Only the outermost one may have a part that is another on every page.
    """
    repeated = {id(each.run) for each in placed if running.get(id(each.run))}
    found: dict[int, Run] = {}
    for lines in _margins(placed):
        for i, line in enumerate(lines):
            if i == 0 and _is_head(line, running):
                found.update({id(each.run): each.run for each in line if id(each.run) in repeated})
            size = max(each.run.size for each in line)
            numbered = any(key.mere_number for each in line for key in running.get(id(each.run), ()))
            known = all(id(each.run) in repeated for each in line) or (numbered and size <= 1.05 * usual)
            apart = _is_apart(lines[i:], usual)
            lone = single and apart and size < 0.95 * usual and all(each.within(_EDGE) for each in line)
            counts = single or any(id(each.run) in numbers for each in line)
            imprint = _says_imprint(line) and (single or apart or size < 0.95 * usual)
            if not (known or lone or (size <= 1.05 * usual and (imprint or (apart and _is_numbered(line, counts))))):
                break
            found.update({id(each.run): each.run for each in line})
    return found


def _is_head(line: Sequence[_Placed], running: dict[int, set[_Key]]) -> bool:
    """Whether most characters of a line repeat on other pages."""
    known = sum(len(each.run.text) for each in line if running.get(id(each.run)))
    return 2 * known > sum(len(each.run.text) for each in line)


def _is_numbered(line: Sequence[_Placed], counts: bool) -> bool:
    """Whether a line is a page number or ends in one. A plain number must count the pages, if there are more."""
    texts = [each.run.text for each in line]
    if all(map(PAGE_NUMBER.fullmatch, texts)):
        return all(each.within(_MARGIN) for each in line) and (counts or not all(map(str.isdigit, texts)))
    return counts and _edge_number(line) is not None


def _edge_number(line: Sequence[_Placed]) -> _Placed | None:
    """The page number that a line in a margin begins or ends with."""
    ordered = sorted(line, key=lambda each: each.run.rect[0])
    if not all(each.within(_WIDE_MARGIN) for each in line):
        return None
    return next((each for each in (ordered[0], ordered[-1]) if PAGE_NUMBER.fullmatch(each.run.text)), None)


def _rising(placed: Sequence[Sequence[_Placed]]) -> set[int]:
    """Numbers at the ends of outermost lines that rise from page to page, however many pages lie between; by `id`."""
    sides: dict[tuple[bool, bool], list[_Placed]] = {}
    for several in placed:
        for lines in _margins(several):
            if (number := _edge_number(lines[0])) is not None and number.run.text.isdigit():
                sides.setdefault((number.upright, number.middle < 0.5), []).append(number)
    found: set[int] = set()
    for numbers in sides.values():
        values = [int(each.run.text) for each in numbers]
        rising = sum(a < b for a, b in pairwise(values))
        if len(values) >= _MANY and rising >= 0.9 * (len(values) - 1):
            found.update(id(each.run) for each in numbers)
    return found


def _margins(placed: Sequence[_Placed]) -> Iterator[list[list[_Placed]]]:
    """For each edge of the page the lines in its margin, from the edge inwards, and the next one after them."""
    for upright in (True, False):
        several = sorted((each for each in placed if each.upright == upright), key=lambda each: each.middle)
        first = [(each.middle, each) for each in several]
        last = [(1 - each.middle, each) for each in reversed(several)]
        # The last line of a page that is nearly empty may well stand at its top.
        yield from (_lines(ends) for ends in (first, last) if ends and ends[0][0] < 0.5)


def _lines(placed: Sequence[tuple[float, _Placed]]) -> list[list[_Placed]]:
    lines: list[list[_Placed]] = []
    begin = float("-inf")
    for depth, each in placed:
        if lines and (depth - begin) * each.extent < 0.5 * max(each.run.size, 1.0):
            lines[-1].append(each)
            continue
        if begin > _MARGIN:
            break
        lines.append([each])
        begin = depth
    return lines


def _is_apart(lines: Sequence[Sequence[_Placed]], usual: float) -> bool:
    """Whether the first of some lines, or it and the imprint after it, is followed by a blank."""
    end = next((i for i, line in enumerate(lines) if i and not _says_imprint(line)), len(lines))
    return end == len(lines) or _distance(lines[end - 1], lines[end]) > usual


def _says_imprint(line: Sequence[_Placed]) -> bool:
    return all(each.within(_EDGE) for each in line) and any(_IMPRINT.search(each.run.text) for each in line)


def _distance(line: Sequence[_Placed], other: Sequence[_Placed]) -> float:
    """How much blank there is between two lines."""
    gap = max(
        min(each.low for each in other) - max(each.high for each in line),
        min(each.low for each in line) - max(each.high for each in other),
    )
    return gap * line[0].extent


def _running(keyed: Sequence[dict[int, set[_Key]]], placed: Sequence[Sequence[_Placed]], usual: float) -> set[_Key]:
    """What stands on most pages, or, in small print, on most pages of a stretch: a chapter's head."""
    places: dict[_Key, list[int]] = {}
    values: dict[_Key, list[int]] = {}
    large: set[_Key] = set()
    for number, (keys_by_run, several) in enumerate(zip(keyed, placed, strict=True), 1):
        for each in several:
            for key in keys_by_run.get(id(each.run), ()):
                places.setdefault(key, []).append(number)
                if key.text == _MARK:
                    values.setdefault(key, []).append(value(NUMBER.findall("".join(each.run.text.split()))[0]))
                elif each.run.size > 1.1 * usual:
                    large.add(key)
    counted = {key for key, found in values.items() if _counts(found)}
    repeated = {key for key, on in places.items() if _repeats(key, sorted(set(on)), len(keyed), large=key in large)}
    return counted | {key for key in repeated if key.text != _MARK}


def _repeats(key: _Key, found: Sequence[int], pages: int, *, large: bool) -> bool:
    """Whether these are enough pages of so many; two of a few do for small print.

    The number of a page may stand on the first pages of chapters only.
    """
    if len(found) >= max(_MANY, 0.4 * pages) or (key.mere_number and len(found) >= _FEW):
        return True
    return not large and len(found) >= _least(pages) and found[-1] - found[0] < 2.5 * len(found)


def _least(pages: int) -> int:
    """On how many pages of so many small print in a margin stands when it is no part of the text."""
    return 2 if pages <= _SHORT else _FEW if pages <= 2 * _SHORT else _MANY


def _counts(values: Sequence[int]) -> bool:
    """Whether numbers at one place go on as the pages do, which may share one or lack one."""
    rising = sum(0 <= b - a <= _STEP for a, b in pairwise(values))
    return len(values) >= _MANY and values[-1] > values[0] and rising >= 0.9 * (len(values) - 1)


def _keyed(placed: Sequence[_Placed], number: int, usual: float) -> dict[int, set[_Key]]:
    """The keys of runs by their `id`; the outermost line may stand far inside, where margins are wide."""
    outermost = {id(each.run) for lines in _margins(placed) for line in lines[:1] for each in line}
    return {
        id(each.run): set(_keys(each, number, usual))
        for each in placed
        if each.within(_WIDEST_MARGIN if id(each.run) in outermost else _MARGIN)
    }


def _keys(placed: _Placed, number: int, usual: float) -> Iterator[_Key]:
    text, middle = "".join(placed.run.text.split()), placed.middle * placed.extent
    numbers = list(NUMBER.finditer(text))
    # Two ways to round: what is a hair's breadth higher on the next page has one of them in common.
    for place in (int(middle // _BUCKET), -1 - int((middle + _BUCKET / 2) // _BUCKET)):
        where = (placed.upright, place)
        yield _Key(text, where)
        if len(numbers) == 1 and PAGE_NUMBER.fullmatch(text):
            yield _Key(_MARK, where)
        for match in {numbers[0], numbers[-1]} if numbers else ():
            key = _Key(f"{text[: match.start()]}{_MARK}{value(match.group()) - number}{text[match.end() :]}", where)
            if len(match.group()) < 6 and (key.mere_number or _is_small(placed, usual)):
                yield key


def _is_small(placed: _Placed, usual: float) -> bool:
    """Whether a text with a number in it looks like a head or foot: titles are numbered from page to page as well."""
    return placed.run.size < 0.95 * usual or (placed.run.size <= 1.05 * usual and placed.within(_EDGE))
