"""An encoder of the BERT family run by ONNX Runtime, its products computed with 8-bit integers.

Made once from the files of a model, in some seconds, by `encoder_child`, and kept as a file. It needs neither torch
nor the libraries around it, which take seconds to import and hundreds of megabytes, and reads of the table of words,
the largest part of a multilingual model, only the rows that texts have.
"""

from __future__ import annotations

import errno
import hashlib
import logging
import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.base import Vectors
from models.catalog import Prompts
from models.embed_forms import Measured, judged, timed
from models.encoder import Form
from models.encoder_files import TOKENIZER, EncoderFiles, OtherShape
from models.memo import this_machine
from models.offline import stay_offline
from models.onnx_errors import runtime_errors
from models.reasons import because
from models.sample_texts import OTHERS, SAMPLE
from models.threads import has_integer_dot_products, physical_cores
from models.token_ids import TokenIds
from models.unigram import UnigramTokens, read_unigram, unigram_from

_log = logging.getLogger(__name__)

# A change of what `encoder_graph` makes, of how that is quantised, or of what is kept of a vocabulary, makes files of
# earlier ones useless.
_MADE_VERSION = 2
_KEPT_FILES = 3
# What stays free on the disk, in bytes: this can be made again, and what people store there cannot.
_RESERVE = 200_000_000
_WORDS = "embeddings.word_embeddings.weight"
# Where all in integers is too far from float32: what widens a state again holds the largest outliers.
_TRIED: tuple[tuple[str, ...], ...] = ((), ("narrow",))


@dataclass(frozen=True)
class Made:
    """What is made once of an encoder's files: `network`, a graph of `int8_graph`, and `words`, the vocabulary as
    `Unigram.as_bytes` has it, empty where the library reads tokenizer.json."""

    network: bytes
    words: bytes = b""

    def as_bytes(self) -> bytes:
        """As `made_from` reads it: eight bytes with the length of the network, both."""
        return len(self.network).to_bytes(8, "little") + self.network + self.words


def made_from(kept: bytes) -> Made:
    """What `Made.as_bytes` gave."""
    end = 8 + int.from_bytes(kept[:8], "little")
    return Made(kept[8:end], kept[end:])


class Int8Encoder:
    """Runs what was made of these files. Raises OtherShape if it cannot be run."""

    form: Form = "int8"
    device = "cpu"

    def __init__(self, files: EncoderFiles, made: Made, threads: int = 0) -> None:
        self._files = files
        self._tokens: TokenIds = UnigramTokens(unigram_from(made.words)) if made.words else files.tokens
        self._net = _Net(files, made.network, self._tokens, threads)
        self._bytes = len(made.network)

    @property
    def dimensions(self) -> int:
        return self._files.dimensions

    @property
    def max_tokens(self) -> int:
        return self._files.max_tokens

    @property
    def pools_by_mean(self) -> bool:
        return self._files.pooling == "mean"

    @property
    def prompts(self) -> Prompts | None:
        return self._files.prompts

    @property
    def tokens(self) -> TokenIds:
        return self._tokens

    @property
    def bytes_held(self) -> int:
        return self._bytes

    def encode(self, texts: Sequence[str]) -> tuple[Vectors, list[Vectors]]:
        return self._net.encode(texts)


def make_int8(
    files: EncoderFiles, threads: int = 0, clock: Callable[[], float] = time.perf_counter
) -> tuple[Made, Measured]:
    """The network in integers, and what was measured of it beside float32, on texts that it was not made with.

    It takes six times the memory that the network does, and leaves much of that to the process: see `encoder_child`.
    Raises OtherShape where it cannot be made.
    """
    from models.encoder_graph import int8_graph

    seen, truth, seconds = _in_float32(files, threads, clock)
    measured = Measured("float32", 0.0, 0.0)
    network = b""
    for kept_plain in _TRIED:
        network = int8_graph(files, seen, largest=_largest(), plain=kept_plain)
        net = _Net(files, network, files.tokens, threads)
        vectors, took = timed(lambda net=net: net.encode(SAMPLE)[0], clock)  # type: ignore[misc]
        measured = judged("int8", seconds / took, float((truth * vectors).sum(axis=1).min()))
        if measured.form == "int8":
            break
    return Made(network, _words(files)), measured


def _largest() -> int:
    """The largest integer of a network for this processor."""
    # Without such products a pair of large ones overflows 16 bits in between.
    return 127 if has_integer_dot_products() else 63


def _words(files: EncoderFiles) -> bytes:
    """The vocabulary in less memory, if it reads all texts here as the library does."""
    found = read_unigram(files.folder / TOKENIZER)
    texts = [*SAMPLE, *OTHERS]
    same = found is not None and UnigramTokens(found).ids(texts) == files.tokens.ids(texts)
    return found.as_bytes() if found is not None and same else b""


def _in_float32(
    files: EncoderFiles, threads: int, clock: Callable[[], float]
) -> tuple[dict[str, Vectors], Vectors, float]:
    """What the products of the network are given, by their names; its vectors of SAMPLE, and how long these took."""
    from models.encoder_graph import float_graph

    graph, names = float_graph(files)
    plain = _Net(files, graph, files.tokens, threads)
    del graph  # of which the runtime has a copy
    seen = dict(zip(names, plain.watch(OTHERS), strict=True))
    return seen, *timed(lambda: plain.encode(SAMPLE)[0], clock)


def _free(folder: Path) -> int:
    return shutil.disk_usage(folder).free


class MadeFile:
    """What was made of an encoder, in a folder: a cache, under the fingerprint of the model, the machine that it was
    made and measured on, and its own digest.

    Another machine makes its own: this one's integers may be too large for it. `machine` names it; empty, it is this.
    `free` tells how many bytes the disk of a folder has left.
    """

    def __init__(self, folder: Path, fingerprint: str, machine: str = "", free: Callable[[Path], int] = _free) -> None:
        self._folder = folder
        self._free = free
        self._fingerprint = fingerprint
        self._machine = _digest((machine or f"{this_machine()} {_largest()}").encode())

    def read(self) -> Made | None:
        """None if there is nothing of this machine, or it is damaged."""
        for path in self._folder.glob(f"{self._fingerprint}.{self._machine}.{_MADE_VERSION}.*.made"):
            try:
                kept = path.read_bytes()
            except OSError:
                continue
            if path == self._path(kept):
                return made_from(kept)
        return None

    def write(self, made: Made) -> None:
        """Keep it in place of what is of no use any more; where that cannot be, it is made anew at the next start."""
        kept = made.as_bytes()
        path = self._path(kept)
        new = path.with_suffix(".new")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            for unfinished in self._folder.glob("*.new"):
                unfinished.unlink(missing_ok=True)
            if self._free(self._folder) < len(kept) + _RESERVE:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self._folder))
            new.write_bytes(kept)
            new.rename(path)
            for useless in self._useless(path):
                useless.unlink(missing_ok=True)
        except OSError as error:
            # Half of it would fill a full disk for good.
            with suppress(OSError):
                new.unlink(missing_ok=True)
            _log.warning("what was made of an encoder is not kept, and made again at the next start: %s", error)

    def _useless(self, newest: Path) -> Iterator[Path]:
        """What was made before `newest` of the same model on the same machine, and the oldest of others."""
        ours = f"{self._fingerprint}.{self._machine}.*.made"
        # A version that named no machine had its own number in that place.
        nobodys = f"{self._fingerprint}.?.*.made"
        replaced = {*self._folder.glob(ours), *self._folder.glob(nobodys)} - {newest}
        others = set(self._folder.glob("*.made")) - replaced - {newest}
        by_age = sorted(others, key=lambda path: path.stat().st_mtime, reverse=True)
        yield from (*replaced, *by_age[_KEPT_FILES - 1 :])
        yield from self._folder.glob("*.onnx")

    def _path(self, kept: bytes) -> Path:
        return self._folder / f"{self._fingerprint}.{self._machine}.{_MADE_VERSION}.{_digest(kept)}.made"


def _digest(words: bytes) -> str:
    return hashlib.blake2b(words, digest_size=8).hexdigest()


class _Net:
    """A graph with the tables of embeddings and the tokenizer around it."""

    def __init__(self, files: EncoderFiles, network: bytes, tokens: TokenIds, threads: int) -> None:
        stay_offline()
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads or physical_cores()
        options.inter_op_num_threads = 1
        # Threads that wait spinning keep a language model off the cores: beside question after question it wrote 15
        # tokens/s, 25 without. What is embedded is embedded as fast either way.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = 4
        # One block for each shape of a batch is no faster, and 13 MB larger.
        options.enable_mem_pattern = False
        # The graph is as it is to be: the runtime would fuse the sum and the norm of each layer, and take three times
        # as long for both, which is a seventh of the pace.
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        try:
            self._session = onnxruntime.InferenceSession(network, options, providers=["CPUExecutionProvider"])
        except runtime_errors() as error:
            raise OtherShape(because("onnx-refuses", error=error)) from error
        self._states = self._session.get_outputs()[0].name
        self._files, self._tokens = files, tokens
        positions = files.tensor("embeddings.position_embeddings.weight")[files.first_position :]
        # All of a text is of type 0.
        self._places = positions + files.tensor("embeddings.token_type_embeddings.weight")[0]

    def encode(self, texts: Sequence[str]) -> tuple[Vectors, list[Vectors]]:
        """As `Encoder.encode`."""
        (states,), mask = self._run(texts, [self._states])
        lengths = mask.sum(axis=1, dtype=np.int64)
        if self._files.pooling == "cls":
            return _unit(states[:, 0]), []
        parts = [states[row, :length] for row, length in enumerate(lengths)]
        return _unit(np.stack([part.mean(axis=0) for part in parts])), parts

    def watch(self, texts: Sequence[str]) -> list[Vectors]:
        """The least and the largest value of each channel of all outputs but the states. Shapes (2, channels).

        Texts are read one by one: what all layers make of all of them takes hundreds of megabytes.
        """
        found = []
        for text in texts:
            (_, *watched), _ = self._run([text], None)
            found.append([_extremes(values[0]) for values in watched])
        return [_extremes(np.concatenate(each)) for each in zip(*found, strict=True)]

    def _run(self, texts: Sequence[str], wanted: list[str] | None) -> tuple[list[Vectors], NDArray[np.int32]]:
        rows = [self._cut(ids) for ids in self._tokens.ids(texts)]
        lengths = np.array([len(row) for row in rows])
        mask = (np.arange(lengths.max()) < lengths[:, None]).astype(np.int32)
        ids: NDArray[np.int64] = np.full(mask.shape, self._files.pad, dtype=np.int64)
        ids[mask.astype(bool)] = np.concatenate(rows)
        x = self._files.rows(_WORDS, ids) + self._places[: ids.shape[1]]
        found: list[Any] = self._session.run(wanted, {"x": x, "mask": mask})
        return found, mask

    def _cut(self, ids: list[int]) -> list[int]:
        """As many tokens as the network reads, and always the last one, which ends a text."""
        most = self._files.max_tokens
        return ids if len(ids) <= most else [*ids[: most - 1], ids[-1]]


def _extremes(values: Vectors) -> Vectors:
    """Of each channel. Shapes (tokens, channels), (2, channels)."""
    return np.stack([values.min(axis=0), values.max(axis=0)])


def _unit(vectors: Vectors) -> Vectors:
    made: Vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    return made
