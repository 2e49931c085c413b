"""Reads the document that is next while this one is embedded, so that neither the parser nor the embedder waits.

Only one document is read ahead, by a process as confined as any parser, and only to be taken up when its turn comes:
until then nothing of it is written down but what OCR keeps anyway, and its job is untouched.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor, wait
from pathlib import Path
from threading import Event
from typing import Any

from ingest.document import ParsedDocument
from ingest.errors import ParseStopped
from ingest.pause import Either, Signal

Parse = Callable[..., ParsedDocument]
Progress = Callable[[int, int], None]

# So often whoever waits for a reading is told how far it is.
_LOOK_SECONDS = 0.1


class Ahead:
    """Stands for `parse` in the steps of ingestion. One thread at a time may use it.

    Whenever a document was read, `then` is called: it may `begin` the next one. `halt` ends what is read ahead, too.
    """

    def __init__(self, parse: Parse, halt: Signal, then: Callable[[], None]) -> None:
        self._parse = parse
        self._halt = halt
        self._then = then
        self._reader = ThreadPoolExecutor(max_workers=1, thread_name_prefix="read ahead")
        self._reading: _Reading | None = None

    def __call__(self, path: Path, name: str, **options: Any) -> ParsedDocument:
        """See `ingest.parse.parse`. What was read ahead is used for this file under this name, without a password."""
        parsed = None
        if self._reading is not None and self._reading.of == (path, name) and options.get("password") is None:
            reading, self._reading = self._reading, None
            parsed = reading.result(options.get("progress"))
        self.drop()
        if parsed is None:
            parsed = self._parse(path, name, **options)
        self._then()
        return parsed

    def begin(self, path: Path, name: str, **options: Any) -> None:
        """Read a file ahead, instead of what was. Takes what `parse` takes but progress and stop; returns at once."""
        self.drop()
        self._reading = _Reading(self._reader, self._parse, self._halt, path, name, options)

    def drop(self) -> None:
        """End what is being read ahead, and forget it. Does nothing where nothing is."""
        if self._reading is not None:
            self._reading.end()
            self._reading = None


class _Reading:
    """One file being read by another thread."""

    def __init__(
        self, reader: Executor, parse: Parse, halt: Signal, path: Path, name: str, options: dict[str, Any]
    ) -> None:
        self.of = path, name
        self._stop = Event()
        self._progress = (0, 0)
        stop = Either(self._stop, halt)
        self._found = reader.submit(parse, path, name, progress=self._note, stop=stop, **options)

    def result(self, progress: Progress | None) -> ParsedDocument | None:
        """Wait for the end, telling how far it is. Raises what the parser raised; None if it was stopped."""
        told = (0, 0)
        while wait([self._found], _LOOK_SECONDS).not_done:
            if progress is not None and self._progress != told:
                told = self._progress
                progress(*told)
        try:
            return self._found.result()
        except ParseStopped:
            return None

    def end(self) -> None:
        """Stop it and wait until its process is gone."""
        self._stop.set()
        wait([self._found])

    def _note(self, done: int, total: int) -> None:
        self._progress = (done, total)
