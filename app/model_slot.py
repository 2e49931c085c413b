"""A place for one model: loads it in the background, hands it out, swaps it for another, frees it while it is idle."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Condition, Thread
from typing import Any, Generic, Literal, TypeVar

from models.errors import Explained, ModelError, WeightsMissing
from models.reasons import quoted

log = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass(frozen=True)
class SlotState:
    """What a page says of a model.

    `error` is set when it is missing or failed. `off` means that none is wanted, `asleep` that it was freed since
    nobody needed it, and is loaded again for who does.
    """

    name: str
    state: Literal["loading", "ready", "asleep", "missing", "failed", "off"]
    error: Explained | None = None


class LoadFailed(ModelError):
    code = "load-failed"
    template = "{name} could not be loaded ({reason}). Run: zhiwen doctor"


class StillLoading(ModelError):
    """Nobody is made to wait any longer for a model that takes long to load."""

    code = "still-loading"
    template = "The model {name} is still loading. Try again in a moment."


class ModelOff(ModelError):
    """Something needs a model where none is wanted."""

    code = "model-off"
    template = "There is no language model (ZHIWEN_LLM=none), and this needs one. Choose one: zhiwen models list"


class ModelSlot(Generic[T]):
    """Holds one model. Loading happens once, in a thread of its own; `build` is None where no model is wanted.

    `free` gives a model's memory back; it is called when the model was replaced, or the slot
    closed, and nobody is `using` it any more. `clock` gives seconds.
    """

    def __init__(
        self,
        name: str,
        build: Callable[[], T] | None,
        free: Callable[[T], None] = lambda _: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name = name
        self._clock = clock
        self._build = build
        self._free = free
        self._users = 0
        self._retired: list[T] = []
        self._model: T | None = None
        self._error: ModelError | None = None
        self._loading = False
        self._asleep = False
        self._began = self._used_at = 0.0
        self._generation = 0
        self._changed = Condition()

    @property
    def state(self) -> SlotState:
        with self._changed:
            if self._model is not None:
                return SlotState(self._name, "ready")
            if self._error is not None:
                missing = isinstance(self._error, WeightsMissing)
                return SlotState(self._name, "missing" if missing else "failed", self._error)
            if self._build is None:
                return SlotState(self._name, "off")
            if self._asleep:
                return SlotState(self._name, "asleep")
            return SlotState(self._name, "loading")

    @property
    def loaded(self) -> T | None:
        """The model, if it is there now."""
        with self._changed:
            return self._model

    def start(self) -> None:
        """Begin loading unless it has begun. Returns at once."""
        with self._changed:
            build = self._build
            if self._loading or self._model is not None or build is None:
                return
            self._loading, self._error, self._began = True, None, self._clock()
            self._asleep = False
            generation = self._generation
        Thread(target=self._load, args=(build, generation), name=f"load-{self._name}", daemon=True).start()

    def get(self, patience: float | None = None) -> T:
        """The model; waits until it is loaded. Raises ModelError when it cannot be, ModelOff where none is wanted.

        Raises StillLoading once loading has taken longer than `patience` seconds.
        """
        model = self._wait(patience)
        if model is None:
            raise ModelOff()
        return model

    @contextmanager
    def using(self) -> Iterator[T | None]:
        """The model, kept from being freed while inside; None where none is wanted. Waits and raises as `get` does."""
        with self._changed:
            model = self._wait()
            self._users += 1
        try:
            yield model
        finally:
            with self._changed:
                self._users -= 1
                self._used_at = self._clock()
            self._free_retired()

    def unload_idle(self, seconds: float) -> float:
        """Free the model if nobody has used it for so many seconds. Gives the seconds until that may be the case."""
        with self._changed:
            if self._model is None or self._users:
                return seconds
            left = self._used_at + seconds - self._clock()
            if left > 0:
                return left
            self._asleep = True
            self._retire()
        self._free_retired()
        log.info("%s was not needed for %d s and is freed", self._name, seconds)
        return seconds

    def _wait(self, patience: float | None = None) -> T | None:
        self.start_unless_failed()
        with self._changed:
            left = None if patience is None else max(0.0, self._began + patience - self._clock())
            if not self._changed.wait_for(self._settled, left):
                raise StillLoading(name=self._name)
            if self._model is None and self._error is not None:
                raise self._error
            self._used_at = self._clock()
            return self._model

    def _settled(self) -> bool:
        """Whether waiting has an end. What was freed before who waited for it was awake begins to load again."""
        self.start_unless_failed()
        return self._model is not None or self._error is not None or self._build is None

    def close(self) -> None:
        """Free the model, now or when its last user is done. The slot is not used afterwards."""
        with self._changed:
            self._generation += 1
            self._retire()
        self._free_retired()

    def start_unless_failed(self) -> None:
        """Begin loading, but leave a failure standing until `start` or `replace` is called."""
        with self._changed:
            failed = self._error is not None
        if not failed:
            self.start()

    def replace(self, name: str, build: Callable[[], T]) -> None:
        """Load another model instead. The old one is freed first where it can be: two need not fit in memory."""
        with self._changed:
            self._name, self._build = name, build
            self._error, self._loading, self._asleep = None, False, False
            self._generation += 1
            self._retire()
        self._free_retired()
        self.start()

    def _retire(self) -> None:
        if self._model is not None:
            self._retired.append(self._model)
        self._model = None

    def _free_retired(self) -> None:
        with self._changed:
            free, self._retired = ([], self._retired) if self._users else (self._retired, [])
        for model in free:
            self._free(model)

    def _load(self, build: Callable[[], T], generation: int) -> None:
        model: T | None = None
        error: ModelError | None = None
        try:
            model = build()
        except ModelError as problem:
            error = problem
        except Exception as problem:
            log.exception("loading %s failed", self._name)
            error = LoadFailed(name=self._name, reason=quoted(f"{type(problem).__name__}: {problem}"))
        with self._changed:
            if generation == self._generation:
                self._model, self._error, self._loading = model, error, False
                self._used_at = self._clock()
                self._changed.notify_all()
            elif model is not None:
                self._retired.append(model)
        self._free_retired()


def unload_idle(slots: Iterable[ModelSlot[Any]], seconds: float) -> float | None:
    """Free the models that nobody has used for so many seconds. Gives the seconds until the next look.

    For 0 seconds they are all kept, and nobody need look again.
    """
    return min(slot.unload_idle(seconds) for slot in slots) if seconds else None
