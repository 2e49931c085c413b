"""What people do to documents, and ask, at the worst moment of a move to another embedder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.store.moving import Move
from models.base import Embedded, Step, Vectors
from tests.support.fakes import HashEmbedder
from tests.support.movable import BUILDERS, NUMBER, Movable, Watched, check, filled, named, set_aside, text

AT = 5


class At(Watched):
    """Does something, once, while document AT is being embedded."""

    def __init__(self, act: Callable[[], object]) -> None:
        super().__init__()
        self._acts = [act]

    def embed_passages(self, texts: list[str], step: Step = lambda _: None) -> Embedded:  # type: ignore[override]
        if any(text(AT) in each for each in texts) and self._acts:
            self._acts.pop()()
        return super().embed_passages(texts, step)


class Asked(HashEmbedder):
    """Does something, once it is told to, between the question and its search."""

    def __init__(self) -> None:
        super().__init__()
        self.acts: list[Callable[[], object]] = []

    def embed_query(self, text: str) -> Vectors:
        vector = super().embed_query(text)
        if self.acts:
            self.acts.pop()()
        return vector


def moved_while(folder: Path, act: Callable[[Movable], object], *, aside: bool) -> Movable:
    """A library that was moved as far as can be, and what was done while document AT was embedded."""
    held: list[Movable] = []
    made = filled(folder, BUILDERS | {"new": lambda: At(lambda: act(held[0]))})
    held.append(made)
    if aside:
        set_aside(made, AT)
    made.want("new")
    made.work()
    return made


def found(made: Movable, question: str) -> list[str]:
    """Texts that a search finds, with nothing amiss."""
    answer = made.ask(question, k=99)
    assert answer.partial is None
    return [hit.chunk.text for hit in answer.hits]


def whole(made: Movable) -> None:
    """The move is done, and every document but AT is found by meaning and by words."""
    assert (made.embedders.moving(), made.fingerprints()) == (None, {Watched().fingerprint})
    assert made.embedders.serving().fingerprint == Watched().fingerprint
    for n in set(range(NUMBER)) - {AT}:
        check(made, n)


@pytest.fixture(params=[False, True], ids=["queued", "aside"])
def aside(request: pytest.FixtureRequest) -> bool:
    """Whether document AT has a job of its own, or is embedded beside one that waits for a person."""
    return bool(request.param)


def test_a_document_that_is_deleted_meanwhile_stays_deleted(tmp_path: Path, aside: bool) -> None:
    made = moved_while(tmp_path, lambda made: made.library.delete(named(made, f"{AT}.txt").id), aside=aside)
    whole(made)
    assert text(AT) not in found(made, text(AT))
    made.close()


def test_a_document_that_is_hidden_meanwhile_is_not_found_and_moves_once_it_is_back(
    tmp_path: Path, aside: bool
) -> None:
    hidden: list[str] = []

    def hide(made: Movable) -> None:
        hidden.append(named(made, f"{AT}.txt").id)
        made.library.hide(hidden[0])

    made = moved_while(tmp_path, hide, aside=aside)
    assert made.embedders.moving() == Move(NUMBER - 1, NUMBER)
    assert text(AT) not in found(made, text(AT))
    made.library.restore(hidden[0])
    # It is found at once, by the embedder that serves still.
    check(made, AT)
    made.work()
    whole(made)
    check(made, AT)
    made.close()


def test_a_document_that_is_hidden_and_back_meanwhile_is_not_lost(tmp_path: Path, aside: bool) -> None:
    def twice(made: Movable) -> None:
        document = named(made, f"{AT}.txt")
        made.library.hide(document.id)
        made.library.restore(document.id)

    made = moved_while(tmp_path, twice, aside=aside)
    whole(made)
    check(made, AT)
    made.close()


def test_of_a_document_that_is_replaced_meanwhile_only_the_new_text_is_found(tmp_path: Path, aside: bool) -> None:
    new = text(NUMBER + 3)
    made = moved_while(tmp_path, lambda made: made.add(new, f"{AT}.txt", replace=True), aside=aside)
    whole(made)
    assert text(AT) not in found(made, text(AT))
    check(made, NUMBER + 3)
    made.close()


def test_a_document_whose_replacement_cannot_be_read_keeps_its_text(tmp_path: Path, aside: bool) -> None:
    made = moved_while(tmp_path, lambda made: made.add("CORRUPT once more", f"{AT}.txt", replace=True), aside=aside)
    whole(made)
    check(made, AT)
    made.close()


def test_a_base_that_is_deleted_meanwhile_holds_up_nothing(tmp_path: Path) -> None:
    def drop(made: Movable) -> None:
        made.library.delete_base(made.library.catalog.base("other").id)

    held: list[Movable] = []
    made = filled(tmp_path, BUILDERS | {"new": lambda: At(lambda: drop(held[0]))})
    held.append(made)
    made.library.catalog.create_base("other")
    made.taken_in(text(NUMBER), "other.txt", "other")
    made.want("new")
    made.work()
    whole(made)
    check(made, AT)
    made.close()


@pytest.mark.parametrize("flat_limit", [99, 8], ids=["exact", "lists"])
def test_a_move_that_ends_between_a_question_and_its_search_costs_no_answer(tmp_path: Path, flat_limit: int) -> None:
    asked = Asked()
    made = filled(tmp_path, BUILDERS | {"old": lambda: asked}, flat_limit=flat_limit)
    made.want("new")
    asked.acts.append(made.work)
    check(made, AT)
    assert asked.acts == []
    whole(made)
    check(made, AT)
    made.close()


def test_a_document_that_goes_between_a_question_and_its_search_is_not_found(tmp_path: Path) -> None:
    asked = Asked()
    made = filled(tmp_path, BUILDERS | {"old": lambda: asked})
    made.want("new")
    for _ in range(NUMBER // 2):
        made.worker.step()
    asked.acts.append(lambda: made.library.delete(named(made, f"{AT}.txt").id))
    assert text(AT) not in found(made, text(AT))
    made.work()
    whole(made)
    made.close()
