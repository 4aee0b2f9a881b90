"""Plan an instance from the command line.

python -m matchmaker.engine.timetable INSTANCE.json --plan PLAN.json [--previous PLAN.json]
[--time-limit S] [--seed N] [--progress]
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from .form import InstanceError, read_instance, read_meetings, write_plan
from .planner import plan


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 0 with a valid plan, 2 and one sentence for a bad instance."""
    parser = argparse.ArgumentParser(
        prog="python -m matchmaker.engine.timetable", description=__doc__.split("\n")[0]
    )
    parser.add_argument("instance", type=Path, metavar="INSTANCE")
    parser.add_argument("--plan", type=Path, required=True, metavar="FILE", help="written here")
    parser.add_argument(
        "--previous",
        type=Path,
        metavar="FILE",
        help="a plan that is to change as little as possible",
    )
    parser.add_argument("--time-limit", type=float, default=60.0, metavar="S", help="seconds")
    parser.add_argument("--seed", type=int, default=1, metavar="N")
    parser.add_argument(
        "--progress", action="store_true", help="print a JSON line whenever more is known"
    )
    options = parser.parse_args(arguments)
    try:
        instance = read_instance(options.instance)
        previous = read_meetings(options.previous) if options.previous else ()
        found = plan(
            instance, previous=previous, time_limit=options.time_limit, seed=options.seed,
            tell=_print if options.progress else None,
        )  # fmt: skip
        write_plan(options.plan, found)
    except (InstanceError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    figures = {"value": found.value, "bound": found.bound, "status": found.status}
    print(json.dumps({**figures, "seconds": found.seconds}))
    return 0


def _print(stage: str, value: float, bound: float) -> None:
    print(json.dumps({"stage": stage, "value": value, "bound": bound}), flush=True)


if __name__ == "__main__":
    sys.exit(main())
