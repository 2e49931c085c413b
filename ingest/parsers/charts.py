"""Charts and diagrams of Office documents: charts as tables of the numbers saved with them, diagrams as lists."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ingest.document import Block, Line, Table, table_of
from ingest.parsers.number_format import is_date_format, number_shown

_C = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_DIAGRAM = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"


def chart_keys(element: Any) -> Iterator[str]:
    """The relations to the charts that an element shows."""
    return (found.get(f"{_R}id") or "" for found in element.iter(f"{_C}chart"))


def diagram_keys(element: Any) -> Iterator[str]:
    """The relations to the texts of the diagrams that an element shows."""
    return (found.get(f"{_R}dm") or "" for found in element.iter(f"{_DIAGRAM}relIds"))


def diagram_lines(diagram: Any) -> list[str]:
    """The texts of a SmartArt graphic, in the order in which they were typed."""
    texts = ("".join(t.text or "" for t in point.iter(f"{_A}t")) for point in diagram.iter(f"{_DIAGRAM}pt"))
    return [f"- {text}" for text in (" ".join(text.split()) for text in texts) if text]


def chart_blocks(chart: Any, location: str) -> Iterator[Block]:
    """A chart's title and its numbers."""
    if title := _title(chart):
        yield Block("caption", (Line(title),), location=location)
    if found := _table(chart):
        yield Block("table", (), location=location, table=found)


def _title(chart: Any) -> str:
    title = chart.find(f".//{_C}chart/{_C}title")
    return "" if title is None else " ".join("".join(part.text or "" for part in title.iter(f"{_A}t")).split())


def _table(chart: Any) -> Table | None:
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
