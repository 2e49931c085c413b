"""Whether a fresh short run still has the ratios of the published one."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from bench.speed.measure import Row

TOLERANCE = 0.25
# Others that take more of the cores than this make a ratio one of theirs: both sides wait, but not alike.
BUSY = 0.1


def regressions(
    rows: Sequence[Row], published: Mapping[str, Any], fresh: Mapping[str, Any], tolerance: float = TOLERANCE
) -> list[str]:
    """A sentence for each published row that has become slower against its baseline than the tolerance allows.

    Ratios are compared, not times, over the items that both runs have. A difference is worse where its whole interval
    is below what was published. A row that can no more be compared is told, too: what it measured may be gone.
    """
    judged = ((row, published[row.name], fresh.get(row.name)) for row in rows if row.name in published)
    return [told for row, before, now in judged if (told := _worse(row, before, now, tolerance))]


def _worse(row: Row, before: Mapping[str, Any], now: Mapping[str, Any] | None, tolerance: float) -> str:
    name = f"{row.name}: {row.title}"
    if now is None:
        return f"{name}: published, but nothing of it could be measured"
    if row.difference:
        was, bound = before["ratio"]["median"], now["ratio"]["most"]
        return f"{name}: at most {bound:.2f} more than the baseline, was {was:.2f}" if bound < was else ""
    common = before["by_item"].keys() & now["by_item"].keys()
    if not common:
        return f"{name}: none of its published items was measured"
    was, is_now = (statistics.median(run["by_item"][item] for item in common) for run in (before, now))
    worse = is_now / was if row.better == "less" else was / is_now
    if worse <= 1 + tolerance:
        return ""
    return f"{name}: {is_now:.2f} × the baseline, was {was:.2f} × (tolerance {tolerance:.0%})"
