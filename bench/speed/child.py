"""One side of a measure in a process of its own.

`python -m bench.speed.child MEASURE SIDE`: the plan comes as a line of JSON, then one item a line; the answers are
lines of JSON: `{}` once everything is loaded, then what each item took.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from threading import Thread

from bench.speed.plan import plan_from
from bench.speed.table import MEASURES
from models.offline import stay_offline
from models.threads import share_cores


def main() -> None:
    """Do items until there are no more."""
    name, side = sys.argv[1:]
    Thread(target=end_with, args=(os.getppid(),), daemon=True).start()
    stay_offline()
    if side == "ours":
        share_cores()  # as the program does at its start; the baseline has the defaults of its libraries
    # Libraries print; what they say goes where errors go.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    plan = plan_from(sys.stdin.readline())
    with MEASURES[name].sides[side](plan) as do:
        print("{}", file=answers, flush=True)
        for line in sys.stdin:
            print(json.dumps(do(json.loads(line))), file=answers, flush=True)


def end_with(parent: int) -> None:
    """End this process and those that it has begun when the run is gone: in the middle of an item, too."""
    while os.getppid() == parent:
        time.sleep(0.2)
    os.killpg(os.getpgrp(), signal.SIGKILL)


if __name__ == "__main__":
    main()
