"""Whether weights are computed as they lie in their file, or put in another order for this processor first.

llama.cpp puts some types of weights in another order, in which tokens are written fast. As they lie in the file, it
reads prompts faster, and Zhiwen's build of it writes faster, too (tools/llama_library.cmake); the file can be mapped,
too. Figures stand in docs/load.md.
"""

from __future__ import annotations

import ctypes
from collections.abc import Collection
from typing import Any

# Numbers of ggml's types (ggml.h). Of those that get another order on x86-64, only Q4_K is computed fast as it is.
_Q4_K = 12
_BETTER_REORDERED = {2, 10, 20, 39}  # Q4_0, Q2_K, IQ4_NL, MXFP4


def rows(native: Any) -> str:
    """By what rows of weights are computed as they lie in the file; empty where that is llama.cpp's own.

    `native` is the library of llama.cpp, as ctypes has it.
    """
    if not hasattr(native, "zhiwen_rows"):
        return ""
    native.zhiwen_rows.restype = ctypes.c_char_p
    name: bytes = native.zhiwen_rows()
    return name.decode()


def in_place(native: Any, types: Collection[int]) -> bool:
    """Whether weights of these types are computed as they lie in the file.

    The matrices of AMX want an order of their own.
    """
    if not rows(native) or native.ggml_cpu_has_amx_int8():
        return False
    return _Q4_K in types and _BETTER_REORDERED.isdisjoint(types)
