"""Which network an embedder computes with: on a GPU that has room, else on the processor in the fastest form."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from models.embed_forms import remember, remembered
from models.encoder import Encoder, Form
from models.encoder_files import EncoderFiles, OtherShape, read_encoder
from models.errors import GpuMemoryShort, WeightsUnusable
from models.local_transformers import TORCH, Torch, load_where_it_fits
from models.memo import Memo
from models.reasons import Reason, because

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Choice:
    """What is wanted of the network in `folder`, as `SentenceTransformersEmbedder` is told it.

    `fingerprint` is that of the vectors that a network, or the files of one, will give.
    """

    folder: Path
    name: str
    fingerprint: Callable[[Encoder | EncoderFiles], str]
    device: str = "auto"
    threads: int = 0
    form: Literal["auto"] | Form = "float32"
    memo: Memo | None = None
    made: Path | None = None
    torch: Torch = TORCH

    def network(self) -> Encoder:
        """On the device that is wanted; with auto, on the processor where a GPU does not take it.

        Raises WeightsUnusable, GpuMemoryShort.
        """
        device = self.torch.choose(self.device, self.folder)
        return load_where_it_fits(self.name, self.device, device, self._on)

    def instead(self, why: Reason) -> Encoder:
        """With auto, on the processor in place of a GPU that has no room to compute. Raises WeightsUnusable, and
        GpuMemoryShort where the GPU was asked for."""
        if self.device != "auto":
            raise GpuMemoryShort(name=self.name, reason=why)
        network = self._on("cpu")
        _log.warning("%s could not compute on the GPU (%s); the processor is used.", self.name, why)
        return network

    def _on(self, device: str) -> Encoder:
        return self._on_processor() if device == "cpu" else self._by_torch(device)

    def _on_processor(self) -> Encoder:
        """In the form that is wanted; for auto in the fastest that finds the same."""
        if self.form in ("auto", "int8"):
            try:
                if (found := self._in_integers(read_encoder(self.folder))) is not None:
                    return found
            except OtherShape as why:
                if self.form == "int8":
                    raise WeightsUnusable(path=self.folder, reason=because("no-integers", error=why)) from why
                _log.debug("%s is left to sentence-transformers: %s", self.name, why)
        return self._by_torch("cpu")

    def _by_torch(self, device: str) -> Encoder:
        from models.encoder_torch import TorchEncoder

        network = TorchEncoder(self.folder, device, self.threads, self.torch.build)
        if device == "cpu" and self.form != "int8":
            network.take_form(self.form, self.memo, f"embedder {self.fingerprint(network)}", self.name)
        return network

    def _in_integers(self, files: EncoderFiles) -> Encoder | None:
        """The network in integers; None where that was measured to be no gain, or not to find the same."""
        from models.encoder_child import make_apart
        from models.encoder_int8 import Int8Encoder, MadeFile

        name = self.fingerprint(files)
        key, file = f"int8 {name}", MadeFile(self.made, name) if self.made is not None else None
        known = remembered(self.memo, key)
        if self.form == "auto" and known is not None and known.form != "int8":
            return None
        made = file.read() if file is not None else None
        if made is None or known is None:
            made, known = make_apart(files.folder, self.threads)
            remember(self.memo, key, known)
            _log.info("%s in integers: %s", self.name, known)
            if known.form != "int8":
                if self.form == "auto":
                    return None
                _log.warning(
                    "%s computes in integers, as told, and is further from float32 than it may be: %s",
                    self.name,
                    known,
                )
            if file is not None:
                file.write(made)
        return Int8Encoder(files, made, self.threads)
