"""multilingual-e5-small from its quantised file ("E5S1") to an ordinary sentence-transformers folder.

The weights are written as float32, which holds every dequantised value exactly and which a CPU
loads without conversion; as float16 they would be half the size, but rounded, and
`SentenceTransformer(folder)` would compute in float16. All bytes written are the same on every
machine, so that their checksums can be compared.
"""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np

from models.e5s1 import Array, E5File, Header, parse
from models.errors import WeightsUnusable
from models.reasons import because

_LAYER_NAMES = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
_EMBEDDING_NAMES = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}
# Characters that the file's map deletes or turns into a space, where NFKC would keep them.
_DELETED = "[\\x01-\\x08\\x0b\\x0e-\\x1f\\x7f\\x8f\\x9f]"
_SPACES = "[\\t\\n\\x0c\\r\\x{1680}\\x{200b}-\\x{200f}\\x{2028}\\x{2029}\\x{2581}\\x{feff}\\x{fffd}]"
# The model's vocabulary has the full-width tilde, which NFKC would fold: it passes as a noncharacter.
_TILDE, _STAND_IN = "\uff5e", "\ufdd0"


def convert(source: Path, folder: Path) -> None:
    """Write the model in the E5S1 file `source` as a sentence-transformers folder.

    Raises WeightsUnusable when the file is not one, or is cut short.
    """
    try:
        parsed = parse(source.read_bytes())
        tensors = dict(sorted(_named_tensors(parsed).items()))
    except (struct.error, ValueError, KeyError) as error:
        raise WeightsUnusable(path=source, reason=because("no-e5s1", error=error)) from error
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in _configuration(parsed.header).items():
        _write_json(folder / name, content)
    _write_json(folder / "tokenizer.json", _tokenizer(parsed), indent=None)
    _save_tensors(tensors, folder / "model.safetensors")


def _named_tensors(parsed: E5File) -> dict[str, Array]:
    header, flat = parsed.header, parsed.tensors
    tensors = {ours: flat[theirs] for theirs, ours in _EMBEDDING_NAMES.items()}
    for layer in range(header.layers):
        for short, name in _LAYER_NAMES.items():
            tensors[f"encoder.layer.{layer}.{name}.weight"] = flat[f"l{layer}.{short}.w"]
            tensors[f"encoder.layer.{layer}.{name}.bias"] = flat[f"l{layer}.{short}.b"]
    # The file leaves out the pooler, which a sentence vector does not use; without one, loading warns.
    tensors["pooler.dense.weight"] = np.zeros(header.hidden * header.hidden, np.float32)
    tensors["pooler.dense.bias"] = np.zeros(header.hidden, np.float32)
    return {name: _shaped(name, values, header) for name, values in tensors.items()}


def _shaped(name: str, values: Array, header: Header) -> Array:
    """A weight matrix is (outputs, inputs); everything else is a vector."""
    if not name.endswith(".weight") or "LayerNorm" in name:
        return values
    inputs = header.ffn if name.endswith("output.dense.weight") and "attention" not in name else header.hidden
    return values.reshape(-1, inputs)


def _save_tensors(tensors: dict[str, Array], path: Path) -> None:
    from safetensors.numpy import save_file

    contiguous = {name: np.ascontiguousarray(values) for name, values in tensors.items()}
    save_file(contiguous, path, metadata={"format": "pt"})
    path.chmod(0o644)


def _tokenizer(parsed: E5File) -> dict[str, Any]:
    """An XLM-R unigram tokenizer as `tokenizers` writes it to JSON.

    Text is normalised, runs of spaces are folded, and each space becomes the metaspace that
    begins the next piece.
    """
    header = parsed.header
    special = {header.bos: "<s>", header.pad: "<pad>", header.eos: "</s>", header.unk: "<unk>"}
    special[header.pieces - 1] = parsed.pieces[-1]
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [_added_token(i, content) for i, content in sorted(special.items())],
        "normalizer": {"type": "Sequence", "normalizers": _normalizers()},
        "pre_tokenizer": _metaspace(),
        "post_processor": _template(header),
        "decoder": _metaspace(),
        "model": {
            "type": "Unigram",
            "unk_id": header.unk,
            "vocab": [[p, float(s)] for p, s in zip(parsed.pieces, parsed.scores, strict=True)],
            "byte_fallback": False,
        },
    }


def _normalizers() -> list[dict[str, Any]]:
    return [
        {"type": "Replace", "pattern": {"Regex": _DELETED}, "content": ""},
        {"type": "Replace", "pattern": {"Regex": _SPACES}, "content": " "},
        {"type": "Replace", "pattern": {"String": _TILDE}, "content": _STAND_IN},
        {"type": "NFKC"},
        {"type": "Replace", "pattern": {"String": _STAND_IN}, "content": _TILDE},
        {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "},
        {"type": "Strip", "strip_left": True, "strip_right": True},
    ]


def _metaspace() -> dict[str, Any]:
    return {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "always", "split": True}


def _template(header: Header) -> dict[str, Any]:
    begin = {"SpecialToken": {"id": "<s>", "type_id": 0}}
    end = {"SpecialToken": {"id": "</s>", "type_id": 0}}
    first, second = ({"Sequence": {"id": name, "type_id": 0}} for name in "AB")
    return {
        "type": "TemplateProcessing",
        "single": [begin, first, end],
        "pair": [begin, first, end, end, second, end],
        "special_tokens": {
            "<s>": {"id": "<s>", "ids": [header.bos], "tokens": ["<s>"]},
            "</s>": {"id": "</s>", "ids": [header.eos], "tokens": ["</s>"]},
        },
    }


def _added_token(number: int, content: str) -> dict[str, Any]:
    flags = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
    return {"id": number, "content": content, **flags, "special": True}


def _configuration(header: Header) -> dict[str, Any]:
    """The JSON files that tell transformers and sentence-transformers what this is."""
    return {
        "config.json": _model_config(header),
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": header.positions,
            **{"bos_token": "<s>", "eos_token": "</s>", "cls_token": "<s>", "sep_token": "</s>"},
            **{"pad_token": "<pad>", "unk_token": "<unk>", "mask_token": "<mask>"},
            "clean_up_tokenization_spaces": False,
        },
        "modules.json": [
            {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
            {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
            {"idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"},
        ],
        "1_Pooling/config.json": {
            "word_embedding_dimension": header.hidden,
            "pooling_mode_cls_token": False,
            "pooling_mode_mean_tokens": True,
            "pooling_mode_max_tokens": False,
            "pooling_mode_mean_sqrt_len_tokens": False,
        },
        "2_Normalize/config.json": {},
        "sentence_bert_config.json": {"max_seq_length": header.positions, "do_lower_case": False},
        "config_sentence_transformers.json": {
            "prompts": {"query": "query: ", "passage": "passage: ", "document": "passage: "},
            "default_prompt_name": None,
            "similarity_fn_name": "cosine",
        },
    }


def _model_config(header: Header) -> dict[str, Any]:
    return {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "hidden_size": header.hidden,
        "num_hidden_layers": header.layers,
        "num_attention_heads": header.heads,
        "intermediate_size": header.ffn,
        "hidden_act": "gelu",
        "vocab_size": header.vocab,
        "max_position_embeddings": header.positions,
        "type_vocab_size": header.types,
        "layer_norm_eps": float(f"{header.epsilon:.6g}"),
        "hidden_dropout_prob": 0.1,
        "attention_probs_dropout_prob": 0.1,
        "pad_token_id": header.pad,
        "torch_dtype": "float32",
    }


def _write_json(path: Path, content: Any, indent: int | None = 2) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, ensure_ascii=False, indent=indent), "utf-8", newline="\n")
