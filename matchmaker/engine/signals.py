"""Structured reasons to match, one class each; scores in [0, 1], None where there is no datum."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol

from .documents import Document


class Signal(Protocol):
    """Compares the fields of a need with those of an achievement."""

    def score(self, need: Document, achievement: Document) -> float | None:
        """Return the signal in [0, 1], or None when one side is silent."""


class Chain:
    """Filed under the same node of an industry scheme, or near it."""

    same, parent, near = 1.0, 0.8, 0.4

    def score(self, need: Document, achievement: Document) -> float | None:
        if not need.chains or not achievement.chains:
            return None
        if need.chains & achievement.chains:
            return self.same
        if need.chains & achievement.chain_parents or need.chain_parents & achievement.chains:
            return self.parent
        if need.chain_parents & achievement.chain_parents:
            return self.near
        return 0.0


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

    by_gap = (1.0, 0.7, 0.4, 0.15)

    def score(self, need: Document, achievement: Document) -> float | None:
        if need.trl is None or achievement.trl is None:
            return None
        gap = max(0, need.trl - achievement.trl)
        return self.by_gap[gap] if gap < len(self.by_gap) else 0.0


class Region:
    """Same county or district, same province-level division, or across the border."""

    same, province, across = 1.0, 0.8, 0.3

    def score(self, need: Document, achievement: Document) -> float | None:
        if need.region is None or achievement.region is None:
            return None
        if need.region == achievement.region:
            return self.same
        return self.province if need.region[:2] == achievement.region[:2] else self.across


SIGNALS: Mapping[str, Signal] = MappingProxyType(
    {"chain": Chain(), "trl": Readiness(), "mode": Mode(), "region": Region()}
)
