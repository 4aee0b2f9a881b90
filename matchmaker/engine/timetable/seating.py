"""Tables for the meetings of each slot: teams at their own, and people where they sat before."""

from __future__ import annotations

import numpy as np
from scipy.optimize import linear_sum_assignment

from .board import Board
from .values import Meeting

FORBIDDEN = 1e6
PUBLISHED = 8.0
"""What leaving a table that is published already costs, in people who change tables."""
OWN = 1e3
"""A team's own table goes before any that is for everyone."""
ROUNDS = 3


def seated(board: Board) -> tuple[tuple[Meeting, ...], int]:
    """Return the meetings with their tables, by slot and table, and how many changes there are.

    Slot by slot an assignment of least cost; each round knows the tables of the slots around from
    the one before. A change counts for each person who sits at another table in the next meeting.
    """
    problem = board.problem
    table_of: dict[int, int] = {
        w: problem.pins[w].table for w in board.places if w in problem.pins
    }
    best: dict[int, int] = {}
    fewest = -1
    for _round in range(ROUNDS):
        for slot in range(len(problem.instance.slots)):
            _seat_slot(board, slot, table_of)
        moves = table_moves(board, table_of)
        if fewest < 0 or moves < fewest:
            best, fewest = dict(table_of), moves
    names = problem.instance
    order = sorted(best, key=lambda w: (board.places[w].slot, best[w]))
    meetings = tuple(
        Meeting(
            names.wishes[w].id, names.slots[board.places[w].slot].id, names.tables[best[w]].id,
            names.people[board.places[w].a].id, names.people[board.places[w].b].id,
        )
        for w in order
    )  # fmt: skip
    return meetings, max(0, fewest)


def _seat_slot(board: Board, slot: int, table_of: dict[int, int]) -> None:
    problem = board.problem
    wishes = [w for w in board.in_slot[slot] if w not in problem.pins]
    tables = list(problem.open_free[slot])
    for open_ in problem.open_fixed.values():
        tables += open_[slot]
    if not wishes:
        return
    column = {table: n for n, table in enumerate(tables)}
    costs = np.full((len(wishes), len(tables)), FORBIDDEN)
    for row, wish in enumerate(wishes):
        costs[row, [column[table] for table in problem.open_free[slot]]] = OWN
        for team in problem.hosts[wish]:
            costs[row, [column[table] for table in problem.open_fixed[team][slot]]] = 0.0
        for near in _tables_near(board, wish, slot, table_of):
            costs[row] += 1.0
            if near in column:
                costs[row, column[near]] -= 1.0
        before = problem.previous.get(wish)
        if before is not None and problem.slot.get(before.slot) == slot:
            table = problem.table.get(before.table)
            if table in column:
                costs[row, column[table]] -= PUBLISHED
    rows, columns = linear_sum_assignment(costs)
    for row, number in zip(rows.tolist(), columns.tolist(), strict=True):
        table_of[wishes[row]] = tables[number]


def _tables_near(board: Board, wish: int, slot: int, table_of: dict[int, int]) -> list[int]:
    """Return where both people sit in their meetings before and after, as far as that is known."""
    place = board.places[wish]
    found = []
    for person in (place.a, place.b):
        for step in (-1, 1):
            other = _next_meeting(board, person, slot, step)
            if other is not None and other in table_of:
                found.append(table_of[other])
    return found


def _next_meeting(board: Board, person: int, slot: int, step: int) -> int | None:
    there = slot + step
    while 0 <= there < board.at.shape[1]:
        if board.at[person, there] >= 0:
            return int(board.at[person, there])
        there += step
    return None


def table_moves(board: Board, table_of: dict[int, int]) -> int:
    """Count how often a person sits at another table in the next meeting."""
    moves = 0
    for wish, place in board.places.items():
        for person in (place.a, place.b):
            other = _next_meeting(board, person, place.slot, 1)
            moves += other is not None and table_of[other] != table_of[wish]
    return moves
