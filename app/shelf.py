"""The models of this installation: which are installed, which run, fetching more, choosing among them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Lock, Thread
from urllib.parse import urlsplit

from app.embedders import Embedders
from app.errors import ModelInUse, ModelNotInstalled, ModelPinned
from app.model_slot import ModelSlot
from app.settings import PREFIX, RemoteModelRefused, Settings, pinned, store_choice
from models import installed
from models.base import LLM, Embedder, Reranker
from models.catalog import Kind, Weights, load_catalog
from models.errors import GivenWeightsMissing, ModelError, WeightsMissing
from models.fetch import pull
from models.loopback import is_loopback_host

log = logging.getLogger(__name__)
# The name of no language model: answers are quotes then.
NO_LLM = "none"


def build_embedder(settings: Settings, name: str) -> Embedder:
    """Load an embedder by catalogue name or folder. Raises ModelError."""
    folder = Path(name).expanduser()
    prompts = None
    if not folder.is_dir():
        refuse_missing_path(name, settings)
        weights = _known(name, "embedder", settings)
        folder, prompts = installed.require(weights, settings.weights_dir), weights.prompts
    # It takes seconds to import: missing weights are told before.
    from models.embed_sentence_transformers import SentenceTransformersEmbedder

    return SentenceTransformersEmbedder(folder, name=Path(name).name, device=settings.embedder_device, prompts=prompts)


def build_reranker(settings: Settings) -> Reranker:
    """Load the reranker. Raises ModelError."""
    from models.rerank_cross_encoder import CrossEncoderReranker

    given = Path(settings.reranker).expanduser()
    folder = given if given.is_dir() else settings.weights_dir / settings.reranker
    if not folder.is_dir():
        raise GivenWeightsMissing(path=folder, setting="ZHIWEN_RERANKER")
    return CrossEncoderReranker(folder, name=folder.name, device=settings.embedder_device)


def build_llm(settings: Settings, name: str) -> LLM:
    """Load a language model by catalogue name or GGUF file, or reach the configured server. Raises ModelError."""
    if name == "openai":
        return _remote_llm(settings)
    from models.llama import LlamaModel

    path, template = Path(name).expanduser(), ""
    if not path.is_file():
        refuse_missing_path(name, settings)
    if path.suffix.lower() != ".gguf":
        weights = _known(name, "llm", settings)
        path, template = installed.require(weights, settings.weights_dir), weights.chat_template
    return LlamaModel(
        path,
        name=path.stem if path.suffix.lower() == ".gguf" and "/" in name else name,
        context_tokens=settings.llm_context,
        gpu_layers="auto" if settings.llm_gpu_layers < 0 else settings.llm_gpu_layers,
        threads=settings.llm_threads or None,
        chat_template=template or None,
    )


def refuse_missing_path(name: str, settings: Settings) -> None:
    """Raise GivenWeightsMissing for a path without anything there: it is no name of the catalogue to be pulled."""
    if "/" in name or name.startswith(("~", ".")):
        key = "ZHIWEN_LLM" if name == settings.llm else "ZHIWEN_EMBEDDER"
        raise GivenWeightsMissing(path=Path(name).expanduser(), setting=key)


def remote_llm_host(settings: Settings) -> str:
    """The host that would see questions and passages when it is not this machine, else nothing."""
    if settings.llm != "openai":
        return ""
    host = urlsplit(settings.llm_url).hostname or ""
    return "" if is_loopback_host(host) else host


def check_remote_llm(settings: Settings) -> None:
    """Raise RemoteModelRefused for a language model elsewhere without consent."""
    if remote_llm_host(settings) and not settings.llm_remote_consent:
        raise RemoteModelRefused(url=settings.llm_url)


def _remote_llm(settings: Settings) -> LLM:
    from models.llm_openai import OpenAIModel

    check_remote_llm(settings)
    return OpenAIModel(
        settings.llm_url, settings.llm_model, api_key=settings.llm_key, context_tokens=settings.llm_context
    )


def _known(name: str, kind: Kind, settings: Settings) -> Weights:
    weights = installed.find(name, settings.weights_dir)
    if weights.kind != kind:
        raise WeightsMissing(name=f"{name} ({kind})", path=settings.weights_dir)
    return weights


@dataclass
class Pull:
    """A fetch in progress, or how the last one failed."""

    done: int = 0
    total: int = 0
    running: bool = True
    error: ModelError | None = None


@dataclass(frozen=True)
class Shelved:
    """One model as the models page lists it."""

    weights: Weights
    installed: bool
    active: bool
    pull: Pull | None


class Shelf:
    """Lists, fetches, chooses and removes models. Fetching runs in threads; `close` stops them."""

    def __init__(
        self,
        settings: Settings,
        embedders: Embedders,
        llm: ModelSlot[LLM],
        embedder_changed: Callable[[], None] = lambda: None,
    ) -> None:
        self._settings = settings
        self._embedders = embedders
        self._llm = llm
        self._embedder_changed = embedder_changed
        self._pulls: dict[str, Pull] = {}
        self._threads: list[Thread] = []
        self._cancel = Event()
        self._lock = Lock()

    def list(self) -> list[Shelved]:
        """The catalogue and what was installed from elsewhere."""
        directory = self._settings.weights_dir
        return [
            Shelved(
                weights,
                installed.is_installed(weights, directory),
                self._is_active(weights),
                self._pulls.get(weights.name),
            )
            for weights in (*load_catalog(), *installed.local(directory))
        ]

    def pull(self, name: str) -> None:
        """Begin fetching, unless that is under way. Raises UnknownWeights."""
        weights = installed.find(name, self._settings.weights_dir)
        with self._lock:
            current = self._pulls.get(weights.name)
            if current is not None and current.running:
                return
            state = self._pulls[weights.name] = Pull(total=weights.size)
            thread = Thread(target=self._fetch, args=(weights, state), name=f"pull-{name}", daemon=True)
            self._threads.append(thread)
        thread.start()

    def use(self, name: str) -> None:
        """Make an installed model the one that runs, now and after a restart.

        Raises UnknownWeights, ModelNotInstalled, ModelPinned.
        """
        weights = installed.find(name, self._settings.weights_dir)
        if pinned(weights.kind):
            raise ModelPinned(variable=f"{PREFIX}{weights.kind.upper()}")
        if not installed.is_installed(weights, self._settings.weights_dir):
            raise ModelNotInstalled(name=weights.name)
        store_choice(self._settings.data_dir, weights.kind, weights.name)
        self._load(weights)

    def remove(self, name: str) -> None:
        """Delete a model's files. Raises UnknownWeights, ModelInUse, ModelNotInstalled."""
        weights = installed.find(name, self._settings.weights_dir)
        if self._is_active(weights) or (weights.kind == "embedder" and self._embedders.uses(weights.name)):
            raise ModelInUse(name=weights.name)
        if not installed.remove(weights, self._settings.weights_dir):
            raise ModelNotInstalled(name=weights.name)

    def close(self) -> None:
        """Stop fetching; what was fetched is kept for the next time."""
        self._cancel.set()
        for thread in self._threads:
            thread.join()

    def _fetch(self, weights: Weights, state: Pull) -> None:
        def progress(done: int, total: int) -> None:
            state.done, state.total = done, total

        try:
            pull(weights, self._settings.weights_dir, progress=progress, cancel=self._cancel)
        except ModelError as error:
            log.warning("pulling %s: %s", weights.name, error)
            state.error = error
        finally:
            state.running = False
        if state.error is None and self._is_active(weights):
            self._load(weights)

    def _is_active(self, weights: Weights) -> bool:
        state = self._llm.state if weights.kind == "llm" else self._embedders.wanted.state
        return state.name == weights.name

    def _load(self, weights: Weights) -> None:
        settings = self._settings
        if weights.kind == "llm":
            self._llm.replace(weights.name, lambda: build_llm(settings, weights.name))
        else:
            self._embedders.want(weights.name)
            self._embedder_changed()
