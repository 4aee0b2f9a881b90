"""Fewer idle slots without losing a meeting: annealing over Kempe chains.

A Kempe chain of two slots is a set of meetings that, exchanged between the two, leaves nobody in two
meetings at once (Thompson and Dowsland, "General cooling schedules for a simulated annealing based
timetabling system", 1996). Its meetings change slots together, so the plan stays valid and keeps
its value; a colleague may take a meeting over as well. What stands already does not move.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from collections.abc import Set as AbstractSet

import numpy as np
from numpy.typing import NDArray

from .board import Board, Place
from .chains import anneal
from .problem import Problem

BATCH = 50_000
"""Steps between two looks at the clock."""
STEPS_EACH = 5_000
"""Steps for each meeting that may move: more bring little."""
MOST_STEPS = 10_000_000
NO_LIMIT = 1 << 30
HOT, COLD = 1.5, 0.08
"""Temperatures in idle slots, at the beginning and at the end."""


def idle_slots(board: Board) -> int:
    """Count, for each person and day, free available slots between first and last meeting."""
    slots = board.problem.instance.slots
    total = 0
    for day in sorted({slot.day for slot in slots}):
        columns = np.flatnonzero([slot.day == day for slot in slots])
        busy = board.at[:, columns] >= 0
        free = board.problem.available[:, columns] & ~busy
        inside = np.logical_or.accumulate(busy, axis=1)
        inside &= np.logical_or.accumulate(busy[:, ::-1], axis=1)[:, ::-1]
        total += int((free & inside).sum())
    return total


def smoothed(board: Board, stands: AbstractSet[int], *, seconds: float, seed: int) -> Board:
    """Return a board with the same meetings and fewer idle slots, if there are any."""
    problem = board.problem
    wishes = sorted(board.places)
    movable = [w not in stands and len(problem.hosts.get(w, ())) < 2 for w in wishes]
    if not any(movable) or seconds <= 0 or not idle_slots(board):
        return board
    places = [board.places[w] for w in wishes]
    slot_of = np.array([place.slot for place in places], dtype=np.int64)
    people = np.array([(place.a, place.b) for place in places], dtype=np.int64)
    teams = {team: n for n, team in enumerate(sorted(problem.open_fixed))}
    n_slots = len(problem.instance.slots)
    own = np.zeros((len(teams) + 1, n_slots), dtype=np.int64)
    for team, number in teams.items():
        own[number] = [len(tables) for tables in problem.open_fixed[team]]
    host = np.array(
        [teams[problem.hosts[w][0]] if problem.hosts.get(w) else len(teams) for w in wishes],
        dtype=np.int64,
    )
    counted = np.array([w not in problem.pins for w in wishes], dtype=bool)
    room = np.array([len(tables) for tables in problem.open_free], dtype=np.int64)
    in_a_row = np.array(
        [person.most_in_a_row or 0 for person in problem.instance.people], dtype=np.int64
    )
    day_of = np.array([slot.day for slot in problem.instance.slots], dtype=np.int64)
    most = np.array(
        [NO_LIMIT if p.most is None else p.most for p in problem.instance.people], dtype=np.int64
    )
    colleagues = _colleagues(problem, wishes)
    best, best_people, idle = slot_of.copy(), people.copy(), idle_slots(board)
    steps = min(MOST_STEPS, STEPS_EACH * sum(movable))
    end = time.monotonic() + seconds
    state = np.array([seed * 2_654_435_761 % (1 << 31)], dtype=np.int64)
    moves = np.array(movable, dtype=bool)
    done = 0
    while done < steps and time.monotonic() < end:
        n = min(BATCH, steps - done)
        heat = HOT * (COLD / HOT) ** (done / steps), HOT * (COLD / HOT) ** ((done + n) / steps)
        idle = anneal(
            slot_of, people, best, best_people, idle, moves, colleagues, problem.available,
            problem.allowed, day_of, problem.adjacent, in_a_row, most, host, counted, own, room,
            state, n, *heat,
        )  # fmt: skip
        done += n
    return Board(
        problem,
        {w: Place(int(best[n]), *map(int, best_people[n])) for n, w in enumerate(wishes)},
    )


def _colleagues(problem: Problem, wishes: Sequence[int]) -> NDArray[np.int64]:
    """Return who may come to each meeting, shape (n_wishes, 2, n); −1 where there are fewer.

    n is 0 where nobody has a colleague.
    """
    sides = [problem.candidates[w] for w in wishes]
    widest = max((len(people) for pair in sides for people in pair), default=1)
    found = np.full((len(wishes), 2, widest if widest > 1 else 0), -1, dtype=np.int64)
    for n, pair in enumerate(sides):
        for side, people in enumerate(pair):
            if len(people) > 1:
                found[n, side, : len(people)] = people
    return found
