"""Texts to tokens and back, in a model's own vocabulary."""

from __future__ import annotations

import ctypes
from threading import Lock
from typing import Any

_UNKNOWN, _CONTROL, _USER_DEFINED = 1 << 0, 1 << 3, 1 << 4


class Vocabulary:
    """The tokenizer inside a loaded model. Any thread may count with it; after `close` it says so."""

    def __init__(self, lib: Any, model: Any) -> None:
        self._lib = lib
        self._lock = Lock()
        self._open = True
        self._vocab = lib.llama_model_get_vocab(model)
        self.size = int(lib.llama_vocab_n_tokens(self._vocab))
        self.bos = int(lib.llama_vocab_bos(self._vocab))
        self.eos = int(lib.llama_vocab_eos(self._vocab))
        self.adds_bos = self.bos >= 0 and bool(lib.llama_vocab_get_add_bos(self._vocab))

    def tokens(self, text: str, *, special: bool = False) -> list[int]:
        """Tokens of a text. Only with `special` do control tokens' names become control tokens."""
        data = text.encode("utf-8", "replace")
        room = len(data) + 8
        with self._lock:
            if not self._open:
                raise RuntimeError("the model is closed")
            tokens = (ctypes.c_int32 * room)()
            count = self._lib.llama_tokenize(self._vocab, data, len(data), tokens, room, False, special)
            if count < 0:
                tokens = (ctypes.c_int32 * -count)()
                count = self._lib.llama_tokenize(self._vocab, data, len(data), tokens, -count, False, special)
        return tokens[:count]

    def close(self) -> None:
        """Wait for a text that is being counted; the model may be freed then."""
        with self._lock:
            self._open = False

    def piece(self, token: int) -> bytes:
        """The bytes of a token: not always whole characters; empty for a control token."""
        buffer = ctypes.create_string_buffer(64)
        size = self._lib.llama_token_to_piece(self._vocab, token, buffer, 64, 0, False)
        if size < 0:
            buffer = ctypes.create_string_buffer(-size)
            size = self._lib.llama_token_to_piece(self._vocab, token, buffer, -size, 0, False)
        return buffer.raw[:size]

    def text(self, token: int) -> str:
        """A token as the vocabulary spells it, control tokens too; empty for no token."""
        return self._lib.llama_vocab_get_text(self._vocab, token).decode("utf-8", "replace") if token >= 0 else ""

    def ends(self, token: int) -> bool:
        """Whether a token ends an answer."""
        return bool(self._lib.llama_vocab_is_eog(self._vocab, token))

    def is_special(self, token: int) -> bool:
        """Whether a token is structure and not text: control, unknown, or added by the model's makers."""
        attributes = self._lib.llama_vocab_get_attr(self._vocab, token)
        return bool(attributes & (_UNKNOWN | _CONTROL | _USER_DEFINED))
