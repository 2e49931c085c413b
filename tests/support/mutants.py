"""PDFs of many kinds, and damaged copies of them: the same ones every time."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import cache

import pymupdf

CHINESE = "为了规范数据处理活动，保障数据安全，促进数据开发利用，制定本法。"


def mutant(number: int) -> bytes:
    """The damaged PDF of a number: some spans of a seed are changed, cut, doubled or moved."""
    chance = random.Random(number)
    data = bytearray(chance.choice(seeds()))
    for _ in range(chance.choice((1, 1, 2, 4, 16, 64))):
        chance.choice(_DAMAGES)(data, chance)
    return bytes(data)


@cache
def seeds() -> tuple[bytes, ...]:
    """Every kind of PDF as it is made, compressed, and wholly in readable text."""
    return tuple(
        data
        for make in (_text, _table, _scan, _turned, _form, _linked)
        for document in (make(),)
        for data in (
            document.tobytes(no_new_id=True),
            document.tobytes(deflate=True, use_objstms=1, no_new_id=True),
            document.tobytes(expand=255, ascii=True, pretty=True, no_new_id=True),
        )
    )


def _text() -> pymupdf.Document:
    document = pymupdf.open()
    for _ in range(2):
        page = document.new_page()
        for line in range(20):
            page.insert_text((60, 80 + 18 * line), CHINESE, fontname="china-s")
        page.insert_text((60, 500), "The quick brown fox jumps over the lazy dog.")
    document.set_toc([[1, "第一章", 1], [2, "1.1", 2]])
    return document


def _table() -> pymupdf.Document:
    document = pymupdf.open()
    page = document.new_page()
    for i in range(6):
        page.draw_line((60, 100 + 30 * i), (460, 100 + 30 * i))
        page.draw_line((60 + 80 * i, 100), (60 + 80 * i, 250))
    for i in range(25):
        page.insert_text((65 + 80 * (i % 5), 120 + 30 * (i // 5)), f"{i * 37}.5")
    return document


def _scan() -> pymupdf.Document:
    image = _text()[0].get_pixmap(dpi=72, colorspace=pymupdf.csGRAY)
    document = pymupdf.open()
    document.new_page().insert_image((0, 0, 595, 842), stream=image.tobytes("jpeg"))
    return document


def _turned() -> pymupdf.Document:
    document = _text()
    document[0].set_rotation(90)
    document[1].set_cropbox((50, 50, 400, 600))
    return document


def _form() -> pymupdf.Document:
    document = pymupdf.open()
    page = document.new_page()
    field = pymupdf.Widget()
    field.field_name, field.field_type = "name", pymupdf.PDF_WIDGET_TYPE_TEXT
    field.rect, field.field_value = pymupdf.Rect(60, 60, 200, 80), "value"
    page.add_widget(field)
    page.add_freetext_annot((60, 100, 200, 140), "a note")
    page.insert_text((60, 200), "Name and address")
    return document


def _linked() -> pymupdf.Document:
    document = _text()
    document[0].insert_link({"kind": pymupdf.LINK_GOTO, "page": 1, "from": pymupdf.Rect(60, 60, 90, 90)})
    return document


def _flip(data: bytearray, chance: random.Random) -> None:
    data[chance.randrange(len(data))] = chance.randrange(256)


def _cut(data: bytearray, chance: random.Random) -> None:
    start = chance.randrange(len(data))
    del data[start : start + chance.randrange(1, 64)]


def _double(data: bytearray, chance: random.Random) -> None:
    start = chance.randrange(len(data))
    data[start:start] = data[start : start + chance.randrange(1, 256)]


def _renumber(data: bytearray, chance: random.Random) -> None:
    """Change a digit: lengths, references, offsets and sizes go wrong."""
    places = [i for i, byte in enumerate(data) if 48 <= byte <= 57]
    if places:
        data[chance.choice(places)] = chance.choice(b"0123456789-")


def _behead(data: bytearray, chance: random.Random) -> None:
    """Lose the end, as a broken download does."""
    del data[chance.randrange(len(data) // 2, len(data)) :]


_DAMAGES: tuple[Callable[[bytearray, random.Random], None], ...] = (_flip, _cut, _double, _renumber, _renumber, _behead)
