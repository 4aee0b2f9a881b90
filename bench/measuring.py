"""What the benches share: real texts, times, and the kernel's account of memory."""

from __future__ import annotations

import gzip
import json
import os
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np


def passages(data: Path, most: int) -> list[str]:
    """Read so many real texts, or all there are."""
    path = data / "matching" / "chinaxiv" / "passages.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line)["text"] for line, _n in zip(file, range(most), strict=False)]


def read_texts(data: Path, wanted: int) -> list[str]:
    """Read so many real texts; above their number, halves of two are joined."""
    texts = passages(data, wanted)
    rng, n = np.random.default_rng(0), len(texts)
    while len(texts) < wanted:
        one, other = rng.integers(0, n, 2)
        texts.append(texts[one][:100] + texts[other][100:])
    return texts


def seconds(work: Callable[[], Any]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def ratio(theirs: Sequence[float], ours: Sequence[float]) -> list[float]:
    """Return the median of the ratios within rounds, the least and the most."""
    found = [one / other for one, other in zip(theirs, ours, strict=True)]
    return [round(value, 2) for value in (statistics.median(found), min(found), max(found))]


def percentiles(values: Sequence[float]) -> dict[str, float]:
    return {f"p{p}": round(float(np.percentile(values, p)), 2) for p in (50, 95, 99)}


def megabytes(kind: str, processes: Sequence[int] = ()) -> float:
    """Add up the lines of the kernel's account that begin so; of this process if none is named.

    "Anonymous:" is what no file backs, "Private_" what no other process has mapped as well.
    """
    total = 0
    for process in processes or [os.getpid()]:
        for line in Path(f"/proc/{process}/smaps_rollup").read_text().split("\n"):
            if line.startswith(kind):
                total += int(line.split()[1])
    return total / 1024


def forget_peak() -> None:
    """Let `peak_megabytes` begin anew (5 resets it, see proc(5))."""
    Path("/proc/self/clear_refs").write_text("5")


def peak_megabytes() -> float:
    """Return the most that this process has had in memory."""
    found = Path("/proc/self/status").read_text().split("\n")
    return next(int(line.split()[1]) / 1024 for line in found if line.startswith("VmHWM"))
