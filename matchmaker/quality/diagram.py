"""The reliability diagram in the coordinates of its drawing: what was forecast, what happened."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

SIDE = 240
"""Of the square from 0 to 100 % either way."""
SMALLEST, LARGEST = 3.0, 10.0
Z = 1.96
"""So many standard deviations hold 95 % of a normal distribution."""


@dataclass(frozen=True, slots=True)
class Point:
    """Forecasts of one range: how many, their mean, the share accepted with its 95 % interval."""

    low: float
    high: float
    n: int
    forecast: float
    accepted: float
    radius: float

    @property
    def x(self) -> float:
        return SIDE * self.forecast

    @property
    def y(self) -> float:
        return SIDE * (1 - self.accepted)

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's, which stays within 0 and 1 and is right for few decisions too."""
        centre = (self.accepted + Z * Z / (2 * self.n)) / (1 + Z * Z / self.n)
        spread = self.accepted * (1 - self.accepted) / self.n + (Z / (2 * self.n)) ** 2
        half = Z * sqrt(spread) / (1 + Z * Z / self.n)
        return max(0.0, centre - half), min(1.0, centre + half)

    @property
    def whisker(self) -> tuple[float, float]:
        """Where the line of the interval ends, above and below."""
        low, high = self.interval
        return SIDE * (1 - high), SIDE * (1 - low)


def points(bins: Iterable[Sequence[Any]]) -> list[Point]:
    """Return the ranges that hold decisions; the area of a point grows with their number."""
    held = [bin_ for bin_ in bins if bin_[2]]
    most = max((n for _low, _high, n, *_rest in held), default=1)
    return [
        Point(low, high, n, forecast, accepted, max(SMALLEST, LARGEST * sqrt(n / most)))
        for low, high, n, forecast, accepted in held
    ]
