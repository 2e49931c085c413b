"""What must be read from a page, must not be, and in which order: small checks, beside every peer.

`present`, `absent` and `order` look for sentences with at most `max_diffs` edits, after
`normal.spoken`; `table` looks for a cell beside another or under a heading; `baseline` asks that
nothing is made up on an empty page. Formulas (`math`) are not applicable: nobody here gives LaTeX.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from bench.parsing.bench import Bench
from bench.parsing.cells import Placed
from bench.parsing.data import checks
from bench.parsing.distance import edits, ends
from bench.parsing.normal import spoken, word
from bench.parsing.readers import PEERS, Reading
from bench.parsing.sheets import Findings, Sheet, Value

_KINDS = ("present", "absent", "order", "table", "baseline")
Check = dict[str, Any]


def measure(bench: Bench) -> Findings:
    """Read every page that has checks."""
    samples = bench.folder.with_truth("olmocr_tests")
    asked = [[check for check in checks(sample) if check["type"] in _KINDS] for sample in samples]
    paths = [sample.path for sample in samples]
    columns = ["zhiwen", *bench.peers(*PEERS)]
    passed = {
        name: _passed(asked, bench.readings(name, paths), bench.readings(name, paths, "tables")) for name in columns
    }
    total = Counter(check["type"] for page in asked for check in page)
    rows: list[list[Value]] = [
        [
            kind,
            *(
                _share(sum(passed[n][c["id"]] for p in asked for c in p if c["type"] == kind), total[kind])
                for n in columns
            ),
        ]
        for kind in _KINDS
    ]
    rows.append(["all", *(_share(sum(passed[name].values()), total.total()) for name in columns)])
    details: list[list[Value]] = [
        [check["id"], check["type"], *("yes" if passed[name][check["id"]] else "no" for name in columns)]
        for page in asked
        for check in page
    ]
    head = [bench.label(name) for name in columns]
    maths = sum(check["type"] == "math" for sample in samples for check in checks(sample))
    note = f"{total.total()} checks on {len(samples)} pages; {maths} formula checks are not applicable."
    return Findings(
        [
            Sheet("Checks: present, absent, order, table", ["check", *head], rows, note),
            Sheet("Checks one by one", ["check", "type", *head], details, detail=True),
        ]
    )


def _passed(asked: list[list[Check]], texts: list[Reading], tables: list[Reading]) -> dict[str, bool]:
    return {
        check["id"]: holds(check, text.text, table.tables)
        for page, text, table in zip(asked, texts, tables, strict=True)
        for check in page
    }


def holds(check: Check, text: str, tables: list[list[Placed]]) -> bool:
    """Whether one check holds for what was read from its page."""
    said, most = spoken(text), int(check.get("max_diffs", 0))
    match check["type"]:
        case "present":
            return bool(ends(spoken(check["text"]), said, most))
        case "absent":
            part = said[-check["last_n"] :] if "last_n" in check else said
            return not ends(spoken(check["text"]), part, most)
        case "order":
            before, after = (ends(spoken(check[key]), said, most) for key in ("before", "after"))
            return bool(before and after) and min(before) < max(after)
        case "table":
            return any(_cell_holds(check, table) for table in tables)
        case _:
            return len(word(text)) <= check["max_length"] if "max_length" in check else bool(word(text))


def _cell_holds(check: Check, table: list[Placed]) -> bool:
    return any(_beside(check, cell, table) for cell in table if _same(check["cell"], cell.text))


def _beside(check: Check, cell: Placed, table: list[Placed]) -> bool:
    across = [other for other in table if other.r0 <= cell.r1 and other.r1 >= cell.r0 and word(other.text)]
    along = [other for other in table if other.c0 <= cell.c1 and other.c1 >= cell.c0 and word(other.text)]
    left, above = [o for o in across if o.c1 < cell.c0], [o for o in along if o.r1 < cell.r0]
    right, below = [o for o in across if o.c0 > cell.c1], [o for o in along if o.r0 > cell.r1]
    nearest = {
        "left": max(left, key=lambda o: o.c1, default=None),
        "right": min(right, key=lambda o: o.c0, default=None),
        "up": max(above, key=lambda o: o.r1, default=None),
        "down": min(below, key=lambda o: o.r0, default=None),
    }
    headings = {"left_heading": left, "top_heading": above}
    return all(
        (nearest[key] is not None and _same(wanted, nearest[key].text))
        if key in nearest
        else any(_same(wanted, other.text) for other in headings[key])
        for key, wanted in check.items()
        if key in nearest or key in headings
    )


def _same(wanted: str, text: str) -> bool:
    """Alike up to a tenth of the characters."""
    a, b = word(wanted), word(text)
    return edits(a, b) <= len(a) // 10


def _share(passed: int, total: int) -> str:
    return f"{passed}/{total}"
