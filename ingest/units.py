"""Lines above a table that say what its figures are counted in: 单位：万元, (in thousands of US dollars)."""

from __future__ import annotations

import re

_LONGEST = 60
_UNIT = re.compile(
    r"(?:单位|單位|币种|幣種|幣別)\s*[:：]\s*\S.{0,20}$"
    r"|^[(（]?\s*(?:Units?|Currency|Amounts?)\s*[:：]\s*\S"
    r"|^[(（]?\s*(?:(?:All |Dollar )?(?:amounts|figures|numbers|dollars)\s+)?(?:are\s+)?(?:expressed\s+|stated\s+)?"
    r"in\s+(?:[A-Z$€£¥]\S*\s+)?(?:thousands|millions|billions)\b(?!\s+of\s+(?!US|U\.S|\w*\s*(?:dollars|euros|yuan|RMB|HK)))",
    re.IGNORECASE,
)


def names_unit(text: str) -> bool:
    """Whether a short line names the unit of a table; it stands above the table, never below."""
    return len(text) <= _LONGEST and not text.endswith(("。", "；")) and _UNIT.search(text) is not None
