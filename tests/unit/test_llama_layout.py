"""Which weights are computed as they lie in the file, and that what computes their rows is right."""

from __future__ import annotations

import ctypes
import platform
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.typing import NDArray

from models.llama.layout import in_place, rows
from models.llama.library import native

F32, Q4_0, Q2_K, Q4_K, Q6_K, Q8_K = 0, 2, 10, 12, 14, 15
BLOCK = 256
Floats = NDArray[np.float32]


class Function:
    """One of a library, as ctypes has it."""

    restype: object = ctypes.c_int

    def __init__(self, value: bytes) -> None:
        self._value = value

    def __call__(self) -> bytes:
        return self._value


def build(amx: bool = False, **functions: bytes) -> SimpleNamespace:
    of_library = {name: Function(value) for name, value in functions.items()}
    return SimpleNamespace(ggml_cpu_has_amx_int8=lambda: int(amx), **of_library)


def test_weights_stay_as_they_are_where_rows_of_them_are_fast() -> None:
    ours = build(zhiwen_rows=b"ahead")
    assert in_place(ours, {F32, Q4_K, Q6_K})
    assert not in_place(ours, {F32, Q4_0, Q6_K})
    assert not in_place(ours, {F32, Q4_0, Q4_K})
    assert not in_place(ours, {F32, Q2_K, Q4_K})
    assert not in_place(ours, {F32})
    assert not in_place(build(), {F32, Q4_K, Q6_K})
    assert not in_place(build(amx=True, zhiwen_rows=b"ahead"), {F32, Q4_K, Q6_K})


x86 = pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="rows are computed so on x86-64 alone")


@x86
def test_llama_cpp_is_built_with_them() -> None:
    way, _, runs = rows(native()).partition(", ")
    assert way == "ahead" or (way == "avx512-vnni" and native().ggml_cpu_has_avx512_vnni())
    assert runs == "runs of 512"


def in_integers(values: Floats, function: str) -> bytes:
    of_block = int(native().ggml_row_size(Q8_K, ctypes.c_int64(BLOCK)))
    made = ctypes.create_string_buffer(b"\xff" * (values.size // BLOCK * of_block))
    getattr(native(), function)(values.ctypes.data_as(ctypes.c_void_p), made, ctypes.c_int64(values.size))
    return made.raw[:-1]


def weights(values: Floats, kind: int) -> bytes:
    lib = native()
    lib.ggml_row_size.restype = ctypes.c_size_t
    made = ctypes.create_string_buffer(lib.ggml_row_size(kind, ctypes.c_int64(values.size)))
    first, rows, size = map(ctypes.c_int64, (0, 1, values.size))
    lib.ggml_quantize_chunk(kind, values.ctypes.data_as(ctypes.c_void_p), made, first, rows, size, None)
    return made.raw


def product(function: str, size: int, row: bytes, activations: bytes) -> float:
    found = ctypes.c_float()
    zero = ctypes.c_size_t(0)
    getattr(native(), function)(size, ctypes.byref(found), zero, row, zero, activations, zero, 1)
    return found.value


@x86
@pytest.mark.parametrize(("name", "kind"), [("q4_K", Q4_K), ("q6_K", Q6_K)])
@pytest.mark.parametrize("blocks", [1, 2, 6, 35])
def test_rows_are_computed_as_ggml_computes_them(name: str, kind: int, blocks: int) -> None:
    random = np.random.default_rng(blocks)
    for spread in (0.02, 1.0, 300.0):
        # Blocks of several sizes, one of one sign alone, so that scales and minima are of all sizes.
        sizes = np.repeat(random.uniform(0.1, 1, blocks * 8), BLOCK // 8)
        values = (spread * sizes * random.normal(random.choice([0, 2]), 1, blocks * BLOCK)).astype(np.float32)
        given = (random.normal(0, 1, blocks * BLOCK) ** 3).astype(np.float32)
        row, activations = weights(values, kind), in_integers(given, "quantize_row_q8_K_ref")
        expected = product(f"ggml_vec_dot_{name}_q8_K_generic", values.size, row, activations)
        found = product(f"ggml_vec_dot_{name}_q8_K", values.size, row, activations)
        size = float(np.abs(values * given).sum())
        assert abs(found - expected) <= 2e-6 * size
        assert abs(found - float(values @ given)) <= 0.1 * size


@x86
def test_rows_of_the_largest_numbers_fit() -> None:
    # All that is stored is at its largest: 63 with scales of 127 or 63, and activations of -127.
    row6 = (b"\xff" * 128 + b"\xff" * 64 + b"\x7f" * 16 + np.float16(1).tobytes()) * 2
    row4 = (np.float16(1).tobytes() + np.float16(1).tobytes() + b"\xff" * 12 + b"\xff" * 128) * 2
    activations = in_integers(np.full(2 * BLOCK, -1, np.float32), "quantize_row_q8_K_ref")
    for name, row in (("q4_K", row4), ("q6_K", row6)):
        expected = product(f"ggml_vec_dot_{name}_q8_K_generic", 2 * BLOCK, row, activations)
        assert product(f"ggml_vec_dot_{name}_q8_K", 2 * BLOCK, row, activations) == pytest.approx(expected, rel=1e-6)


@x86
def test_activations_become_the_same_integers_as_in_ggml() -> None:
    random = np.random.default_rng(7)
    plain = random.normal(0, 1, 40 * BLOCK).astype(np.float32)
    tied = np.tile(np.float32([0.5, -1.5, 1.5, -0.25]), BLOCK)
    between = (np.arange(4 * BLOCK, dtype=np.float32) % 255 - 127) / 2
    tiny = np.full(BLOCK, 1e-38, np.float32)
    for values in (plain, plain**5, tied, -tied, between, tiny):
        assert in_integers(values, "quantize_row_q8_K") == in_integers(values, "quantize_row_q8_K_ref")


@x86
def test_a_block_of_zeros_is_nothing() -> None:
    nothing = in_integers(np.zeros(BLOCK, np.float32), "quantize_row_q8_K")
    row = weights(np.ones(BLOCK, np.float32), Q4_K)
    assert product("ggml_vec_dot_q4_K_q8_K", BLOCK, row, nothing) == 0
