"""Reads docs/dependencies.md, which states the licence of every package that is pinned."""

from __future__ import annotations

import re

from tools.pins import ROOT, normal

PAGE = ROOT / "docs" / "dependencies.md"

_ROW = re.compile(r"^\| (?P<name>[a-z0-9][\w.-]*) \| (?P<licence>[^|]+) \|", re.MULTILINE)
_LIST = re.compile(r"^- (?P<licence>[\w.+() -]+): (?P<names>.+(?:\n  .+)*)", re.MULTILINE)


def stated(page: str) -> dict[str, str]:
    """The licence of each package, by its name, as an SPDX expression.

    Raises ValueError where the page states two for one package.
    """
    found = [(row["name"], row["licence"].strip()) for row in _ROW.finditer(page)]
    for entry in _LIST.finditer(page):
        found += [(name.strip(), entry["licence"]) for name in entry["names"].split(",")]
    licences: dict[str, str] = {}
    for name, licence in found:
        if licences.setdefault(normal(name), licence) != licence:
            raise ValueError(f"{name} stands under two licences: {licences[normal(name)]} and {licence}")
    return licences
