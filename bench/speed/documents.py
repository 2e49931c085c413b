"""The real documents and questions that are measured over; see the readme of the folder that `--data` names."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.parsing.data import Folder
from bench.speed.plan import Plan

_DIALOGUES = Path(__file__).parents[1] / "followups.jsonl"
# PDFs and laws as Markdown: what the baseline has a loader for. Scans are none of its business.
_SUFFIXES = (".pdf", ".md")
_CATEGORIES = ("zh_finance_gov", "zh_books", "md_laws")
_QUESTIONS_A_DIALOGUE = 2
# Of the largest book, a question of the plan: 60 for 20.
_PAGES = 3


@dataclass(frozen=True)
class Dialogue:
    """A question over a document and one that follows it; `full` is the latter written out, `answers` are to it."""

    id: str
    document: str
    first: str
    follow: str
    full: str
    answers: tuple[str, ...]


def dialogues() -> list[Dialogue]:
    """Those over documents that both sides read."""
    rows = [json.loads(line) for line in _DIALOGUES.read_text("utf-8").splitlines()]
    return [
        Dialogue(
            row["id"], row["doc"], row["before"][-1]["question"], row["question"], row["full"], tuple(row["answers"])
        )
        for row in rows
        if Path(row["doc"]).suffix in _SUFFIXES and Path(row["doc"]).parent.name in _CATEGORIES
    ]


def spread(some: Sequence[Dialogue], number: int) -> list[Dialogue]:
    """So many of them, all if there are fewer, about evenly from first to last. More of them have these among them."""
    order = sorted(range(len(some)), key=lambda place: f"{place:032b}"[::-1])
    return [some[place] for place in sorted(order[:number])]


def asked(plan: Plan) -> list[Dialogue]:
    """Those whose questions are asked, each by itself."""
    return spread(dialogues(), plan.questions)


def followed(plan: Plan) -> list[Dialogue]:
    """Those that are asked as dialogues: each costs the baseline two prompts, and us three."""
    return spread(dialogues(), max(1, plan.questions // _QUESTIONS_A_DIALOGUE))


def elsewhere(plan: Plan) -> dict[str, Dialogue]:
    """For each of `followed`, by its id, the next dialogue over another document.

    Each is another one, and none is followed itself: a prompt that was read before would be there already.
    """
    every, asked = dialogues(), followed(plan)
    left = [each for each in every if each not in asked]
    found: dict[str, Dialogue] = {}
    for dialogue in asked:
        behind = sorted(left, key=lambda each: (every.index(each) - every.index(dialogue)) % len(every))
        found[dialogue.id] = next(each for each in behind if each.document != dialogue.document)
        left.remove(found[dialogue.id])
    return found


def documents(plan: Plan) -> list[Path]:
    """The documents of all these dialogues."""
    chosen = [*asked(plan), *followed(plan), *elsewhere(plan).values()]
    return [plan.data / name for name in sorted({each.document for each in chosen})]


def books(plan: Plan) -> list[Path]:
    """Chinese books and manuals, born digital: all of them, or the shorter ones, the shortest at least."""
    found = sorted(Folder(plan.data).samples("zh_books"), key=lambda book: book.pages)
    return [book.path for book in found if plan.full or book is found[0] or book.pages <= _PAGES * plan.questions]


def shortest_book(plan: Plan) -> tuple[Path, int]:
    """The shortest of all books, and its pages."""
    book = min(Folder(plan.data).samples("zh_books"), key=lambda book: book.pages)
    return book.path, book.pages


def many_pages(plan: Plan) -> list[tuple[Path, int]]:
    """Documents, with their pages, that have about as many pages together as the plan says; the shortest first."""
    found: list[tuple[Path, int]] = []
    samples = Folder(plan.data).samples("zh_books", "zh_finance_gov")
    for sample in sorted(samples, key=lambda sample: (sample.pages, sample.name)):
        if sample.pages and sample.path.suffix == ".pdf" and sum(pages for _, pages in found) < plan.pages:
            found.append((sample.path, sample.pages))
    return found


def passages(plan: Plan) -> list[str]:
    """Chinese passages of a few hundred characters."""
    lines = (plan.data / "qa" / "cmrc2018_dev.contexts.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line)["text"] for line in lines]
