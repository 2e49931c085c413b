"""Child processes: apart from the terminal, capped in memory, and ended with everything that they started."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

_PR_SET_PDEATHSIG = 1
# Networks take and give back hundreds of megabytes page after page: in pages of 2 MB, where Linux leaves it to programs
# to ask for them, that costs a tenth less. Blocks of 4 MB and more go back to the system when they are freed: left to
# itself, glibc soon keeps those of up to 32 MB, a third of what a parser of a book held. Other systems read neither.
_MEMORY = "glibc.malloc.hugetlb=1:glibc.malloc.mmap_threshold=4194304"
_ROOT = Path(__file__).resolve().parent.parent


def start(
    command: Sequence[str], stderr: IO[bytes] | None = None, scratch: Path | None = None
) -> subprocess.Popen[bytes]:
    """A process that is asked on its standard input and answers on its standard output.

    With `scratch` its temporary files go into that folder, and so do those of the programs that it starts.
    """
    # One variable for each family of systems.
    temporary = {} if scratch is None else dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(scratch))
    tunables = ":".join(filter(None, (os.environ.get("GLIBC_TUNABLES"), _MEMORY)))
    return subprocess.Popen(
        list(command),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=stderr,
        cwd=_ROOT,
        env=os.environ | temporary | {"GLIBC_TUNABLES": tunables},
        start_new_session=True,  # Ctrl-C is for the parent, which then ends the child
    )


def kill(child: subprocess.Popen[bytes]) -> None:
    """End a child and the programs that it started: they are one process group."""
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)


def end_with_parent() -> None:
    """Let this process die with the thread that started it, even while a library keeps Python from running.

    Linux only (prctl 2, PR_SET_PDEATHSIG); elsewhere the end of standard input tells, as soon as Python runs.
    """
    if sys.platform != "linux":
        return
    parent = os.getppid()
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def cap_memory(megabytes: int) -> None:
    """Cap this process's address space, where the system can (macOS refuses; limits of time still hold)."""
    import resource

    size = megabytes * 1024 * 1024
    try:
        resource.setrlimit(resource.RLIMIT_AS, (size, size))
    except (ValueError, OSError):
        print("the memory of a child process could not be capped", file=sys.stderr)
