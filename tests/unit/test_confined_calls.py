"""The filter of calls, run as the kernel would run it: for processors, too, that this machine has not."""

from __future__ import annotations

import errno
import socket
import struct

import pytest

from ingest.confine import _steps
from ingest.confined_calls import ARCHITECTURES, NO_NETWORK, NO_PROGRAMS, X32, Rule

I386, ARM = 0x40000003, 0x40000028
READ = {"x86_64": 0, "aarch64": 63}
SOCKET, PAIR, CLONE = {"x86_64": 41, "aarch64": 198}, {"x86_64": 53, "aarch64": 199}, {"x86_64": 56, "aarch64": 220}
ALLOWED, EPERM, ENOSYS = 0x7FFF0000, 0x00050000 | errno.EPERM, 0x00050000 | errno.ENOSYS
THREAD, NEW_NETWORK = 0x003D0F00, 0x40000000

pytestmark = pytest.mark.parametrize("machine", ARCHITECTURES)


def outcome(rules: tuple[Rule, ...], machine: str, call: int, *arguments: int, architecture: int = 0) -> int:
    """What the filter says of a call: the few instructions that it is made of, after linux/bpf_common.h."""
    steps = list(_steps(rules, machine))
    whole = (*arguments, *[0] * (6 - len(arguments)))
    data = struct.pack("<iIQ6Q", call, architecture or ARCHITECTURES[machine], 0, *whole)
    at = held = 0
    while True:
        code, yes, no, number = steps[at]
        at += 1
        match code:
            case 0x20:
                held = struct.unpack_from("<I", data, number)[0]
            case 0x54:
                held &= number
            case 0x15:
                at += yes if held == number else no
            case 0x35:
                at += yes if held >= number else no
            case 0x06:
                return number


def test_only_local_sockets_are_left(machine: str) -> None:
    for call in (SOCKET, PAIR):
        assert outcome(NO_NETWORK, machine, call[machine], socket.AF_UNIX, socket.SOCK_STREAM) == ALLOWED
        for family in range(2, 50):
            assert outcome(NO_NETWORK, machine, call[machine], family, socket.SOCK_STREAM) == EPERM
    assert outcome(NO_NETWORK, machine, SOCKET[machine], (1 << 32) | socket.AF_INET) == EPERM
    assert outcome(NO_NETWORK, machine, READ[machine]) == ALLOWED


def test_calls_in_another_way_fail(machine: str) -> None:
    for other in (I386, ARM, *(set(ARCHITECTURES.values()) - {ARCHITECTURES[machine]})):
        assert outcome(NO_NETWORK, machine, READ[machine], architecture=other) == EPERM
    if machine == "x86_64":
        assert outcome(NO_NETWORK, machine, X32 | READ[machine]) == EPERM


def test_threads_can_be_started_and_namespaces_not(machine: str) -> None:
    assert outcome(NO_NETWORK, machine, CLONE[machine], THREAD) == ALLOWED
    assert outcome(NO_NETWORK, machine, CLONE[machine], THREAD | NEW_NETWORK) == EPERM
    assert outcome(NO_NETWORK, machine, 435, 0) == ENOSYS


def test_without_programs_a_connected_pair_is_left(machine: str) -> None:
    pair = PAIR[machine]
    assert outcome(NO_PROGRAMS, machine, pair, socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC) == ALLOWED
    assert outcome(NO_PROGRAMS, machine, pair, socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) == EPERM
    assert outcome(NO_PROGRAMS, machine, SOCKET[machine], socket.AF_UNIX) == EPERM
    execve = {"x86_64": 59, "aarch64": 221}
    assert outcome(NO_PROGRAMS, machine, execve[machine]) == EPERM
    assert outcome(NO_NETWORK, machine, execve[machine]) == ALLOWED


def test_every_jump_ends_inside(machine: str) -> None:
    steps = list(_steps(NO_NETWORK, machine))
    assert len(steps) < 4096
    assert all(at + 1 + max(yes, no) < len(steps) for at, (code, yes, no, _) in enumerate(steps) if code != 0x06)
