"""The folder of real documents: its manifest, and what is known to be true of them."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.parsing.cells import Placed

_PAGE = re.compile(r"=== page \d+ ===\n?")
_LEADERS = re.compile(r"(?:[.．·…⋯][ \t]*){4,}|(?<= )…(?= )")


@dataclass(frozen=True)
class Sample:
    """A document of the folder, with its row of the manifest."""

    path: Path
    category: str
    note: str
    expect: str
    pages: int
    protected: bool
    truth: Path | None

    @property
    def name(self) -> str:
        return self.path.name


@dataclass(frozen=True)
class Folder:
    """Where the documents are."""

    root: Path

    def samples(self, *categories: str) -> list[Sample]:
        """The documents of some categories, or all, in the manifest's order."""
        with (self.root / "manifest.csv").open(encoding="utf-8", newline="") as stream:
            found = [self._sample(row) for row in csv.DictReader(stream)]
        return [each for each in found if not categories or each.category in categories]

    def with_truth(self, *folders: str) -> list[Sample]:
        """The documents whose truth lies in one of these folders."""
        return [each for each in self.samples() if each.truth is not None and each.truth.parent.name in folders]

    def _sample(self, row: dict[str, str]) -> Sample:
        return Sample(
            path=self.root / row["path"],
            category=row["category"],
            note=row["note"],
            expect=row["expect"],
            pages=int(row["pages"] or 0),
            protected="True" in row["needs_password"],
            truth=self.root / row["groundtruth"] if row["groundtruth"] else None,
        )


def true_text(sample: Sample) -> str:
    """The text that a document is known to hold."""
    assert sample.truth is not None
    return sample.truth.read_text("utf-8")


def true_pages(sample: Sample) -> list[str]:
    """The same, page by page, for truths that are kept so: without the dots that lead to page numbers."""
    return [without_leaders(page) for page in _PAGE.split(true_text(sample))[1:]]


def without_leaders(text: str) -> str:
    """A text without the dots that lead to page numbers: how many there are is no matter of reading."""
    return _LEADERS.sub(" ", text)


def true_tables(sample: Sample) -> list[list[Placed]]:
    """The annotated tables of a document."""
    assert sample.truth is not None
    tables = json.loads(sample.truth.read_text("utf-8"))
    return [[Placed(c["r0"], c["c0"], c["r1"], c["c1"], c["text"]) for c in table["cells"]] for table in tables]


def checks(sample: Sample) -> list[dict[str, Any]]:
    """What must and must not be read from a page, and in which order."""
    assert sample.truth is not None
    return [json.loads(line) for line in sample.truth.read_text("utf-8").splitlines()]
