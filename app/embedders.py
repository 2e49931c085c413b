"""The embedder that is wanted and, while the documents are moved to it, the one that they were embedded by."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from threading import Lock

from app.model_slot import ModelSlot, StillLoading
from ingest.store import moving
from ingest.store.catalog import Catalog
from ingest.store.moving import EMBEDDER, EMBEDDER_NAME, Move
from models.base import Embedder
from models.errors import ModelError


class DocumentsMoving(ModelError):
    """The documents were embedded by a model that cannot be had any more."""

    code = "documents-moving"
    template = "The documents are being indexed for {name}, and the search model of before cannot be used any more."


class Embedders:
    """Gives the embedder whose vectors are searched; the catalog says which one that is.

    `wanted` is that one, or will be when it has embedded every document. Until then both are in memory.
    """

    def __init__(self, catalog: Catalog, name: str, build: Callable[[str], Embedder]) -> None:
        """`build` loads an embedder by its name and raises ModelError."""
        self._catalog = catalog
        self._build = build
        self._names: dict[str, str] = {}
        self._lock = Lock()
        self.wanted = self._slot(name)
        self._former: ModelSlot[Embedder] | None = None
        self._former = self._known()

    def start(self) -> None:
        """Begin to load what is needed. Returns at once."""
        self.wanted.start()
        if (former := self._former) is not None:
            former.start()

    def want(self, name: str) -> None:
        """Load an embedder and move the documents to it; the one that serves is kept as long as it does."""
        with self._lock:
            last, loaded = self.wanted.state.name, self.wanted.loaded
            if loaded is not None and loaded.fingerprint == self._catalog.setting(EMBEDDER):
                self._former = ModelSlot(last, lambda: loaded)
                self._former.get()
            former = self._former
            back = former is not None and former.state.name == name
            self.wanted.replace(name, former.get if former is not None and back else partial(self._loaded, name))

    def serving(self, patience: float | None = None) -> Embedder:
        """The embedder of the documents; waits for it as `ModelSlot.get` does. Raises ModelError."""
        fingerprint = self._catalog.setting(EMBEDDER)
        if fingerprint is None:
            return self.wanted.get(patience)
        slots = self._slots(fingerprint)
        for model in [slot.loaded for slot in slots]:
            if model is not None and model.fingerprint == fingerprint:
                return model
        errors: list[ModelError] = []
        for slot in slots:
            try:
                model = slot.get(patience)
            except ModelError as error:
                errors.append(error)
            else:
                if model.fingerprint == fingerprint:
                    return model
        if errors and (self.wanted.loaded is None or isinstance(errors[0], StillLoading)):
            raise errors[0]
        raise DocumentsMoving(name=self.wanted.state.name)

    def former(self) -> Embedder | None:
        """The embedder of the documents if it is not the wanted one, and can be had; waits for it."""
        fingerprint = self._catalog.setting(EMBEDDER)
        for slot in self._slots(fingerprint):
            if slot is not self.wanted:
                try:
                    model = slot.get()
                except ModelError:
                    return None
                return model if model.fingerprint == fingerprint else None
        return None

    def moving(self) -> Move | None:
        """How far the documents are on their way to the wanted embedder; None when they are there."""
        fingerprint, name = self._catalog.setting(EMBEDDER), self._catalog.setting(EMBEDDER_NAME)
        self._slots(fingerprint)
        loaded = self.wanted.loaded
        if fingerprint is None or (loaded is None and name in (None, self.wanted.state.name)):
            return None
        if loaded is not None and loaded.fingerprint == fingerprint:
            return None
        with self._catalog.read() as connection:
            return moving.progress(connection)

    def uses(self, name: str) -> bool:
        """Whether an embedder is wanted, or needed until the move is done."""
        former = self._former
        return name == self.wanted.state.name or (former is not None and name == former.state.name)

    def name_of(self, embedder: Embedder) -> str:
        """The name that an embedder was loaded by."""
        return self._names.get(embedder.fingerprint, embedder.name)

    def _slots(self, fingerprint: str | None) -> list[ModelSlot[Embedder]]:
        """The former, if it is needed, and the wanted one."""
        with self._lock:
            loaded = self.wanted.loaded
            serves = loaded is not None and loaded.fingerprint == fingerprint
            self._former = None if serves else self._known()
            return [slot for slot in (self._former, self.wanted) if slot is not None]

    def _known(self) -> ModelSlot[Embedder] | None:
        """The embedder of the documents, as the catalog names it, unless that is the name of the wanted one."""
        name = self._catalog.setting(EMBEDDER_NAME)
        if name is None or name == self.wanted.state.name:
            return None
        return self._former if self._former is not None and self._former.state.name == name else self._slot(name)

    def _slot(self, name: str) -> ModelSlot[Embedder]:
        return ModelSlot(name, partial(self._loaded, name))

    def _loaded(self, name: str) -> Embedder:
        model = self._build(name)
        self._names[model.fingerprint] = name
        return model
