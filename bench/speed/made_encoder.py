"""An encoder of the size of M3E (12 layers of 768), with weights drawn at random: its speed is that of trained ones.

Trained weights of this size are not among Zhiwen's defaults. Its vocabulary are the characters of the passages that it
is measured on, which gives as many tokens of Chinese as the vocabulary of BERT does.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

_SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
_POSITIONS = 512


def made_encoder(folder: Path, texts: Iterable[str]) -> Path:
    """A sentence-transformers folder, made unless it is there."""
    if (folder / "modules.json").exists():
        return folder
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import Pooling, Transformer
    from transformers import BertConfig, BertModel, BertTokenizerFast

    folder.mkdir(parents=True, exist_ok=True)
    words = (*_SPECIAL, *sorted({char for text in texts for char in text if not char.isspace()}))
    words_file = folder / "words.txt"
    words_file.write_text("\n".join(words), "utf-8")
    torch.manual_seed(1)
    plain = folder / "plain"
    # 21,128 words: those of BERT for Chinese, which M3E has.
    BertModel(BertConfig(vocab_size=max(21128, len(words)), max_position_embeddings=_POSITIONS)).save_pretrained(plain)
    BertTokenizerFast(str(words_file), model_max_length=_POSITIONS).save_pretrained(plain)
    layers = Transformer(str(plain), max_seq_length=_POSITIONS)
    pooling = Pooling(layers.get_word_embedding_dimension(), pooling_mode="mean")
    SentenceTransformer(modules=[layers, pooling], device="cpu").save(str(folder))
    return folder
