"""Loading a GGUF file: checks first, the GPU if it takes it, the processor if not."""

from __future__ import annotations

import ctypes
import logging
from dataclasses import dataclass, replace
from errno import ENOMEM
from pathlib import Path
from typing import Any, Literal

from models.errors import MemoryShort, WeightsMissing, WeightsUnusable
from models.llama.header import Header, read_header
from models.llama.layout import in_place
from models.llama.library import Buffer, buffers, forget_errors, last_error, library, native
from models.llama.tuned import Tuned
from models.reasons import because, quoted
from models.threads import physical_cores

log = logging.getLogger(__name__)

GpuLayers = int | Literal["auto"]

# What llama.cpp says where memory is short: "Cannot allocate memory", "unable to allocate CPU buffer", "bad_alloc".
_SHORT_OF_MEMORY = ("allocate", "bad_alloc")


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
    tuned: Tuned
    buffers: tuple[Buffer, ...]


@dataclass(frozen=True)
class Loaded:
    """The model and the context that llama.cpp holds, and what they are."""

    lib: Any
    model: Any
    context: Any
    facts: ModelFacts
    template: str | None


def load(
    path: Path, name: str, context_tokens: int, gpu_layers: GpuLayers, tuned: Tuned, lib: Any | None = None
) -> Loaded:
    """Load a model and make a context on it. Raises WeightsMissing, WeightsUnusable or MemoryShort.

    With "auto" every layer goes to the GPU when there is one. When the GPU cannot take them, the
    log says so and the processor does all the work. `lib` has the functions of llama.cpp in place of `library()`.
    """
    lib = lib if lib is not None else library()
    if not path.is_file():
        raise WeightsMissing(name=name, path=path)
    header = _header(path)
    layers = gpu_layers if gpu_layers != "auto" else -1
    offload = layers != 0 and bool(lib.llama_supports_gpu_offload())
    if layers > 0 and not offload:
        log.warning("%s: gpu_layers is %d, but llama.cpp sees no GPU here; the processor is used.", name, layers)
    try:
        return _open(lib, path, header, context_tokens, layers if offload else 0, tuned)
    except WeightsUnusable as error:
        if not offload:
            raise
        log.warning("%s could not be loaded on the GPU (%s); the processor is used.", name, error.params["reason"])
        return _open(lib, path, header, context_tokens, 0, tuned)


def _header(path: Path) -> Header:
    try:
        return read_header(path)
    except OSError as error:
        kind = MemoryShort if error.errno == ENOMEM else WeightsUnusable
        raise kind(path=path, reason=quoted(error.strerror or error)) from error


def _open(lib: Any, path: Path, header: Header, context_tokens: int, gpu_layers: int, tuned: Tuned) -> Loaded:
    forget_errors()
    params = lib.llama_model_default_params()
    params.n_gpu_layers = gpu_layers
    params.use_extra_bufts = not in_place(native(), header.types)
    if gpu_layers == 0 and params.use_extra_bufts:
        # A mapped file stays in memory beside the weights that were put in another order for this processor: for the
        # default model 1.94 GB instead of 1.34. Reading it takes half a second more.
        params.load_mode = lib.LLAMA_LOAD_MODE_NONE
    with buffers() as of_weights:
        model = lib.llama_model_load_from_file(str(path).encode(), params)
    if not model:
        reason = last_error(because("not-loaded"))
        short = any(sign in str(reason) for sign in _SHORT_OF_MEMORY)
        raise (MemoryShort if short else WeightsUnusable)(path=path, reason=reason)
    cores = physical_cores()
    tuned = replace(
        tuned, threads=tuned.threads or cores, prompt_threads=tuned.prompt_threads or tuned.threads or cores
    )
    trained = int(lib.llama_model_n_ctx_train(model))
    limit = min(context_tokens, trained) if trained > 0 else context_tokens
    context, of_context, tuned = open_context(lib, model, limit, tuned)
    if not context:
        lib.llama_model_free(model)
        raise MemoryShort(path=path, reason=last_error(because("no-memory-for-context")))
    if limit < context_tokens:
        log.info("%s was trained for %d tokens of context, not %d.", path.name, trained, context_tokens)
    layers = int(lib.llama_model_n_layer(model))
    facts = ModelFacts(
        path=path,
        architecture=header.architecture,
        description=_described(lib, model),
        parameters=int(lib.llama_model_n_params(model)),
        quantisation=(lib.llama_ftype_name(lib.llama_model_ftype(model)) or b"unknown").decode(),
        size=int(lib.llama_model_size(model)),
        layers=layers,
        offloaded_layers=layers if gpu_layers < 0 else min(gpu_layers, layers),
        context_tokens=limit,
        trained_context=trained,
        threads=tuned.threads,
        tuned=tuned,
        buffers=(*of_weights, *of_context),
    )
    template = lib.llama_model_chat_template(model, None)
    return Loaded(lib, model, context, facts, template.decode("utf-8", "replace") if template else None)


def open_context(lib: Any, model: Any, tokens: int, tuned: Tuned) -> tuple[Any, list[Buffer], Tuned]:
    """A context, its memory, and how it computes: without integers or flash attention where the model refuses them.

    The context is None where no such can be.
    """
    params = lib.llama_context_default_params()
    # The last guesses may go beyond the longest answer.
    params.n_ctx = tokens + tuned.draft
    params.n_batch = params.n_ubatch = max(tuned.block, tuned.draft + 1)
    params.n_threads, params.n_threads_batch = tuned.threads, tuned.prompt_threads
    params.no_perf = True
    whole = replace(tuned, cache="f16")
    # Values in integers are read by flash attention alone.
    wanted = [tuned, whole] if tuned.flash_attention else []
    for way in dict.fromkeys((*wanted, replace(whole, flash_attention=False))):
        params.type_k = params.type_v = lib.GGML_TYPE_Q8_0 if way.cache == "q8_0" else lib.GGML_TYPE_F16
        enabled, disabled = lib.LLAMA_FLASH_ATTN_TYPE_ENABLED, lib.LLAMA_FLASH_ATTN_TYPE_DISABLED
        params.flash_attn_type = enabled if way.flash_attention else disabled
        with buffers() as made:
            context = lib.llama_init_from_model(model, params)
        if context:
            return context, made, way
    return None, [], tuned


def forgets_parts(lib: Any, model: Any) -> bool:
    """Whether the last tokens can be taken back alone. A recurrent model has only its state as it is."""
    return not (lib.llama_model_is_recurrent(model) or lib.llama_model_is_hybrid(model))


def _described(lib: Any, model: Any) -> str:
    buffer = ctypes.create_string_buffer(256)
    lib.llama_model_desc(model, buffer, 256)
    return buffer.value.decode("utf-8", "replace")
