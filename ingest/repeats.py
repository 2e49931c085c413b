"""Paragraphs that a document says again and again: a disclaimer on every page, a text pasted twice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ingest.document import Block, ParsedDocument
from ingest.notices import Notice

_REPEATABLE = ("text", "caption", "footnote", "figure")
_FEWEST_PAGES = 4
_SHARE = 0.3
_SHORTEST = 8
_SHORTEST_TWIN = 20


def drop_repeats(parsed: ParsedDocument) -> tuple[list[Block], tuple[Notice, ...]]:
    """The blocks without those that were there before, and a notice of what is left out.

    A paragraph is boilerplate when it stands on many pages word for word, at the head or the foot of
    each: the first is kept. In the midst of a page it is content: 表决结果：同意9票 below every
    resolution. Of two equal paragraphs in a row, both long enough not to be meant, the second goes.
    """
    keys = [_key(block) for block in parsed.blocks]
    # Boxes are those of the unrotated page: of pages that lie on their side they do not tell head and foot.
    heights = {page.number: page.height for page in parsed.pages if page.rotation in (0, 180)}
    outer = [key if _outermost(block, heights) else "" for block, key in zip(parsed.blocks, keys, strict=True)]
    everywhere = _everywhere(parsed.blocks, outer, len(parsed.pages))
    kept: list[Block] = []
    left_out: list[Block] = []
    seen: set[str] = set()
    last = ""
    for block, key, at_edge in zip(parsed.blocks, keys, outer, strict=True):
        again = (at_edge in everywhere and key in seen) or (key == last and _letters(key) >= _SHORTEST_TWIN)
        (left_out if again else kept).append(block)
        seen.add(key)
        last = key
    return kept, _notices(left_out)


def _everywhere(blocks: Sequence[Block], keys: Sequence[str], pages: int) -> set[str]:
    found: dict[str, set[int]] = {}
    for block, key in zip(blocks, keys, strict=True):
        if block.page is not None and _letters(key) >= _SHORTEST:
            found.setdefault(key, set()).add(block.page)
    least = max(_FEWEST_PAGES, _SHARE * pages)
    return {key for key, on in found.items() if len(on) >= least}


def _outermost(block: Block, heights: Mapping[int, float]) -> bool:
    """Whether a paragraph stands in the outer sixth of its page, above or below."""
    boxes = [line.box for line in block.lines if line.box is not None]
    height = heights.get(block.page or 0, 0.0)
    if not boxes or not height:
        return False
    return max(box.y1 for box in boxes) < height / 6 or min(box.y0 for box in boxes) > height * 5 / 6


def _key(block: Block) -> str:
    """The characters of a paragraph, signs too: 1.25 is not 12.5; empty for what is never a mere repetition."""
    if block.kind not in _REPEATABLE or block.continues:
        return ""
    return "".join(char for line in block.lines for char in line.text if not char.isspace())


def _letters(key: str) -> int:
    return sum(map(str.isalnum, key))


def _notices(left_out: Iterable[Block]) -> tuple[Notice, ...]:
    texts = [" ".join(line.text.strip() for line in block.lines) for block in left_out]
    if not texts:
        return ()
    first = texts[0] if len(texts[0]) <= 60 else texts[0][:59] + "…"
    return (Notice("repeats-left-out", {"count": len(texts), "text": first}),)
