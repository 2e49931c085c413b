"""Charts of Office documents as tables: categories by series, as the numbers were when it was saved."""

from __future__ import annotations

from typing import Any

from ingest.document import Table, table_of
from ingest.parsers.number_format import is_date_format, number_shown

_C = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"


def chart_title(chart: Any) -> str:
    """The title of a chart, or an empty text."""
    title = chart.find(f".//{_C}chart/{_C}title")
    return "" if title is None else " ".join("".join(part.text or "" for part in title.iter(f"{_A}t")).split())


def chart_table(chart: Any) -> Table | None:
    """A row a category, a column a series; None for a chart without saved numbers."""
    series = list(chart.iter(f"{_C}ser"))
    categories: dict[int, str] = {}
    columns: list[tuple[str, dict[int, str]]] = []
    for each in series:
        for tag in ("cat", "xVal"):
            for at, text in _points(each.find(f"{_C}{tag}")).items():
                categories.setdefault(at, text)
        values = _points(each.find(f"{_C}val")) or _points(each.find(f"{_C}yVal"))
        columns.append((_name(each), values))
    places = sorted({*categories, *(at for _, values in columns for at in values)})
    if not any(values for _, values in columns):
        return None
    rows = [["", *(name for name, _ in columns)]]
    rows += [[categories.get(at, str(at + 1)), *(values.get(at, "") for _, values in columns)] for at in places]
    return table_of(rows)


def _name(series: Any) -> str:
    found = series.find(f"{_C}tx")
    values = [] if found is None else [value.text or "" for value in found.iter(f"{_C}v")]
    return " ".join(values)


def _points(values: Any | None) -> dict[int, str]:
    """Saved values by their place; of categories in several levels, all levels from the outer to the inner."""
    if values is None:
        return {}
    found = values.find(f".//{_C}formatCode")
    code = "General" if found is None else found.text or "General"
    points: dict[int, str] = {}
    for level in reversed(list(values.iter(f"{_C}lvl")) or [values]):
        for point in level.iter(f"{_C}pt"):
            value = point.find(f"{_C}v")
            at = int(point.get("idx") or 0)
            text = "" if value is None else _shown(value.text or "", code)
            points[at] = f"{points[at]} {text}" if at in points else text
    return points


def _shown(text: str, code: str) -> str:
    try:
        number = float(text)
    except ValueError:
        return text
    return text if is_date_format(code) else number_shown(number, code)
