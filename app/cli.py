"""`zhiwen`: reads the command line and hands over to one command."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from app import __version__
from models.errors import Explained
from models.offline import stay_offline
from models.threads import share_cores

# Commands by the module of `app.commands` that has them.
COMMANDS = {
    "serve": ("serve",),
    "parse": ("parse",),
    "documents": ("ingest",),
    "questions": ("search", "ask"),
    "evaluate": ("eval",),
    "models": ("models",),
    "tune": ("tune",),
    "backup": ("backup", "restore"),
    "users": ("users",),
    "doctor": ("doctor",),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and give its exit status: 0, 1 for a failure that was explained, 2 for wrong usage."""
    stay_offline()
    share_cores()
    given = sys.argv[1:] if arguments is None else list(arguments)
    options = build_parser(next((word for word in given if not word.startswith("-")), None)).parse_args(given)
    logging.basicConfig(
        level=logging.DEBUG if options.verbose else logging.WARNING,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    try:
        status: int = options.run(options)
    except Explained as error:
        print(f"zhiwen: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Whoever read the output has seen enough; nothing more may be written, not even at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return status


def build_parser(command: str | None = None) -> argparse.ArgumentParser:
    """Every command with its options. For one that is named alone, no module of another one is imported."""
    parser = argparse.ArgumentParser(
        prog="zhiwen", description="Ask your own documents, on your own machine.", allow_abbrev=False
    )
    parser.add_argument("--version", action="version", version=f"zhiwen {__version__}")
    parser.add_argument("-v", "--verbose", action="store_true", help="log what happens")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    named = [module for module, own in COMMANDS.items() if command in own]
    for module in named or COMMANDS:
        import_module(f"app.commands.{module}").register(commands)
    return parser
