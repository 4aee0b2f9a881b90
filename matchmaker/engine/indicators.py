"""Targets of a need beside what an achievement states it reaches."""

from __future__ import annotations

import unicodedata
from math import inf

from .documents import Document, Indicator, IndicatorCheck

ALIKE = 0.5
"""Share of common character pairs (Dice) from which two names mean the same thing."""


def check(need: Document, achievement: Document) -> tuple[IndicatorCheck, ...]:
    """Compare every target with the most alike indicator of the achievement."""
    return tuple(_check_one(target, achievement.indicators) for target in need.indicators)


def _check_one(target: Indicator, offered: tuple[Indicator, ...]) -> IndicatorCheck:
    ranked = sorted(offered, key=lambda item: -likeness(target.name, item.name))
    if not ranked or likeness(target.name, ranked[0].name) < ALIKE:
        return IndicatorCheck(target, None, "unknown")
    found = ranked[0]
    if _unit(target.unit) != _unit(found.unit) or found.value is None or target.value is None:
        return IndicatorCheck(target, found, "unknown")
    gap = shortfall(target, found)
    if gap is None:
        return IndicatorCheck(target, found, "unknown")
    return IndicatorCheck(target, found, "met" if gap <= 0 else "missed", gap if gap > 0 else None)


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
    return -inf if high == -inf or low == inf else high - low


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


def _pairs(text: str) -> set[str]:
    plain = _plain(text)
    return {plain[i : i + 2] for i in range(len(plain) - 1)}


def _unit(unit: str) -> str:
    return unicodedata.normalize("NFKC", unit).strip().replace(" ", "").replace("℃", "°c").lower()
