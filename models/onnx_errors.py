"""What ONNX Runtime raises: classes without a root of their own."""

from __future__ import annotations

from typing import Any


def runtime_errors() -> tuple[type[Exception], ...]:
    """All that a network can be at fault for, when it is loaded and when it runs."""
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    kinds: list[Any] = [
        state.Fail,
        state.InvalidGraph,
        state.InvalidProtobuf,
        state.InvalidArgument,
        state.NoSuchFile,
        state.NotImplemented,
        state.RuntimeException,
    ]
    return tuple(kinds)
