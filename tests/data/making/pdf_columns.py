"""PDFs of one, two and three columns, of vertical lines, and of pages that are turned."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from tests.data.making.paper import BOLD, SERIF, Box, Made, Paper, wrap, wrap_han

_READING_ROOM = (
    "河湾镇阅览室设在旧粮仓的二层，东面是一排朝河的长窗。屋内共有六张长桌，每桌可坐八人，冬季由地下的水管供暖。",
    "阅览室的图书按来源分成三架。第一架是居民捐赠的旧书，第二架是每年新购的图书，第三架专放本镇的地图和水文记录。",
    "凡在镇上居住满一年的人都可以领取借书卡。每张卡一次可借四册，期限三十天，到期前可以续借一次。",
)
_WORKSHOP = (
    "The bicycle workshop opens on the first Monday of every month. Visitors bring their own machines and find stands, "
    "tools and a bench along the wall.",
    "Two volunteers sit at the bench and explain how a chain is measured. Nobody pays for advice, but parts taken from "
    "the drawers are written down and settled at the door.",
)
_WORKSHOP_RIGHT = (
    "In the winter months the stove is lit an hour earlier. Wet coats hang in the passage, so the benches are dry.",
    "A list of lost tools is pinned beside the window. Whoever finds a spanner in a basket at home is asked to bring "
    "it back without further words.",
)
_TEA = (
    ("春茶", "清明前后，山坡上的茶树长出嫩芽。采茶人清晨上山，中午以前把鲜叶送到村口的作坊，摊在竹匾里散去水汽。"),
    ("夏茶", "入夏以后雨水渐多，叶片生长很快。作坊每天只收两次鲜叶，太老的叶子留给村里做肥料，不再送进锅里翻炒。"),
    ("秋茶", "秋天的茶香气重而味道淡。各家把最后一批茶装进陶罐，用蜡纸封口，等到来年春天集市开张时再一起开罐。"),
)

_BOATMAN = (
    "渡口的老船工每天黎明起身，先到水边看浪，再回屋里生火煮茶。",
    "他说水面起细纹的日子最宜行船，若是远山戴了云帽，午后必有大风。等船的人坐在石阶上听他说话，忘了赶路。",
)


def one_column() -> Made:
    paper = Paper().new_page()
    paper.centred(70, "河湾镇阅览室简介", 18)
    y = 110.0
    for text in _READING_ROOM:
        y = paper.lines(50, y, wrap_han("　　" + text, 28)) + 6
    return paper.made()


def two_columns() -> Made:
    """A title over two columns; the file has the right column before the left one."""
    paper = Paper().new_page()
    paper.centred(66, "Notes from the Bicycle Workshop", 17, BOLD)
    for x, texts in ((222, _WORKSHOP_RIGHT), (48, _WORKSHOP)):
        y = 104.0
        for text in texts:
            y = paper.lines(x, y, wrap(text, 150, 10), 10, SERIF, 14) + 8
    return paper.made()


def three_columns() -> Made:
    paper = Paper(595, 420).new_page()
    paper.centred(60, "茶园三季", 18)
    for i, (name, text) in enumerate(_TEA):
        paper.line(50 + 170 * i, 95, name, 13)
        paper.lines(50 + 170 * i, 118, wrap_han(text * 2, 15), 10)
    return paper.made()


def vertical() -> Made:
    """Columns from right to left, each from top to bottom, characters placed one by one."""
    paper = Paper(420, 420).new_page()
    paper.upright(350, 50, "渡口札记", 16)
    for i, line in enumerate(wrap_han("".join(_BOATMAN), 24)):
        paper.upright(316 - 20 * i, 50, line)
    return paper.made()


def marked_turned() -> Made:
    """Two pages with /Rotate 90: one set upright and shown on its side, one set on its side and shown upright."""
    first, second = Paper().new_page(), Paper().new_page()
    first.line(50, 70, "第一页正着写，显示时向右转了一个直角。", 12)
    first.lines(50, 100, wrap_han(_READING_ROOM[0], 28))
    second.line(50, 70, "第二页横着写，显示时恰好是正的。", 12)
    second.lines(50, 100, wrap_han(_READING_ROOM[1], 28))
    lying = _on_its_side(second)
    lying.places = [replace(place, page=2) for place in lying.places]
    first.finish().insert_pdf(lying.document)
    for page in first.document:
        page.set_rotation(90)
    first.places += lying.places
    return first.made()


def turned_content() -> Made:
    """A page whose lines run from the bottom to the top, without a mark that says so."""
    paper = Paper().new_page()
    paper.line(50, 70, "Readings of the River Gauge", 16, BOLD)
    text = "The gauge below the mill is read at seven and at nineteen hours. Its zero lies two metres under the quay."
    y = paper.lines(50, 104, wrap(text, 320), face=SERIF)
    text = "Whenever the water stands above the red line, the keeper rings the bell and closes the lower path."
    paper.lines(50, y + 8, wrap(text, 320), face=SERIF)
    return _on_its_side(paper).made()


def _on_its_side(paper: Paper) -> Paper:
    """The same page lying on its left side: what was its top is at the left."""
    lying = Paper(paper.height, paper.width).new_page()
    lying.page.show_pdf_page(lying.page.rect, paper.finish(), 0, rotate=90)
    lying.places = [replace(place, box=_turned(place.box, paper.width)) for place in paper.places]
    return lying


def _turned(box: Box, wide: float) -> Box:
    x0, y0, x1, y1 = box
    return (y0, wide - x1, y1, wide - x0)


FILES: dict[str, Callable[[], Made]] = {
    "columns-one-zh.pdf": one_column,
    "columns-two-en.pdf": two_columns,
    "columns-three-zh.pdf": three_columns,
    "vertical-zh.pdf": vertical,
    "rotate-90-zh.pdf": marked_turned,
    "turned-content-en.pdf": turned_content,
}
