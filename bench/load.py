"""Many people at one server at once: `python -m bench.load [--seconds 300]`.

50 browsers read, 20 people upload, 10 ask, a few never read what they asked for and some vanish in the middle; twice
more people ask at once than may wait. Readers think for one to three seconds between visits, uploaders wait for five
to fifteen between files. The server is a process of its own with an empty data folder and the default weights; the
people share its cores, so that `taskset -c 0,1 python -m bench.load` measures two cores in all.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
from pathlib import Path

from bench.loading.crowd import NotReady, Plan, crowd
from bench.loading.findings import figures, findings
from bench.loading.server import ServerEnded, serving
from bench.parsing.sheets import goal_sheet
from models.threads import physical_cores


def main() -> None:
    """Print what the people saw, and which goals were reached; the status is 1 when one was not."""
    options = _options()
    plan = Plan(options.seconds, options.readers, options.uploaders, options.askers)
    try:
        with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as server:
            print(f"{plan} on {physical_cores()} cores, {server.address}\n", flush=True)
            outcome = asyncio.run(crowd(server, plan))
    except (ServerEnded, NotReady) as error:
        sys.exit(str(error))
    told = findings(outcome)
    for sheet in [*told.sheets, goal_sheet(told.goals)]:
        if sheet.rows:
            print(sheet.markdown())
    if options.json:
        options.json.write_text(json.dumps(figures(outcome), ensure_ascii=False, indent=1), "utf-8")
    sys.exit(not all(goal.met for goal in told.goals))


def _options() -> argparse.Namespace:
    plan = Plan()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=plan.seconds, help="how long everybody stays")
    parser.add_argument("--readers", type=int, default=plan.readers)
    parser.add_argument("--uploaders", type=int, default=plan.uploaders)
    parser.add_argument("--askers", type=int, default=plan.askers)
    parser.add_argument("--json", type=Path, help="write every figure there too, memory second by second")
    return parser.parse_args()


if __name__ == "__main__":
    main()
