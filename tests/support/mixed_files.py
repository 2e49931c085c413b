"""Forty small files of many formats: what people drop into a base at once."""

from __future__ import annotations

import io
import random

from openpyxl import Workbook

from tests.conftest import ROOT

_STORED = (
    "boats-zh.xlsx bridge-zh.docx columns-two-en.pdf encrypted-zh.pdf ferries-zh.epub footnotes-zh.pdf "
    "headings-sizes-en.pdf hives-semicolon.csv kites-en.html letters-gb18030.txt lighthouse-zh.pptx lists-zh.pdf "
    "menu-latin1.txt oil-zh.eml page-break-zh.pdf pond-zh.md reservoir-zh.docx running-heads-en.pdf scan-zh.pdf "
    "stamps-gb18030.csv table-ruled-zh.pdf tides-zh.md"
).split()
_WORDS = "合同 付款 期限 仓库 湖水 灯塔 桥梁 船只 航线 邮票 蜂箱 风筝 菜单 温度 湿度 高度 重量 面积 日期 编号".split()


def mixed_files(seed: int = 5) -> dict[str, bytes]:
    """Name to content. One is protected, one is broken, one is long; no two say the same."""
    draw = random.Random(seed)
    files = {name: (ROOT / "tests" / "data" / "documents" / name).read_bytes() for name in _STORED}
    files |= {f"笔记-{n}.txt": _note(draw, n, 3).encode() for n in range(10)}
    files |= {f"notes-{n}.md": f"# Note {n}\n\n{_note(draw, n, 6)}".encode() for n in range(3)}
    files |= {f"台账-{n}.xlsx": _sheet(draw, n) for n in range(3)}
    files["长文.txt"] = "\n\n".join(_note(draw, n, 1) for n in range(400)).encode()
    files["坏.pdf"] = b"%PDF-1.7 and nothing else"
    names = list(files)
    draw.shuffle(names)
    return {name: files[name] for name in names}


def few_files() -> dict[str, bytes]:
    """Some of them that are read quickly, with the protected one, the broken one and the scan."""
    everything = mixed_files()
    quick = [name for name in everything if name.endswith((".txt", ".md", ".xlsx", ".docx", ".csv", ".html"))][:11]
    return {name: everything[name] for name in ["坏.pdf", "encrypted-zh.pdf", *quick, "scan-zh.pdf"]}


def _note(draw: random.Random, number: int, paragraphs: int) -> str:
    lines = (
        "，".join(f"{draw.choice(_WORDS)}{draw.randrange(1000, 9999)}" for _ in range(8)) for _ in range(paragraphs)
    )
    return "\n\n".join(f"第{number}号记录：{line}。" for line in lines)


def _sheet(draw: random.Random, number: int) -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["编号", "名称", "数量"])
    for row in range(20):
        sheet.append([f"{number}-{row}", draw.choice(_WORDS), draw.randrange(10_000)])
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()
