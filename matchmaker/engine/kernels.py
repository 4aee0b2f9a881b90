"""The inner loops: compiled by numba where it is installed, plain numpy where it is not.

Both give the same numbers to the last bit: sums run over the same features in the same order, in
single precision, without fused operations.
"""

from __future__ import annotations

from typing import Any

from . import plain

loops: Any = plain
try:
    from . import compiled

    loops = compiled
except ImportError:
    pass

BLOCK = plain.BLOCK
occurring = loops.occurring
counted = loops.counted
distinct = loops.distinct
positions = loops.positions
top = loops.top
picked = loops.picked
