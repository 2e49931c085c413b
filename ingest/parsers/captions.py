"""Captions that no style names: a line such as 表 3 资产负债表 or 单位：万元 right above a table."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from ingest.document import Block
from ingest.units import names_unit

_CAPTION = re.compile(
    r"^(?:[续續]?表|Table|Tab\.)\s*[A-Z]?[-–.]?[\d一二三四五六七八九十]{1,4}(?:[-–.]\d{1,3})*", re.IGNORECASE
)
_LONGEST = 80


def name_captions(blocks: Sequence[Block]) -> tuple[Block, ...]:
    """The blocks, with lines that name the table below them as captions."""
    following: list[Block | None] = [*blocks[1:], None]
    return tuple(
        replace(block, kind="caption") if below is not None and below.table and _names_table(block) else block
        for block, below in zip(blocks, following, strict=False)
    )


def _names_table(block: Block) -> bool:
    text = block.lines[0].text if len(block.lines) == 1 else ""
    return block.kind == "text" and len(text) <= _LONGEST and (bool(_CAPTION.match(text)) or names_unit(text))
