"""Damaged files of every kind but PDF end in a document or in an error of ours."""

import io
import random
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import docx
import openpyxl
import pptx
import pytest
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE

from ingest.document import ParseLimits
from ingest.errors import IngestError
from ingest.parsers.reading import read

MUTANTS = 60
VALUES = (b"", b"-1", b"99999999", b"abc", b"0", b"1e5", b"A1:ZZ9", "中".encode())
PLACE = re.compile(rb'="[^"]{0,60}"|<[^>]{1,200}/>|>[^<]{1,40}<')


def word() -> bytes:
    document = docx.Document()
    document.add_heading("第一章", 1)
    document.add_paragraph("item", style="List Number")
    table = document.add_table(2, 3)
    table.cell(0, 0).merge(table.cell(0, 1)).text = "merged"
    table.cell(1, 2).text = "cell"
    return saved(document)


def slides() -> bytes:
    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[1])
    slide.shapes.title.text, slide.placeholders[1].text = "title", "one\ntwo"
    slide.notes_slide.notes_text_frame.text = "notes"
    data = CategoryChartData()
    data.categories = ["a", "b"]
    data.add_series("s", (1, 2.5))
    slide.shapes.add_chart(XL_CHART_TYPE.PIE, 0, 0, 999, 999, data)
    return saved(deck)


def workbook() -> bytes:
    book = openpyxl.Workbook()
    for row in (["项目", "金额", None], ["甲", 0.5, "=B2*2"], ["乙", 2, "x"]):
        book.active.append(row)
    book.active["B2"].number_format = "0.0%"
    book.active.merge_cells("A1:A2")
    return saved(book)


def book() -> bytes:
    made = io.BytesIO()
    with ZipFile(made, "w") as package:
        package.writestr("mimetype", "application/epub+zip")
        package.writestr(
            "META-INF/container.xml", '<container><rootfiles><rootfile full-path="b.opf"/></rootfiles></container>'
        )
        package.writestr(
            "b.opf",
            '<package><manifest><item id="a" href="a.xhtml" media-type="application/xhtml+xml"/></manifest>'
            '<spine><itemref idref="a"/></spine></package>',
        )
        package.writestr("a.xhtml", PAGE)
    return made.getvalue()


PAGE = (
    "<html><head><title>t</title></head><body><h1>头</h1><p>text</p><table><tr><th colspan=2>a</th></tr>"
    "<tr><td rowspan=2>b</td><td>c</td></tr></table><ol><li>x<ul><li>y</li></ul></li></ol></body></html>"
)
MAIL = (
    "From: a@b.c\nSubject: =?utf-8?b?5Li76aKY?=\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n\n"
    "--x\nContent-Type: text/plain\n\nbody\n--x\nContent-Disposition: attachment; filename=a.csv\n\na,b\n1,2\n--x--\n"
)
SEEDS: dict[str, Callable[[], bytes]] = {
    ".docx": word,
    ".pptx": slides,
    ".xlsx": workbook,
    ".epub": book,
    ".html": PAGE.encode,
    ".eml": MAIL.encode,
    ".csv": '项目,"a ""b"""\n1,2\n'.encode,
    ".md": "# 头\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n- x[^1]\n\n[^1]: y\n".encode,
    ".xml": "<feed><entry><title>t</title><content>&lt;p&gt;x&lt;/p&gt;</content></entry></feed>".encode,
}


def saved(document) -> bytes:
    made = io.BytesIO()
    document.save(made)
    return made.getvalue()


@cache
def members(ending: str) -> dict[str, bytes]:
    with ZipFile(io.BytesIO(SEEDS[ending]())) as package:
        return {name: package.read(name) for name in package.namelist()}


def mutant(ending: str, number: int) -> bytes:
    """A damaged file: single bytes, or in packages attributes, elements, texts and whole parts."""
    chance = random.Random(f"{ending}{number}")
    if ending not in (".docx", ".pptx", ".xlsx", ".epub") or number % 5 == 0:
        return flipped(SEEDS[ending](), chance)
    parts = dict(members(ending))
    markup = sorted(name for name in parts if name.endswith((".xml", ".rels", ".xhtml", ".opf")))
    for name in chance.sample(markup, 1):
        parts[name] = flipped(parts[name], chance) if chance.random() < 0.2 else changed(parts[name], chance)
    if chance.random() < 0.1:
        del parts[chance.choice(markup)]
    made = io.BytesIO()
    with ZipFile(made, "w", ZIP_DEFLATED) as package:
        for name, data in parts.items():
            package.writestr(name, data)
    return made.getvalue()


def flipped(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.randrange(1, 6)):
        at = chance.randrange(len(changed))
        changed[at : at + chance.randrange(2)] = chance.choice((b"", b"\0", b"<", b'"', bytes([chance.randrange(256)])))
    return bytes(changed) or b"x"


def changed(data: bytes, chance: random.Random) -> bytes:
    for _ in range(chance.randrange(1, 4)):
        places = list(PLACE.finditer(data))
        if places:
            place = chance.choice(places)
            value = b'="%s"' % chance.choice(VALUES) if place.group().startswith(b"=") else b">-5<"
            data = data[: place.start()] + (b"" if place.group().startswith(b"<") else value) + data[place.end() :]
    return data


@pytest.mark.slow
@pytest.mark.parametrize("ending", SEEDS)
def test_no_damage_is_a_surprise(tmp_path: Path, ending: str) -> None:
    known = 0
    for number in range(MUTANTS):
        path = tmp_path / "blob"
        path.write_bytes(mutant(ending, number))
        try:
            known += bool(read(path, f"a{ending}", None, ParseLimits()).blocks)
        except IngestError as error:
            assert f"a{ending}" in str(error)
    assert known > MUTANTS / 10  # a parser that gives up on every damage would pass the rest


@pytest.mark.parametrize("ending", SEEDS)
def test_what_is_damaged_is_read_when_it_is_whole(tmp_path: Path, ending: str) -> None:
    path = tmp_path / "blob"
    path.write_bytes(SEEDS[ending]())
    assert read(path, f"a{ending}", None, ParseLimits()).warnings == () or ending == ".xlsx"
