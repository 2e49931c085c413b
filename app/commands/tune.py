"""`zhiwen tune`: measures once how the language model computes fastest on this machine, and keeps it."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from app.settings import Settings, load_settings
from app.shelf import NO_LLM, build_llm
from app.tuning import Tuning
from ingest.store.lock import DataFolderLock
from models.errors import Explained
from models.llama import LlamaModel
from models.llama.tune import Compared, tune
from models.llama.tuned import remember

_WIDE = 16


class NothingToTune(Explained):
    code = "nothing-to-tune"
    template = "{name} does not compute in this process: there is nothing to measure here. Name a model with --llm."


def register(commands: Any) -> None:
    """Add `tune` to the command line."""
    parser = commands.add_parser("tune", help="measure once how the language model computes fastest on this machine")
    parser.add_argument("--llm", metavar="NAME", help="another model than the one that is set: a name or a GGUF file")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Some minutes, in which nothing else should run; refused while a server uses the data folder."""
    settings = load_settings()
    name = options.llm or settings.llm
    with _own(settings), closing(_model(settings, name)) as model:
        for found in tune(model):
            if isinstance(found, Compared):
                show(found)
                continue
            remember(Tuning(settings.data_dir), model.describe().path, found)
            print(f"kept for {name}: {found.told}.")
    return 0


@contextmanager
def _own(settings: Settings) -> Iterator[None]:
    """The data folder without anybody else in it. Raises DataFolderBusy."""
    lock = DataFolderLock(settings.data_dir)
    lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _model(settings: Settings, name: str) -> LlamaModel:
    """Raises NothingToTune, ModelError."""
    model = None if name in (NO_LLM, "openai") else build_llm(settings, name)
    if not isinstance(model, LlamaModel):
        raise NothingToTune(name=name)
    return model


def show(found: Compared) -> None:
    """Print a line for each way, and below them how many tokens the others choose as the first does."""
    for way in found.ways:
        chosen = " <-" if way.name == found.taken else ""
        paces = f"reads {way.read:7.1f}, writes {way.written:6.1f} tokens/s"
        print(f"{found.what:{_WIDE}} {way.name:>5}: {paces}{chosen}", flush=True)
    counted = "of the tokens both choose the same" + (" before they part" if found.parting else "")
    for way in found.ways:
        if way.alike is not None:
            both = f"{found.ways[0].name}, {way.name}"
            print(f"{found.what:{_WIDE}} {both:>5}: {counted}: {way.alike:.1%}", flush=True)
    if found.taken not in {way.name for way in found.ways}:
        print(f"{found.what:{_WIDE}} {found.taken}", flush=True)
