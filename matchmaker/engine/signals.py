"""Structured reasons to match, one class each; scores in [0, 1], None where there is no datum."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol

from .documents import Document
from .indicators import check, reached

DEFAULT_WEIGHTS: Mapping[str, float] = MappingProxyType(
    {
        "title": 0.35, "body": 0.35, "meaning": 0.1, "chain": 0.14, "trl": 0.08, "mode": 0.05, "region": 0.03,
        "budget": 0.02, "deadline": 0.01, "indicators": 0.06,
    }
)  # fmt: skip
WEIGHTS_VERSION = "3"
"""Changes with the weights and with what a signal says: scores of two versions do not compare."""


class Signal(Protocol):
    """Compares the fields of a need with those of an achievement."""

    @property
    def of_need(self) -> tuple[str, ...]:
        """The fields of a need without which it is absent."""

    @property
    def of_achievement(self) -> tuple[str, ...]:
        """The fields of an achievement without which it is absent."""

    def score(self, need: Document, achievement: Document) -> float | None:
        """Return the signal in [0, 1], or None when one side is silent."""


class Chain:
    """Filed under the same node of an industry scheme, or near it."""

    of_need = of_achievement = ("chains",)
    by_relation: Mapping[str, float] = MappingProxyType(
        {"same": 1.0, "parent": 0.8, "crosswalk": 0.7, "near": 0.4, "other": 0.0}
    )

    def score(self, need: Document, achievement: Document) -> float | None:
        found = self.relation(need, achievement)
        return None if found is None else self.by_relation[found]

    def relation(self, need: Document, achievement: Document) -> str | None:
        """Name how near the two are filed, the nearest way first."""
        if not need.chains or not achievement.chains:
            return None
        if need.chains & achievement.chains:
            return "same"
        if need.chains & achievement.chain_parents or need.chain_parents & achievement.chains:
            return "parent"
        if need.chain_related & achievement.chains or need.chains & achievement.chain_related:
            return "crosswalk"
        if need.chain_parents & achievement.chain_parents:
            return "near"
        return "other"


MODE_COMPATIBILITY: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {
        # an order for work fits those who will work with others; a finished licence fits less
        "commissioned": {"joint": 0.9, "other": 0.7, "license": 0.4, "transfer": 0.4},
        "joint": {"joint": 1.0, "equity": 0.6, "other": 0.7, "license": 0.4},
        "transfer": {"transfer": 1.0, "license": 0.6, "equity": 0.4, "other": 0.6},
        "license": {"license": 1.0, "transfer": 0.6, "equity": 0.3, "other": 0.6},
        "equity": {"equity": 1.0, "joint": 0.6, "transfer": 0.4, "other": 0.6},
        # advice and services leave the rights where they are: any owner who talks can give them
        "consulting": {"joint": 0.6, "other": 0.8, "license": 0.5, "transfer": 0.4},
        "service": {"joint": 0.6, "other": 0.8, "license": 0.5, "transfer": 0.4},
    }
)
"""Need's way × achievement's way; what is not listed does not fit (self_invest fits nobody)."""


class Mode:
    """The best pair among the ways that both sides accept."""

    of_need = of_achievement = ("modes",)

    def score(self, need: Document, achievement: Document) -> float | None:
        if not need.modes or not achievement.modes:
            return None
        return max(
            MODE_COMPATIBILITY.get(wanted, {}).get(offered, 0.0)
            for wanted in need.modes
            for offered in achievement.modes
        )


class Readiness:
    """Whether the achievement is as mature as the need asks; each missing level costs more."""

    of_need = of_achievement = ("trl",)
    by_gap = (1.0, 0.7, 0.4, 0.15)

    def score(self, need: Document, achievement: Document) -> float | None:
        if need.trl is None or achievement.trl is None:
            return None
        gap = max(0, need.trl - achievement.trl)
        return self.by_gap[gap] if gap < len(self.by_gap) else 0.0


class Region:
    """Same county or district, same province-level division, or across the border."""

    of_need = of_achievement = ("region",)
    same, province, across = 1.0, 0.8, 0.3

    def score(self, need: Document, achievement: Document) -> float | None:
        if need.region is None or achievement.region is None:
            return None
        if need.region == achievement.region:
            return self.same
        return self.province if need.region[:2] == achievement.region[:2] else self.across


class Budget:
    """Whether the budget carries the price.

    A budget is the most that a need can pay: a price below it is no fault, however far below. Above
    it, a price counts (budget / price)², so half as much again still counts .44: prices are talked
    about. A range counts as the mean over its prices, so one that is partly within stands between.
    """

    of_need, of_achievement = ("budget",), ("price_from",)

    def score(self, need: Document, achievement: Document) -> float | None:
        if need.budget is None or achievement.price_from is None:
            return None
        low, high = price_range(achievement.price_from, achievement.price_to)
        budget = need.budget
        if high <= budget:
            return 1.0
        if low > budget:
            return (budget / low) * (budget / high)
        return (budget - low + (high - budget) * (budget / high)) / (high - low)


def price_range(price_from: int, price_to: int | None) -> tuple[int, int]:
    """Return the lowest and the highest price; a single one is both."""
    return price_from, price_from if price_to is None else max(price_from, price_to)


class Deadline:
    """Whether the need gives the time that the levels of readiness still missing take.

    The time given runs from publication to deadline, a property of the need: no clock is read, and
    the same pair has the same score tomorrow. How long a level takes is an assumption, the same for
    every field, and the card says so. A need that names no level leaves open how far it is to go;
    to take it for level 9 would be a guess, so the signal is absent then.
    """

    of_need, of_achievement = ("deadline", "published", "trl"), ("trl",)
    months_per_level = 12
    """Assumed, not measured: about three years from the laboratory (4) to a first use (7)."""
    days_per_month = 30.4375

    def score(self, need: Document, achievement: Document) -> float | None:
        given, needed = self.given(need), self.needed(need, achievement)
        if given is None or needed is None:
            return None
        return 1.0 if given >= needed else given / needed

    def given(self, need: Document) -> float | None:
        """Return the months from publication to deadline."""
        if need.deadline is None or need.published is None:
            return None
        return max(0, (need.deadline - need.published).days) / self.days_per_month

    def needed(self, need: Document, achievement: Document) -> int | None:
        """Return the months that the missing levels take."""
        if need.trl is None or achievement.trl is None:
            return None
        return max(0, need.trl - achievement.trl) * self.months_per_level


class Indicators:
    """The share of the need's targets that the achievement states it reaches."""

    of_need = of_achievement = ("indicators",)

    def score(self, need: Document, achievement: Document) -> float | None:
        if not need.indicators or not achievement.indicators:
            return None
        return reached(check(need, achievement))


SIGNALS: Mapping[str, Signal] = MappingProxyType(
    {
        "chain": Chain(), "trl": Readiness(), "mode": Mode(), "region": Region(),
        "budget": Budget(), "deadline": Deadline(), "indicators": Indicators(),
    }
)  # fmt: skip


def possible(document: Document, *, is_need: bool) -> list[str]:
    """Name the signals that a document can have with some other one."""
    return [
        name
        for name, signal in SIGNALS.items()
        if all(
            getattr(document, field) not in (None, frozenset(), ())
            for field in (signal.of_need if is_need else signal.of_achievement)
        )
    ]
