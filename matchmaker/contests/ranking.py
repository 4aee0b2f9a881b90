"""From points to places: exact, so that nobody wins by the way a computer rounds.

The rule is told in docs/contests.md. Nothing here knows the database.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import floor

Points = Mapping[int, Fraction | float]
"""Points by id of criterion; halves are exact in a float too."""


@dataclass(frozen=True, slots=True)
class Scale:
    """A criterion: what it weighs against the others, and to where its points run."""

    id: int
    weight: int
    most: int


@dataclass(frozen=True, slots=True)
class Vote:
    """What one juror gave one entry, by every criterion."""

    juror: int
    entry: int
    points: Points


@dataclass(frozen=True, slots=True)
class Place:
    """Where an entry stands; without a vote it has neither rank nor score."""

    entry: int
    rank: int | None
    tied: bool
    score: Fraction | None
    """0 to 100, rounded to hundredths: what ranks are made of and what people read."""
    votes: int


def mark(scales: Sequence[Scale], points: Points) -> Fraction:
    """Return what one juror's points come to: the weighted mean of their shares, times 100."""
    total = sum(scale.weight for scale in scales)
    given = sum(
        (scale.weight * Fraction(points[scale.id]) / scale.most for scale in scales), Fraction(0)
    )
    return 100 * given / total


def mean(values: Sequence[Fraction]) -> Fraction:
    return sum(values, Fraction(0)) / len(values)


def hundredths(value: Fraction) -> Fraction:
    """Round half up to two decimals."""
    return Fraction(floor(value * 100 + Fraction(1, 2)), 100)


def places(scales: Sequence[Scale], entries: Iterable[int], votes: Iterable[Vote]) -> list[Place]:
    """Rank entries: best first, equal ones by id and with one rank, those without a vote last."""
    marks: dict[int, list[Fraction]] = {entry: [] for entry in sorted(entries)}
    for vote in votes:
        if vote.entry in marks:
            marks[vote.entry].append(mark(scales, vote.points))
    scores = {entry: hundredths(mean(found)) for entry, found in marks.items() if found}
    ranked = sorted(scores, key=lambda entry: (-scores[entry], entry))
    everything = list(scores.values())
    placed = [
        Place(
            entry,
            rank=1 + sum(other > scores[entry] for other in everything),
            tied=everything.count(scores[entry]) > 1,
            score=scores[entry],
            votes=len(marks[entry]),
        )
        for entry in ranked
    ]
    return placed + [
        Place(e, None, tied=False, score=None, votes=0) for e in marks if not marks[e]
    ]
