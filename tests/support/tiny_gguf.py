"""Tiny language models with random weights, in the architectures of the Chinese world."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

# The last one is recurrent: it cannot forget a part of what it has read.
ARCHITECTURES = ("llama", "qwen2", "chatglm", "baichuan", "internlm2", "bloom", "mamba")
BYTE_LEVEL = ("qwen2", "bloom", "mamba")

WIDTH, HEADS, LAYERS, INNER = 64, 4, 2, 128
# Of mamba: states of a channel, rank of its time step, tokens that its convolution sees.
STATES, RANK, SEEN = 16, 4, 4
CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
CONTROL = ("<|im_start|>", "<|im_end|>", "[gMASK]", "sop", "<|system|>", "<|user|>", "<|assistant|>")
USER_DEFINED = ("<reserved_106>", "<reserved_107>")
WORDS = tuple("知文的是一了不在有人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子")


def write_gguf(
    path: Path,
    architecture: str,
    *,
    template: str | None = CHATML,
    context: int = 2048,
    heads: int = HEADS,
    seed: int = 1,
) -> Path:
    """Write a model of about 0.5 MB.

    Its vocabulary is byte-level BPE for qwen2 and bloom, SentencePiece with byte tokens for the
    others; both know CONTROL and USER_DEFINED.
    """
    import gguf

    writer = gguf.GGUFWriter(path, architecture)
    size = _add_vocabulary(writer, architecture in BYTE_LEVEL)
    if template is not None:
        writer.add_chat_template(template)
    writer.add_context_length(context)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(INNER)
    if architecture == "mamba":
        writer.add_ssm_conv_kernel(SEEN)
        writer.add_ssm_inner_size(INNER)
        writer.add_ssm_state_size(STATES)
        writer.add_ssm_time_step_rank(RANK)
    else:
        writer.add_head_count(heads)
        writer.add_head_count_kv(heads)
    writer.add_layer_norm_eps(1e-5)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(WIDTH // heads // (2 if architecture == "chatglm" else 1))
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    for name, tensor in _tensors(architecture, size, np.random.default_rng(seed)).items():
        writer.add_tensor(name, tensor)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _add_vocabulary(writer: Any, byte_level: bool) -> int:
    from gguf import TokenType

    if byte_level:
        plain = [(spelled, TokenType.NORMAL) for spelled in _byte_spellings()]
        kept = [("<unk>", TokenType.UNKNOWN), ("<s>", TokenType.CONTROL), ("</s>", TokenType.CONTROL)]
    else:
        plain = [(f"<0x{byte:02X}>", TokenType.BYTE) for byte in range(256)]
        plain += [(word, TokenType.NORMAL) for word in ("▁", *WORDS)]
        kept = [("<unk>", TokenType.UNKNOWN), ("<s>", TokenType.CONTROL), ("</s>", TokenType.CONTROL)]
    named = [(name, TokenType.CONTROL) for name in CONTROL]
    named += [(name, TokenType.USER_DEFINED) for name in USER_DEFINED]
    tokens = kept + plain + named
    writer.add_tokenizer_model("gpt2" if byte_level else "llama")
    if byte_level:
        writer.add_tokenizer_pre("qwen2")
        spelled = _byte_spellings()
        writer.add_token_merges([f"{spelled[0xE7]} {spelled[0x9F]}"])
        tokens.append((spelled[0xE7] + spelled[0x9F], TokenType.NORMAL))
    else:
        writer.add_token_scores([-float(at) for at in range(len(tokens))])
    writer.add_token_list([text for text, _ in tokens])
    writer.add_token_types([kind for _, kind in tokens])
    writer.add_unk_token_id(0)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_add_bos_token(not byte_level)
    writer.add_vocab_size(len(tokens))
    return len(tokens)


def _byte_spellings() -> list[str]:
    """GPT-2's printable stand-in for every byte, by byte."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    spare = iter(range(0x100, 0x200))
    return [chr(byte) if byte in printable else chr(next(spare)) for byte in range(256)]


def _tensors(architecture: str, size: int, random: np.random.Generator) -> dict[str, NDArray[np.float32]]:
    def weights(*shape: int) -> NDArray[np.float32]:
        return random.normal(0, 0.4, shape).astype(np.float32)

    def ones() -> NDArray[np.float32]:
        return np.ones(WIDTH, np.float32)

    if architecture == "mamba":
        return _recurrent(weights, ones(), size)
    tensors = {"token_embd.weight": weights(size, WIDTH), "output.weight": weights(size, WIDTH)}
    norms = ["output_norm"]
    fused = architecture in ("chatglm", "bloom")
    if architecture == "bloom":
        norms.append("token_embd_norm")
    for layer in range(LAYERS):
        block = f"blk.{layer}."
        norms += [block + "attn_norm", block + "ffn_norm"]
        tensors[block + "attn_output.weight"] = weights(WIDTH, WIDTH)
        tensors[block + "ffn_down.weight"] = weights(WIDTH, INNER)
        if fused:
            tensors[block + "attn_qkv.weight"] = weights(3 * WIDTH, WIDTH)
            tensors[block + "attn_qkv.bias"] = weights(3 * WIDTH)
        for part in () if fused else ("attn_q", "attn_k", "attn_v"):
            tensors[f"{block}{part}.weight"] = weights(WIDTH, WIDTH)
            if architecture == "qwen2":
                tensors[f"{block}{part}.bias"] = weights(WIDTH)
        # ChatGLM keeps gate and up in one tensor.
        tensors[block + "ffn_up.weight"] = weights(2 * INNER if architecture == "chatglm" else INNER, WIDTH)
        if not fused:
            tensors[block + "ffn_gate.weight"] = weights(INNER, WIDTH)
        if architecture == "bloom":
            tensors[block + "attn_output.bias"] = weights(WIDTH)
            tensors[block + "ffn_down.bias"] = weights(WIDTH)
            tensors[block + "ffn_up.bias"] = weights(INNER)
    for norm in norms:
        tensors[norm + ".weight"] = ones()
        if architecture == "bloom":
            tensors[norm + ".bias"] = 0 * ones()
    return tensors


def _recurrent(
    weights: Callable[..., NDArray[np.float32]], ones: NDArray[np.float32], size: int
) -> dict[str, NDArray[np.float32]]:
    tensors = {"token_embd.weight": weights(size, WIDTH), "output.weight": weights(size, WIDTH)}
    tensors["output_norm.weight"] = ones
    for layer in range(LAYERS):
        block = f"blk.{layer}."
        tensors[block + "attn_norm.weight"] = ones
        tensors[block + "ssm_in.weight"] = weights(2 * INNER, WIDTH)
        tensors[block + "ssm_conv1d.weight"] = weights(INNER, SEEN)
        tensors[block + "ssm_conv1d.bias"] = weights(INNER)
        tensors[block + "ssm_x.weight"] = weights(RANK + 2 * STATES, INNER)
        tensors[block + "ssm_dt.weight"] = weights(INNER, RANK)
        tensors[block + "ssm_dt.bias"] = weights(INNER)
        # What was read fades, and never grows.
        tensors[block + "ssm_a"] = -np.exp(weights(INNER, STATES))
        tensors[block + "ssm_d"] = weights(INNER)
        tensors[block + "ssm_out.weight"] = weights(WIDTH, INNER)
    return tensors
