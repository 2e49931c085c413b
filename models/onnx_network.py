"""Opens a network of ONNX Runtime beside others that compute: few threads, which sleep while they wait."""

from __future__ import annotations

from typing import Any

from models.offline import stay_offline


def open_network(path: str, threads: int) -> Any:
    """The `onnxruntime.InferenceSession` of a file, on the processor. Raises what `onnx_errors.runtime_errors` names.

    What a run took is given back when it ends: inputs of many sizes would keep more and more.
    """
    stay_offline()
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.enable_cpu_mem_arena = False
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
