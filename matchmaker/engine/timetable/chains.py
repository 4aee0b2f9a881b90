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
HAND_OVER = 4
"""One step of so many lets a colleague take a meeting over."""


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
def _give(
    meeting: int, side: int, to: int, slot: int, people: Array, met: Array, at: Array
) -> None:
    """Let a colleague take a meeting over."""
    before = people[meeting, side]
    at[before, slot] = -1
    at[to, slot] = meeting
    met[before] -= 1
    met[to] += 1
    people[meeting, side] = to


@compiled
def _may_come(
    person: int, meeting: int, side: int, slot_of: Array, available: Array, at: Array,
    colleagues: Array,
) -> bool:  # fmt: skip
    slot = slot_of[meeting]
    if not available[person, slot] or at[person, slot] >= 0:
        return False
    for n in range(colleagues.shape[2]):  # noqa: SIM110 - numba knows no `any` of a generator
        if colleagues[meeting, side, n] == person:
            return True
    return False


@compiled
def _idle_of_both(at: Array, available: Array, one: int, other: int, spans: Array) -> int:
    """Count the idle slots of two people on the days of two slots."""
    found = 0
    for day in range(1 if spans[0, 0] == spans[1, 0] else 2):
        found += _idle(at, available, one, spans[day, 0], spans[day, 1])
        found += _idle(at, available, other, spans[day, 0], spans[day, 1])
    return found


@compiled
def _try_colleague(
    meeting: int, side: int, to: int, other: int, chance: float, heat: float, slot_of: Array,
    people: Array, met: Array, movable: Array, colleagues: Array, available: Array,
    adjacent: Array, in_a_row: Array, most: Array, at: Array, spans: Array, span_of: Array,
) -> int:  # fmt: skip
    """Let a colleague take a meeting over, in exchange for the one in another slot if there is one.

    Returns the change in idle slots, 0 where it may not be.
    """
    if to < 0 or not _may_come(to, meeting, side, slot_of, available, at, colleagues):
        return 0
    before, slot, back = people[meeting, side], slot_of[meeting], at[to, other]
    back_side = 0 if back >= 0 and people[back, 0] == to else 1
    if back < 0:
        if met[to] >= most[to]:
            return 0
    elif not movable[back] or not _may_come(
        before, back, back_side, slot_of, available, at, colleagues
    ):
        return 0
    spans[0], spans[1] = span_of[slot], span_of[other]
    idle = _idle_of_both(at, available, before, to, spans)
    _give(meeting, side, to, slot, people, met, at)
    if back >= 0:
        _give(back, back_side, before, other, people, met, at)
    change = _idle_of_both(at, available, before, to, spans) - idle
    too_long = in_a_row[to] and _row(at, adjacent, to, slot) > in_a_row[to]
    if back >= 0 and in_a_row[before] and _row(at, adjacent, before, other) > in_a_row[before]:
        too_long = True
    if too_long or (change > 0 and chance >= math.exp(-change / heat)):
        _give(meeting, side, before, slot, people, met, at)
        if back >= 0:
            _give(back, back_side, to, other, people, met, at)
        return 0
    return change


@compiled
def _try_slot(
    meeting: int, other: int, chance: float, heat: float, slot_of: Array, people: Array,
    movable: Array, available: Array, adjacent: Array, in_a_row: Array, at: Array, host: Array,
    counted: Array, seated: Array, own: Array, need: Array, room: Array, chain: Array,
    marked: Array, stamp: int, spans: Array, span_of: Array,
) -> int:  # fmt: skip
    """Exchange a chain with another slot, if that may be; return the change in idle slots."""
    one = slot_of[meeting]
    length = _chain(
        meeting, one, other, slot_of, people, movable, available, at, chain, marked, stamp
    )
    if not length:
        return 0
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
        _exchange(chain, length, one, other, slot_of, people, at, host, counted, seated, own, need)
        return 0
    return change


@compiled
def _lay_out(
    slot_of: Array, people: Array, host: Array, counted: Array, own: Array, at: Array, met: Array,
    seated: Array, need: Array,
) -> None:  # fmt: skip
    """Fill in who meets when, how often, and how many tables for everyone each slot needs."""
    for meeting in range(len(slot_of)):
        slot = slot_of[meeting]
        for side in range(2):
            at[people[meeting, side], slot] = meeting
            met[people[meeting, side]] += 1
        if counted[meeting]:
            seated[host[meeting], slot] += 1
            if seated[host[meeting], slot] > own[host[meeting], slot]:
                need[slot] += 1


@compiled
def _all_idle(at: Array, available: Array, span_of: Array) -> int:
    """Count the idle slots of everyone."""
    found = 0
    for person in range(available.shape[0]):
        slot = 0
        while slot < available.shape[1]:
            found += _idle(at, available, person, slot, span_of[slot, 1])
            slot = span_of[slot, 1]
    return found


@compiled
def anneal(
    slot_of: Array, people: Array, best: Array, best_people: Array, fewest: int, movable: Array,
    colleagues: Array, available: Array, allowed: Array, day_of: Array, adjacent: Array,
    in_a_row: Array, most: Array, host: Array, counted: Array, own: Array, room: Array,
    state: Array, steps: int, hot: float, cold: float,
) -> int:  # fmt: skip
    """Try so many exchanges; return the fewest idle slots seen, whose plan is left in `best`.

    `slot_of` and `best` hold the slot of each meeting, shape (n_meetings,); `people` and
    `best_people` those of both sides, shape (n_meetings, 2); `colleagues` who may come instead,
    shape (n_meetings, 2, n), −1 where there are fewer; `most` the meetings that a person may have;
    `host` the row in `own` of the tables that a meeting uses first, `own` how many there are, shape
    (n_hosts, n_slots), its last row 0; `room` the tables for everyone.
    """
    n_meetings, n_slots, n_colleagues = len(slot_of), len(room), colleagues.shape[2]
    at = np.full(available.shape, -1, dtype=np.int64)
    met = np.zeros(available.shape[0], dtype=np.int64)
    seated = np.zeros(own.shape, dtype=np.int64)
    need = np.zeros(n_slots, dtype=np.int64)
    _lay_out(slot_of, people, host, counted, own, at, met, seated, need)
    span_of = _spans(day_of)
    now = _all_idle(at, available, span_of)
    chain = np.zeros(LONGEST, dtype=np.int64)
    marked = np.full(n_meetings, -1, dtype=np.int64)
    spans = np.zeros((2, 2), dtype=np.int64)
    for step in range(steps):
        heat = hot * (cold / hot) ** (step / steps)
        meeting = _draw(state) % n_meetings
        other = _draw(state) % n_slots
        chance = _draw(state) / 8388608.0
        change = 0
        if not movable[meeting]:
            continue
        if n_colleagues and _draw(state) % HAND_OVER == 0:
            side = _draw(state) % 2
            change = _try_colleague(
                meeting, side, colleagues[meeting, side, _draw(state) % n_colleagues], other, chance,
                heat, slot_of, people, met, movable, colleagues, available, adjacent, in_a_row, most,
                at, spans, span_of,
            )  # fmt: skip
        elif other != slot_of[meeting] and allowed[other]:
            change = _try_slot(
                meeting, other, chance, heat, slot_of, people, movable, available, adjacent,
                in_a_row, at, host, counted, seated, own, need, room, chain, marked, step, spans,
                span_of,
            )  # fmt: skip
        now += change
        if now < fewest:
            fewest = now
            best[:], best_people[:] = slot_of, people
    return fewest
