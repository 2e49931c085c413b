"""Takes the network, and other processes, from a process that reads files of strangers and all that it starts.

Linux refuses the calls: by a filter that nobody can take off again (seccomp), and by Landlock where the kernel has it.
A filter sees numbers, and never what a pointer leads to: it cannot tell one local socket from another. LibreOffice
needs one of its own; before Landlock 9, programs that this process starts may therefore talk to those of others, too.
Where no program is needed, `give_up_programs` takes all local sockets.
"""

from __future__ import annotations

import ctypes
import errno
import os
import socket
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from ingest.child import start
from ingest.confined_calls import ARCHITECTURES, NO_NETWORK, NO_PROGRAMS, X32, Rule

# linux/prctl.h, linux/seccomp.h, linux/bpf_common.h
_PR_SET_NO_NEW_PRIVS = 38
_SECCOMP = {"x86_64": 317, "aarch64": 277}
_SECCOMP_SET_MODE_FILTER = 1
# In all threads, and without guards against what other threads of this process might guess, which cost speed.
_TSYNC, _SPEC_ALLOW = 1, 4
_LOAD, _AND, _IF_SAME, _IF_FROM, _RETURN = 0x20, 0x54, 0x15, 0x35, 0x06
_CALL, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
_ALLOW, _FAIL = 0x7FFF0000, 0x00050000

# linux/landlock.h; the numbers are the same on every processor.
_LANDLOCK_CREATE_RULESET, _LANDLOCK_ADD_RULE, _LANDLOCK_RESTRICT_SELF = 444, 445, 446
_ONLY_VERSION = 1
_NETWORK_FROM, _SCOPES_FROM, _LOCAL_SOCKETS_FROM = 4, 6, 9
_BIND_TCP_CONNECT_TCP, _ABSTRACT_SOCKETS_SIGNALS = 3, 3
_MOVE_BETWEEN_FOLDERS, _CONNECT_LOCAL_SOCKETS = 1 << 13, 1 << 16
_PATH_BENEATH = 1


class _Instruction(ctypes.Structure):
    """One step of a filter: what it does, how many steps it skips if so and if not, and a number for it."""

    _fields_ = (("code", ctypes.c_uint16), ("yes", ctypes.c_uint8), ("no", ctypes.c_uint8), ("k", ctypes.c_uint32))


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_uint16), ("steps", ctypes.POINTER(_Instruction)))


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scopes", ctypes.c_uint64))


class _Beneath(ctypes.Structure):
    """What stays allowed below an open folder."""

    _pack_ = 1
    _layout_ = "ms"
    _fields_ = (("allowed", ctypes.c_uint64), ("folder", ctypes.c_int32))


def give_up_network() -> str:
    """No sockets but local ones, for good, in every thread and every program that is started from now on.

    Nor other processes' memory, namespaces and mounts. Gives the reason where that is not to be had; reading goes on
    without it then. To be called while there is one thread: Landlock knows only the one that calls.
    """
    reason = _install(NO_NETWORK)
    if not reason:
        _leave_others()
    return reason


def give_up_programs() -> str:
    """Nor programs and local sockets: pairs of connected ones are all that is left. Gives the reason if not."""
    return _install(NO_PROGRAMS)


def trial() -> str:
    """Why a process that this one starts could not give up the network; nothing if it can."""
    child = start((sys.executable, "-m", "ingest.confine"))
    told, _ = child.communicate()
    return told.decode().strip() if child.returncode == 0 else f"exit status {child.returncode}"


def landlock_version() -> int:
    """What this kernel's Landlock can do, by its version; below 1 where it has none."""
    return _call(_LANDLOCK_CREATE_RULESET, None, 0, _ONLY_VERSION) if sys.platform == "linux" else 0


def _install(rules: Sequence[Rule]) -> str:
    if sys.platform != "linux":
        return f"{sys.platform} is not Linux"
    machine = os.uname().machine
    if machine not in ARCHITECTURES or sys.maxsize < 2**32 or sys.byteorder != "little":
        return f"the calls of this system are not known ({machine}, {sys.maxsize.bit_length() + 1} bits)"
    steps = [_Instruction(*step) for step in _steps(rules, machine)]
    program = _Program(len(steps), (_Instruction * len(steps))(*steps))
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_NO_NEW_PRIVS, *map(ctypes.c_ulong, (1, 0, 0, 0))):
        return os.strerror(ctypes.get_errno())
    done = _call(_SECCOMP[machine], _SECCOMP_SET_MODE_FILTER, _TSYNC | _SPEC_ALLOW, ctypes.byref(program))
    if done > 0:
        return f"thread {done} does not take the filter"
    return os.strerror(ctypes.get_errno()) if done else ""


def _steps(rules: Sequence[Rule], machine: str) -> Iterator[tuple[int, int, int, int]]:
    """The filter. Calls in another way, by numbers that mean something else, all fail."""
    refused = (_RETURN, 0, 0, _FAIL | errno.EPERM)
    yield _LOAD, 0, 0, _ARCHITECTURE
    yield _IF_SAME, 1, 0, ARCHITECTURES[machine]
    yield refused
    yield _LOAD, 0, 0, _CALL
    if machine == "x86_64":
        yield _IF_FROM, 0, 1, X32
        yield refused
    for rule in rules:
        if machine not in rule.numbers:
            continue
        failing, unless = (_RETURN, 0, 0, _FAIL | rule.error), rule.unless
        yield _IF_SAME, 0, 5 if unless else 1, rule.numbers[machine]
        if unless:
            yield _LOAD, 0, 0, _ARGUMENTS + 8 * unless.argument  # the lower half: these arguments are 32 bits wide
            yield _AND, 0, 0, unless.mask
            yield _IF_SAME, 0, 1, unless.value
            yield _RETURN, 0, 0, _ALLOW
        yield failing
    yield _RETURN, 0, 0, _ALLOW


def _leave_others() -> None:
    """Leave processes that did not come from this one alone: their memory, signals to them, sockets of theirs.

    Kernels before 6.7 cannot; before 6.12 signals and abstract sockets stay, before Landlock 9 sockets with a path.
    """
    version = landlock_version()
    if version < _NETWORK_FROM:
        return
    scoped = version >= _SCOPES_FROM
    # Moving is forbidden along with the first thing that is: it is handled to be allowed.
    files = _MOVE_BETWEEN_FOLDERS | _CONNECT_LOCAL_SOCKETS if version >= _LOCAL_SOCKETS_FROM else 0
    rules = _Ruleset(files, _BIND_TCP_CONNECT_TCP, _ABSTRACT_SOCKETS_SIGNALS if scoped else 0)
    size = ctypes.sizeof(rules) if scoped else _Ruleset.scopes.offset
    ruleset = _call(_LANDLOCK_CREATE_RULESET, ctypes.byref(rules), size, 0)
    if ruleset >= 0:
        if files:
            _allow_everywhere(ruleset, _MOVE_BETWEEN_FOLDERS)
        _call(_LANDLOCK_RESTRICT_SELF, ruleset, 0)
        os.close(ruleset)


def _allow_everywhere(ruleset: int, allowed: int) -> None:
    folder = os.open("/", os.O_PATH | os.O_CLOEXEC)
    _call(_LANDLOCK_ADD_RULE, ruleset, _PATH_BENEATH, ctypes.byref(_Beneath(allowed, folder)), 0)
    os.close(folder)


def _call(number: int, *arguments: Any) -> int:
    """What the kernel says: -1 where it refuses, and `ctypes.get_errno` tells why."""
    system = ctypes.CDLL(None, use_errno=True)
    system.syscall.restype = ctypes.c_long
    wide = (ctypes.c_long(each) if isinstance(each, int) else each for each in (number, *arguments))
    result: int = system.syscall(*wide)
    return result


def _reached() -> str:
    """Whether a socket can still be opened."""
    try:
        socket.socket(socket.AF_INET, socket.SOCK_STREAM).close()
    except PermissionError:
        return ""
    return "a socket could be opened all the same"


if __name__ == "__main__":
    print(give_up_network() or _reached())
