"""Loading and swapping one model."""

from pathlib import Path
from threading import Event

import pytest

from app.model_slot import LoadFailed, ModelOff, ModelSlot, StillLoading, unload_idle
from models.errors import WeightsMissing


def test_get_waits_for_the_loading_thread() -> None:
    gate = Event()

    def build() -> str:
        gate.wait()
        return "model"

    slot = ModelSlot("a", build)
    slot.start()
    assert slot.state.state == "loading"
    gate.set()
    assert slot.get() == "model"
    assert slot.state.state == "ready"


def test_nobody_waits_longer_than_the_patience_there_is() -> None:
    gate = Event()

    def build() -> str:
        gate.wait()
        return "model"

    slot = ModelSlot("a", build)
    with pytest.raises(StillLoading, match="a is still loading"):
        slot.get(0.01)
    gate.set()
    assert slot.get(60) == "model"
    # What is there is given at once, however long ago the loading began.
    assert slot.get(0.0) == "model"


def test_missing_weights_are_told_apart_from_failure() -> None:
    def missing() -> str:
        raise WeightsMissing(name="a", path=Path("/x"))

    def broken() -> str:
        raise RuntimeError("boom")

    slot = ModelSlot("a", missing)
    with pytest.raises(WeightsMissing):
        slot.get()
    assert slot.state.state == "missing"
    slot = ModelSlot("a", broken)
    with pytest.raises(LoadFailed, match="boom"):
        slot.get()
    assert slot.state.state == "failed"


def test_a_failed_load_can_be_repeated() -> None:
    outcomes = iter([RuntimeError("first"), "model"])

    def build() -> str:
        outcome = next(outcomes)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    slot = ModelSlot("a", build)
    with pytest.raises(LoadFailed):
        slot.get()
    with pytest.raises(LoadFailed):
        slot.get()
    slot.start()
    assert slot.get() == "model"


def test_replacing_swaps_and_a_late_load_is_dropped() -> None:
    gate = Event()

    def slow() -> str:
        gate.wait()
        return "old"

    slot = ModelSlot("old", slow)
    slot.start()
    slot.replace("new", lambda: "new")
    assert slot.get() == "new"
    gate.set()
    assert (slot.get(), slot.state.name) == ("new", "new")


def test_a_replaced_model_is_freed_when_its_last_user_is_done() -> None:
    freed: list[str] = []
    slot = ModelSlot("old", lambda: "old", free=freed.append)
    with slot.using() as first:
        assert first == "old"
        slot.replace("new", lambda: "new")
        assert slot.get() == "new"
        assert freed == []
    assert freed == ["old"]
    slot.close()
    assert freed == ["old", "new"]


def test_an_idle_model_is_freed_at_once_and_a_late_one_when_it_comes() -> None:
    freed: list[str] = []
    gate, freed_late = Event(), Event()

    def free(model: str) -> None:
        freed.append(model)
        if model == "late":
            freed_late.set()

    def late() -> str:
        gate.wait()
        return "late"

    slot = ModelSlot("late", late, free=free)
    slot.start()
    slot.replace("second", lambda: "second")
    assert slot.get() == "second"
    gate.set()
    assert freed_late.wait(10)
    slot.replace("third", lambda: "third")
    assert freed == ["late", "second"]


def test_where_no_model_is_wanted_there_is_none_and_nothing_waits() -> None:
    slot: ModelSlot[str] = ModelSlot("none", None)
    slot.start()
    assert slot.state.state == "off"
    with slot.using() as model:
        assert model is None
    with pytest.raises(ModelOff):
        slot.get()
    slot.replace("a", lambda: "model")
    assert slot.get() == "model"
    with slot.using() as model:
        assert model == "model"


class Minutes:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return 60.0 * self.now


def test_a_model_that_nobody_needs_is_freed_and_loaded_again_for_who_does() -> None:
    clock, freed, built = Minutes(), [], iter(["first", "second"])
    slot: ModelSlot[str] = ModelSlot("a", lambda: next(built), free=freed.append, clock=clock)
    assert slot.get() == "first"
    clock.now = 9
    # A use counts from its end.
    with slot.using():
        clock.now = 14
    clock.now = 20
    assert slot.unload_idle(600) == 4 * 60
    assert (freed, slot.state.state) == ([], "ready")
    clock.now = 24
    assert slot.unload_idle(600) == 600
    assert (freed, slot.state.state, slot.loaded) == (["first"], "asleep", None)
    assert slot.unload_idle(600) == 600
    with slot.using() as model:
        assert (model, slot.state.state) == ("second", "ready")
    assert freed == ["first"]


def test_a_model_that_was_freed_before_who_waited_for_it_was_awake_is_loaded_again() -> None:
    built, idle, freed = iter(["first", "second"]), ["first"], []

    def clock() -> float:
        """Stands still; but the first is idle as soon as it is there, before anybody is told that it is."""
        if slot.loaded in idle:
            idle.clear()
            slot.unload_idle(0)
        return 0.0

    slot: ModelSlot[str] = ModelSlot("a", lambda: next(built), free=freed.append, clock=clock)
    assert slot.get(10) == "second"
    assert freed == ["first"]


def test_time_counts_from_the_loading_of_a_model() -> None:
    clock = Minutes()
    slot: ModelSlot[str] = ModelSlot("a", lambda: "model", clock=clock)
    clock.now = 1000
    assert slot.get() == "model"
    assert slot.unload_idle(600) == 600
    assert slot.state.state == "ready"


def test_no_model_is_freed_while_it_is_used_or_loaded() -> None:
    clock, gate, freed = Minutes(), Event(), []

    def build() -> str:
        gate.wait()
        return "model"

    slot: ModelSlot[str] = ModelSlot("a", build, free=freed.append, clock=clock)
    slot.start()
    clock.now = 60
    assert slot.unload_idle(600) == 600
    assert slot.state.state == "loading"
    gate.set()
    with slot.using():
        clock.now = 120
        assert slot.unload_idle(600) == 600
        assert (freed, slot.state.state) == ([], "ready")


def test_a_model_that_sleeps_can_be_replaced_and_what_fails_to_wake_says_so() -> None:
    clock, built = Minutes(), iter(["model"])
    slot: ModelSlot[str] = ModelSlot("a", lambda: next(built), clock=clock)
    slot.get()
    clock.now = 60
    slot.unload_idle(600)
    with pytest.raises(LoadFailed):
        slot.get()
    assert slot.state.state == "failed"
    slot.replace("b", lambda: "other")
    assert slot.get() == "other"
    clock.now = 120
    slot.unload_idle(600)
    slot.replace("c", lambda: "third")
    assert slot.state.state in ("loading", "ready")
    assert slot.get() == "third"


def test_the_next_look_is_when_the_first_of_several_may_be_idle() -> None:
    clock = Minutes()
    slots = [ModelSlot(name, lambda: "model", clock=clock) for name in ("a", "b")]
    slots[0].get()
    clock.now = 5
    slots[1].get()
    clock.now = 6
    assert unload_idle(slots, 600) == 4 * 60
    clock.now = 10
    assert unload_idle(slots, 600) == 5 * 60
    assert [slot.state.state for slot in slots] == ["asleep", "ready"]
    # Who wants them all kept is asked no more.
    clock.now = 1000
    assert unload_idle(slots, 0) is None
    assert slots[1].state.state == "ready"
