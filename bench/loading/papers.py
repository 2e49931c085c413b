"""Small documents of five formats and two languages, each of them unlike every other, and questions about them."""

from __future__ import annotations

import io
import random
from collections.abc import Iterator

import docx
import pymupdf

from bench.parsing.run import ROOT

_STORED = (
    "boats-zh.xlsx bridge-zh.docx columns-two-en.pdf footnotes-zh.pdf headings-numbers-zh.pdf kites-en.html "
    "lighthouse-zh.pptx pond-zh.md reservoir-zh.docx running-heads-en.pdf table-ruled-zh.pdf tides-zh.md"
).split()
_FORMATS = ("txt", "md", "html", "docx", "pdf")
_GOODS = "茶叶 木材 瓷器 棉布 药材 纸张 丝绸 大米".split()
_CARGO = "tea timber china cotton herbs paper silk rice".split()
_PARAGRAPHS = 6

Paper = tuple[str, bytes]


def stored() -> list[Paper]:
    """Documents that are in a base before anybody comes."""
    return [(name, (ROOT / "tests" / "data" / "documents" / name).read_bytes()) for name in _STORED]


def papers(first: int, count: int) -> list[Paper]:
    """Names and contents, about so many warehouses from a number on."""
    return [_paper(number) for number in range(first, first + count)]


def questions(draw: random.Random, count: int) -> Iterator[str]:
    """Questions without end about the first `count` warehouses, now and then one that no document answers."""
    while True:
        number = draw.randrange(count)
        yield draw.choice(
            (
                f"第{number}号仓库的面积是多少平方米？",
                f"第{number}号仓库是哪一年建成的？",
                f"What is kept in warehouse {number}?",
                f"请总结第{number}号仓库的情况。",
                "董事长的电话号码是多少？",
            )
        )


def _paper(number: int) -> Paper:
    # Odd and even formats change places at every round, so that each comes in both languages.
    form, chinese = _FORMATS[number % len(_FORMATS)], number % 2 == 0
    draw = random.Random(number)  # noqa: S311  the same papers every time
    paragraphs = _chinese(number, draw) if chinese else _english(number, draw)
    title = f"第{number}号仓库" if chinese else f"Warehouse {number}"
    return f"{title}.{form}", _MAKERS[form](title, paragraphs)


def _chinese(number: int, draw: random.Random) -> list[str]:
    facts = f"第{number}号仓库建于{draw.randrange(1900, 2025)}年，面积{draw.randrange(100, 9000)}平方米。"
    return [facts] + [
        f"第{draw.randrange(1, 90)}排存放{draw.choice(_GOODS)}{draw.randrange(10, 990)}箱，"
        f"湿度不得超过百分之{draw.randrange(20, 80)}，每{draw.randrange(2, 30)}天检查一次，"
        f"记录编号{draw.randrange(10**6)}。"
        for _ in range(_PARAGRAPHS)
    ]


def _english(number: int, draw: random.Random) -> list[str]:
    facts = f"Warehouse {number} was built in {draw.randrange(1900, 2025)} and has {draw.randrange(100, 9000)} m²."
    return [facts] + [
        f"Row {draw.randrange(1, 90)} of it holds {draw.randrange(10, 990)} boxes of {draw.choice(_CARGO)}, at no more "
        f"than {draw.randrange(20, 80)} percent humidity; record {draw.randrange(10**6)} says who looked last."
        for _ in range(_PARAGRAPHS)
    ]


def _text(title: str, paragraphs: list[str]) -> bytes:
    return "\n\n".join([title, *paragraphs]).encode()


def _markdown(title: str, paragraphs: list[str]) -> bytes:
    return "\n\n".join([f"# {title}", *paragraphs]).encode()


def _html(title: str, paragraphs: list[str]) -> bytes:
    body = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return f"<!doctype html><meta charset=utf-8><title>{title}</title><h1>{title}</h1>{body}".encode()


def _docx(title: str, paragraphs: list[str]) -> bytes:
    document = docx.Document()
    document.add_heading(title, 1)
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def _pdf(title: str, paragraphs: list[str]) -> bytes:
    with pymupdf.open() as document:
        page = document.new_page()
        page.insert_text((72, 72), title, fontname="china-s", fontsize=16)
        page.insert_textbox((72, 96, 523, 770), "\n\n".join(paragraphs), fontname="china-s", fontsize=10)
        made: bytes = document.tobytes(deflate=True)
    return made


_MAKERS = {"txt": _text, "md": _markdown, "html": _html, "docx": _docx, "pdf": _pdf}
