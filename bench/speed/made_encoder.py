"""An encoder of the size of M3E (12 layers of 768) that computes what multilingual-e5-small does, twice over.

Trained weights of this size are not among Zhiwen's defaults. Weights drawn at random compute as fast, but nothing can
be told of what integers make of them. Every channel of the small encoder is doubled here, as in Net2WiderNet (Chen,
Goodfellow & Shlens, "Net2Net", ICLR 2016): the outputs are the same, but for rounding, and so is what quantisation
finds in them. Its vocabulary are the characters of the passages that it is measured on, which gives as many tokens of
Chinese as the vocabulary of BERT does.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

_SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
# 21,128 words: those of BERT for Chinese, which M3E has.
_WORDS = 21128


def made_encoder(folder: Path, texts: Iterable[str], small: Path) -> Path:
    """A sentence-transformers folder made of `small`, one of a BERT encoder, unless it is there."""
    if folder.exists():
        return folder
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import Pooling, Transformer
    from transformers import AutoModel, AutoTokenizer, BertConfig, BertModel, BertTokenizerFast

    made = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(made, ignore_errors=True)
    made.mkdir(parents=True)
    words = (*_SPECIAL, *sorted({char for text in texts for char in text if not char.isspace()}))
    (made / "words.txt").write_text("\n".join(words), "utf-8")
    narrow, tokenizer = AutoModel.from_pretrained(small), AutoTokenizer.from_pretrained(small)
    old = narrow.config
    wide = BertModel(
        BertConfig(
            vocab_size=max(_WORDS, len(words)),
            hidden_size=2 * old.hidden_size,
            num_hidden_layers=old.num_hidden_layers,
            num_attention_heads=old.num_attention_heads,
            intermediate_size=2 * old.intermediate_size,
            max_position_embeddings=old.max_position_embeddings,
            layer_norm_eps=old.layer_norm_eps,
        )
    )
    # What cannot be seen, such as a space without width, is no token there.
    known = (tokenizer.encode(word, add_special_tokens=False) or [tokenizer.unk_token_id] for word in words)
    ids = torch.tensor([tokens[-1] for tokens in known])
    wide.load_state_dict(widened(narrow.state_dict(), ids, wide.state_dict(), old.num_attention_heads), strict=False)
    plain = made / "plain"
    wide.save_pretrained(plain)
    BertTokenizerFast(str(made / "words.txt"), model_max_length=old.max_position_embeddings).save_pretrained(plain)
    layers = Transformer(str(plain), max_seq_length=old.max_position_embeddings)
    pooling = Pooling(layers.get_word_embedding_dimension(), pooling_mode="mean")
    SentenceTransformer(modules=[layers, pooling], device="cpu").save(str(made))
    made.rename(folder)
    return folder


def widened(narrow: Mapping[str, Any], ids: Any, wide: Mapping[str, Any], heads: int) -> dict[str, Any]:
    """The tensors of a BERT encoder with each channel doubled; of the table of words only the rows `ids`.

    A channel stands twice, so that what it is multiplied with is halved. The doubled channels of a head stand within
    it; attention divides by the root of a head's width, which queries make good.
    """
    import torch

    made = dict(wide)
    for name, tensor in narrow.items():
        if name not in wide:
            continue
        within = any(part in name for part in (".query.", ".key.", ".value."))
        if name.endswith("word_embeddings.weight"):
            made[name] = torch.cat([torch.cat([tensor[ids]] * 2, dim=1), wide[name][len(ids) :]])
            continue
        if name.endswith("_embeddings.weight"):
            made[name] = torch.cat([tensor] * 2, dim=1)
            continue
        doubled = _doubled(tensor, heads if within else 1, dim=0)
        if tensor.ndim == 2:
            of_heads = name.endswith("attention.output.dense.weight")
            doubled = _doubled(doubled, heads if of_heads else 1, dim=1) / 2
        made[name] = doubled * 2**-0.5 if ".query." in name else doubled
    return made


def _doubled(tensor: Any, groups: int, dim: int) -> Any:
    """Each of so many groups of channels twice, one behind the other."""
    import torch

    return torch.cat([part for part in tensor.chunk(groups, dim=dim) for part in (part, part)], dim=dim)
