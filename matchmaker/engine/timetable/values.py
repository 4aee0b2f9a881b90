"""What a timetable is made from, and the plan: frozen values, names and numbers, never rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

KINDS = ("promised", "must", "wish", "fill")
"""Kinds of wishes, the weightiest first."""
ANSWERS = ("accepted", "declined", "none")
SIDES = ("a", "b")


@dataclass(frozen=True, slots=True)
class Slot:
    """A stretch of one day; `start` and `end` are minutes after midnight."""

    id: str
    day: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Table:
    """Where one meeting at a time is held; `fixed_for` names the team that alone uses it."""

    id: str
    fixed_for: str | None = None


@dataclass(frozen=True, slots=True)
class Team:
    """People who come together. `least` meetings are a goal, `most` are a rule."""

    id: str
    side: str
    members: tuple[str, ...]
    least: int = 0
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """Sits in one meeting per slot; in at most `most`, and `most_in_a_row` without a break."""

    id: str
    expertise: frozenset[str] = frozenset()
    unavailable: frozenset[str] = frozenset()
    most: int | None = None
    most_in_a_row: int | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """One meeting that is wanted between teams `a` and `b`.

    `people` and `expertise` say by side ("a", "b") who is to come, or what they must know.
    """

    id: str
    a: str
    b: str
    value: float
    kind: str = "wish"
    answer: str = "accepted"
    expertise: Mapping[str, str] = field(default_factory=dict)
    people: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Locked:
    """A wish that stands in this slot at this table."""

    wish: str
    slot: str
    table: str


@dataclass(frozen=True, slots=True)
class Instance:
    """All that a plan is made from. Slots stand in the order of time."""

    slots: tuple[Slot, ...]
    tables: tuple[Table, ...]
    teams: tuple[Team, ...]
    people: tuple[Person, ...]
    wishes: tuple[Wish, ...]
    closed: frozenset[tuple[str, str]] = frozenset()
    """(table, slot) that cannot be used."""
    excluded: Mapping[frozenset[str], str] = field(default_factory=dict)
    """Pairs of teams that do not meet, and why."""
    locked: tuple[Locked, ...] = ()
    frozen_through: str | None = None
    """When a plan is made anew, nothing changes up to and including this slot."""


@dataclass(frozen=True, slots=True)
class Meeting:
    """A wish in its slot at its table, with one person of each side."""

    wish: str
    slot: str
    table: str
    a: str
    b: str


@dataclass(frozen=True, slots=True)
class Unscheduled:
    """A wish that is not in the plan, and why; `fits_if` names one change that lets it in."""

    wish: str
    reason: str
    fits_if: Mapping[str, str | int] | None = None


@dataclass(frozen=True, slots=True)
class Changes:
    """What became of the wishes of an earlier plan."""

    kept: tuple[str, ...]
    """Same slot and same people."""
    moved: tuple[str, ...]
    cancelled: tuple[str, ...]
    new: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """A valid timetable with its figures.

    `optimal` when goals 1 to 4 are proven, else `feasible`; `bound` is a true upper bound of the
    sum of values, given the goals before it as they were reached.
    """

    status: str
    value: float
    bound: float
    promised: int
    teams_met: int
    missing: int
    """Meetings that teams lack to their least number."""
    idle: int
    table_moves: int
    seconds: float
    meetings: tuple[Meeting, ...]
    unscheduled: tuple[Unscheduled, ...]
    changes: Changes | None = None
