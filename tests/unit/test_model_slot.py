"""Loading and swapping one model."""

from pathlib import Path
from threading import Event

import pytest

from app.model_slot import LoadFailed, ModelOff, ModelSlot, StillLoading
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
