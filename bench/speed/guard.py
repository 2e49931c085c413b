"""Whether a fresh short run still has the ratios of the published one."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from bench.speed.measure import Row

TOLERANCE = 0.25


def regressions(
    rows: Sequence[Row], published: Mapping[str, Any], fresh: Mapping[str, Any], tolerance: float = TOLERANCE
) -> list[str]:
    """A sentence for each row that has become slower against its baseline than the tolerance allows.

    Ratios are compared, not times, over the items that both runs have. What is no ratio, or not in both runs, passes.
    """
    found = []
    for row in rows:
        before, now = published.get(row.name), fresh.get(row.name)
        if row.difference or before is None or now is None:
            continue
        common = before["by_item"].keys() & now["by_item"].keys()
        if not common:
            continue
        was, is_now = (statistics.median(run["by_item"][item] for item in common) for run in (before, now))
        worse = is_now / was if row.better == "less" else was / is_now
        if worse > 1 + tolerance:
            found.append(
                f"{row.name}: {row.title}: {is_now:.2f} × the baseline, was {was:.2f} × (tolerance {tolerance:.0%})"
            )
    return found
