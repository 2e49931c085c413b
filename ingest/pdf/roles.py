"""What paragraphs are besides running text: captions and footnotes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from ingest.pdf.paragraphs import Paragraph
from ingest.units import names_unit

_CAPTION = re.compile(
    r"(?:附?[图圖表]\s*|续表\s*|(?:Supplementary\s+)?(?:Figure|Fig\.?|Table|Tab\.|Scheme|Chart|Exhibit|Listing|FIGURE|TABLE)\s*)"
    r"(?:[A-Z]{0,2}\d{1,3}(?:[-–—.．]\d{1,3}){0,3}|[IVX]{1,5}|[一二三四五六七八九十]{1,3})"
    r"(?P<after>\s*[.:：、．|]|\s+(?=[\"“'(]?[A-Z\u4e00-\u9fff])|(?=[\u4e00-\u9fff])|\s*$|\s*[(（])"
)
_LONGEST_CAPTION = 500
_BARE_CAPTION = 40
_NOTE = re.compile(
    r"(?:[*＊†‡§¶※]{1,3}|[①-⑳]|[\[［〔(（]\d{1,3}[\]］〕)）]|\d{1,3}(?![\d.．、,，:：%])|注\s*\d*\s*[:：])\s*\S"
)
_SMALLER = 0.93


def with_roles(regions: Sequence[Sequence[Paragraph]], body: float, bold: bool) -> list[list[Paragraph]]:
    """The paragraphs of a page, region by region, with captions and footnotes named so.

    `body` and `bold` are how most of the document is set.
    """
    return [_notes(_captioned(region, body, bold), body) for region in regions]


def _captioned(region: Sequence[Paragraph], body: float, bold: bool) -> list[Paragraph]:
    parts = [part for i, paragraph in enumerate(region) for part in _unit_apart(paragraph, region[i + 1 : i + 2])]
    return [replace(part, kind="caption") if _is_caption(part, body, bold) else part for part in parts]


def _unit_apart(paragraph: Paragraph, below: Sequence[Paragraph]) -> list[Paragraph]:
    """A paragraph, and the line at its end that says what the table below counts in as a caption of its own."""
    *rest, last = paragraph.lines
    plain = paragraph.kind == "text" and last.table is None and not last.aside
    if not (plain and any(each.lines[0].table for each in below) and names_unit(last.text)):
        return [paragraph]
    unit = replace(paragraph, lines=(last,), kind="caption")
    return [replace(paragraph, lines=tuple(rest)), unit] if rest else [unit]


def _is_caption(paragraph: Paragraph, body: float, bold: bool) -> bool:
    """Whether a text is `Figure 3: …` and not a sentence about figure 3."""
    text = " ".join(line.text for line in paragraph.lines)
    match = _CAPTION.match(text) if paragraph.kind == "text" and paragraph.lines[0].table is None else None
    if match is None or len(text) > _LONGEST_CAPTION or any(line.aside for line in paragraph.lines):
        return False
    if match["after"].strip():
        return True
    if text.endswith(("。", "，", ",", "；", ".")):
        return False
    stands_out = paragraph.size < _SMALLER * body or (paragraph.lines[0].bold and not bold)
    return stands_out or (len(text) <= _BARE_CAPTION and len(paragraph.lines) <= 2)


def _notes(region: list[Paragraph], body: float) -> list[Paragraph]:
    """The small print at the end of a column, below its text, that begins with a mark or a number."""
    start = len(region)
    while start and _may_be_note(region[start - 1], body):
        start -= 1
    marked = next((i for i in range(start, len(region)) if _NOTE.match(region[i].text)), len(region))
    above = [paragraph for paragraph in region[:start] if paragraph.lines[0].table is None]
    if not above or above[-1].bold:
        return region
    return region[:marked] + [replace(paragraph, kind="footnote") for paragraph in region[marked:]]


def _may_be_note(paragraph: Paragraph, body: float) -> bool:
    first = paragraph.lines[0]
    plain = first.table is None and not first.aside and paragraph.kind == "text"
    return plain and max(line.size for line in paragraph.lines) < _SMALLER * body
