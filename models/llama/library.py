"""The llama.cpp library itself: loading it once, its log, what it can do on this machine."""

from __future__ import annotations

import atexit
import ctypes
import logging
import re
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from threading import local
from typing import Any

from models.reasons import Reason, quoted
from models.threads import share_cores

log = logging.getLogger(__name__)

# llama.cpp warns about ordinary things (a context shorter than the trained one, a stopped
# computation), so that its words are kept for debugging; what matters is raised as an error.
_LEVELS = {3: logging.INFO, 4: logging.INFO}
_CONTINUED = 5
_ERROR = 4

_last_errors: deque[str] = deque(maxlen=8)
# llama.cpp tells what memory it takes in its log alone: "CPU_Mapped model buffer size =  1059.89 MiB".
_BUFFER = re.compile(r"(\S+)\s+(?:model|output|KV|RS|compute) buffer size =\s*([\d.]+) MiB")
_watched = local()


@dataclass(frozen=True)
class Buffer:
    """Memory that llama.cpp took: the name of what holds it (CPU_Mapped, CPU_REPACK, CUDA0…), and bytes."""

    holder: str
    size: int


@cache
def library() -> Any:
    """The `llama_cpp` module with its log routed to Python's. Loaded at the first call."""
    share_cores()
    import llama_cpp

    route = llama_cpp.llama_log_callback(_route)
    llama_cpp.llama_log_set(route, None)
    llama_cpp.llama_backend_init()
    # Keeps the callback alive, and takes it away before the interpreter that runs it is gone.
    atexit.register(_unroute, llama_cpp, route)
    return llama_cpp


def native() -> ctypes.CDLL:
    """The shared library itself, for functions that the module does not name."""
    lib: ctypes.CDLL = library().llama_cpp._lib
    return lib


def llama_version() -> str:
    """The versions of llama-cpp-python and of the llama.cpp inside it."""
    lib = library()
    return f"{lib.__version__} (llama.cpp {lib.llama_version().decode()})"


def offload_available() -> bool:
    """Whether this build of llama.cpp can use a GPU and one is there."""
    return bool(library().llama_supports_gpu_offload())


@contextmanager
def buffers() -> Iterator[list[Buffer]]:
    """Fills the list with what llama.cpp takes for calls of this thread, while inside."""
    made: list[Buffer] = []
    _watched.buffers = made
    try:
        yield made
    finally:
        _watched.buffers = None


def forget_errors() -> None:
    """Start afresh with the errors that llama.cpp has logged."""
    _last_errors.clear()


def last_error(default: Reason) -> Reason:
    """The first error that llama.cpp logged since `forget_errors`: the cause, not what followed."""
    return quoted(_last_errors[0]) if _last_errors else default


def _route(level: int, text: bytes, _data: object) -> None:
    line = text.decode("utf-8", "replace").strip()
    if not line or level == _CONTINUED:
        return
    if level == _ERROR:
        _last_errors.append(line)
    made = getattr(_watched, "buffers", None)
    if made is not None and (found := _BUFFER.search(line)):
        made.append(Buffer(found[1], round(float(found[2]) * (1 << 20))))
    log.log(_LEVELS.get(level, logging.DEBUG), "%s", line)


def _unroute(lib: Any, _route: object) -> None:
    lib.llama_log_set(lib.llama_log_callback(), None)
