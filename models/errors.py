"""The root of everything that can go wrong with weights and the networks that use them."""

from __future__ import annotations

from typing import ClassVar

from models.reasons import Reason


class Explained(Exception):
    """An error that says what happened, to what, and what to do.

    A subclass sets `code`, a stable slug that the web turns into a problem type and looks up
    in its message catalogues, and `template`, the English sentence. The values a sentence
    needs are named, so that every language can place them; `reason` is words inside the sentence.
    """

    code: ClassVar[str] = "error"
    template: ClassVar[str] = "{detail}"

    def __init__(self, *, reason: Reason | None = None, **params: object) -> None:
        self.params = params if reason is None else {**params, "reason": reason}
        super().__init__(self.template.format(**self.params))


class Cause(Exception):
    """What went wrong further in: its words become the reason of an `Explained`."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


class ModelError(Explained):
    """A model could not be fetched, loaded or run."""

    code = "model-error"


class WeightsMissing(ModelError):
    """Weights that are needed are not on this machine."""

    code = "weights-missing"
    template = "The weights of {name} are not at {path}. Get them on the page Models, or run: zhiwen models pull {name}"


class GivenWeightsMissing(WeightsMissing):
    """A setting names a file or folder that is not there."""

    code = "given-weights-missing"
    template = "There is nothing at {path}, which {setting} names. Check it, or take a name of: zhiwen models list"


class WeightsUnusable(ModelError):
    """Weights are there, and cannot be used."""

    code = "weights-unusable"
    template = "{path} cannot be used: {reason}. Run: zhiwen models verify"


class MemoryShort(WeightsUnusable):
    """This computer has no room for a language model, or for its context."""

    code = "memory-short"
    template = (
        "There is too little free memory for {path} ({reason}). Close other programs, set ZHIWEN_LLM_CONTEXT lower, or "
        "choose a smaller model."
    )


class GpuMemoryShort(ModelError):
    """A GPU that was asked for has no room for a model, or for what it computes in."""

    code = "gpu-memory-short"
    template = (
        "The GPU has too little free memory for {name} ({reason}). Close what else uses it, or set "
        "ZHIWEN_EMBEDDER_DEVICE to auto: the processor is used then."
    )


class ContextOverflow(ModelError):
    """A prompt and its answer do not fit the model's context."""

    code = "context-overflow"
    template = (
        "The prompt has {prompt} tokens and the answer may take {answer}, but {name} holds "
        "{limit}. Ask a shorter question, set ZHIWEN_LLM_CONTEXT higher, or ZHIWEN_ANSWER_TOKENS lower."
    )


class GenerationFailed(ModelError):
    """A local model could not compute."""

    code = "generation-failed"
    template = (
        "{name} could not compute an answer (llama.cpp status {status}). Ask again; if it happens "
        "again, set a smaller context or fewer GPU layers."
    )


class ModelUnreachable(ModelError):
    """A model server did not answer, or answered with an error."""

    code = "model-unreachable"
    template = "The model server at {url} did not answer the request: {reason}."


class UnknownWeights(ModelError):
    """A name that is neither in the catalogue nor installed."""

    code = "unknown-weights"
    template = "No weights are called {name}. Known: {known}. A path or an address of a GGUF file works too."


class PullFailed(ModelError):
    """No source gave the weights. The reason has a sentence on every source."""

    code = "pull-failed"
    template = (
        "{name} could not be fetched. {reason} Check the network and the package index that pip uses, "
        "set HF_ENDPOINT to a mirror, or fetch it elsewhere and run: zhiwen models pull PATH"
    )


class PullCancelled(ModelError):
    """Somebody stopped a pull. What was fetched so far is kept for the next one."""

    code = "pull-cancelled"
    template = "Fetching {name} was stopped. What was fetched is kept; pull it again to go on."


class DiskSpace(ModelError):
    """The disk has no room for the weights."""

    code = "disk-space"
    template = (
        "{name} needs {needed_mb} MB at {path}, where {free_mb} MB are free. "
        "Free some space, or put the weights elsewhere with ZHIWEN_WEIGHTS_DIR."
    )


class NotWeights(ModelError):
    """What a person wants to install is not something that can be installed."""

    code = "not-weights"
    template = "{path} cannot be installed: {reason}. Give a GGUF file or a sentence-transformers folder."


class OcrUnavailable(ModelError):
    """The networks that read images are not there, or do not run."""

    code = "ocr-unavailable"
    template = (
        "Text in images cannot be read: {reason}. Its networks come with the Python package rapidocr; "
        "install the requirements again."
    )
