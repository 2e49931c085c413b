"""What llama.cpp was built for, and the GPUs that it sees on this machine."""

from __future__ import annotations

import ctypes
from typing import Any

from models.gpu import Gpu
from models.llama.library import library

# GGML_BACKEND_DEVICE_TYPE_GPU and _IGPU of ggml-backend.h.
_GPUS = (1, 2)


def backends() -> tuple[str, ...]:
    """What llama.cpp can compute on, as it was built: CPU, CUDA, Metal, Vulkan…"""
    lib = _ggml()
    return tuple(
        lib.ggml_backend_reg_name(lib.ggml_backend_reg_get(n)).decode() for n in range(lib.ggml_backend_reg_count())
    )


def gpus() -> tuple[Gpu, ...]:
    """The GPUs that llama.cpp sees, with their memory as it is now."""
    lib = _ggml()
    devices = [lib.ggml_backend_dev_get(n) for n in range(lib.ggml_backend_dev_count())]
    return tuple(_gpu(lib, device) for device in devices if lib.ggml_backend_dev_type(device) in _GPUS)


def _gpu(lib: Any, device: int) -> Gpu:
    free, total = ctypes.c_size_t(), ctypes.c_size_t()
    lib.ggml_backend_dev_memory(ctypes.c_void_p(device), ctypes.byref(free), ctypes.byref(total))
    return Gpu(lib.ggml_backend_dev_description(device).decode("utf-8", "replace"), total.value, free.value)


def _ggml() -> Any:
    """The ggml library below llama.cpp, with the types of what is called here."""
    library()
    from llama_cpp import _ggml

    lib = _ggml.libggml
    for name, given, result in (
        ("ggml_backend_reg_count", [], ctypes.c_size_t),
        ("ggml_backend_reg_get", [ctypes.c_size_t], ctypes.c_void_p),
        ("ggml_backend_reg_name", [ctypes.c_void_p], ctypes.c_char_p),
        ("ggml_backend_dev_count", [], ctypes.c_size_t),
        ("ggml_backend_dev_get", [ctypes.c_size_t], ctypes.c_void_p),
        ("ggml_backend_dev_type", [ctypes.c_void_p], ctypes.c_int),
        ("ggml_backend_dev_description", [ctypes.c_void_p], ctypes.c_char_p),
    ):
        function = getattr(lib, name)
        function.argtypes, function.restype = given, result
    return lib
