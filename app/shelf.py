"""The models of this installation: which are installed, which run, fetching more, choosing among them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Lock, Thread
from urllib.parse import urlsplit

from app.embedders import Embedders
from app.errors import ModelInUse, ModelNotInstalled, ModelPinned
from app.fit import Fit, fit
from app.machine import Machine
from app.model_slot import ModelSlot
from app.pull import Pull
from app.settings import RemoteModelRefused, Settings, fixed_by, store_choices
from app.tuning import Tuning
from models import installed
from models.base import LLM, Embedder, Reranker
from models.catalog import Kind, Weights, load_catalog
from models.errors import GivenWeightsMissing, ModelError, PullCancelled, WeightsMissing
from models.fetch import pull
from models.gauge import Gauge, Gauged
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

    return SentenceTransformersEmbedder(
        folder,
        name=Path(name).name,
        device=settings.embedder_device,
        prompts=prompts,
        form=settings.embedder_form,
        memo=Tuning(settings.data_dir),
        made=settings.data_dir / "encoders",
    )


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
    from models.llama.tuned import remembered

    path, template = llm_file(settings, name)
    return LlamaModel(
        path,
        name=path.stem if path.suffix.lower() == ".gguf" and "/" in name else name,
        context_tokens=settings.llm_context,
        gpu_layers="auto" if settings.llm_gpu_layers < 0 else settings.llm_gpu_layers,
        threads=settings.llm_threads or None,
        tuned=remembered(Tuning(settings.data_dir), path),
        chat_template=template or None,
        prefix_bytes=settings.llm_prefix_mb * 1_000_000,
    )


def llm_file(settings: Settings, name: str) -> tuple[Path, str]:
    """The GGUF file of a name, which may be its path, and the chat template it wants, if any. Raises ModelError."""
    path = Path(name).expanduser()
    if not path.is_file():
        refuse_missing_path(name, settings)
    if path.suffix.lower() == ".gguf":
        return path, ""
    weights = _known(name, "llm", settings)
    return installed.require(weights, settings.weights_dir), weights.chat_template


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


@dataclass(frozen=True)
class Shelved:
    """One model as the models page lists it. `kept` is the bytes of it that an interrupted pull left."""

    weights: Weights
    installed: bool
    active: bool
    pull: Pull | None
    kept: int


@dataclass(frozen=True)
class Download:
    """The models that are wanted and not here: bytes in all and here, bytes and seconds, and why it stopped."""

    total: int
    done: int
    running: bool
    speed: float | None
    seconds_left: float | None
    error: ModelError | None


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
        self._lock = Lock()
        self._noticing = Lock()

    def list(self) -> list[Shelved]:
        """The catalogue and what was installed from elsewhere."""
        directory = self._settings.weights_dir
        return [
            Shelved(
                weights,
                installed.is_installed(weights, directory),
                self._is_active(weights),
                self._pulls.get(weights.name),
                installed.kept(weights, directory),
            )
            for weights in (*load_catalog(), *installed.local(directory))
        ]

    def gauge(self, kind: Kind) -> Gauge | None:
        """What the model that runs takes, and its pace; None where none runs, or where it cannot tell."""
        model = self._llm.loaded if kind == "llm" else self._embedders.wanted.loaded
        return model.gauge() if isinstance(model, Gauged) else None

    def fit(self, weights: Weights, machine: Machine) -> Fit:
        """How well a model fits this machine. A language model takes the place of the one that runs."""
        running = self.gauge(weights.kind) if weights.kind == "llm" or self._is_active(weights) else None
        return fit(weights, machine, self._settings.llm_context, running.memory if running else 0)

    def pull(self, name: str) -> None:
        """Begin fetching, unless that is under way. Raises UnknownWeights.

        What was stopped a moment ago is waited for: only one at a time changes the weights of a name.
        """
        weights = installed.find(name, self._settings.weights_dir)
        with self._lock:
            current = self._pulls.get(weights.name)
            if current is not None and current.running and not current.cancel.is_set():
                return
            state = self._pulls[weights.name] = Pull(weights.download)
            thread = Thread(target=self._fetch, args=(weights, state), name=f"pull-{name}", daemon=True)
            self._threads.append(thread)
        thread.start()

    def missing(self) -> tuple[Weights, ...]:
        """The models that are wanted and not here, as far as they can be fetched."""
        directory = self._settings.weights_dir
        wanted = (self._embedders.wanted.state, self._llm.state)
        names = [state.name for state in wanted if state.state == "missing"]
        known = [weights for weights in load_catalog() if weights.name in names and weights.sources]
        return tuple(weights for weights in known if not installed.is_installed(weights, directory))

    def pull_missing(self) -> None:
        """Begin to fetch every model that is wanted and not here."""
        for weights in self.missing():
            self.pull(weights.name)

    def download(self) -> Download | None:
        """How far the wanted models are on their way here; None when they are all here."""
        missing = self.missing()
        if not missing:
            return None
        pulls = [self._pulls.get(weights.name) for weights in missing]
        running = [pull for pull in pulls if pull is not None and pull.running]
        speeds = [speed for pull in running if (speed := pull.speed) is not None]
        total = sum(
            pull.total if pull is not None and pull.running else weights.download
            for weights, pull in zip(missing, pulls, strict=True)
        )
        done = sum(self._here(weights, pull) for weights, pull in zip(missing, pulls, strict=True))
        speed = sum(speeds) if speeds else None
        left = max(0, total - done) / speed if speed and running else None
        return Download(
            total, done, bool(running), speed, left, next((pull.error for pull in pulls if pull and pull.error), None)
        )

    def notice_arrivals(self) -> None:
        """Load models that were missing and have been put here by other means, such as the command line."""
        # Whoever asks at the same moment finds it loading.
        with self._noticing:
            for kind, state in (("embedder", self._embedders.wanted.state), ("llm", self._llm.state)):
                weights = load_catalog().get(state.name) if state.state == "missing" else None
                pull = self._pulls.get(state.name)
                if weights is None or weights.kind != kind or (pull is not None and pull.running):
                    continue
                if installed.is_installed(weights, self._settings.weights_dir):
                    self._load(weights)

    def stop_pull(self, name: str) -> None:
        """Stop fetching a model. What has come is kept, and the next pull goes on from it. Raises UnknownWeights."""
        pull_of_it = self._pulls.get(installed.find(name, self._settings.weights_dir).name)
        if pull_of_it is not None:
            pull_of_it.cancel.set()

    def use(self, name: str) -> None:
        """Make an installed model the one that runs, now and after a restart.

        Raises UnknownWeights, ModelNotInstalled, ModelPinned.
        """
        weights = installed.find(name, self._settings.weights_dir)
        if (variable := fixed_by(weights.kind)) is not None:
            raise ModelPinned(variable=variable)
        if not installed.is_installed(weights, self._settings.weights_dir):
            raise ModelNotInstalled(name=weights.name)
        store_choices(self._settings.data_dir, **{weights.kind: weights.name})
        self._load(weights)

    def remove(self, name: str) -> None:
        """Delete a model's files, also those of a pull that was interrupted; one in progress is stopped.

        Raises UnknownWeights, ModelInUse, ModelNotInstalled.
        """
        directory = self._settings.weights_dir
        weights = installed.find(name, directory)
        in_use = self._is_active(weights) or (weights.kind == "embedder" and self._embedders.uses(weights.name))
        if in_use and (installed.is_installed(weights, directory) or not installed.kept(weights, directory)):
            raise ModelInUse(name=weights.name)
        self.stop_pull(weights.name)
        if not installed.remove(weights, self._settings.weights_dir):
            raise ModelNotInstalled(name=weights.name)

    def close(self) -> None:
        """Stop fetching; what was fetched is kept for the next time."""
        for each in self._pulls.values():
            each.cancel.set()
        for thread in self._threads:
            thread.join()

    def _fetch(self, weights: Weights, state: Pull) -> None:
        try:
            pull(weights, self._settings.weights_dir, progress=state.heard, cancel=state.cancel)
        except PullCancelled:
            log.info("pulling %s was stopped", weights.name)
        except ModelError as error:
            log.warning("pulling %s: %s", weights.name, error)
            state.error = error
        else:
            # While it still counts as running: `notice_arrivals` leaves it to this one.
            if self._is_active(weights):
                self._load(weights)
        finally:
            state.running = False

    def _here(self, weights: Weights, pull: Pull | None) -> int:
        """Bytes of wanted weights that are here: heard of by a pull that runs, else kept of one that ended."""
        if pull is not None and pull.running and pull.done:
            return pull.done
        return min(installed.kept(weights, self._settings.weights_dir), weights.download)

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
