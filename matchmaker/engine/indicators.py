"""Targets of a need beside what an achievement states it reaches."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from math import inf, isfinite
from operator import itemgetter

from .documents import Document, Indicator, IndicatorCheck
from .units import conversion

ALIKE = 0.5
"""Share of common character pairs (Dice) from which two names mean the same thing."""
EXACT = 1e-9
"""A miss by less than this share of the numbers comes from converting units."""
NAMES = 65_536
"""So many names are remembered as pairs of characters."""
DIFFERENCES = ("差", "温升", "漂", "波动", "均匀", "精度", "稳定性", "稳定度", "变化", "Δ", "∆")
"""In the name of a temperature: 5 K are 5 ℃, not -268.15 ℃."""


def check(need: Document, achievement: Document) -> tuple[IndicatorCheck, ...]:
    """Compare every target with the most alike indicator of the achievement."""
    return tuple(_check_one(target, achievement.indicators) for target in need.indicators)


def reached(checks: Sequence[IndicatorCheck]) -> float | None:
    """Return the share of the comparable targets that is reached, None where none can be compared.

    A target that is met counts 1; one that is missed by a tenth of itself .9, by itself or more 0.
    """
    counts = [nearness(item) for item in checks if item.verdict != "unknown"]
    return sum(counts) / len(counts) if counts else None


def nearness(item: IndicatorCheck) -> float:
    """Return 1 for a target that is met, else what its gap leaves of it, in [0, 1]."""
    if item.gap is None:
        return 1.0
    bound = max((abs(end) for end in interval(item.need) if isfinite(end)), default=0.0)
    return max(0.0, 1.0 - item.gap / bound) if bound else 0.0


def _check_one(target: Indicator, offered: tuple[Indicator, ...]) -> IndicatorCheck:
    found = _most_alike(target.name, offered)
    if found is None:
        return IndicatorCheck(target, None, "unknown")
    stated = in_unit_of(target, found)
    gap = None if stated is None or target.value is None else shortfall(target, stated)
    if gap is None:
        return IndicatorCheck(target, found, "unknown")
    return IndicatorCheck(target, found, "met" if gap <= 0 else "missed", gap if gap > 0 else None)


def _most_alike(name: str, offered: tuple[Indicator, ...]) -> Indicator | None:
    own = _pairs(name)  # most names share nothing: told without counting
    near = [item for item in offered if not own or not own.isdisjoint(_pairs(item.name))]
    ranked = ((likeness(name, item.name), item) for item in near)
    alike, found = max(ranked, key=itemgetter(0), default=(0.0, None))
    return found if alike >= ALIKE else None


def in_unit_of(target: Indicator, found: Indicator) -> Indicator | None:
    """Return what is stated in the unit of the target; None where the two do not compare."""
    if found.value is None:
        return None
    if found.unit == target.unit:
        return found
    differences = any(word in target.name + found.name for word in DIFFERENCES)
    factors = conversion(found.unit, target.unit, differences=differences)
    if factors is None:
        return None
    scale, zero = factors
    to = None if found.value_to is None else found.value_to * scale + zero
    return replace(found, value=found.value * scale + zero, value_to=to, unit=target.unit)


def likeness(one: str, other: str) -> float:
    """Return the Dice coefficient of the character pairs of two names, in [0, 1]."""
    first, second = _pairs(one), _pairs(other)
    if not first or not second:
        return float(_plain(one) == _plain(other) != "")
    return 2 * len(first & second) / (len(first) + len(second))


def shortfall(target: Indicator, found: Indicator) -> float | None:
    """Return by how much the target is missed, ≤ 0 when it is met, None when it cannot be told.

    An achievement that states a bound or a range is taken at its unfavourable end; where that end
    is open ("≤ 150" beside a wanted "≥ 150"), only a miss at the favourable end is certain.
    """
    (least, most), (low, high) = interval(target), interval(found)
    worst = max(_beyond(least, low), _beyond(high, most))
    if worst < inf:
        return worst
    certain = max(_beyond(least, high), _beyond(low, most))
    return certain if 0 < certain < inf else None


def _beyond(high: float, low: float) -> float:
    """Return by how much the first stands above the second; two open ends are no fault."""
    if high == -inf or low == inf:
        return -inf
    gap = high - low
    noise = isfinite(gap) and abs(gap) <= EXACT * max(abs(high), abs(low))
    return 0.0 if noise else gap


def interval(line: Indicator) -> tuple[float, float]:
    """Return the values that a line allows, open ends as infinities."""
    assert line.value is not None
    if line.comparator in {"ge", "gt"}:
        return line.value, inf
    if line.comparator in {"le", "lt"}:
        return -inf, line.value
    return line.value, line.value if line.value_to is None else line.value_to


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).lower()
    return "".join(character for character in folded if character.isalnum())


@lru_cache(NAMES)
def _pairs(text: str) -> frozenset[str]:
    plain = _plain(text)
    return frozenset(plain[i : i + 2] for i in range(len(plain) - 1))
