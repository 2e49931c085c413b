"""Pages whose text is known exactly, as HTML: columns, footnotes, tables, vertical text, watermarks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from html import escape

from bench.parsing.cells import Placed
from bench.parsing.made_text import Prose, hyphenated

_FONTS = {
    "zh": "'Noto Serif CJK SC', 'Source Han Serif SC', 'Songti SC', serif",
    "en": "'DejaVu Serif', 'Liberation Serif', serif",
}


@dataclass
class Made:
    """A document to be printed: its HTML, and what a reader should make of it."""

    name: str
    language: str
    body: str
    truth: list[str]
    style: str = ""
    head: str = ""
    landscape: bool = False
    tables: list[list[Placed]] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The expected text."""
        return "\n".join(self.truth)

    def html(self) -> str:
        """The whole page for the browser."""
        base = f"body{{font:11pt/1.6 {_FONTS[self.language]};margin:0;text-align:justify}}"
        rules = "table{border-collapse:collapse;margin:6pt auto}td,th{padding:2pt 6pt}p{margin:0 0 6pt}"
        lang = "zh-CN" if self.language == "zh" else "en"
        style = f"<style>{base}{rules}{self.style}</style>"
        return f"<!doctype html><html lang={lang}><meta charset=utf-8>{style}<body>{self.body}"


def everything(seed: int, size: int) -> list[Made]:
    """One document of every kind, of about `size` chapters each."""
    builders: Sequence[Callable[[int, int], Made]] = (
        lambda s, n: flowing("zh", 1, s, n),
        lambda s, n: flowing("en", 1, s, n),
        lambda s, n: flowing("zh", 2, s, n),
        lambda s, n: flowing("en", 2, s, n),
        lambda s, n: flowing("zh", 3, s, n),
        lambda s, n: flowing("en", 3, s, n),
        lambda s, n: footnoted("zh", s, n),
        lambda s, n: footnoted("en", s, n),
        lambda s, n: tabled("zh", s, n, ruled=True),
        lambda s, n: tabled("zh", s, n, ruled=False),
        lambda s, n: tabled("en", s, n, ruled=True),
        lambda s, n: tabled("en", s, n, ruled=False),
        vertical,
        watermarked,
        lambda s, n: scattered("zh", s, n),
        lambda s, n: scattered("en", s, n),
    )
    return [build(seed + i, size) for i, build in enumerate(builders)]


def flowing(language: str, columns: int, seed: int, size: int, *, bare: bool = False) -> Made:
    """Chapters that flow through columns and over pages: with lists, running heads and broken words, unless `bare`."""
    prose = Prose(language, seed)
    body, truth = [], []
    for number in range(size):
        heading = prose.heading(number)
        items = [prose.sentence() for _ in range(3)] if number % 2 else []
        paragraphs = [prose.paragraph() for _ in range(4)]
        body.append(
            f"<h2>{escape(heading)}</h2>" + "".join(f"<p>{_set(text, language, bare)}</p>" for text in paragraphs)
        )
        body.append("".join(f"<p class=item>({i}) {_set(text, language, bare)}</p>" for i, text in enumerate(items, 1)))
        truth += [heading, *paragraphs, *(f"({i}) {text}" for i, text in enumerate(items, 1))]
    style = "h2{font-size:14pt;margin:10pt 0 6pt;break-after:avoid;text-align:left}.item{margin-left:18pt}"
    style += f"main{{column-count:{columns};column-gap:24pt;column-fill:auto}}" if columns > 1 else ""
    title = "年度调查报告汇编" if language == "zh" else "Collected Reports of the Survey"
    return Made(
        name=f"{language}-{columns}-column{'s' if columns > 1 else ''}",
        language=language,
        body=f"<main>{''.join(body)}</main>",
        truth=truth,
        style=style + ("" if columns < 3 else "body{font-size:9pt}"),
        head="" if bare else title,
    )


def watermarked(seed: int, size: int) -> Made:
    """One column of Chinese under a pale word that stands across every page."""
    made = flowing("zh", 1, seed, size)
    mark = "<div class=mark>内部资料请勿外传</div>"
    style = ".mark{position:fixed;top:40%;left:10%;font-size:44pt;color:#ddd;transform:rotate(-35deg);z-index:-1}"
    return replace(made, name="zh-watermark", body=mark + made.body, style=made.style + style)


def scattered(language: str, seed: int, size: int) -> Made:
    """Pages of two columns whose right one is written into the file before the left one and the heading."""
    prose = Prose(language, seed)
    body, truth = [], []
    for page in range(size):
        heading = prose.heading(page)
        columns = [[prose.paragraph() for _ in range(3 if language == "zh" else 2)] for _ in range(2)]
        left, right = ("".join(f"<p>{_set(text, language)}</p>" for text in column) for column in columns)
        parts = f"<div class=right>{right}</div><div class=left>{left}</div><h2>{escape(heading)}</h2>"
        body.append(f"<section>{parts}</section>")
        truth += [heading, *columns[0], *columns[1]]
    style = (
        "section{height:690pt;position:relative;break-after:page}div{position:absolute;top:32pt;width:46%}"
        ".left{left:0}.right{right:0}h2{position:absolute;top:0;margin:0;font-size:14pt}"
    )
    return Made(f"{language}-2-columns-scattered", language, "".join(body), truth, style)


def footnoted(language: str, seed: int, size: int) -> Made:
    """Pages of one column with marks in the text and the footnotes below a rule."""
    prose = Prose(language, seed)
    body, truth = [], []
    for page in range(size):
        paragraphs = [prose.paragraph(4, 4) for _ in range(3)]
        notes = [prose.sentence() for _ in range(2)]
        marked = [
            f"<p>{_set(text, language)}<sup>{i}</sup></p>" if i < 3 else f"<p>{_set(text, language)}</p>"
            for i, text in enumerate(paragraphs, 1)
        ]
        foot = "".join(f"<p>{i} {_set(text, language)}</p>" for i, text in enumerate(notes, 1))
        heading = prose.heading(page)
        body.append(f"<section><h2>{escape(heading)}</h2>{''.join(marked)}<footer>{foot}</footer></section>")
        texts = [f"{text}{i}" if i < 3 else text for i, text in enumerate(paragraphs, 1)]
        truth += [heading, *texts, *(f"{i} {text}" for i, text in enumerate(notes, 1))]
    style = (
        "section{height:690pt;position:relative;break-after:page}h2{font-size:14pt;text-align:left}"
        "footer{position:absolute;bottom:0;left:0;right:0;font-size:8.5pt}footer p{margin:0}"
        "footer::before{content:'';display:block;width:120pt;border-top:.6pt solid;margin-bottom:4pt}sup{font-size:7pt}"
    )
    return Made(f"{language}-footnotes", language, "".join(body), truth, style)


def tabled(language: str, seed: int, size: int, *, ruled: bool) -> Made:
    """Prose with tables: a merged head, a merged first column, and captions."""
    prose = Prose(language, seed)
    body, truth, grids = [], [], []
    for number in range(size):
        before, after = prose.paragraph(), prose.paragraph()
        caption = (
            f"表{number + 1}　{prose.word('trade')}统计"
            if language == "zh"
            else f"Table {number + 1}. Figures of {prose.word('trade')}"
        )
        grid = _figures(prose)
        table = f"<p class=caption>{escape(caption)}</p>{_table(grid)}"
        body.append(f"<p>{_set(before, language)}</p>{table}<p>{_set(after, language)}</p>")
        truth += [before, caption, *(cell.text for cell in grid), after]
        grids.append(grid)
    style = ".caption{text-align:center;font-size:10pt;break-after:avoid}table{font-size:10pt;break-inside:avoid}"
    style += "td,th{border:.6pt solid #000}" if ruled else "td,th{padding:2pt 14pt}"
    kind = "ruled" if ruled else "unruled"
    return Made(f"{language}-tables-{kind}", language, "".join(body), truth, style, tables=grids)


def vertical(seed: int, size: int) -> Made:
    """Chinese set in columns from right to left."""
    prose = Prose("zh", seed)
    truth = [text for number in range(size) for text in (prose.heading(number), *(prose.paragraph() for _ in range(3)))]
    body = "".join(
        f"<{'h2' if i % 4 == 0 else 'p'}>{escape(text)}</{'h2' if i % 4 == 0 else 'p'}>" for i, text in enumerate(truth)
    )
    style = "html{writing-mode:vertical-rl}h2{font-size:14pt;margin:0 6pt}body{font-size:12pt}p{margin:0 0 0 6pt}"
    return Made("zh-vertical", "zh", body, truth, style, landscape=True)


def _figures(prose: Prose) -> list[Placed]:
    """A table with two rows of heads, one cell over two columns, and groups of rows with one name."""
    year = prose.number(1990, 2020)
    names = ("地区", "品种", "数量", "备注") if prose.language == "zh" else ("Region", "Goods", "Quantity", "Remarks")
    grid = [
        Placed(0, 0, 1, 0, names[0]),
        Placed(0, 1, 1, 1, names[1]),
        Placed(0, 2, 0, 3, names[2]),
        Placed(0, 4, 1, 4, names[3]),
    ]
    grid += [Placed(1, 2, 1, 2, str(year)), Placed(1, 3, 1, 3, str(year + 1))]
    for row in range(2, 8, 2):
        grid.append(Placed(row, 0, row + 1, 0, prose.word("place")))
        for r in (row, row + 1):
            figures = [f"{prose.number(1000, 99999):,}", f"{prose.number(1000, 99999):,}"]
            texts = [prose.word("thing"), *figures, prose.word("month")]
            grid += [Placed(r, c, r, c, text) for c, text in enumerate(texts, 1)]
    return sorted(grid)


def _table(grid: list[Placed]) -> str:
    rows: dict[int, list[str]] = {}
    for cell in grid:
        spans = f" rowspan={cell.r1 - cell.r0 + 1} colspan={cell.c1 - cell.c0 + 1}"
        tag = "th" if cell.r1 < 2 else "td"
        rows.setdefault(cell.r0, []).append(f"<{tag}{spans}>{escape(cell.text)}</{tag}>")
    return "<table>" + "".join(f"<tr>{''.join(cells)}</tr>" for _, cells in sorted(rows.items())) + "</table>"


def _set(text: str, language: str, whole_words: bool = False) -> str:
    return escape(hyphenated(text) if language == "en" and not whole_words else text)
