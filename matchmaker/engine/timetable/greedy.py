"""A valid plan at once: the weightiest wishes first, each where it leaves most room to others."""

from __future__ import annotations

from .board import Board, Place
from .problem import Problem
from .values import KINDS


def greedy(problem: Problem) -> Board:
    """Return a board on which what stands, stands, and as much else as comes by priority.

    Earlier meetings keep their place where they still can. What cannot stand with the rest is left
    out here; the exact model tells whether it can at all.
    """
    board = Board(problem)
    for wish in sorted(problem.pins, key=lambda w: (problem.pins[w].a is None, w)):
        _put_first(board, wish)
    order = by_weight(problem)
    for wish in order:
        pin = problem.as_pin(wish, problem.previous[wish]) if wish in problem.previous else None
        if wish in board.places or pin is None or pin.a is None or pin.b is None:
            continue
        place = Place(pin.slot, pin.a, pin.b)
        if problem.allowed[pin.slot] and wish not in problem.pins and board.fits(wish, place):
            board.put(wish, place)
    complete(board, [w for w in order if w not in problem.pins])
    return board


def complete(board: Board, order: list[int]) -> None:
    """Put in what still fits, in this order."""
    for wish in order:
        if wish not in board.places:
            _put_first(board, wish)


def by_weight(problem: Problem) -> list[int]:
    """Return the wishes that may be planned, the weightiest first."""
    return sorted(problem.wishes, key=lambda w: _weight(problem, w))


def _put_first(board: Board, wish: int) -> None:
    """Put a wish into the slot that is least used, if there is one."""
    places = list(board.free_places(wish))
    if places:
        board.put(wish, min(places, key=lambda p: (len(board.in_slot[p.slot]), p)))


def _weight(problem: Problem, wish: int) -> tuple[int, float, int]:
    entry = problem.instance.wishes[wish]
    return KINDS.index(entry.kind), -entry.value, wish
