"""What happened to one question, and the log that keeps it: a run that was cut short goes on where it stopped."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from models.errors import Explained


class OtherRun(Explained):
    """A log belongs to a run of other questions, models or settings."""

    code = "other-run"
    template = "{path} holds a run with another {what}. Give --out another folder, or --fresh to begin anew."


@dataclass(frozen=True)
class Cited:
    """One citation of a sentence: the gold key of its document, the page, and the quote."""

    key: str
    page: int | None
    quote: str


@dataclass(frozen=True)
class Said:
    """A sentence of an answer, what it was marked, and what was cited for it."""

    text: str
    support: str
    citations: tuple[Cited, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """How one question went.

    `ranking` holds gold keys, best first, each once; `pages` what pages of which the sources show.
    `evidence` is the score that refusal rests on, the higher the surer. `seconds` are by stage.
    Without generation `answer` is None. `extract` is the best quote of the documents.
    """

    set: str
    id: str
    ranking: tuple[str, ...]
    pages: tuple[tuple[str, int | None], ...] = ()
    evidence: float | None = None
    refused: bool = False
    answer: str | None = None
    said: tuple[Said, ...] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)
    tokens: Mapping[str, int] = field(default_factory=dict)
    extract: Cited | None = None


class Log:
    """Outcomes in a JSONL file whose first line says which run they belong to."""

    def __init__(self, path: Path, run: Mapping[str, Any], *, fresh: bool = False) -> None:
        """Open or begin a log. Raises OtherRun if it holds another run, unless it is to be begun anew."""
        self._path = path
        self._done: dict[tuple[str, str], Outcome] = {}
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and not fresh:
            self._read(run)
        else:
            path.write_text(json.dumps({"run": run}, ensure_ascii=False) + "\n", encoding="utf-8")

    def __contains__(self, which: tuple[str, str]) -> bool:
        return which in self._done

    def add(self, outcome: Outcome) -> None:
        """Write an outcome down at once."""
        with self._path.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(asdict(outcome), ensure_ascii=False) + "\n")
        self._done[outcome.set, outcome.id] = outcome

    def outcomes(self) -> list[Outcome]:
        """All that are in the log, in the order in which they were written."""
        return list(self._done.values())

    def _read(self, run: Mapping[str, Any]) -> None:
        held, lines = read_log(self._path)
        for what in run:
            if held.get(what) != run[what]:
                raise OtherRun(path=self._path, what=what)
        self._done = {(outcome.set, outcome.id): outcome for outcome in lines}
        # A last line that a crash cut short is asked again: what follows must begin on a line of its own.
        whole = self._path.read_text(encoding="utf-8")
        if not whole.endswith("\n"):
            self._path.write_text(whole[: whole.rfind("\n") + 1], encoding="utf-8")


def read_log(path: Path) -> tuple[dict[str, Any], list[Outcome]]:
    """The head of a log and its outcomes. Raises OtherRun if it is no log."""
    lines = path.read_text(encoding="utf-8").removesuffix("\n").split("\n")
    try:
        return dict(json.loads(lines[0])["run"]), list(_outcomes(lines[1:]))
    except (IndexError, KeyError, TypeError, ValueError) as error:
        raise OtherRun(path=path, what="format") from error


def _outcomes(lines: list[str]) -> Iterator[Outcome]:
    for number, line in enumerate(lines, start=1):
        try:
            values = json.loads(line)
        except ValueError:
            if number == len(lines):
                return
            raise
        values["ranking"] = tuple(values["ranking"])
        values["pages"] = tuple((key, page) for key, page in values["pages"])
        values["said"] = tuple(
            Said(one["text"], one["support"], tuple(Cited(**cited) for cited in one["citations"]))
            for one in values["said"]
        )
        values["extract"] = Cited(**values["extract"]) if values.get("extract") else None
        yield Outcome(**values)
