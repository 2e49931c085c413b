"""What code that has taken over a parser would try: each way out once, and what came of it.

`python -m tests.support.escapes PORT PROCESS SOCKET` tries from a program of its own and prints JSON.
"""

from __future__ import annotations

import ctypes
import errno
import json
import mmap
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

OK = "ok"
_X32 = 0x40000000
# On x86_64: socket(AF_INET, SOCK_STREAM, 0) in the way of 32-bit programs, whose numbers are others.
_BY_INTERRUPT = bytes.fromhex("53 b867010000 bb02000000 b901000000 31d2 cd80 5b c3")
_NUMBERS = {
    "x86_64": {
        "socket": 41,
        "io_uring_setup": 425,
        "ptrace": 101,
        "process_vm_readv": 310,
        "clone": 56,
        "unshare": 272,
    },
    "aarch64": {
        "socket": 198,
        "io_uring_setup": 425,
        "ptrace": 117,
        "process_vm_readv": 270,
        "clone": 220,
        "unshare": 97,
    },
}
_CLONE_NEWUSER_NEWNET = 0x50000000
_PTRACE_SEIZE = 0x4206
_NOBODY = (1 << 22) + 1  # no process has such a number: the answer is another one where the call is allowed


def attempts(port: int, outside: int, path: str) -> dict[str, str]:
    """The outcome of each: `ok`, the name of an errno, or of another error.

    TCP and UDP go to `port` on this machine. `outside` is a process that waits at the socket of `abstract_name`, and
    at the one that lies at `path`.
    """
    ways: dict[str, Callable[[], object]] = {
        "tcp": lambda: socket.create_connection(("127.0.0.1", port), 5).close(),
        "tcp6": lambda: socket.socket(socket.AF_INET6, socket.SOCK_STREAM).close(),
        "udp": lambda: _send("127.0.0.1", port),
        "dns": lambda: socket.getaddrinfo("documents.example", 443),
        "raw": lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP).close(),
        "netlink": lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW).close(),
        "packet": lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW).close(),
        "vsock": lambda: socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM).close(),
        "bluetooth": lambda: socket.socket(31, socket.SOCK_RAW).close(),
        "odd half": lambda: _call("socket", (1 << 32) | socket.AF_INET, socket.SOCK_STREAM, 0),
        "io_uring": lambda: _call("io_uring_setup", 4, ctypes.create_string_buffer(120)),
        "ptrace": lambda: _call("ptrace", _PTRACE_SEIZE, _NOBODY, 0, 0),
        "process_vm_readv": lambda: _call("process_vm_readv", outside, None, 0, None, 0, 0),
        "memory": lambda: Path(f"/proc/{outside}/mem").open("rb").close(),
        "signal": lambda: os.kill(outside, 0),
        "abstract socket": lambda: _connect(abstract_name(outside)),
        "foreign local socket": lambda: _connect(path),
        "local socket": _local,
        "move": _move,
        "pair": _pair,
        "datagram pair": lambda: _close(*socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)),
        "program": lambda: subprocess.run([sys.executable, "-c", ""], check=True),
    }
    if os.uname().machine == "x86_64":
        ways["x32"] = lambda: _call(_X32 | 41, socket.AF_INET, socket.SOCK_STREAM, 0)
        ways["32 bits"] = _by_interrupt
    # Last, for it changes what the others see.
    ways |= {"clone": _clone, "unshare": lambda: _call("unshare", _CLONE_NEWUSER_NEWNET)}
    return {name: _outcome(way) for name, way in ways.items()}


def abstract_name(process: int) -> str:
    """A socket without a file, such as a session bus may have."""
    return f"\0zhiwen-test-{process}"


def descriptors() -> list[str]:
    """What the open descriptors of this process lead to, but for the one that lists them."""
    found = []
    for descriptor in Path("/proc/self/fd").iterdir():
        try:
            found.append(str(descriptor.readlink()))
        except FileNotFoundError:
            continue
    return found


def report(port: str, outside: str, path: str) -> str:
    """All of that, as JSON."""
    return json.dumps({"attempts": attempts(int(port), int(outside), path), "descriptors": descriptors()})


def _outcome(way: Callable[[], object]) -> str:
    try:
        way()
    except socket.gaierror:
        return "gaierror"
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, str(error))
    return OK


def _call(call: str | int, *arguments: object) -> int:
    number = call if isinstance(call, int) else _NUMBERS[os.uname().machine][call]
    system = ctypes.CDLL(None, use_errno=True)
    system.syscall.restype = ctypes.c_long
    wide = (ctypes.c_long(each) if isinstance(each, int) else each for each in (number, *arguments))
    result: int = system.syscall(*wide)
    if result == -1:
        raise OSError(ctypes.get_errno(), call)
    return result


def _send(host: str, port: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"words of a document", (host, port))


def _clone() -> None:
    """A child in a network of its own, as its own administrator."""
    if child := _call("clone", _CLONE_NEWUSER_NEWNET | signal.SIGCHLD, None, None, None, None):
        os.waitpid(child, 0)
    else:
        os._exit(0)


def _by_interrupt() -> None:
    """In a process of its own, which dies where the kernel knows no such calls."""
    child = os.fork()
    if child:
        status = os.waitpid(child, 0)[1]
        if os.WIFSIGNALED(status):
            raise PermissionError(errno.EPERM, "no calls of 32 bits")
        if os.WEXITSTATUS(status):
            raise OSError(os.WEXITSTATUS(status), "socket")
        return
    code = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    code.write(_BY_INTERRUPT)
    place = ctypes.addressof(ctypes.c_char.from_buffer(code))
    result = ctypes.CFUNCTYPE(ctypes.c_int)(place)()
    os._exit(max(0, -result))


def _local() -> None:
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as server:
        server.bind(f"{folder}/s")
        server.listen()
        _connect(f"{folder}/s")


def _move() -> None:
    """From one folder to another, as programs do with what is finished."""
    with tempfile.TemporaryDirectory() as folder:
        made, inner = Path(folder, "made"), Path(folder, "inner")
        made.touch()
        inner.mkdir()
        made.rename(inner / "made")


def _connect(name: str) -> None:
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(name)


def _pair() -> None:
    first, second = socket.socketpair()
    first.sendall(b"x")
    assert second.recv(1) == b"x"
    _close(first, second)


def _close(*sockets: socket.socket) -> None:
    for each in sockets:
        each.close()


if __name__ == "__main__":
    print(report(*sys.argv[1:]))
