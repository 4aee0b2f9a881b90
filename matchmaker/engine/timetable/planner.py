"""From an instance to a plan: greedy, exact, smoothed, seated, explained.

Goals, each only among the best of those before: promised wishes met; teams with at least one
meeting, then missing minima; the sum of values; with an earlier plan, meetings that keep slot and
people; idle slots; changes of table. All but the last two are proven where the status says so.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from .board import Board, Place
from .colleagues import Groups, groups_of, named
from .form import InstanceError
from .greedy import by_weight, complete, greedy
from .model import Hear, InfeasibleError, Model, Solution
from .problem import Problem
from .reasons import unscheduled
from .seating import seated
from .smoothing import idle_slots, smoothed
from .values import Changes, Instance, Meeting, Plan

EXACT = 0.8
"""The exact model may take so much of the time; the rest is for smoothing."""
Tell = Callable[[str, float, float], None]
"""Hears a stage, the best value so far, and its bound; what it raises ends the work."""


class Reached(NamedTuple):
    """How far a board comes in the first three goals; the larger, the better."""

    promised: int
    teams_met: int
    not_missing: int
    value: float


@dataclass(frozen=True, slots=True)
class Found:
    """A board, whether goals 1 to 4 are proven, and a bound of the third."""

    board: Board
    proven: bool
    bound: float


def plan(
    instance: Instance,
    *,
    previous: Sequence[Meeting] = (),
    time_limit: float = 60.0,
    seed: int = 1,
    tell: Tell | None = None,
) -> Plan:
    """Make a plan; `previous` are the meetings of one that is to change as little as possible.

    A valid plan comes out however short `time_limit` (seconds) is. The same arguments give the same
    plan, unless the time ends first.

    Raises:
        InstanceError: what is locked cannot stand.

    """
    begin = time.monotonic()
    problem = Problem(instance, previous)
    tell = tell or _silence
    found = _exact(problem, begin + EXACT * time_limit, tell)
    board = found.board
    tell("smoothing", reached(board).value, max(found.bound, reached(board).value))
    order = [w for w in by_weight(problem) if w not in problem.pins]
    complete(board, order)
    stands = {w for w in board.places if w in problem.pins or is_kept(board, w)}
    board = smoothed(board, stands, seconds=begin + time_limit - time.monotonic(), seed=seed)
    complete(board, order)  # exchanges may have made room for a wish of no value
    meetings, moves = seated(board)
    got = reached(board)
    tell("done", got.value, max(found.bound, got.value))
    return Plan(
        status="optimal" if found.proven else "feasible", value=_number(got.value),
        bound=_number(max(found.bound, got.value)), promised=got.promised,
        teams_met=int((board.team_met > 0).sum()), missing=-got.not_missing,
        idle=idle_slots(board), table_moves=moves, seconds=round(time.monotonic() - begin, 3),
        meetings=meetings, unscheduled=tuple(unscheduled(board)),
        changes=_changes(instance, previous, meetings) if previous else None,
    )  # fmt: skip


def reached(board: Board) -> Reached:
    """Return how far a board comes in the first three goals."""
    problem = board.problem
    entries = [problem.instance.wishes[w] for w in board.places]
    lacks = (
        max(0, team.least - int(met))
        for team, met in zip(problem.instance.teams, board.team_met, strict=True)
    )
    return Reached(
        promised=sum(entry.kind == "promised" for entry in entries),
        teams_met=int((board.team_met > 0).sum()),
        not_missing=-sum(lacks),
        value=float(sum(entry.value for entry in entries)),
    )


def is_kept(board: Board, wish: int) -> bool:
    """Whether a wish stands where it stood before, with the same people."""
    problem = board.problem
    if wish not in problem.previous:
        return False
    pin = problem.as_pin(wish, problem.previous[wish])
    return pin is not None and board.places[wish] == (pin.slot, pin.a, pin.b)


# ---- the exact part


def _exact(problem: Problem, until: float, tell: Tell) -> Found:
    """Return the best board found: that of the model, or the greedy one where it is better."""
    quick = greedy(problem)
    best = Found(quick, proven=False, bound=_everything(problem))
    tell("greedy", reached(quick).value, best.bound)
    apart: frozenset[int] = frozenset()
    while True:
        groups = groups_of(problem, apart)
        solution = _solution(problem, groups, until, tell, reached(best.board).value)
        if solution.places is None:
            return best
        found = named(problem, solution.places, groups)
        board = Board(problem, found.places)
        if _goals(board) >= _goals(best.board):
            best = Found(board, solution.proven and not found.apart, solution.bound)
            tell("exact", reached(board).value, solution.bound)
        if not found.apart or time.monotonic() > until:
            return best
        apart |= found.apart


def _goals(board: Board) -> tuple[float, ...]:
    """Return how far a board comes in the first four goals."""
    return *reached(board), sum(is_kept(board, wish) for wish in board.places)


def _solution(
    problem: Problem, groups: Groups, until: float, tell: Tell, value: float
) -> Solution:
    """Solve the model; `value` is the best known so far.

    Raises:
        InstanceError: what is locked cannot stand.

    """

    def hear(bound: float) -> None:
        tell("bound", value, max(bound, value))

    try:
        return _at_once(Model(problem, groups), until, hear)
    except InfeasibleError:
        pass
    try:
        return _stage_by_stage(Model(problem, groups), until, tell, hear)
    except InfeasibleError:
        raise InstanceError(
            "The locked meetings cannot all stand: two of them need the same person, table or limit."
        ) from None


def _at_once(model: Model, until: float, hear: Hear) -> Solution:
    """Take it that the first two goals can be reached in full, and find the greatest value.

    Raises:
        InfeasibleError: they cannot.

    """
    problem = model.problem
    promised = _promised(model)
    wishes = {w for w in model.of_wish if _kind(problem, w) == "promised" and model.of_wish[w]}
    model.require(promised, len(wishes))
    n_wishes = Counter(
        team for wish, columns in model.of_wish.items() if columns for team in problem.teams[wish]
    )
    for number, team in enumerate(problem.instance.teams):
        columns = model.of_team.get(number)
        if columns:
            most = len(columns) if team.most is None else team.most
            least = max(1, min(team.least, n_wishes[number], most))
            model.require(dict.fromkeys(columns, 1.0), least)
    return _greatest_value(model, until, hear)


def _stage_by_stage(model: Model, until: float, tell: Tell, hear: Hear) -> Solution:
    """Reach one goal after the other as far as it goes.

    Raises:
        InfeasibleError: what stands cannot all stand.

    """
    problem = model.problem
    proven = True
    teams = range(len(problem.instance.teams))
    met = [column for team in teams if (column := model.met(team)) is not None]
    least = [(t, team.least) for t, team in enumerate(problem.instance.teams) if team.least]
    lacks = [model.missing(team, number) for team, number in least]
    for name, goal in (
        ("promised", _promised(model)),
        ("teams", dict.fromkeys(met, 1.0)),
        ("minima", dict.fromkeys(lacks, -1.0)),
    ):
        if not goal:
            continue
        solution = model.solve(goal, until - time.monotonic())
        if solution.places is None:
            return solution
        tell(name, solution.value, solution.bound)
        proven &= solution.proven
        model.require(goal, round(solution.value))
    final = _greatest_value(model, until, hear)
    return Solution(final.places, proven and final.proven, final.value, final.bound)


def _greatest_value(model: Model, until: float, hear: Hear) -> Solution:
    """Find the greatest value, and among its places those that keep most of an earlier plan."""
    problem = model.problem
    value = {
        y: float(problem.instance.wishes[wish].value)
        for wish, columns in model.of_wish.items()
        for y in columns
    }
    keep = {}
    for wish, meeting in problem.previous.items():
        pin = problem.as_pin(wish, meeting)
        if pin is not None and pin.a is not None and pin.b is not None:
            column = model.column_of(wish, Place(pin.slot, pin.a, pin.b))
            if column is not None:
                keep[column] = 1.0
    if not keep:
        found = model.solve(value, until - time.monotonic(), hear)
        return _of_places(problem, found, found.bound)
    scale = len(keep) + 1.0
    if all(v.is_integer() for v in value.values()):
        both = {column: scale * v for column, v in value.items()}
        for column, one in keep.items():
            both[column] = both.get(column, 0.0) + one
        found = model.solve(both, until - time.monotonic(), lambda bound: hear(bound // scale))
        return _of_places(problem, found, found.bound / scale)
    first = model.solve(value, until - time.monotonic(), hear)
    if first.places is None:
        return first
    model.require(value, first.value)
    second = model.solve(keep, until - time.monotonic())
    both_proven = first.proven and second.proven
    chosen = Solution(second.places or first.places, both_proven, first.value, first.bound)
    return _of_places(problem, chosen, first.bound)


def _of_places(problem: Problem, found: Solution, bound: float) -> Solution:
    """Return a solution with the value of its places, free of what a solver rounds."""
    if found.places is None:
        return Solution(None, proven=False, value=found.value, bound=bound)
    value = float(sum(problem.instance.wishes[w].value for w in found.places))
    return Solution(found.places, found.proven, value, value if found.proven else bound)


def _promised(model: Model) -> dict[int, float]:
    return {
        y: 1.0
        for wish, columns in model.of_wish.items()
        if _kind(model.problem, wish) == "promised"
        for y in columns
    }


def _kind(problem: Problem, wish: int) -> str:
    return problem.instance.wishes[wish].kind


def _everything(problem: Problem) -> float:
    """Return the sum of what could be planned at all: a bound without any work."""
    return float(
        sum(problem.instance.wishes[w].value for w in problem.wishes if problem.slots_of(w))
    )


# ---- what changed


def _changes(
    instance: Instance, previous: Sequence[Meeting], meetings: Sequence[Meeting]
) -> Changes:
    before = {m.wish: (m.slot, m.a, m.b) for m in previous}
    after = {m.wish: (m.slot, m.a, m.b) for m in meetings}
    order = list(dict.fromkeys([*before, *(w.id for w in instance.wishes)]))
    return Changes(
        kept=tuple(w for w in order if w in before and after.get(w) == before[w]),
        moved=tuple(w for w in order if w in before and w in after and after[w] != before[w]),
        cancelled=tuple(w for w in order if w in before and w not in after),
        new=tuple(w for w in order if w in after and w not in before),
    )


def _silence(_stage: str, _value: float, _bound: float) -> None:
    pass


def _number(value: float) -> float:
    """Return a whole number as one."""
    return int(round(value)) if abs(value - round(value)) < 1e-9 else value  # noqa: RUF046
