"""The planner in a process of its own: it can be stopped at once, and its memory goes with it."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from config import ROOT

LOOK_EVERY = 0.5
"""Seconds between two looks whether to go on."""
GRACE = 60.0
"""Seconds beyond the limit after which the planner is given up: it has to read and write too."""
BAD_INSTANCE = 2
Progress = Mapping[str, Any]


class PlannerError(RuntimeError):
    """The planner ended without a plan; the message says why."""


def solve(
    content: Mapping[str, Any], previous: Sequence[Mapping[str, str]], *, time_limit: float,
    seed: int, hear: Callable[[Progress], None] = lambda _progress: None,
    check: Callable[[], None] = lambda: None,
) -> dict[str, Any]:  # fmt: skip
    """Run `python -m matchmaker.engine.timetable` on an instance and return its plan.

    `hear` is told stage, value and bound as they become known; `check` is asked twice a second,
    and what it raises stops the planner.

    Raises:
        PlannerError: what is locked cannot stand, or the planner failed.

    """
    with tempfile.TemporaryDirectory(prefix="matchmaker-plan-") as folder:
        files = {part: Path(folder) / f"{part}.json" for part in ("instance", "previous", "plan")}
        files["instance"].write_text(json.dumps(content), encoding="utf-8")
        command = [
            sys.executable, "-m", "matchmaker.engine.timetable", str(files["instance"]),
            "--plan", str(files["plan"]), "--time-limit", str(time_limit), "--seed", str(seed),
            "--progress",
        ]  # fmt: skip
        if previous:
            files["previous"].write_text(json.dumps({"meetings": previous}), encoding="utf-8")
            command += ["--previous", str(files["previous"])]
        _run(command, time_limit + GRACE, hear, check)
        found: dict[str, Any] = json.loads(files["plan"].read_text(encoding="utf-8"))
        return found


def _run(
    command: Sequence[str], seconds: float, hear: Callable[[Progress], None],
    check: Callable[[], None],
) -> None:  # fmt: skip
    until = time.monotonic() + seconds
    process = subprocess.Popen(  # noqa: S603 - our own program, with names of files of ours
        command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, encoding="utf-8",
    )  # fmt: skip
    try:
        _follow(process, until, hear, check)
    finally:
        process.kill()
        process.wait()
    if process.returncode:
        raise PlannerError


def _follow(
    process: subprocess.Popen[str], until: float, hear: Callable[[Progress], None],
    check: Callable[[], None],
) -> None:  # fmt: skip
    lines: queue.Queue[str | None] = queue.Queue()
    errors: list[str] = []
    threads = [
        threading.Thread(target=_read, args=(process.stdout, lines.put), daemon=True),
        threading.Thread(target=_read, args=(process.stderr, errors.append), daemon=True),
    ]
    for thread in threads:
        thread.start()
    while threads[0].is_alive() or not lines.empty():
        check()
        if time.monotonic() > until:
            raise PlannerError("the time is over")
        try:
            line = lines.get(timeout=LOOK_EVERY)
        except queue.Empty:
            continue
        found = json.loads(line) if line else {}
        if "stage" in found:
            hear(found)
    process.wait(timeout=GRACE)
    threads[1].join(timeout=GRACE)
    if process.returncode:
        text = "".join(errors).strip().splitlines()
        raise PlannerError(text[-1] if text else f"exit {process.returncode}")


def _read(stream: IO[str] | None, put: Callable[[str], object]) -> None:
    for line in stream or ():
        put(line)
