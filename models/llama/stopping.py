"""Stopping llama.cpp in the middle of a computation."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any


class StopSwitch:
    """Lets an event end a running `llama_decode` (on a CPU, within milliseconds).

    llama.cpp asks a C function after every node of its graph. The C library's `strlen` over a
    flag is that function: 0 until the flag holds a byte. A Python callback would have to wait
    for the interpreter's lock a thousand times a token whenever another thread is busy.
    """

    def __init__(self, lib: Any, context: Any) -> None:
        self._lib = lib
        self._context = context
        self._is_set = ctypes.cast(ctypes.CDLL(None).strlen, lib.ggml_abort_callback)
        self._flag = ctypes.create_string_buffer(2)

    @contextmanager
    def watching(self, cancel: Event) -> Iterator[None]:
        """While open, setting `cancel` ends what the context computes."""
        flag = self._flag = ctypes.create_string_buffer(2)
        self._lib.llama_set_abort_callback(self._context, self._is_set, ctypes.cast(flag, ctypes.c_void_p))
        done = Event()
        Thread(target=_watch, args=(cancel, done, flag), name="stop-watch", daemon=True).start()
        try:
            yield
        finally:
            done.set()


def _watch(cancel: Event, done: Event, flag: ctypes.Array[ctypes.c_char]) -> None:
    while not done.is_set():
        if cancel.wait(0.1):
            flag[0] = b"\x01"
            return
