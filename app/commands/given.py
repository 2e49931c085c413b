"""What commands are given: paths, and passwords that need not stand in the list of processes."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from models.errors import Explained


class NoSuchPath(Explained):
    code = "no-such-path"
    template = "There is no file or folder {path}. Check the path."


def add_password(parser: argparse.ArgumentParser) -> None:
    """Add the two ways to give the password of protected documents."""
    given = parser.add_mutually_exclusive_group()
    given.add_argument("--password", metavar="TEXT", help="password of protected documents; never stored")
    given.add_argument(
        "--password-file",
        dest="from_file",
        metavar="FILE",
        help="file whose first line is the password; - reads standard input",
    )


def password_of(options: argparse.Namespace) -> str | None:
    """The password that was given, or None. Raises NoSuchPath."""
    if options.from_file is None:
        return options.password or None
    if options.from_file == "-":
        return sys.stdin.readline().rstrip("\r\n") or None
    path = Path(options.from_file)
    if not path.is_file():
        raise NoSuchPath(path=path)
    return path.read_text(encoding="utf-8").partition("\n")[0].rstrip("\r") or None
