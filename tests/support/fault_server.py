"""The server as `zhiwen serve` runs it, with models that need no weights: `python -m tests.support.fault_server`.

It reads its settings from the environment, takes documents in by the real parsers, and is there to be killed. Its clock
is wrong by the seconds in the file that FAULT_CLOCK names, if any. Every three characters of an answer take it
FAULT_SLOWNESS seconds. The embedder called "other" is another one than that of every other name; each takes
FAULT_EMBED_SECONDS for the passages that it is given at once.
"""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

if "FAULT_CLOCK" in os.environ:
    # Before anything else has it.
    _true, _wrong_by = time.time, Path(os.environ["FAULT_CLOCK"])
    time.time = lambda: _true() + float(_wrong_by.read_text())

from app.bootstrap import bootstrap
from app.commands.serve import address, listen, serve
from app.settings import load_settings
from models.base import Embedded, Step
from models.errors import Explained
from models.threads import share_cores
from tests.support.fakes import HashEmbedder
from tests.support.scripted_llm import ScriptedLLM


class SlowEmbedder(HashEmbedder):
    """Takes its time over passages, so that there are moments in the middle of a move."""

    def embed_passages(self, texts: Sequence[str], step: Step = lambda _: None) -> Embedded:
        time.sleep(float(os.environ.get("FAULT_EMBED_SECONDS", "0")))
        return super().embed_passages(texts, step)


def main() -> int:
    """Serve until told to end; 1, with a sentence, when the data folder cannot be used."""
    share_cores()
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    settings, slowness = load_settings(), float(os.environ.get("FAULT_SLOWNESS", "0"))
    with listen(settings) as listener:
        try:
            services = bootstrap(
                settings,
                url=address(settings),
                embedder=lambda: SlowEmbedder(128 if settings.embedder == "other" else 64),
                llm=lambda: ScriptedLLM({"": "营业收入为三百元。"}, seconds=slowness),
            )
        except Explained as error:
            print(f"{error.code}: {error}", file=sys.stderr)
            return 1
        try:
            serve(services, listener)
        finally:
            services.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
