"""`zhiwen backup` and `zhiwen restore`: everything that cannot be made again, in one file."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any

from app import __version__
from app.settings import load_settings
from ingest.store.backup import back_up
from ingest.store.restore import restore


def register(commands: Any) -> None:
    """Add both to the command line."""
    parser = commands.add_parser("backup", help="write bases, documents and conversations into one file")
    parser.add_argument("file", metavar="FILE", type=Path, help="the backup, a ZIP file that is not there yet")
    parser.set_defaults(run=run_backup)
    parser = commands.add_parser("restore", help="make a data folder of a backup")
    parser.add_argument("file", metavar="FILE", type=Path)
    parser.add_argument("--replace", action="store_true", help="move what the data folder holds now beside it")
    parser.set_defaults(run=run_restore)


def run_backup(options: argparse.Namespace) -> int:
    """Also while the server runs. 1 if an original is lost: the rest is in the backup."""
    done = back_up(load_settings().data_dir, options.file, __version__)
    print(f"{done.path}: {done.documents} documents, {done.originals} originals, {done.size / 1e6:.1f} MB.")
    for name in done.lost:
        print(f"zhiwen: the original of {name} is lost or damaged; its text is in the backup.", file=sys.stderr)
    return int(bool(done.lost))


def run_restore(options: argparse.Namespace) -> int:
    """Refused while a server uses the data folder."""
    done = restore(options.file, load_settings().data_dir, over=options.replace)
    written = time.strftime("%Y-%m-%d %H:%M", time.localtime(done.written_at))
    print(f"{done.folder}: {done.documents} documents and {done.originals} originals as they were at {written}.")
    if done.before is not None:
        print(f"What was there before is in {done.before}.")
    return 0
