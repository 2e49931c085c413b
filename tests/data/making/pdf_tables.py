"""PDFs with tables: ruled and merged, without rules, and over two pages."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tests.data.making.paper import BOLD, SERIF, Made, Paper, Place, width

# A cell: its row and column, how many of them it covers, and its text.
_Cell = tuple[int, int, int, int, str]

MERGED: tuple[_Cell, ...] = (
    (0, 0, 2, 1, "渡口"), (0, 1, 1, 2, "船只"), (0, 3, 2, 1, "备注"),
    (1, 1, 1, 1, "木船"), (1, 2, 1, 1, "铁船"),
    (2, 0, 2, 1, "上湾"), (2, 1, 1, 1, "12"), (2, 2, 1, 1, "3"), (2, 3, 1, 1, "全年"),
    (3, 1, 1, 1, "8"), (3, 2, 1, 1, "5"), (3, 3, 1, 1, "冬季停航"),
    (4, 0, 1, 1, "下湾"), (4, 1, 1, 1, "20"), (4, 2, 1, 1, "1"), (4, 3, 1, 1, "全年"),
)  # fmt: skip
_HARVEST = (
    ("Orchard", "Trees", "Pears (kg)", "Apples (kg)"),
    ("North slope", "120", "1,840", "960"),
    ("Mill lane", "75", "410", "1,205"),
    ("Old wall", "48", "—", "730"),
    ("Chapel field", "210", "2,015", "2,480"),
)
_LEVELS = ("日期", "水位（米）", "观测人")
_DAYS = tuple(
    (f"{4 + i // 15}月{1 + 2 * (i % 15)}日", f"{3 + i * 7 % 10 / 10:.1f}", "周平" if i % 3 else "林澜")
    for i in range(30)
)


def grid(
    cells: Sequence[_Cell], paper: Paper, x: float, y: float, wide: Sequence[float], high: float, size: float
) -> None:
    """Draw cells with rules around each; their places are whole cells."""
    for row, column, rows, columns, text in cells:
        left, top = x + sum(wide[:column]), y + row * high
        right, bottom = left + sum(wide[column : column + columns]), top + rows * high
        for a, b in (((left, top), (right, top)), ((left, bottom), (right, bottom))):
            paper.rule(*a, *b)
        for a, b in (((left, top), (left, bottom)), ((right, top), (right, bottom))):
            paper.rule(*a, *b)
        middle = (left + right - width(text, size)) / 2
        paper.line(middle, (top + bottom) / 2 + 0.38 * size, text, size)
        paper.places[-1] = Place(text, paper.page.number + 1, (left, top, right, bottom))


def ruled() -> Made:
    """A head over two columns, and names over two rows."""
    paper = Paper().new_page()
    paper.lines(50, 70, ("各渡口的船只每年清点一次，结果列在下面的表里。",))
    paper.centred(108, "表1 渡口与船只", 10)
    grid(MERGED, paper, 60, 118, (80, 70, 70, 80), 22, 10)
    paper.lines(50, 260, ("清点由两位船工共同完成，并在册子上签名。",))
    return paper.made()


def unruled() -> Made:
    """Columns told by their edges alone, with one line under their names."""
    paper = Paper().new_page()
    paper.lines(50, 70, ("The harvest of the four orchards was weighed in October.",), face=SERIF)
    paper.line(50, 104, "Table 2. Harvest by orchard", 10, BOLD)
    y = 126.0
    for row in _HARVEST:
        face = BOLD if row is _HARVEST[0] else SERIF
        paper.line(56, y, row[0], 10, face)
        for edge, text in zip((210, 290, 370), row[1:], strict=True):
            paper.line(edge - width(text, 10, face), y, text, 10, face)
        y += 17
    paper.rule(50, 131, 372, 131)
    paper.lines(50, y + 20, ("Apples that fell before the first of October are not counted.",), face=SERIF)
    return paper.made()


def over_two_pages() -> Made:
    """A ruled table whose names of columns are repeated on the second page."""
    paper = Paper()
    for number, days in enumerate((_DAYS[:20], _DAYS[20:])):
        paper.new_page()
        if number == 0:
            paper.lines(50, 60, ("水位每两天观测一次，记录如下。",))
            paper.centred(88, "表3 水位记录", 10)
        rows = (_LEVELS, *days)
        cells = [(r, c, 1, 1, text) for r, row in enumerate(rows) for c, text in enumerate(row)]
        grid(cells, paper, 60, 98 if number == 0 else 60, (100, 100, 100), 22, 10)
        if number:
            paper.lines(50, 340, ("以上记录由观测人逐日核对，原件存在闸房里。",))
    return paper.made()


FILES: dict[str, Callable[[], Made]] = {
    "table-ruled-zh.pdf": ruled,
    "table-unruled-en.pdf": unruled,
    "table-two-pages-zh.pdf": over_two_pages,
}
