"""A timetable in the making: what stands where, and whether one more meeting fits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np

from .problem import Problem


class Place(NamedTuple):
    """Where a meeting stands: slot, and the people of both sides."""

    slot: int
    a: int
    b: int


class Board:
    """Meetings without their tables; tables are counted, and given out at the end."""

    def __init__(self, problem: Problem, places: Mapping[int, Place] | None = None) -> None:
        self.problem = problem
        n_people, n_slots = problem.available.shape
        self.places: dict[int, Place] = {}
        self.at = np.full((n_people, n_slots), -1, dtype=np.int64)
        self.met = np.zeros(n_people, dtype=np.int64)
        self.team_met = np.zeros(len(problem.instance.teams), dtype=np.int64)
        self.in_slot: list[list[int]] = [[] for _ in range(n_slots)]
        self._room: list[dict[tuple[int, ...], bool]] = [{} for _ in range(n_slots)]
        """By slot, what `seats` found for teams with tables, until something moves there."""
        for wish, place in (places or {}).items():
            self.put(wish, place)

    def put(self, wish: int, place: Place) -> None:
        self.places[wish] = place
        self.in_slot[place.slot].append(wish)
        self._room[place.slot].clear()
        for person in (place.a, place.b):
            self.at[person, place.slot] = wish
            self.met[person] += 1
        for team in self.problem.teams[wish]:
            self.team_met[team] += 1

    def take(self, wish: int) -> Place:
        place = self.places.pop(wish)
        self.in_slot[place.slot].remove(wish)
        self._room[place.slot].clear()
        for person in (place.a, place.b):
            self.at[person, place.slot] = -1
            self.met[person] -= 1
        for team in self.problem.teams[wish]:
            self.team_met[team] -= 1
        return place

    def obstacles(self, wish: int, place: Place) -> Iterator[tuple[str, int]]:
        """Yield what keeps a wish from a place: a kind, and whose number it concerns.

        Kinds: "opens" (not available), "busy", "max", "max_in_a_row" (of a person), "team" (its
        most), "table" (none is left in the slot).
        """
        problem = self.problem
        for person in (place.a, place.b):
            who = problem.instance.people[person]
            if not problem.available[person, place.slot]:
                yield "opens", person
            if self.at[person, place.slot] >= 0:
                yield "busy", person
            if who.most is not None and self.met[person] >= who.most:
                yield "max", person
            if who.most_in_a_row and self.row_with(person, place.slot) > who.most_in_a_row:
                yield "max_in_a_row", person
        for team in problem.teams[wish]:
            most = problem.instance.teams[team].most
            if most is not None and self.team_met[team] >= most:
                yield "team", team
        if wish not in problem.pins and not self.seats(place.slot, wish):
            yield "table", place.slot

    def fits(self, wish: int, place: Place) -> bool:
        return next(self.obstacles(wish, place), None) is None

    def row_with(self, person: int, slot: int) -> int:
        """Return how many adjacent slots would be taken around one more meeting."""
        first, last = slot, slot
        adjacent = self.problem.adjacent
        while first > 0 and adjacent[first] and self.at[person, first - 1] >= 0:
            first -= 1
        while last + 1 < len(adjacent) and adjacent[last + 1] and self.at[person, last + 1] >= 0:
            last += 1
        return last - first + 1

    def seats(self, slot: int, more: int) -> bool:
        """Whether the meetings of a slot and one more can all have a table."""
        hosts = self.problem.hosts[more]
        found = self._room[slot].get(hosts)
        if found is None:
            wishes = [w for w in self.in_slot[slot] if w not in self.problem.pins]
            found = self._unseated([*wishes, more], slot) <= len(self.problem.open_free[slot])
            self._room[slot][hosts] = found
        return found

    def _unseated(self, wishes: list[int], slot: int) -> int:
        """Return how many meetings find no table of their own team."""
        problem = self.problem
        left = Counter({team: len(open_[slot]) for team, open_ in problem.open_fixed.items()})
        unseated, either = 0, []
        for wish in wishes:
            hosts = problem.hosts[wish]
            if len(hosts) == 2:
                either.append(wish)
            elif hosts and left[hosts[0]] > 0:
                left[hosts[0]] -= 1
            else:
                unseated += 1
        return unseated + len(either) - _spread([problem.hosts[w] for w in either], left)

    def free_places(self, wish: int) -> Iterator[Place]:
        """Yield where a wish could be put as things stand."""
        for slot in self.problem.slots_of(wish):
            ones, others = self.problem.people_in(wish, slot)
            for a in ones:
                for b in others:
                    if self.fits(wish, place := Place(slot, a, b)):
                        yield place


def _spread(pairs: list[tuple[int, ...]], left: Counter[int]) -> int:
    """Return how many meetings of two teams with tables find one (bipartite, by augmenting)."""
    seated: dict[int, list[int]] = {}

    def seat(meeting: int, tried: set[int]) -> bool:
        for team in pairs[meeting]:
            if team in tried:
                continue
            tried.add(team)
            if len(seated.setdefault(team, [])) < left[team]:
                seated[team].append(meeting)
                return True
            for other in list(seated[team]):
                seated[team].remove(other)
                if seat(other, tried):
                    seated[team].append(meeting)
                    return True
                seated[team].append(other)
        return False

    return sum(seat(meeting, set()) for meeting in range(len(pairs)))
