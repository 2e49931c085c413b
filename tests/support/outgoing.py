"""Whether anything tries to leave this machine: a place without a route out, and two who count the attempts.

The kernel counts those of every process in the place, in whatever language; Python names those of one process.
`python -m tests.support.outgoing FILE …` is `zhiwen …`, with the attempts of its process written to FILE.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from app.settings import ROOT
from models.loopback import is_loopback_host

_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 1
# Addresses that no route leads to, and datagrams: a name is looked up by one, on this machine or elsewhere.
_COUNTED = {"Ip: OutNoRoutes", "Udp: OutDatagrams", "Ip6OutNoRoutes", "Udp6OutDatagrams"}


def place() -> list[str]:
    """What to put before a command, so that it runs in a network namespace that has nothing but loopback.

    Empty where this machine allows none. The command has to call `raise_loopback`.
    """
    unshare = ["unshare", "-n"] if os.geteuid() == 0 else ["unshare", "-rn"]
    trial = "from tests.support.outgoing import raise_loopback; raise_loopback()"
    try:
        done = subprocess.run([*unshare, sys.executable, "-c", trial], capture_output=True, check=False, cwd=ROOT)
    except FileNotFoundError:
        return []
    return [] if done.returncode else unshare


def raise_loopback() -> None:
    """A new namespace has it, but down."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        flags = struct.unpack("16sh", fcntl.ioctl(any_socket, _SIOCGIFFLAGS, struct.pack("16sh", b"lo", 0)))[1]
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sh", b"lo", flags | _IFF_UP))


def counted() -> dict[str, int]:
    """What the kernel has counted in this namespace."""
    found: dict[str, int] = {}
    heads: dict[str, list[str]] = {}
    for line in Path("/proc/net/snmp").read_text().splitlines():
        kind, *values = line.split()
        if kind in heads:
            found |= {f"{kind} {name}": int(value) for name, value in zip(heads[kind], values, strict=True)}
        else:
            heads[kind] = values
    newer = Path("/proc/net/snmp6")
    if newer.exists():
        found |= {name: int(value) for name, value in map(str.split, newer.read_text().splitlines())}
    return {name: count for name, count in found.items() if name in _COUNTED}


def watch(tell: Callable[[str], None]) -> None:
    """Hear of every name that this process looks up and every address that it turns to, but for loopback."""

    def hear(event: str, arguments: tuple[object, ...]) -> None:
        if event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
            host = arguments[0]
        elif event in ("socket.connect", "socket.sendto", "socket.sendmsg") and isinstance(arguments[1], tuple):
            host = arguments[1][0]
        else:
            return
        if host and not is_loopback_host(str(host)):
            tell(f"{event} {host}")

    sys.addaudithook(hear)


def _main() -> int:
    from app.cli import main

    notes = Path(sys.argv[1]).open("a", encoding="utf-8", buffering=1)  # noqa: SIM115  open until the process ends
    watch(lambda attempt: print(json.dumps(attempt), file=notes))
    return main(sys.argv[2:])


if __name__ == "__main__":
    sys.exit(_main())
