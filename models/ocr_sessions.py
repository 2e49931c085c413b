"""The networks of OCR: files inside the package rapidocr, run by ONNX Runtime without importing that package."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from hashlib import blake2b
from importlib.util import find_spec
from pathlib import Path
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from models.errors import OcrUnavailable
from models.offline import stay_offline
from models.onnx_errors import runtime_errors
from models.reasons import because

Tensor = NDArray[np.float32]

DETECTION = "PP-OCRv6_det_small.onnx"
RECOGNITION = "PP-OCRv6_rec_small.onnx"


def network_folder() -> Path:
    """Where the package keeps its networks. Raises OcrUnavailable."""
    # The package itself would fetch what it misses; its files are all we want of it.
    found = find_spec("rapidocr")
    if found is None or not found.submodule_search_locations:
        raise OcrUnavailable(reason=because("ocr-not-installed"))
    return Path(found.submodule_search_locations[0]) / "models"


class Network:
    """One network, computing on one core for each thread that calls it."""

    def __init__(self, path: Path, *, large: bool = False) -> None:
        """Load it. Raises OcrUnavailable.

        What memory a run took is kept for the next one, more and more of it where sizes differ. A network whose runs
        are `large`, of a good part of a second and 150 MB, gives it back, and has one run at a time: the other threads
        have lines to read meanwhile.
        """
        stay_offline()
        import onnxruntime

        if not path.is_file():
            raise OcrUnavailable(reason=because("file-missing", file=path.name))
        options = onnxruntime.SessionOptions()
        # Two threads in two calls are as fast as two in one, and never wait for each other.
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 4
        try:
            self._session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        except runtime_errors() as error:
            raise OcrUnavailable(reason=because("network-unloadable", file=path.name, error=error)) from error
        self._name, self._input = path.name, self._session.get_inputs()[0].name
        self._run_options = onnxruntime.RunOptions()
        self._turn: AbstractContextManager[object] = Lock() if large else nullcontext()
        if large:
            self._run_options.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")

    def metadata(self, key: str) -> str:
        """What the file says about itself. Raises OcrUnavailable where it is silent."""
        found: dict[str, str] = self._session.get_modelmeta().custom_metadata_map
        if key not in found:
            raise OcrUnavailable(reason=because("file-without-key", file=self._name, key=key))
        return found[key]

    def run(self, image: NDArray[np.uint8]) -> Tensor:
        """The first output for an image (height, width, 3). Raises OcrUnavailable."""
        batch = np.empty((1, 3, *image.shape[:2]), np.float32)
        np.subtract(image.transpose(2, 0, 1), 127.5, out=batch[0], dtype=np.float32)
        batch /= 127.5
        try:
            with self._turn:
                output: Tensor = self._session.run(None, {self._input: batch}, self._run_options)[0][0]
        except runtime_errors() as error:
            raise OcrUnavailable(reason=because("network-failed", file=self._name, error=error)) from error
        return output


def fingerprint_of(version: int, *networks: Path) -> str:
    """A short hash of what lines depend on: the networks, what computes them, and the version of the code around."""
    import onnxruntime

    digest = blake2b(f"{version} {onnxruntime.__version__}".encode("ascii"), digest_size=8)
    for path in networks:
        digest.update(path.read_bytes())
    return digest.hexdigest()
