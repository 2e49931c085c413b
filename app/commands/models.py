"""`zhiwen models list | pull | remove | verify`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from app.settings import Settings, load_settings
from models import installed
from models.catalog import Weights, load_catalog
from models.errors import Explained
from models.fetch import pull
from models.fetch_given import pull_from


class NothingNamed(Explained):
    code = "nothing-named"
    template = "Say which weights to pull, or --defaults. Run: zhiwen models list"


def register(commands: Any) -> None:
    """Add `models` to the command line."""
    parser = commands.add_parser("models", help="list, fetch, check and remove model weights")
    actions = parser.add_subparsers(title="actions", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="what there is and what is installed")
    listing.set_defaults(run=run_list)
    fetch = actions.add_parser("pull", help="fetch weights: a name, a path, or the address of a GGUF file")
    fetch.add_argument("names", metavar="NAME", nargs="*")
    fetch.add_argument("--defaults", action="store_true", help="the weights a fresh installation uses")
    fetch.add_argument("--as", dest="name", help="name for weights from a path or an address")
    fetch.set_defaults(run=run_pull)
    remove = actions.add_parser("remove", help="delete weights from this machine")
    remove.add_argument("name", metavar="NAME")
    remove.set_defaults(run=run_remove)
    check = actions.add_parser("verify", help="read every byte and compare with the recorded checksums")
    check.add_argument("names", metavar="NAME", nargs="*")
    check.set_defaults(run=run_verify)


def run_list(_: argparse.Namespace) -> int:
    """Print the catalogue."""
    settings = load_settings()
    for weights in (*load_catalog(), *installed.local(settings.weights_dir)):
        here = installed.is_installed(weights, settings.weights_dir)
        state = "installed" if here else "default, not installed" if weights.default else "-"
        print(f"{weights.name:32} {weights.kind:9} {_size(weights.size):>8}  {state:22} {weights.licence}")
    return 0


def run_pull(options: argparse.Namespace) -> int:
    """Fetch weights, with progress."""
    settings = load_settings()
    if not options.names and not options.defaults:
        raise NothingNamed()
    if options.defaults:
        for weights in load_catalog().defaults():
            _pull(weights, settings)
    for name in options.names:
        if _is_place(name):
            with _bar(Path(name).name) as bar:
                got = pull_from(name, settings.weights_dir, name=options.name, progress=_onto(bar))
            print(f"{got.name} is installed at {installed.location(got, settings.weights_dir)}")
        else:
            _pull(installed.find(name, settings.weights_dir), settings)
    return 0


def run_remove(options: argparse.Namespace) -> int:
    """Delete weights."""
    settings = load_settings()
    weights = installed.find(options.name, settings.weights_dir)
    removed = installed.remove(weights, settings.weights_dir)
    print(f"{weights.name} {'is removed' if removed else 'was not installed'}")
    return 0


def run_verify(options: argparse.Namespace) -> int:
    """Check weights by name, or everything installed. 1 if anything is wrong."""
    settings = load_settings()
    chosen = _chosen(options.names, settings)
    problems = 0
    for weights in chosen:
        problem = installed.verify(weights, settings.weights_dir)
        problems += problem is not None
        print(f"{weights.name}: {problem or 'whole'}")
    if not chosen:
        print("No weights are installed. Run: zhiwen models pull --defaults")
    return 1 if problems else 0


def _chosen(names: Sequence[str], settings: Settings) -> list[Weights]:
    if names:
        return [installed.find(name, settings.weights_dir) for name in names]
    every = (*load_catalog(), *installed.local(settings.weights_dir))
    return [weights for weights in every if installed.is_installed(weights, settings.weights_dir)]


def _pull(weights: Weights, settings: Settings) -> None:
    path = installed.location(weights, settings.weights_dir)
    if installed.is_installed(weights, settings.weights_dir):
        print(f"{weights.name} is installed at {path}")
        return
    print(f"Fetching {weights.name}: {_size(weights.size)}, licence {weights.licence}", flush=True)
    with _bar(weights.name) as bar:
        path = pull(weights, settings.weights_dir, progress=_onto(bar))
    print(f"{weights.name} is installed at {path}")


def _bar(name: str) -> Any:
    return tqdm(unit="B", unit_scale=True, unit_divisor=1000, desc=name, file=sys.stderr, mininterval=0.5)


def _onto(bar: Any) -> Any:
    def progress(done: int, total: int) -> None:
        bar.total = total
        bar.update(done - bar.n)

    return progress


def _is_place(name: str) -> bool:
    return "/" in name or name.startswith(".") or Path(name).exists()


def _size(size: int) -> str:
    return f"{size / 1e9:.2f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"
