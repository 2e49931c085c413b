"""A sentence-transformers folder of the BERT family, read without any deep-learning library.

BERT, RoBERTa and XLM-RoBERTa share one shape, and so do M3E, text2vec, BGE and E5, which are built on them. What has
another shape is left to sentence-transformers.
"""

from __future__ import annotations

import json
import mmap
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from models.base import Vectors
from models.catalog import Prompts
from models.errors import Cause
from models.reasons import because, quoted
from models.token_ids import LibraryTokens

# These families number positions from past the padding token.
OFFSET_POSITIONS = {"roberta", "xlm-roberta", "camembert"}
TOKENIZER = "tokenizer.json"
_FAMILIES = {"bert", *OFFSET_POSITIONS}
_TYPES: dict[str, np.dtype[Any]] = {"F32": np.dtype("<f4"), "F16": np.dtype("<f2")}
_WORDS = "embeddings.word_embeddings.weight"


class OtherShape(Cause):
    """The folder holds something else than an encoder of the BERT family. Says what."""


@dataclass(frozen=True)
class EncoderFiles:
    """What the files of an encoder say: sizes, how it pools, what stands before texts, and its tensors.

    `first_position` is the row of the position table for the first token. Tensors are mapped, not read: of the table
    of words, the largest by far, only `rows` are read that texts have.
    """

    folder: Path
    dimensions: int
    layers: int
    heads: int
    epsilon: float
    pad: int
    first_position: int
    max_tokens: int
    pooling: str
    prompts: Prompts | None
    _tensors: dict[str, NDArray[Any]] = field(repr=False)

    def tensor(self, name: str) -> Vectors:
        """A tensor by the end of its name, as float32. Raises OtherShape if the files lack it."""
        return np.asarray(self._mapped(name), dtype=np.float32)

    def rows(self, name: str, which: NDArray[np.int64]) -> Vectors:
        """Rows of a tensor as float32, shape (*which.shape, columns). Raises OtherShape if the files lack it.

        What was mapped for that is let go. With each row Linux maps sixteen pages of memory: after a thousand pages of
        Chinese that was nearly all of a table of 384 MB.
        """
        table = self._mapped(name)
        found: Vectors = table[which].astype(np.float32)
        file: Any = table.base
        file.madvise(mmap.MADV_DONTNEED)
        return found

    def _mapped(self, name: str) -> NDArray[Any]:
        if name not in self._tensors:
            raise OtherShape(because("weight-lacking", name=name))
        return self._tensors[name]

    @cached_property
    def tokens(self) -> LibraryTokens:
        """As the library reads them. Loaded once: one of 250,000 words takes 300 MB, and half a second.

        Raises OtherShape if it does not put one token before a text and one behind it.
        """
        tokenizer = Tokenizer.from_file(str(self.folder / TOKENIZER))
        if tokenizer.num_special_tokens_to_add(is_pair=False) != 2:
            raise OtherShape(because("tokens-around"))
        return LibraryTokens(tokenizer)


def read_encoder(folder: Path) -> EncoderFiles:
    """Raises OtherShape for what is not wholly understood, or not there."""
    try:
        return _read(folder)
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        raise OtherShape(quoted(f"{type(error).__name__}: {error}")) from error


def _read(folder: Path) -> EncoderFiles:
    config = _json(folder / "config.json")
    family, act = config["model_type"], config.get("hidden_act", "gelu")
    positions = config.get("position_embedding_type", "absolute")
    if family not in _FAMILIES or act != "gelu" or positions != "absolute":
        raise OtherShape(because("family-other", family=family, activation=act, positions=positions))
    pad = int(config.get("pad_token_id") or 0)
    first = pad + 1 if family in OFFSET_POSITIONS else 0
    own = _json(folder / "sentence_bert_config.json")
    if own.get("do_lower_case"):
        raise OtherShape(because("lower-cases"))
    if not (folder / TOKENIZER).is_file():
        raise OtherShape(because("no-tokenizer"))
    tensors = _named(_mapped(folder))
    return EncoderFiles(
        folder,
        dimensions=int(config["hidden_size"]),
        layers=int(config["num_hidden_layers"]),
        heads=int(config["num_attention_heads"]),
        epsilon=float(config.get("layer_norm_eps", 1e-12)),
        pad=pad,
        first_position=first,
        max_tokens=min(_longest(own, folder), int(config["max_position_embeddings"]) - first),
        pooling=_pooling(folder),
        prompts=_prompts(folder),
        _tensors=tensors,
    )


def _longest(own: dict[str, Any], folder: Path) -> int:
    """How many tokens the folder asks for. Since release 5 sentence-transformers leaves that to the tokenizer."""
    if own.get("max_seq_length") is not None:
        return int(own["max_seq_length"])
    return int(_json(folder / "tokenizer_config.json")["model_max_length"])


def _json(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


def _pooling(folder: Path) -> str:
    """mean or cls: with a step of another kind, or another way to pool, it is another shape."""
    modules = json.loads((folder / "modules.json").read_text("utf-8"))
    kinds = [module["type"].rsplit(".", 1)[-1] for module in modules]
    if kinds[:2] != ["Transformer", "Pooling"] or set(kinds[2:]) > {"Normalize"} or modules[0]["path"]:
        raise OtherShape(because("made-of", parts=", ".join(kinds)))
    config = _json(folder / modules[1]["path"] / "config.json")
    modes = [key.removeprefix("pooling_mode_") for key, on in config.items() if key.startswith("pooling_mode_") and on]
    names = {"mean_tokens": "mean", "cls_token": "cls"}
    found = [config["pooling_mode"]] if "pooling_mode" in config else [names.get(mode, mode) for mode in modes]
    if found not in (["mean"], ["cls"]) or not config.get("include_prompt", True):
        raise OtherShape(because("pools-by", ways=", ".join(found) or "-"))
    return str(found[0])


def _prompts(folder: Path) -> Prompts | None:
    path = folder / "config_sentence_transformers.json"
    known = _json(path).get("prompts") or {} if path.is_file() else {}
    query, passage = known.get("query") or "", known.get("passage") or known.get("document") or ""
    return Prompts(query, passage) if query or passage else None


def _mapped(folder: Path) -> dict[str, NDArray[Any]]:
    """The tensors of all files beside the configuration, by their whole names.

    The layout is that of safetensors: eight bytes with the length of a header in JSON, the header, the numbers.
    """
    found: dict[str, NDArray[Any]] = {}
    for path in sorted(folder.glob("*.safetensors")):
        with path.open("rb") as stream:
            size = int.from_bytes(stream.read(8), "little")
            if size > path.stat().st_size:
                raise OtherShape(because("file-damaged", file=path.name))
            header = json.loads(stream.read(size))
            file = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
        for name, about in header.items():
            if name == "__metadata__" or not about["shape"] or about["dtype"] not in _TYPES:
                continue
            start = 8 + size + about["data_offsets"][0]
            found[name] = np.ndarray(tuple(about["shape"]), _TYPES[about["dtype"]], file, start)
    return found


def _named(tensors: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Without what stands before the names of a whole network, as `bert.`; old names made new."""
    before = next((name.removesuffix(_WORDS) for name in tensors if name.endswith(_WORDS)), None)
    if before is None:
        raise OtherShape(because("weight-lacking", name=_WORDS))
    made = {}
    for name, values in tensors.items():
        if name.startswith(before):
            new = name.removeprefix(before).replace("LayerNorm.gamma", "LayerNorm.weight")
            made[new.replace("LayerNorm.beta", "LayerNorm.bias")] = values
    return made
