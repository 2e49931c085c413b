"""Loading a GGUF file: checks first, the GPU if it takes it, the processor if not."""

from __future__ import annotations

import ctypes
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from models.errors import WeightsMissing, WeightsUnusable
from models.llama.header import read_header
from models.llama.library import Buffer, buffers, forget_errors, last_error, library, offload_available
from models.reasons import because, quoted
from models.threads import physical_cores

log = logging.getLogger(__name__)

# A prompt is computed in blocks of this many tokens. A stop is looked for between them, and on a
# CPU within them. Larger ones are hardly faster: 141, 150, 151 tokens/s for 64, 128, 512.
BLOCK = 128

GpuLayers = int | Literal["auto"]


@dataclass(frozen=True)
class ModelFacts:
    """What a loaded model is, for people to read. Sizes are in bytes, lengths in tokens.

    `buffers` is the memory that llama.cpp took for it.
    """

    path: Path
    architecture: str
    description: str
    parameters: int
    quantisation: str
    size: int
    layers: int
    offloaded_layers: int
    context_tokens: int
    trained_context: int
    threads: int
    buffers: tuple[Buffer, ...]


@dataclass(frozen=True)
class Loaded:
    """The model and the context that llama.cpp holds, and what they are."""

    lib: Any
    model: Any
    context: Any
    facts: ModelFacts
    template: str | None


def load(path: Path, name: str, context_tokens: int, gpu_layers: GpuLayers, threads: int | None) -> Loaded:
    """Load a model and make a context on it. Raises WeightsMissing or WeightsUnusable.

    With "auto" every layer goes to the GPU when there is one. When the GPU cannot take them, the
    log says so and the processor does all the work.
    """
    if not path.is_file():
        raise WeightsMissing(name=name, path=path)
    architecture = _architecture(path)
    layers = gpu_layers if gpu_layers != "auto" else -1
    offload = layers != 0 and offload_available()
    if layers > 0 and not offload:
        log.warning("%s: gpu_layers is %d, but llama.cpp sees no GPU here; the processor is used.", name, layers)
    try:
        return _open(path, architecture, context_tokens, layers if offload else 0, threads)
    except WeightsUnusable as error:
        if not offload:
            raise
        log.warning("%s could not be loaded on the GPU (%s); the processor is used.", name, error.params["reason"])
        return _open(path, architecture, context_tokens, 0, threads)


def _architecture(path: Path) -> str:
    try:
        return read_header(path).architecture
    except OSError as error:
        raise WeightsUnusable(path=path, reason=quoted(error.strerror or error)) from error


def _open(path: Path, architecture: str, context_tokens: int, gpu_layers: int, threads: int | None) -> Loaded:
    lib = library()
    forget_errors()
    params = lib.llama_model_default_params()
    params.n_gpu_layers = gpu_layers
    if gpu_layers == 0:
        # A mapped file stays in memory beside the weights that were put in another order for this processor: for the
        # default model 1.94 GB instead of 1.34. Reading it takes half a second more.
        params.load_mode = lib.LLAMA_LOAD_MODE_NONE
    with buffers() as of_weights:
        model = lib.llama_model_load_from_file(str(path).encode(), params)
    if not model:
        raise WeightsUnusable(path=path, reason=last_error(because("not-loaded")))
    threads = threads or physical_cores()
    trained = int(lib.llama_model_n_ctx_train(model))
    limit = min(context_tokens, trained) if trained > 0 else context_tokens
    context, of_context = _context(lib, model, limit, threads)
    if not context:
        lib.llama_model_free(model)
        raise WeightsUnusable(path=path, reason=last_error(because("no-memory-for-context")))
    if limit < context_tokens:
        log.info("%s was trained for %d tokens of context, not %d.", path.name, trained, context_tokens)
    layers = int(lib.llama_model_n_layer(model))
    facts = ModelFacts(
        path=path,
        architecture=architecture,
        description=_described(lib, model),
        parameters=int(lib.llama_model_n_params(model)),
        quantisation=(lib.llama_ftype_name(lib.llama_model_ftype(model)) or b"unknown").decode(),
        size=int(lib.llama_model_size(model)),
        layers=layers,
        offloaded_layers=layers if gpu_layers < 0 else min(gpu_layers, layers),
        context_tokens=limit,
        trained_context=trained,
        threads=threads,
        buffers=(*of_weights, *of_context),
    )
    template = lib.llama_model_chat_template(model, None)
    return Loaded(lib, model, context, facts, template.decode("utf-8", "replace") if template else None)


def _context(lib: Any, model: Any, tokens: int, threads: int) -> tuple[Any, list[Buffer]]:
    """A context with flash attention, or without it where the model or the build refuses it; and its memory."""
    params = lib.llama_context_default_params()
    params.n_ctx = tokens
    params.n_batch = params.n_ubatch = BLOCK
    params.n_threads = params.n_threads_batch = threads
    params.no_perf = True
    for attention in (lib.LLAMA_FLASH_ATTN_TYPE_ENABLED, lib.LLAMA_FLASH_ATTN_TYPE_DISABLED):
        params.flash_attn_type = attention
        with buffers() as made:
            context = lib.llama_init_from_model(model, params)
        if context:
            return context, made
    return None, []


def _described(lib: Any, model: Any) -> str:
    buffer = ctypes.create_string_buffer(256)
    lib.llama_model_desc(model, buffer, 256)
    return buffer.value.decode("utf-8", "replace")
