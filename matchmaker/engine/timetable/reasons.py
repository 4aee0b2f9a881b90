"""Why a wish is not in the plan, and which single change would let it in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from .board import Board, Place
from .values import Unscheduled

CHANGEABLE = ("opens", "table", "max", "team", "max_in_a_row")
"""What one change removes, the easiest first."""


def unscheduled(board: Board) -> Iterator[Unscheduled]:
    """Yield every wish that does not stand on the board, with its reason."""
    problem = board.problem
    for number, wish in enumerate(problem.instance.wishes):
        if number in problem.refused:
            yield Unscheduled(wish.id, problem.refused[number])
        elif number not in board.places:
            yield Unscheduled(wish.id, _reason(board, number), _fits_if(board, number))


def _reason(board: Board, wish: int) -> str:
    """Say what keeps a wish out: the first of these that is true."""
    problem = board.problem
    if not (problem.common(wish) & problem.allowed).any():
        return "no_common_slot"
    for side, name in enumerate(("a_full", "b_full")):
        if _is_full(board, wish, side):
            return name
    free_but_for_tables = [
        kinds == {"table"}
        for _place, kinds in ((p, {k for k, _ in o}) for p, o in _tried(board, wish))
        if "busy" not in kinds
    ]
    return "tables_full" if any(free_but_for_tables) else "lower_priority"


def _is_full(board: Board, wish: int, side: int) -> bool:
    """Whether a team has its most, or none of those who may come has both room and a free slot."""
    problem = board.problem
    team = problem.teams[wish][side]
    most = problem.instance.teams[team].most
    if most is not None and board.team_met[team] >= most:
        return True
    common = problem.common(wish) & problem.allowed
    for person in problem.candidates[wish][side]:
        limit = problem.instance.people[person].most
        has_room = limit is None or board.met[person] < limit
        free = problem.available[person] & (board.at[person] < 0) & common
        if has_room and any(
            _row_is_kept(board, person, int(slot)) for slot in np.flatnonzero(free)
        ):
            return False
    return True


def _row_is_kept(board: Board, person: int, slot: int) -> bool:
    limit = board.problem.instance.people[person].most_in_a_row
    return not limit or board.row_with(person, slot) <= limit


def _tried(board: Board, wish: int) -> Iterator[tuple[Place, list[tuple[str, int]]]]:
    """Yield every place with everything that keeps the wish from it."""
    ones, others = board.problem.candidates[wish]
    for slot in np.flatnonzero(board.problem.allowed).tolist():
        for a in ones:
            for b in others:
                place = Place(slot, a, b)
                yield place, list(board.obstacles(wish, place))


def _fits_if(board: Board, wish: int) -> Mapping[str, str | int] | None:
    """Name one change that lets the wish in beside everything that is planned; None if none does."""
    best: tuple[int, Place, tuple[str, int]] | None = None
    for place, obstacles in _tried(board, wish):
        if len(obstacles) != 1 or obstacles[0][0] == "busy":
            continue
        key = (CHANGEABLE.index(obstacles[0][0]), place, obstacles[0])
        if best is None or key < best:
            best = key
    if best is None:
        return None
    _, place, (kind, number) = best
    names = board.problem.instance
    if kind == "opens":
        return {"person": names.people[number].id, "opens": names.slots[place.slot].id}
    if kind == "table":
        return {"table_in": names.slots[place.slot].id}
    if kind == "team":
        return {"team": names.teams[number].id, "max": int(board.team_met[number]) + 1}
    person = names.people[number]
    if kind == "max":
        return {"person": person.id, "max": int(board.met[number]) + 1}
    return {"person": person.id, "max_in_a_row": (person.most_in_a_row or 0) + 1}
