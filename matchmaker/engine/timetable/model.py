"""The exact model: which wish stands in which slot, and who comes; solved by HiGHS.

    y[w, t] = 1   wish w stands in slot t              Σ_t y[w, t] ≤ 1
    u[w, t, p]    person p comes for one side of w     Σ_p u[w, t, p] = y[w, t]

u is left out where a side has one person who can come; y stands in its place. Every person sits
once per slot, and limits are sums over y and u; colleagues who are alike count as one p, who can
sit as often as they are many (see `colleagues`). Tables need no numbers: in each slot the meetings
that find no table of their own team are no more than the open tables for everyone. The goals are
taken one after the other; what a goal reached is a constraint of the next.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, OptimizeResult, linprog, milp

from .board import Place
from .colleagues import Groups
from .problem import Problem

Floats = NDArray[np.float64]
Hear = Callable[[float], None]
WHOLE = 1e-6
"""How far from a whole number a solution may be."""
OPTIMAL, INFEASIBLE, IN_TROUBLE = 0, 2, 4
"""What SciPy calls these."""
LARGE = 3000
"""From so many columns on, a relaxed solution that is nearly whole is sought first."""
HUGE = 60_000
"""From so many columns on, the simplex method falls behind an interior point method."""


class InfeasibleError(ValueError):
    """What is to stand cannot all stand."""


@dataclass(slots=True)
class Rows:
    """Constraints low ≤ A·x ≤ high, line by line."""

    columns: list[int] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    starts: list[int] = field(default_factory=lambda: [0])
    low: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)

    def add(self, terms: Iterable[tuple[int, float]], low: float, high: float) -> None:
        for column, value in terms:
            self.columns.append(column)
            self.values.append(value)
        self.starts.append(len(self.columns))
        self.low.append(low)
        self.high.append(high)

    def at_most(self, columns: Iterable[int], most: float) -> None:
        """Let a sum be no more than this, where it could be."""
        found = list(columns)
        if len(found) > most:
            self.add([(column, 1.0) for column in found], -np.inf, most)

    def matrix(self, width: int) -> sp.csr_matrix:
        found = sp.csr_matrix(
            (self.values, self.columns, self.starts), shape=(len(self.low), width)
        )
        found.sum_duplicates()  # HiGHS refuses a column that stands twice in a line
        return found


@dataclass(frozen=True, slots=True)
class Solution:
    """What a solve found: places of wishes, None when nothing; whether it is proven; its bound."""

    places: Mapping[int, Place] | None
    proven: bool
    value: float
    bound: float


class Model:
    """The rules of an instance as constraints, made once; goals are asked of it.

    Raises:
        InfeasibleError: from `solve`, when what stands cannot all stand.

    """

    def __init__(self, problem: Problem, groups: Groups) -> None:
        self.problem = problem
        self.groups = groups
        self.rows = Rows()
        self.low: list[float] = []
        self.high: list[float] = []
        self.whole: list[int] = []
        self.y: dict[tuple[int, int], int] = {}
        self.who: dict[tuple[int, int], tuple[dict[int, int], dict[int, int]]] = {}
        """By wish and slot: for each side, the column of the first of each group that may come."""
        self.of_wish: dict[int, list[int]] = defaultdict(list)
        self.seat: dict[tuple[int, int], list[int]] = defaultdict(list)
        """By the first of a group and slot: the columns that seat one of the group there."""
        self.of_team: dict[int, list[int]] = defaultdict(list)
        for wish in problem.wishes:
            self._wish(wish)
        self._people()
        for team, columns in self.of_team.items():
            most = problem.instance.teams[team].most
            if most is not None:
                self.rows.at_most(columns, most)
        self._tables()

    # ---- the rules

    def _column(self, low: float, high: float, *, whole: bool = True) -> int:
        self.low.append(low)
        self.high.append(high)
        self.whole.append(int(whole))
        return len(self.low) - 1

    def _wish(self, wish: int) -> None:
        pinned = wish in self.problem.pins
        for slot in self.problem.slots_of(wish):
            sides = self.problem.people_in(wish, slot)
            if not all(sides):
                continue
            y = self.y[wish, slot] = self._column(1.0 if pinned else 0.0, 1.0)
            self.of_wish[wish].append(y)
            ones, others = (self._side(y, self._firsts(people), slot) for people in sides)
            self.who[wish, slot] = ones, others
        columns = self.of_wish[wish]
        self.rows.at_most(columns, 1)
        for team in self.problem.teams[wish]:
            self.of_team[team] += columns

    def _firsts(self, people: Iterable[int]) -> list[int]:
        """Return the first of each group that some people belong to."""
        return list(dict.fromkeys(self.groups[person][0] for person in people))

    def _side(self, y: int, people: list[int], slot: int) -> dict[int, int]:
        if len(people) == 1:
            found = {people[0]: y}
        else:
            found = {person: self._column(0.0, 1.0) for person in people}
            self.rows.add([(y, -1.0), *((u, 1.0) for u in found.values())], 0.0, 0.0)
        for person, column in found.items():
            self.seat[person, slot].append(column)
        return found

    def _people(self) -> None:
        of_group: dict[int, list[int]] = defaultdict(list)
        for (first, _slot), columns in self.seat.items():
            self.rows.at_most(columns, len(self.groups[first]))
            of_group[first] += columns
        for first, columns in of_group.items():
            person, many = self.problem.instance.people[first], len(self.groups[first])
            if person.most is not None:
                self.rows.at_most(columns, many * person.most)
            if person.most_in_a_row:
                for run in self.problem.runs[person.most_in_a_row]:
                    seats = [column for slot in run for column in self.seat.get((first, slot), ())]
                    if sum((first, slot) in self.seat for slot in run) > person.most_in_a_row:
                        self.rows.at_most(seats, many * person.most_in_a_row)

    def _tables(self) -> None:
        problem = self.problem
        by_slot: dict[int, list[int]] = defaultdict(list)
        for wish, slot in self.y:
            if wish not in problem.pins:
                by_slot[slot].append(wish)
        for slot, wishes in by_slot.items():
            hosted: dict[int, list[int]] = defaultdict(list)
            for wish in wishes:
                hosts = [team for team in problem.hosts[wish] if problem.open_fixed[team][slot]]
                y = self.y[wish, slot]
                if len(hosts) == 1:
                    hosted[hosts[0]].append(y)
                elif hosts:
                    halves = [self._column(0.0, 1.0) for _ in hosts]
                    self.rows.add([(y, -1.0), *((half, 1.0) for half in halves)], -np.inf, 0.0)
                    for team, half in zip(hosts, halves, strict=True):
                        hosted[team].append(half)
            seated = [
                self._seated(columns, len(problem.open_fixed[team][slot]))
                for team, columns in hosted.items()
            ]
            needed = [(self.y[wish, slot], 1.0) for wish in wishes]
            own = [(column, -1.0) for columns in seated for column in columns]
            room = len(problem.open_free[slot])
            if len(needed) > room:
                self.rows.add(needed + own, -np.inf, room)

    def _seated(self, columns: list[int], tables: int) -> list[int]:
        """Return columns whose sum is how many of some meetings sit at tables of their own."""
        if len(columns) <= tables:
            return columns
        z = self._column(0.0, tables, whole=False)
        self.rows.add([(z, 1.0), *((column, -1.0) for column in columns)], -np.inf, 0.0)
        return [z]

    # ---- goals

    @property
    def width(self) -> int:
        return len(self.low)

    def solve(
        self, goal: Mapping[int, float], seconds: float, hear: Hear = lambda _bound: None
    ) -> Solution:
        """Find the places for which the sum over the goal's columns is largest.

        `hear` is told the first bound, before whole numbers are looked for.

        Raises:
            InfeasibleError: there are none at all.

        """
        if not self.width:
            return Solution({}, proven=True, value=0.0, bound=0.0)
        until = time.monotonic() + seconds
        whole = all(float(value).is_integer() for value in goal.values())
        low = np.asarray(self.low)
        if self.width < LARGE or not whole:
            return self._exact(goal, low, until)
        relaxed, bound = self._relaxed(goal, until)
        if relaxed is None:
            return self._exact(goal, low, until)
        hear(bound)
        decided = (relaxed > 1 - WHOLE) & (np.asarray(self.whole) > 0)
        try:
            rounded = self._exact(goal, np.where(decided, 1.0, low), until)
        except InfeasibleError:
            rounded = Solution(None, proven=False, value=-np.inf, bound=bound)
        if rounded.places is not None and rounded.value > bound - 1 / 2:
            return Solution(rounded.places, proven=True, value=rounded.value, bound=bound)
        exact = self._exact(goal, low, until)
        bound = min(bound, exact.bound)
        if exact.places is not None and (exact.proven or exact.value > rounded.value):
            return Solution(exact.places, exact.proven, exact.value, bound)
        return Solution(rounded.places, proven=False, value=rounded.value, bound=bound)

    def _exact(self, goal: Mapping[int, float], low: Floats, until: float) -> Solution:
        """Branch and bound."""
        found = self._branched(goal, low, until, presolve=True)
        if found.status == IN_TROUBLE:
            found = self._branched(goal, low, until, presolve=False)
        if found.status == INFEASIBLE:
            raise InfeasibleError
        everything = float(sum(value for value in goal.values() if value > 0))
        dual = found.get("mip_dual_bound")
        bound = everything if dual is None or not np.isfinite(dual) else min(everything, -dual)
        if found.x is None:
            return Solution(None, proven=False, value=-np.inf, bound=bound)
        value = float(sum(value * found.x[column] for column, value in goal.items()))
        proven = found.status == OPTIMAL
        return Solution(self.places(found.x), proven, value, value if proven else bound)

    def _branched(
        self, goal: Mapping[int, float], low: Floats, until: float, *, presolve: bool
    ) -> OptimizeResult:
        """Call HiGHS, whose presolve ends about one small event in a thousand with an error."""
        rows = self.rows
        return milp(
            self._costs(goal),
            integrality=np.asarray(self.whole),
            bounds=Bounds(low, np.asarray(self.high)),
            constraints=LinearConstraint(rows.matrix(self.width), rows.low, rows.high)
            if rows.low
            else (),
            options={
                "time_limit": max(0.05, until - time.monotonic()),
                "mip_rel_gap": 0.0,
                "presolve": presolve,
            },
        )

    def _relaxed(self, goal: Mapping[int, float], until: float) -> tuple[Floats | None, float]:
        """Solve without whole numbers; return x and a bound.

        Slots are worth the same, so the optimum is a whole face, whose corners are full of
        fractions. A little more for some columns, at random and less than 1/2 together, leaves a
        corner in which nearly all is whole, and the bound, rounded down, as it was. Interior points
        get there fastest; where an earlier plan breaks most ties, the dual simplex does, in a
        half of the time.
        """
        simplex = bool(self.problem.previous) and self.width < HUGE
        costs = self._costs(goal)
        columns = np.fromiter(goal, dtype=np.int64)
        extra = np.random.default_rng(0).random(len(columns))
        costs[columns] -= extra * (0.4 / max(1, len(self.of_wish)))
        matrix = self.rows.matrix(self.width)
        low, high = np.asarray(self.rows.low), np.asarray(self.rows.high)
        equal = low == high
        above, below = ~equal & np.isfinite(high), ~equal & np.isfinite(low)
        found = linprog(
            costs,
            A_ub=sp.vstack([matrix[above], -matrix[below]]),
            b_ub=np.concatenate([high[above], -low[below]]),
            A_eq=matrix[equal],
            b_eq=low[equal],
            bounds=np.column_stack([self.low, self.high]),
            method="highs-ds" if simplex else "highs-ipm",
            options={"time_limit": max(0.05, until - time.monotonic()), "presolve": not simplex},
        )
        if found.status == INFEASIBLE:
            raise InfeasibleError
        if found.status != OPTIMAL:
            return None, float(sum(value for value in goal.values() if value > 0))
        return found.x, float(np.floor(-found.fun + WHOLE))

    def _costs(self, goal: Mapping[int, float]) -> Floats:
        """Return what a solver is to make small."""
        costs = np.zeros(self.width)
        for column, value in goal.items():
            costs[column] -= value
        return costs

    def places(self, x: Floats) -> dict[int, Place]:
        """Return where wishes stand, with the first of the group that comes for each side."""
        found = {}
        for (wish, slot), y in self.y.items():
            if x[y] > 1 / 2:
                ones, others = self.who[wish, slot]
                a, b = (max(side, key=lambda p: x[side[p]]) for side in (ones, others))
                found[wish] = Place(slot, a, b)
        return found

    def column_of(self, wish: int, place: Place) -> int | None:
        """Return a column that is 1 only where a wish stands in a place with people like these."""
        if (wish, place.slot) not in self.y:
            return None
        ones, others = self.who[wish, place.slot]
        a, b = self.groups[place.a][0], self.groups[place.b][0]
        if a not in ones or b not in others:
            return None
        needed = {ones[a], others[b]}
        if len(needed) == 1:
            return needed.pop()
        both = self._column(0.0, 1.0, whole=False)
        for column in needed:
            self.rows.add([(both, 1.0), (column, -1.0)], -np.inf, 0.0)
        return both

    def met(self, team: int) -> int | None:
        """Return a column that is 1 only where a team has a meeting; None when it can have none."""
        columns = self.of_team.get(team)
        if not columns:
            return None
        some = self._column(0.0, 1.0)
        self.rows.add([(some, 1.0), *((column, -1.0) for column in columns)], -np.inf, 0.0)
        return some

    def missing(self, team: int, least: int) -> int:
        """Return a column that is no less than what a team lacks to its least number."""
        lack = self._column(0.0, least, whole=False)
        columns = self.of_team.get(team, [])
        self.rows.add([(lack, 1.0), *((column, 1.0) for column in columns)], least, np.inf)
        return lack

    def require(self, goal: Mapping[int, float], least: float) -> None:
        """Keep what a goal reached."""
        if goal:
            self.rows.add(goal.items(), least - WHOLE, np.inf)
