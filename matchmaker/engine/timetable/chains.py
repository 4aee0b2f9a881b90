"""The inner loop of smoothing: compiled where numba is installed, the same numbers where not."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
F = TypeVar("F", bound=Callable[..., Any])
LONGEST = 32
"""Meetings in a chain; longer ones are hardly ever taken."""


def compiled(work: F) -> F:
    """Compile a loop where numba is installed."""
    try:
        from numba import njit
    except ImportError:
        return work
    found: Any = njit(nogil=True, cache=True)(work)
    return found  # type: ignore[no-any-return]


@compiled
def _draw(state: Array) -> int:
    """Return 23 random bits (a linear congruential generator; C's `rand`)."""
    state[0] = (state[0] * 1103515245 + 12345) & 0x7FFFFFFF
    return int(state[0]) >> 8


@compiled
def _idle(at: Array, available: Array, person: int, first: int, last: int) -> int:
    """Count a person's free available slots between first and last meeting of a stretch."""
    while first < last and at[person, first] < 0:
        first += 1
    while last > first and at[person, last - 1] < 0:
        last -= 1
    found = 0
    for slot in range(first, last):
        if at[person, slot] < 0 and available[person, slot]:
            found += 1
    return found


@compiled
def _row(at: Array, adjacent: Array, person: int, slot: int) -> int:
    """Return how many adjacent slots around this one are taken."""
    first = last = slot
    while first > 0 and adjacent[first] and at[person, first - 1] >= 0:
        first -= 1
    while last + 1 < len(adjacent) and adjacent[last + 1] and at[person, last + 1] >= 0:
        last += 1
    return last - first + 1


@compiled
def _chain(
    first: int, one: int, other: int, slot_of: Array, people: Array, movable: Array,
    available: Array, at: Array, chain: Array, marked: Array, stamp: int,
) -> int:  # fmt: skip
    """Write the meetings that change between two slots with the first; return how many, 0 for none."""
    chain[0] = first
    marked[first] = stamp
    length, looked = 1, 0
    while looked < length:
        meeting = chain[looked]
        looked += 1
        target = other if slot_of[meeting] == one else one
        for side in range(2):
            person = people[meeting, side]
            if not available[person, target]:
                return 0
            there = at[person, target]
            if there >= 0 and marked[there] != stamp:
                if not movable[there] or length == len(chain):
                    return 0
                chain[length] = there
                marked[there] = stamp
                length += 1
    return length


@compiled
def _exchange(
    chain: Array, length: int, one: int, other: int, slot_of: Array, people: Array, at: Array,
    host: Array, counted: Array, seated: Array, own: Array, need: Array,
) -> None:  # fmt: skip
    """Let the meetings of a chain change slots."""
    for n in range(length):
        meeting = chain[n]
        for side in range(2):
            at[people[meeting, side], slot_of[meeting]] = -1
    for n in range(length):
        meeting = chain[n]
        before = slot_of[meeting]
        after = other if before == one else one
        slot_of[meeting] = after
        for side in range(2):
            at[people[meeting, side], after] = meeting
        if counted[meeting]:
            team = host[meeting]
            if seated[team, before] > own[team, before]:
                need[before] -= 1
            seated[team, before] -= 1
            seated[team, after] += 1
            if seated[team, after] > own[team, after]:
                need[after] += 1


@compiled
def _idle_around(
    chain: Array, length: int, people: Array, at: Array, available: Array, spans: Array
) -> int:
    """Count the idle slots of everyone in a chain on the days of both slots."""
    found = 0
    for n in range(length):
        for side in range(2):
            person = people[chain[n], side]
            seen = False
            for earlier in range(n):
                if people[chain[earlier], 0] == person or people[chain[earlier], 1] == person:
                    seen = True
            if not seen:
                found += _idle(at, available, person, spans[0, 0], spans[0, 1])
                if spans[1, 0] != spans[0, 0]:
                    found += _idle(at, available, person, spans[1, 0], spans[1, 1])
    return found


@compiled
def _breaks_a_row(
    chain: Array, length: int, slot_of: Array, people: Array, at: Array, adjacent: Array,
    in_a_row: Array,
) -> bool:  # fmt: skip
    for n in range(length):
        meeting = chain[n]
        for side in range(2):
            person = people[meeting, side]
            limit = in_a_row[person]
            if limit and _row(at, adjacent, person, slot_of[meeting]) > limit:
                return True
    return False


@compiled
def _spans(day_of: Array) -> Array:
    """Return for each slot where its day begins, and where the next one does."""
    n_slots = len(day_of)
    found = np.zeros((n_slots, 2), dtype=np.int64)
    for slot in range(n_slots):
        first, last = slot, slot
        while first > 0 and day_of[first - 1] == day_of[slot]:
            first -= 1
        while last + 1 < n_slots and day_of[last + 1] == day_of[slot]:
            last += 1
        found[slot, 0], found[slot, 1] = first, last + 1
    return found


@compiled
def anneal(
    slot_of: Array, best: Array, fewest: int, people: Array, movable: Array, available: Array,
    allowed: Array, day_of: Array, adjacent: Array, in_a_row: Array, host: Array, counted: Array,
    own: Array, room: Array, state: Array, steps: int, hot: float, cold: float,
) -> int:  # fmt: skip
    """Try so many exchanges; return the fewest idle slots seen, whose slots are left in `best`.

    `slot_of` and `best` hold the slot of each meeting, shape (n_meetings,); `people` both people,
    shape (n_meetings, 2); `host` the row in `own` of the tables that a meeting uses first, `own`
    how many there are, shape (n_hosts, n_slots), its last row 0; `room` the tables for everyone.
    """
    n_meetings, n_slots = len(slot_of), len(room)
    at = np.full(available.shape, -1, dtype=np.int64)
    seated = np.zeros(own.shape, dtype=np.int64)
    need = np.zeros(n_slots, dtype=np.int64)
    for meeting in range(n_meetings):
        slot = slot_of[meeting]
        at[people[meeting, 0], slot] = meeting
        at[people[meeting, 1], slot] = meeting
        if counted[meeting]:
            seated[host[meeting], slot] += 1
            if seated[host[meeting], slot] > own[host[meeting], slot]:
                need[slot] += 1
    span_of = _spans(day_of)
    now = 0
    for person in range(available.shape[0]):
        slot = 0
        while slot < n_slots:
            now += _idle(at, available, person, slot, span_of[slot, 1])
            slot = span_of[slot, 1]
    chain = np.zeros(LONGEST, dtype=np.int64)
    marked = np.full(n_meetings, -1, dtype=np.int64)
    spans = np.zeros((2, 2), dtype=np.int64)
    for step in range(steps):
        heat = hot * (cold / hot) ** (step / steps)
        meeting = _draw(state) % n_meetings
        other = _draw(state) % n_slots
        chance = _draw(state) / 8388608.0
        one = slot_of[meeting]
        if not movable[meeting] or other == one or not allowed[other]:
            continue
        length = _chain(
            meeting, one, other, slot_of, people, movable, available, at, chain, marked, step
        )
        if not length:
            continue
        spans[0], spans[1] = span_of[one], span_of[other]
        before = _idle_around(chain, length, people, at, available, spans)
        _exchange(chain, length, one, other, slot_of, people, at, host, counted, seated, own, need)
        change = _idle_around(chain, length, people, at, available, spans) - before
        if (
            need[one] > room[one]
            or need[other] > room[other]
            or (change > 0 and chance >= math.exp(-change / heat))
            or _breaks_a_row(chain, length, slot_of, people, at, adjacent, in_a_row)
        ):
            _exchange(
                chain, length, one, other, slot_of, people, at, host, counted, seated, own, need
            )
            continue
        now += change
        if now < fewest:
            fewest = now
            best[:] = slot_of
    return fewest
