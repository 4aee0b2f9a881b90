"""Timetables of large events: greedy, ours, and OR-Tools CP-SAT with equal time; prints JSON.

python bench/timetable.py [--sizes S M L P H XL] [--seeds 3] [--time 120] [--alone], where a size is
an event made from a seed: enterprises and teams of researchers, some with two or three members,
popular enterprises wanted more, 30 % there for half a day, 7 % of slots blocked (talks), limits,
breaks, tables of their own, exclusions and promised meetings. P has few slots and many tables, so
people are what is short. H is one hall for 80 enterprises and 400 teams, most of two or three who
stand in for each other. CP-SAT maximises the value alone, in as much time as ours took or ten
seconds; it needs `pip install ortools`, and `--alone` leaves it out.

After the first plan two people drop out and 5 % lose half a day; the plan is made anew with as few
moves as possible. `broken` are the meetings that the change itself breaks; `fewest_possible` is what
a plan of the greatest value has to move or cancel, where that is proven.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections import defaultdict
from importlib.util import find_spec
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.measuring import forget_peak, peak_megabytes
from matchmaker.engine.timetable import Instance, Plan, instance_of, plan
from matchmaker.engine.timetable.greedy import greedy
from matchmaker.engine.timetable.planner import reached
from matchmaker.engine.timetable.problem import Problem

Json = dict[str, Any]
SIZES = {
    "S": (30, 40, 12, 15, 220), "M": (80, 100, 16, 40, 900), "L": (150, 200, 18, 80, 2200),
    "P": (200, 300, 10, 150, 3000), "H": (80, 400, 24, 40, 2500), "XL": (500, 500, 24, 120, 6000),
}  # fmt: skip
"""Enterprises, teams, slots, tables, wishes."""
ALIKE = frozenset({"H"})
"""Where colleagues can come at the same times and under the same limits."""


def event(size: str, seed: int) -> Json:
    n_needs, n_offers, n_slots, n_tables, n_wishes = SIZES[size]
    draw = random.Random(f"{size} {seed}")
    names = [f"s{n:02d}" for n in range(n_slots)]
    slots = []
    for n, name in enumerate(names):
        minute = 9 * 60 + 20 * n + (60 if n >= n_slots // 2 else 0)
        start, end = (f"{m // 60:02d}:{m % 60:02d}" for m in (minute, minute + 20))
        slots.append({"id": name, "day": 1, "start": start, "end": end})
    teams: list[Json] = []
    people: list[Json] = []
    for side, n, most in (("e", n_needs, 10), ("u", n_offers, 8)):
        for number in range(n):
            sizes = [1, 2, 2, 3] if size in ALIKE else [1] * 8 + [2, 3]
            members = [f"{side}{number}.{k}" for k in range(draw.choice(sizes))]
            teams.append({"id": f"{side}{number}", "side": side, "members": members, "min": 1})
            teams[-1]["max"] = most * len(members)
            for member in members:
                half = draw.choice([names[: n_slots // 2], names[n_slots // 2 :]])
                away = set(half) if draw.random() < 0.3 else set()
                away |= {name for name in names if draw.random() < 0.07}
                person = {"id": member, "unavailable": sorted(away), "max": most}
                person |= {"max_in_a_row": draw.choice([None, None, 6])}
                if size in ALIKE and member != members[0]:
                    person = {**people[-1], "id": member}
                people.append(person)
    tables: list[Json] = [{"id": f"T{n}"} for n in range(n_tables)]
    own = draw.sample(range(n_needs), n_needs // 10)
    for number, team in zip(range(n_tables // 10), own, strict=False):
        tables[number]["fixed_for"] = f"e{team}"
    weights = [1 / (1 + n) ** 0.5 for n in range(n_needs)]
    pairs: set[tuple[int, int]] = set()
    while len(pairs) < n_wishes:
        pairs.add((draw.choices(range(n_needs), weights)[0], draw.randrange(n_offers)))
    wishes = [
        {
            "id": f"w{n}", "a": f"e{a}", "b": f"u{b}", "value": draw.randint(1, 5),
            "kind": "promised" if draw.random() < 0.01 else "wish",
        }
        for n, (a, b) in enumerate(sorted(pairs))
    ]  # fmt: skip
    excluded = [
        {"a": w["a"], "b": w["b"], "reason": "met_before"}
        for w in wishes if w["kind"] == "wish" and draw.random() < 0.02
    ]  # fmt: skip
    return {"slots": slots, "teams": teams, "people": people, "tables": tables, "wishes": wishes,
            "excluded": excluded}  # fmt: skip


def disturbed(content: Json, seed: int) -> Json:
    draw = random.Random(f"again {seed}")
    made: Json = json.loads(json.dumps(content))
    names = [slot["id"] for slot in made["slots"]]
    out = draw.sample(made["people"], 2)
    for person in out:
        person["unavailable"] = names
    for person in draw.sample(made["people"], len(made["people"]) // 20):
        if person not in out:
            half = draw.choice([names[: len(names) // 2], names[len(names) // 2 :]])
            person["unavailable"] = sorted({*person["unavailable"], *half})
    return made


def told(found: Plan, instance: Instance) -> Json:
    met = {name for m in found.meetings for name in (m.a, m.b)}
    asked = {member for team in instance.teams for member in team.members}
    return {
        "status": found.status, "value": found.value, "bound": found.bound,
        "gap": round((found.bound - found.value) / max(1, found.bound), 5),
        "meetings": len(found.meetings), "people_without": len(asked - met),
        "teams_met": found.teams_met, "promised": found.promised, "missing": found.missing,
        "idle_per_meeting": round(found.idle / max(1, len(found.meetings)), 3),
        "table_moves": found.table_moves, "seconds": found.seconds,
    }  # fmt: skip


def again(content: Json, first: Plan, seed: int, limit: float) -> Json:
    changed = disturbed(content, seed)
    instance = instance_of(changed)
    away = {(p["id"], slot) for p in changed["people"] for slot in p["unavailable"]}
    broken = [m for m in first.meetings if {(m.a, m.slot), (m.b, m.slot)} & away]
    found = plan(instance, previous=first.meetings, time_limit=limit)
    assert found.changes is not None
    leave = len(found.changes.moved) + len(found.changes.cancelled)
    fewest = leave if found.status == "optimal" else None  # of a plan of this value, as proven
    return {**told(found, instance), "broken": len(broken), "kept": len(found.changes.kept),
            "moved_or_cancelled": leave, "fewest_possible": fewest,
            "of_broken": round(leave / max(1, len(broken)), 3)}  # fmt: skip


def quick(instance: Instance) -> Json:
    begin = time.perf_counter()
    board = greedy(Problem(instance))
    got = reached(board)
    return {"value": got.value, "meetings": len(board.places), "teams_met": got.teams_met,
            "promised": got.promised, "seconds": round(time.perf_counter() - begin, 2)}  # fmt: skip


def cp_sat(instance: Instance, seconds: float) -> Json:
    """Maximise the value alone, with the same rules but no tables of teams' own."""
    from ortools.sat.python import cp_model

    problem = Problem(instance)
    model = cp_model.CpModel()
    seat: dict[tuple[int, int], list[Any]] = defaultdict(list)
    of: dict[tuple[str, int], list[Any]] = defaultdict(list)
    goal = []
    for wish in problem.wishes:
        for slot in problem.slots_of(wish):
            y = model.NewBoolVar("")
            goal.append(instance.wishes[wish].value * y)
            of["wish", wish].append(y)
            of["slot", slot].append(y)
            for team in problem.teams[wish]:
                of["team", team].append(y)
            for side in problem.people_in(wish, slot):
                come = [y] if len(side) == 1 else [model.NewBoolVar("") for _ in side]
                if len(side) > 1:
                    model.Add(sum(come) == y)
                for person, one in zip(side, come, strict=True):
                    seat[person, slot].append(one)
                    of["person", person].append(one)
    _limit(model, problem, seat, of)
    model.Maximize(sum(goal))
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = seconds
    solver.parameters.num_workers = 2
    begin = time.perf_counter()
    status = solver.Solve(model)
    has_plan = status in {cp_model.OPTIMAL, cp_model.FEASIBLE}
    return {
        "status": solver.StatusName(status), "value": solver.ObjectiveValue() if has_plan else None,
        "bound": solver.BestObjectiveBound(), "seconds": round(time.perf_counter() - begin, 1),
    }  # fmt: skip


def _limit(
    model: Any, problem: Problem, seat: dict[tuple[int, int], list[Any]],
    of: dict[tuple[str, int], list[Any]],
) -> None:  # fmt: skip
    instance = problem.instance
    for columns in (*seat.values(), *(c for (kind, _), c in of.items() if kind == "wish")):
        model.AddAtMostOne(columns)
    for (kind, number), columns in of.items():
        if kind == "slot":
            model.Add(sum(columns) <= len(instance.tables))
        elif kind == "team" and instance.teams[number].most is not None:
            model.Add(sum(columns) <= instance.teams[number].most)
        elif kind == "person" and instance.people[number].most is not None:
            model.Add(sum(columns) <= instance.people[number].most)
    for number, person in enumerate(instance.people):
        for run in problem.runs[person.most_in_a_row] if person.most_in_a_row else ():
            columns = [c for slot in run for c in seat.get((number, slot), ())]
            model.Add(sum(columns) <= person.most_in_a_row)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sizes", nargs="+", choices=list(SIZES), default=list(SIZES))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--time", type=float, default=120.0, help="seconds for each plan")
    parser.add_argument("--alone", action="store_true", help="without CP-SAT")
    options = parser.parse_args()
    if not options.alone and find_spec("ortools") is None:
        parser.error("OR-Tools is not installed: pip install ortools, or --alone")
    plan(instance_of(event("S", 0)), time_limit=5)  # compiles the loops
    result = []
    for size in options.sizes:
        for seed in range(options.seeds):
            content = event(size, seed)
            instance = instance_of(content)
            forget_peak()
            first = plan(instance, time_limit=options.time)
            line: Json = {"size": size, "seed": seed, "ours": told(first, instance),
                          "peak_mb": round(peak_megabytes()), "greedy": quick(instance),
                          "again": again(content, first, seed, options.time)}  # fmt: skip
            if not options.alone:
                line["cp_sat"] = cp_sat(instance, max(10.0, first.seconds))
            result.append(line)
            print(json.dumps(line), file=sys.stderr, flush=True)
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
