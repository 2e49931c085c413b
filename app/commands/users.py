"""`zhiwen users`: who has an account, and another password for somebody who forgot theirs, the owner too."""

from __future__ import annotations

import argparse
import getpass
import sys
from typing import Any

from app.auth.errors import UnknownUser
from app.auth.passwords import Passwords
from app.auth.throttle import Throttle
from app.auth.users import Users
from app.settings import load_settings
from ingest.store.catalog import Catalog
from ingest.store.lock import DataFolderLock


def register(commands: Any) -> None:
    """Add `users` to the command line."""
    parser = commands.add_parser("users", help="list accounts, set a forgotten password (with the server stopped)")
    actions = parser.add_subparsers(title="actions", required=True, metavar="ACTION")
    actions.add_parser("list", help="everybody with an account").set_defaults(run=run_list)
    password = actions.add_parser("password", help="give somebody another password")
    password.add_argument("name", help="the user's name")
    password.set_defaults(run=run_password)


def run_list(_: argparse.Namespace) -> int:
    """Print a line for each account, the owner's first."""
    folder = load_settings().data_dir
    with DataFolderLock(folder):
        catalog = Catalog(folder)
        try:
            for user in Users(catalog, Passwords()).all():
                print(f"{user.name}{' (owner)' if user.is_owner else ''}")
        finally:
            catalog.close()
    return 0


def run_password(options: argparse.Namespace) -> int:
    """Ask for a password, or read it as a line, and set it. Whoever is in by the old one, or by a key, is out."""
    folder = load_settings().data_dir
    with DataFolderLock(folder):
        catalog = Catalog(folder)
        try:
            users = Users(catalog, Passwords())
            known = users.credentials(options.name)
            if known is None:
                raise UnknownUser(id=options.name)
            users.reset_password(known.user.id, _typed(known.user.name))
            Throttle(catalog).forget(known.user.name)
        finally:
            catalog.close()
    print("The password is set.", file=sys.stderr)
    return 0


def _typed(name: str) -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    return getpass.getpass(f"New password for {name}: ")
