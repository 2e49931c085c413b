"""No library calls home: what they ask the environment about networks is answered here."""

from __future__ import annotations

import os

ANSWERS = {
    # ONNX Runtime's wheels tell their maker of every session, also on Linux, unless this is set before they are loaded.
    "ORT_DISABLE_TELEMETRY": "1",
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
    # The first of these four that is set decides, and it takes the words of prompts and documents along.
    "LANGSMITH_TRACING_V2": "false",
    "LANGCHAIN_TRACING_V2": "false",
    "LANGSMITH_TRACING": "false",
    "LANGCHAIN_TRACING": "false",
    # Where OTEL_EXPORTER_OTLP_ENDPOINT is set, FastAPI may send it traces and logs.
    "FASTAPI_OTEL_AUTO_CONFIGURE": "false",
    "OTEL_SDK_DISABLED": "true",
}


def stay_offline() -> None:
    """Answer for this process and those that it starts, whatever a person set. To be called before libraries load.

    Weights that a person asks for are fetched without these libraries, and so are not held up.
    """
    os.environ.update(ANSWERS)
