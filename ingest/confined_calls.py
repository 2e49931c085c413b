"""Calls of the Linux kernel that a process which reads files of strangers may not make, by their numbers."""

from __future__ import annotations

import errno
from dataclasses import dataclass

# linux/audit.h: processors, and the way of calling whose numbers stand below.
ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
# From here on, numbers on x86_64 are those of another way, the x32 ABI.
X32 = 0x40000000

Numbers = dict[str, int]


@dataclass(frozen=True)
class Unless:
    """What allows a call all the same: its argument, counted from 0, is `value` in the bits of `mask`."""

    argument: int
    value: int
    mask: int = 0xFFFFFFFF


@dataclass(frozen=True)
class Rule:
    """A call that fails with `error`."""

    numbers: Numbers
    unless: Unless | None = None
    error: int = errno.EPERM


def _numbers(x86_64: int, aarch64: int) -> Numbers:
    return {"x86_64": x86_64, "aarch64": aarch64}


_LOCAL, _STREAM, _TYPE = 1, 1, 0xF  # AF_UNIX; SOCK_STREAM, without the flags beside it
_NAMESPACES = 0x7E020000  # CLONE_NEW…
_SOCKET, _PAIR, _CONNECT = _numbers(41, 198), _numbers(53, 199), _numbers(42, 203)
_CLONE, _CLONE3 = _numbers(56, 220), _numbers(435, 435)
_EXECVE, _EXECVEAT = _numbers(59, 221), _numbers(322, 281)

_NEVER = {
    # Sockets and connections without the calls for them.
    "io_uring_setup": _numbers(425, 425),
    "io_uring_enter": _numbers(426, 426),
    "io_uring_register": _numbers(427, 427),
    # Memory and descriptors of other processes.
    "ptrace": _numbers(101, 117),
    "process_vm_readv": _numbers(310, 270),
    "process_vm_writev": _numbers(311, 271),
    "pidfd_getfd": _numbers(438, 438),
    # Parts of the kernel that no parser needs, and that faults are often found in.
    "bpf": _numbers(321, 280),
    "perf_event_open": _numbers(298, 241),
    "userfaultfd": _numbers(323, 282),
    "add_key": _numbers(248, 217),
    "request_key": _numbers(249, 218),
    "keyctl": _numbers(250, 219),
    # What the administrator may do, should this run as one.
    "unshare": _numbers(272, 97),
    "setns": _numbers(308, 268),
    "mount": _numbers(165, 40),
    "umount2": _numbers(166, 39),
    "pivot_root": _numbers(155, 41),
    "chroot": _numbers(161, 51),
    "open_tree": _numbers(428, 428),
    "move_mount": _numbers(429, 429),
    "fsopen": _numbers(430, 430),
    "fsconfig": _numbers(431, 431),
    "fsmount": _numbers(432, 432),
    "fspick": _numbers(433, 433),
    "mount_setattr": _numbers(442, 442),
    "open_tree_attr": _numbers(467, 467),
    "open_by_handle_at": _numbers(304, 265),
    "init_module": _numbers(175, 105),
    "finit_module": _numbers(313, 273),
    "delete_module": _numbers(176, 106),
    "kexec_load": _numbers(246, 104),
    "kexec_file_load": _numbers(320, 294),
    "reboot": _numbers(169, 142),
    "swapon": _numbers(167, 224),
    "swapoff": _numbers(168, 225),
    "settimeofday": _numbers(164, 170),
    "clock_settime": _numbers(227, 112),
    "sethostname": _numbers(170, 161),
    "iopl": {"x86_64": 172},
    "ioperm": {"x86_64": 173},
}

# Sockets of this machine stay: LibreOffice stops by means of one.
NO_NETWORK = (
    Rule(_SOCKET, Unless(0, _LOCAL)),
    Rule(_PAIR, Unless(0, _LOCAL)),
    Rule(_CLONE, Unless(0, 0, _NAMESPACES)),
    Rule(_CLONE3, error=errno.ENOSYS),  # its flags are out of sight; libraries know systems without it
    *(Rule(numbers) for numbers in _NEVER.values()),
)
# A pair of datagram sockets could be made to send elsewhere.
NO_PROGRAMS = (
    Rule(_EXECVE),
    Rule(_EXECVEAT),
    Rule(_SOCKET),
    Rule(_CONNECT),
    Rule(_PAIR, Unless(1, _STREAM, _TYPE)),
)
