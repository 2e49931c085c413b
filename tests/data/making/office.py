"""Office files: Word as the XML that Word writes, slides and sheets by their libraries."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import BytesIO
from typing import Any

from tests.data.making.archive import package, undated
from tests.data.making.paper import Made

_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_PARTS = ("document", "styles", "numbering", "footnotes")
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_NAMES = (
    f'xmlns:w="{_WORD}" xmlns:r="{_OFFICE}" xmlns:v="urn:schemas-microsoft-com:vml" '
    'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"'
)


def _p(text: str, style: str = "", more: str = "") -> str:
    """A paragraph of Word; `more` is XML that follows the text."""
    properties = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f'<w:p>{properties}<w:r><w:t xml:space="preserve">{text}</w:t></w:r>{more}</w:p>'


def _cell(text: str, properties: str = "") -> str:
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{_p(text) if text else '<w:p/>'}</w:tc>"


def _rows(*rows: str) -> str:
    grid = '<w:tblGrid><w:gridCol w:w="2400"/><w:gridCol w:w="2400"/><w:gridCol w:w="2400"/></w:tblGrid>'
    return f"<w:tbl><w:tblPr/>{grid}{''.join(f'<w:tr>{row}</w:tr>' for row in rows)}</w:tbl>"


_TABLE = _rows(
    _cell("工种", '<w:vMerge w:val="restart"/>') + _cell("人数", '<w:gridSpan w:val="2"/>'),
    _cell("", "<w:vMerge/>") + _cell("春季") + _cell("秋季"),
    _cell("木工") + _cell("4") + _cell("6"),
    _cell("石工") + _cell("2") + _cell("3"),
)
_BOX = (
    "<w:r><w:pict><v:shape><v:textbox><w:txbxContent>"
    + _p("文本框：工地电话贴在门后。")
    + "</w:txbxContent></v:textbox></v:shape></w:pict></w:r>"
)
_NOTE = '<w:r><w:footnoteReference w:id="2"/></w:r>'
_DELETED = '<w:del w:id="9" w:author="x"><w:r><w:delText>这句话已经删去。</w:delText></w:r></w:del>'
_HIDDEN = "<w:r><w:rPr><w:vanish/></w:rPr><w:t>这句话是隐藏的。</w:t></w:r>"
_BODY = (
    _p("石桥修缮方案", "Title")
    + _p("总则", "Heading1")
    + _p("修缮工程由村民大会决定，经费来自历年的渡船收入。", "", _NOTE + _DELETED + _HIDDEN)
    + _p("人员", "Heading1")
    + _p("工匠", "Heading2")
    + _p("各工种的人数见下表。")
    + _TABLE
    + _p("工地的守则", "Heading2")
    + _p("上工前检查绳索；", "Bullet")
    + _p("收工后清点工具。", "Bullet")
    + _p("期限", "Heading1")
    + _p("全部工程在汛期以前完成。", "", _BOX)
    + _p("修缮委员会应当每周公布进度。", "Article")
    + _p("对进度有疑问的村民可以到工地查看。", "Article")
)


def _style(key: str, name: str, properties: str = "") -> str:
    return (
        f'<w:style w:type="paragraph" w:styleId="{key}"><w:name w:val="{name}"/><w:pPr>{properties}</w:pPr></w:style>'
    )


def _counted(number: int, level: int = 0) -> str:
    return f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr>'


def _level(level: int, kind: str, text: str) -> str:
    return f'<w:lvl w:ilvl="{level}"><w:start w:val="1"/><w:numFmt w:val="{kind}"/><w:lvlText w:val="{text}"/></w:lvl>'


_STYLES = (
    _style("Title", "Title")
    + _style("Heading1", "heading 1", _counted(1) + '<w:outlineLvl w:val="0"/>')
    + _style("Heading2", "heading 2", _counted(1, 1) + '<w:outlineLvl w:val="1"/>')
    + _style("Bullet", "List Bullet", _counted(2))
    + _style("Article", "Article", _counted(3))
)
_LISTS = (
    _level(0, "chineseCountingThousand", "第%1章") + '<w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="decimal"/>'
    '<w:isLgl/><w:lvlText w:val="%1.%2"/></w:lvl>',
    _level(0, "bullet", "•"),
    _level(0, "chineseCountingThousand", "第%1条"),
)
_NUMBERING = "".join(
    f'<w:abstractNum w:abstractNumId="{i}">{levels}</w:abstractNum>' for i, levels in enumerate(_LISTS, 1)
) + "".join(f'<w:num w:numId="{i}"><w:abstractNumId w:val="{i}"/></w:num>' for i in range(1, len(_LISTS) + 1))
_FOOTNOTES = f'<w:footnote w:id="2">{_p("渡船收入由两位账房分别记录。")}</w:footnote>'


def word() -> Made:
    """Headings with automatic numbers, a merged table, a list, a note, a text box, deleted and hidden words."""
    roots = {
        "document": f"<w:document {_NAMES}><w:body>{_BODY}</w:body></w:document>",
        "styles": f"<w:styles {_NAMES}>{_STYLES}</w:styles>",
        "numbering": f"<w:numbering {_NAMES}>{_NUMBERING}</w:numbering>",
        "footnotes": f"<w:footnotes {_NAMES}>{_FOOTNOTES}</w:footnotes>",
    }
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml"
    types = "".join(
        f'<Override PartName="/word/{part}.xml" ContentType="{kind}.{part}{main}+xml"/>'
        for part, main in zip(_PARTS, (".main", "", "", ""), strict=True)
    )
    types += '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    members = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">{types}</Types>',
        "_rels/.rels": _relations(("officeDocument", "word/document.xml")),
        **{f"word/{part}.xml": root for part, root in roots.items()},
        "word/_rels/document.xml.rels": _relations(*((part, f"{part}.xml") for part in _PARTS[1:])),
    }
    return Made(package({name: _HEAD + text for name, text in members.items()}))


def unstyled() -> Made:
    """Headings that only look like some, raised and lowered figures, and lines of code."""
    from docx import Document
    from docx.enum.style import WD_STYLE_TYPE
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt

    document = Document()
    document.styles.add_style("Source Code", WD_STYLE_TYPE.PARAGRAPH)
    title = document.add_paragraph()
    title.alignment = WD_ALIGN_PARAGRAPH.CENTER
    title.add_run("水库蓄水通知").font.size = Pt(22)
    for text, size in (
        ("一、蓄水的目标", 16),
        ("今年的蓄水量定为 1.2×10^8 m^3，坝前的水面不得超过第三道石阶，以免淹没下游村民的菜地。", 0),
        ("（一）观测", 11),
        ("观测员每天早晨读一次水尺，并取水样测定 CO_2 的含量，结果记在值班室的本子上[1]。", 0),
        ("二、闸门的操作", 16),
        ("闸门由两人同时操作。", 0),
    ):
        _look(document.add_paragraph(), text, size)
    for line in ("if level ＞ 3：", "    open(gate,  slow)"):
        document.add_paragraph(line, style="Source Code")
    document.add_paragraph("遇有大雨，按值班表加派人手。")
    return Made(_saved(document))


def _look(paragraph: Any, text: str, size: int) -> None:
    """Write a text: bold where it has a size of its own; what follows ^ or _ is raised or lowered."""
    from docx.shared import Pt

    for part in re.split(r"([\^_]\d|\[\d\])", text):
        run = paragraph.add_run(part.lstrip("^_"))
        run.font.superscript = part.startswith(("^", "[")) or None
        if part.startswith("_"):
            run.font.subscript = True
        if size:
            run.bold, run.font.size = True, Pt(size)


def _relations(*targets: tuple[str, str]) -> str:
    each = (
        f'<Relationship Id="rId{i}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for i, (kind, target) in enumerate(targets, 1)
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{"".join(each)}</Relationships>'


def slides() -> Made:
    """A title slide, a slide with a list and notes, and a slide with a table."""
    from pptx import Presentation
    from pptx.util import Inches

    deck = Presentation()
    first = deck.slides.add_slide(deck.slide_layouts[0])
    first.shapes.title.text = "灯塔值班交接"
    first.placeholders[1].text = "适用于北岸的三座灯塔"
    second = deck.slides.add_slide(deck.slide_layouts[1])
    second.shapes.title.text = "Handing over the light"
    frame = second.placeholders[1].text_frame
    frame.text = "Clean the lens before sunset"
    inner = frame.add_paragraph()
    inner.text, inner.level = "Use the soft cloth only", 1
    second.notes_slide.notes_text_frame.text = "Mention the spare wick in the lower drawer."
    third = deck.slides.add_slide(deck.slide_layouts[5])
    third.shapes.title.text = "值班表"
    table = third.shapes.add_table(3, 3, Inches(1), Inches(2), Inches(8), Inches(2)).table
    for r, row in enumerate((("灯塔", "白班", "夜班"), ("礁石", "陈舟", "何望"), ("沙洲", "何望", "陈舟"))):
        for c, text in enumerate(row):
            table.cell(r, c).text = text
    return Made(_saved(deck))


def sheets() -> Made:
    """Two sheets: merged cells, dates, money, shares, and a formula with the result that a program saved."""
    from datetime import date

    from openpyxl import Workbook

    book = Workbook()
    costs = book.active
    costs.title = "修船费用"
    for row in (
        ["项目", "日期", "金额", "占比"],
        ["木料", date(2024, 3, 5), 1280, 0.64],
        ["桐油", date(2024, 4, 12), 720, 0.36],
        ["合计", None, "=SUM(C2:C3)", 1],
    ):
        costs.append(row)
    for r in (2, 3, 4):
        costs.cell(r, 2).number_format = 'yyyy"年"m"月"d"日"'
        costs.cell(r, 3).number_format = "¥#,##0.00"
        costs.cell(r, 4).number_format = "0.0%"
    costs.merge_cells("A4:B4")
    visits = book.create_sheet("Visits")
    for row in (["Month", "Guests", None], [None, "Adults", "Children"], ["May", 42, 17], ["June", 58, 23]):
        visits.append(row)
    visits.merge_cells("A1:A2")
    visits.merge_cells("B1:C1")
    # openpyxl writes the formula without a result, which spreadsheet programs save with it.
    result = ("<f>SUM(C2:C3)</f><v></v>", "<f>SUM(C2:C3)</f><v>2000</v>")
    return Made(undated(_saved(book), replace=result))


def _saved(document: Any) -> bytes:
    out = BytesIO()
    document.save(out)
    return undated(out.getvalue())


FILES: dict[str, Callable[[], Made]] = {
    "bridge-zh.docx": word,
    "reservoir-zh.docx": unstyled,
    "lighthouse-zh.pptx": slides,
    "boats-zh.xlsx": sheets,
}
