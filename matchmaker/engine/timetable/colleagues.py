"""Colleagues who can stand in for each other: the model counts them, and names them afterwards.

Two people of a team are alike when they can come in the same slots, for the same wishes and under
the same limits. The first three goals do not ask which of them comes, so the model counts only how
many do: k people take k meetings in a slot, k times the most of one, and k times as many in a
stretch of slots as one may in a row. Dealt out in turn in the order of the slots, any n meetings
that follow each other give each of them at most ⌈n / k⌉, so there is always somebody for each.

Where something stands, or stood in an earlier plan, it names its people, and the others are found
around that. Whoever cannot be found so is told apart in the next model: what the first one counted
was a bound, and is the optimum once everybody has a name.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .board import Place
from .problem import People, Problem

Groups = Mapping[int, People]
"""By person, everyone who is alike, that person included, in the order of the instance."""
TRIES = 2_000
"""Looks for names for one group end after so many steps; its people are told apart then."""


class Seat(NamedTuple):
    """One side of a meeting that somebody of a group takes, and who it has to be, if known."""

    slot: int
    wish: int
    side: int
    who: int | None


@dataclass(frozen=True, slots=True)
class Named:
    """Places with a person for each side, and the people who are to be told apart."""

    places: dict[int, Place]
    apart: frozenset[int] = field(default=frozenset())


def groups_of(problem: Problem, apart: AbstractSet[int] = frozenset()) -> Groups:
    """Return who is alike; each of those who are told apart stands alone."""
    asked: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for wish, sides in problem.candidates.items():
        for side, people in enumerate(sides):
            for person in people:
                asked[person].append((wish, side))
    groups: dict[object, list[int]] = defaultdict(list)
    for number, entry in enumerate(problem.instance.people):
        free = problem.available[number].tobytes()
        limits = entry.most, entry.most_in_a_row
        alone = number if number in apart else None
        key = problem.team_of.get(number), free, limits, tuple(asked[number]), alone
        groups[key].append(number)
    return {person: tuple(group) for group in groups.values() for person in group}


def named(problem: Problem, places: Mapping[int, Place], groups: Groups) -> Named:
    """Give each meeting of a group one of its people; what stood keeps those it had.

    `places` name the first of a group. A meeting that does not stand is left out where nobody can
    be found for it.
    """
    seats: dict[int, list[Seat]] = defaultdict(list)
    for wish in sorted(places, key=lambda wish: (places[wish].slot, wish)):
        slot, *people = places[wish]
        for side, person in enumerate(people):
            if len(group := groups[person]) > 1:
                who = _who_it_was(problem, wish, slot, side)
                seats[group[0]].append(Seat(slot, wish, side, who if who in group else None))
    found = {wish: list(place) for wish, place in places.items()}
    apart: set[int] = set()
    for first, taken in seats.items():
        names, complete = _names(problem, groups[first], taken)
        if not complete:
            apart |= set(groups[first])
        for seat in taken:
            if (seat.wish, seat.side) not in names:
                found.pop(seat.wish, None)
            elif seat.wish in found:
                found[seat.wish][1 + seat.side] = names[seat.wish, seat.side]
    return Named({wish: Place(*found[wish]) for wish in places if wish in found}, frozenset(apart))


def _names(
    problem: Problem, people: People, seats: Sequence[Seat]
) -> tuple[dict[tuple[int, int], int], bool]:
    """Return who takes which side of a wish, and whether all are as wanted.

    Where they cannot be, people of the earlier plan may change; then what does not stand goes.
    """
    loose = [seat if seat.wish in problem.pins else seat._replace(who=None) for seat in seats]
    pinned = [seat for seat in loose if seat.wish in problem.pins]
    for wanted in (seats, loose, pinned):
        found = _Group(problem, people).people_for(wanted)
        if found is not None:
            names = {(s.wish, s.side): who for s, who in zip(wanted, found, strict=True)}
            return names, wanted is seats
    return {}, False


def _who_it_was(problem: Problem, wish: int, slot: int, side: int) -> int | None:
    pin = problem.pins.get(wish)
    if pin is None and wish in problem.previous:
        pin = problem.as_pin(wish, problem.previous[wish])
    if pin is None or pin.slot != slot:
        return None
    return pin.b if side else pin.a


class _Group:
    """People who are alike, and which seats they have taken so far."""

    def __init__(self, problem: Problem, people: People) -> None:
        self.people = people
        self.person = problem.instance.people[people[0]]
        self.adjacent = problem.adjacent
        self.busy = np.zeros((len(people), len(problem.instance.slots)), dtype=bool)
        self.left = TRIES

    def people_for(self, seats: Sequence[Seat]) -> list[int] | None:
        """Return who takes each seat, None where they cannot be found."""
        if all(seat.who is None for seat in seats):
            return [self.people[n % len(self.people)] for n in range(len(seats))]
        found: dict[int, int] = {}
        for n, seat in enumerate(seats):
            if seat.who is not None:
                found[n] = self.people.index(seat.who)
                if not self._take(found[n], seat.slot):
                    return None
        open_ = [n for n, seat in enumerate(seats) if seat.who is None]
        if not self._find(seats, open_, found):
            return None
        return [self.people[found[n]] for n in range(len(seats))]

    def _find(self, seats: Sequence[Seat], open_: Sequence[int], found: dict[int, int]) -> bool:
        """Find somebody for the open seats, one after the other, going back where nobody is left."""
        if not open_:
            return True
        first, *others = open_
        slot = seats[first].slot
        for person in np.argsort(self.busy.sum(axis=1), kind="stable").tolist():
            self.left -= 1
            if self.left > 0 and self._take(person, slot):
                found[first] = person
                if self._find(seats, others, found):
                    return True
                self.busy[person, slot] = False
        return False

    def _take(self, person: int, slot: int) -> bool:
        most, in_a_row = self.person.most, self.person.most_in_a_row
        busy = self.busy[person]
        if busy[slot] or (most is not None and busy.sum() >= most):
            return False
        busy[slot] = True
        if in_a_row and self._row(busy, slot) > in_a_row:
            busy[slot] = False
            return False
        return True

    def _row(self, busy: NDArray[np.bool_], slot: int) -> int:
        first = last = slot
        while first > 0 and self.adjacent[first] and busy[first - 1]:
            first -= 1
        while last + 1 < len(busy) and self.adjacent[last + 1] and busy[last + 1]:
            last += 1
        return last - first + 1
