"""Which network an embedder computes with: on a GPU that has room, else on the processor in the fastest form."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from models.embed_forms import Measured, fastest, remember, remembered, timed
from models.encoder import Encoder, Form
from models.encoder_child import make_apart, time_bfloat16
from models.encoder_files import EncoderFiles, OtherShape, read_encoder
from models.encoder_int8 import Int8Encoder, Made, MadeFile
from models.errors import GpuMemoryShort, WeightsUnusable
from models.local_transformers import TORCH, Torch, load_where_it_fits
from models.memo import Memo
from models.reasons import Reason, because
from models.sample_texts import SAMPLE
from models.threads import has_bfloat16_matrices, has_bfloat16_products

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Choice:
    """What is wanted of the network in `folder`, as `SentenceTransformersEmbedder` is told it.

    `fingerprint` is that of the vectors that a network, or the files of one, will give. `products` and `matrices` tell
    what this processor has of bfloat16, `make` and `time_bfloat16` are those of `encoder_child`.
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
    products: Callable[[], bool] = has_bfloat16_products
    matrices: Callable[[], bool] = has_bfloat16_matrices
    make: Callable[[Path, int], tuple[Made, Measured]] = make_apart
    time_bfloat16: Callable[[Path, int], tuple[Measured, float]] = time_bfloat16

    def network(self) -> Encoder:
        """On the device that is wanted; with auto, on the processor where a GPU does not take it.

        Raises WeightsUnusable, GpuMemoryShort.
        """
        # Torch is not asked then: it takes seconds to import, and has a GPU of AMD's at most.
        if self.device == "auto" and not self.torch.may_have_gpu() and (found := self._without_torch()) is not None:
            return found
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
        found = self._without_torch() if device == "cpu" else None
        return found or self._by_torch(device, self.form)

    def _without_torch(self) -> Encoder | None:
        """On the processor in the form that was measured; None where another is wanted, or torch alone can.

        Raises WeightsUnusable for what cannot compute in integers, if these are wanted.
        """
        if self.form not in ("auto", "int8"):
            return None
        try:
            return self._measured(read_encoder(self.folder))
        except OtherShape as why:
            if self.form == "int8":
                raise WeightsUnusable(path=self.folder, reason=because("no-integers", error=why)) from why
            _log.debug("%s is left to sentence-transformers: %s", self.name, why)
            return None

    def _by_torch(self, device: str, form: Literal["auto"] | Form) -> Encoder:
        from models.encoder_torch import TorchEncoder

        network = TorchEncoder(self.folder, device, self.threads, self.torch.build)
        if device == "cpu" and form != "int8":
            network.take_form(form, self.memo, f"embedder {self.fingerprint(network)}", self.name)
        return network

    def _measured(self, files: EncoderFiles) -> Encoder:
        """The network in integers, unless that was measured to be no gain, not to find the same, or not the fastest.

        Raises OtherShape.
        """
        name = self.fingerprint(files)
        # Beside float32 alone where integers are wanted whatever else there is.
        key = f"{'fastest' if self.form == 'auto' else 'int8'} {name}"
        file = MadeFile(self.made, name) if self.made is not None else None
        known = remembered(self.memo, key)
        if self.form == "auto" and known is not None and known.form != "int8":
            return self._by_torch("cpu", known.form)
        made = file.read() if file is not None else None
        if made is not None and known is not None:
            return Int8Encoder(files, made, self.threads)
        made, known = self.make(files.folder, self.threads)
        network = Int8Encoder(files, made, self.threads)
        if self.form == "auto" and self._rivalled(known):
            known = self._beside_bfloat16(network, known)
        remember(self.memo, key, known)
        _log.info("%s is fastest in %s on this processor: %s", self.name, known.form, known)
        if known.form != "int8":
            if self.form == "auto":
                return self._by_torch("cpu", known.form)
            _log.warning(
                "%s computes in integers, as told, and is further from float32 than it may be: %s", self.name, known
            )
        if file is not None:
            file.write(made)
        return network

    def _rivalled(self, integers: Measured) -> bool:
        """Whether bfloat16 may be faster here than what integers come to: measuring it takes eight seconds."""
        # Where both are multiplied in vectors, twice as many integers go to one.
        return self.matrices() if integers.form == "int8" else self.products()

    def _beside_bfloat16(self, network: Encoder, integers: Measured) -> Measured:
        """The one to take, of integers as they were measured beside float32, and of bfloat16."""
        try:
            half, seconds = self.time_bfloat16(self.folder, self.threads)
        except OtherShape as why:
            _log.info("%s was not measured in bfloat16: %s", self.name, why)
            return integers
        _, own = timed(lambda: network.encode(SAMPLE)[0], time.perf_counter)
        return fastest(integers, half, own / seconds)
