"""An instance as numbers: who can sit where and when, and what stands already.

Everything is numbered in the order of the instance. A wish that cannot be planned at all (excluded,
declined, not answered) is left out from the beginning.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .form import InstanceError
from .values import Instance, Meeting, Wish

People = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Pin:
    """A wish that stands: slot, table, and the people where they are known."""

    slot: int
    table: int
    a: int | None = None
    b: int | None = None


class Problem:
    """What a plan is made from, numbered.

    Attributes
    ----------
    available : who can come when, shape (n_people, n_slots).
    adjacent : whether a slot begins where the one before it ends, shape (n_slots,).
    wishes : numbers of the wishes that may be planned.
    candidates : by wish, who may come for side a and for side b.
    hosts : by wish, the teams of both sides that have tables of their own.
    open_free : tables for everyone that are open in each slot.
    open_fixed : by team, its own tables that are open in each slot.
    pins : wishes that stand, by number; their tables are not among the open ones.
    allowed : slots in which something new may be put, shape (n_slots,).

    """

    def __init__(self, instance: Instance, previous: Sequence[Meeting] = ()) -> None:
        self.instance = instance
        self.slot = {s.id: n for n, s in enumerate(instance.slots)}
        self.table = {t.id: n for n, t in enumerate(instance.tables)}
        self.team = {t.id: n for n, t in enumerate(instance.teams)}
        self.person = {p.id: n for n, p in enumerate(instance.people)}
        self.wish = {w.id: n for n, w in enumerate(instance.wishes)}
        self.team_of = {
            self.person[member]: n for n, t in enumerate(instance.teams) for member in t.members
        }
        self.teams = [(self.team[w.a], self.team[w.b]) for w in instance.wishes]
        self.available = np.ones((len(instance.people), len(instance.slots)), dtype=bool)
        for number, person in enumerate(instance.people):
            self.available[number, [self.slot[s] for s in person.unavailable]] = False
        self.adjacent = _adjacent(instance)
        self.refused = {
            n: reason for n, w in enumerate(instance.wishes) if (reason := self._refusal(w))
        }
        self.wishes = [n for n in range(len(instance.wishes)) if n not in self.refused]
        self.candidates = {n: self._candidates(instance.wishes[n]) for n in self.wishes}
        self.previous = {
            self.wish[m.wish]: m for m in previous if self.wish.get(m.wish) in self.candidates
        }
        frozen = 0
        if instance.frozen_through is not None and previous:
            frozen = self.slot[instance.frozen_through] + 1
        self.allowed = np.arange(len(instance.slots)) >= frozen
        self.pins = self._locked()
        self.pins |= self._frozen(frozen)
        self._open_tables()

    def _refusal(self, wish: Wish) -> str | None:
        if frozenset((wish.a, wish.b)) in self.instance.excluded:
            return "excluded"
        if wish.answer == "declined":
            return "declined"
        if wish.answer == "none" and wish.kind != "promised":
            return "not_answered"
        return None

    def _candidates(self, wish: Wish) -> tuple[People, People]:
        return self._of_side(wish, "a", wish.a), self._of_side(wish, "b", wish.b)

    def _of_side(self, wish: Wish, side: str, team: str) -> People:
        """Return those who are asked for, else those who know what is asked for, else all."""
        if wish.people.get(side):
            return tuple(self.person[p] for p in wish.people[side])
        members = [self.person[p] for p in self.instance.teams[self.team[team]].members]
        wanted = wish.expertise.get(side)
        knowing = [p for p in members if wanted in self.instance.people[p].expertise]
        return tuple(knowing or members)

    # ---- what stands

    def _locked(self) -> dict[int, Pin]:
        found: dict[int, Pin] = {}
        seats: dict[tuple[int, int], str] = {}
        for lock in self.instance.locked:
            wish = self.wish[lock.wish]
            pin = Pin(self.slot[lock.slot], self.table[lock.table])
            where = f"locked wish “{lock.wish}”"
            if wish in self.refused:
                raise InstanceError(f"{where} cannot be planned: {self.refused[wish]}.")
            if wish in found:
                raise InstanceError(f"{where} is locked twice.")
            if not self.may_sit(wish, pin):
                raise InstanceError(f"{where} cannot use table “{lock.table}” in “{lock.slot}”.")
            if (pin.slot, pin.table) in seats:
                raise InstanceError(
                    f"{where} and “{seats[pin.slot, pin.table]}” are locked at one table at once."
                )
            if not all(self.able(side, pin.slot) for side in self.candidates[wish]):
                raise InstanceError(f"{where}: nobody of one side is free in “{lock.slot}”.")
            seats[pin.slot, pin.table] = lock.wish
            found[wish] = pin
        return found

    def _frozen(self, frozen: int) -> dict[int, Pin]:
        """Return what stands in slots that have begun, as far as it is still possible."""
        taken = {(pin.slot, pin.table) for pin in self.pins.values()}
        found: dict[int, Pin] = {}
        met: Counter[tuple[str, int]] = Counter()
        for wish, meeting in self.previous.items():
            pin = self.as_pin(wish, meeting)
            if pin is None or pin.slot >= frozen or wish in self.pins:
                continue
            if (pin.slot, pin.table) in taken or not self.may_sit(wish, pin):
                continue
            limits = self._limits_of(wish, pin)
            if all(most is None or met[key] < most for key, most in limits.items()):
                met.update(limits.keys())
                taken.add((pin.slot, pin.table))
                found[wish] = pin
        return found

    def _limits_of(self, wish: int, pin: Pin) -> dict[tuple[str, int], int | None]:
        """Return which limits a meeting uses up, by what they are of."""
        people = [p for p in (pin.a, pin.b) if p is not None]
        return {
            **{("person", p): self.instance.people[p].most for p in people},
            **{("team", t): self.instance.teams[t].most for t in self.teams[wish]},
            **{(f"seat {p}", pin.slot): 1 for p in people},
        }

    def as_pin(self, wish: int, meeting: Meeting) -> Pin | None:
        """Return an earlier meeting in numbers; None when its people or place are gone."""
        slot, table = self.slot.get(meeting.slot), self.table.get(meeting.table)
        a, b = self.person.get(meeting.a), self.person.get(meeting.b)
        if slot is None or table is None or a is None or b is None:
            return None
        ones, others = self.candidates[wish]
        able = a in ones and b in others and self.available[a, slot] and self.available[b, slot]
        return Pin(slot, table, a, b) if able else None

    def can_stand(self, wish: int, pin: Pin) -> bool:
        """Whether a wish could be locked in a slot at a table, as far as it alone is concerned."""
        sides = self.candidates[wish]
        return self.may_sit(wish, pin) and all(self.able(side, pin.slot) for side in sides)

    def may_sit(self, wish: int, pin: Pin) -> bool:
        """Whether a table is open in a slot, and for everyone or for one of the teams."""
        table = self.instance.tables[pin.table]
        own = table.fixed_for is None or self.team[table.fixed_for] in self.teams[wish]
        return own and (table.id, self.instance.slots[pin.slot].id) not in self.instance.closed

    def _open_tables(self) -> None:
        n_slots = len(self.instance.slots)
        gone = {(self.table[t], self.slot[s]) for t, s in self.instance.closed}
        gone |= {(pin.table, pin.slot) for pin in self.pins.values()}
        self.open_free: list[list[int]] = [[] for _ in range(n_slots)]
        self.open_fixed: dict[int, list[list[int]]] = {}
        for number, table in enumerate(self.instance.tables):
            lists = self.open_free
            if table.fixed_for is not None:
                team = self.team[table.fixed_for]
                lists = self.open_fixed.setdefault(team, [[] for _ in range(n_slots)])
            for slot in range(n_slots):
                if (number, slot) not in gone:
                    lists[slot].append(number)
        self.hosts = {
            n: tuple(team for team in self.teams[n] if team in self.open_fixed)
            for n in self.wishes
        }

    # ---- who can

    def able(self, people: Iterable[int], slot: int) -> list[int]:
        """Return those of some people who are available in a slot."""
        return [p for p in people if self.available[p, slot]]

    def slots_of(self, wish: int) -> list[int]:
        """Return the slots in which both sides have somebody, and something may be put there."""
        if wish in self.pins:
            return [self.pins[wish].slot]
        return [int(t) for t in np.flatnonzero(self.common(wish) & self.allowed)]

    def common(self, wish: int) -> NDArray[np.bool_]:
        """Return the slots in which both sides have somebody, shape (n_slots,)."""
        ones, others = self.candidates[wish]
        found: NDArray[np.bool_] = np.logical_and(
            self.available[list(ones)].any(axis=0), self.available[list(others)].any(axis=0)
        )
        return found

    def people_in(self, wish: int, slot: int) -> tuple[list[int], list[int]]:
        """Return who of each side may come in a slot."""
        pin = self.pins.get(wish)
        if pin is not None and pin.a is not None and pin.b is not None:
            return [pin.a], [pin.b]
        ones, others = self.candidates[wish]
        return self.able(ones, slot), self.able(others, slot)

    @cached_property
    def runs(self) -> Mapping[int, list[range]]:
        """By length, every stretch of so many adjacent slots."""
        limits = {p.most_in_a_row for p in self.instance.people if p.most_in_a_row}
        n = len(self.instance.slots)
        return {
            limit: [
                range(first, first + limit + 1)
                for first in range(n - limit)
                if self.adjacent[first + 1 : first + limit + 1].all()
            ]
            for limit in limits
        }


def _adjacent(instance: Instance) -> NDArray[np.bool_]:
    found = np.zeros(len(instance.slots), dtype=bool)
    for n, (one, other) in enumerate(zip(instance.slots, instance.slots[1:], strict=False), 1):
        found[n] = one.day == other.day and one.end == other.start
    return found
