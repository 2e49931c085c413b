"""Language models in GGUF files, run by llama.cpp in this process."""

from __future__ import annotations

from models.llama.library import llama_version, offload_available
from models.llama.loading import ModelFacts
from models.llama.model import LlamaModel

__all__ = ["LlamaModel", "ModelFacts", "llama_version", "offload_available"]
