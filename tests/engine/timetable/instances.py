"""Instances of docking events, made from a seed."""

from __future__ import annotations

import random
from typing import Any


def clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def instance(
    seed: int, *, needs: int = 6, offers: int = 8, slots: int = 8, tables: int = 4, wishes: int = 30,
    days: int = 1, alike: bool = False,
) -> dict[str, Any]:  # fmt: skip
    """Return an event with every rule in it: limits, breaks, talks, teams, own tables, exclusions.

    With `alike`, most teams are two or three people who can all do the same.
    """
    draw = random.Random(seed)
    made: dict[str, Any] = {"slots": [], "people": [], "teams": [], "wishes": []}
    for day in range(1, days + 1):
        minute = 9 * 60
        for n in range(slots // days):
            made["slots"].append(
                {
                    "id": f"d{day}-{n}",
                    "day": day,
                    "start": clock(minute),
                    "end": clock(minute + 20),
                }
            )
            minute += 20 + (60 if n == slots // days // 2 else 0)
    names = [slot["id"] for slot in made["slots"]]
    for side, n in (("need", needs), ("offer", offers)):
        for number in range(n):
            members = [f"{side}{number}p{k}" for k in range(draw.choice([1, 1, 1, 2, 3]))]
            team = {"id": f"{side}{number}", "side": side, "members": members}
            team |= draw.choice([{}, {}, {"max": 4}, {"min": 2, "max": 5}])
            made["teams"].append(team)
            for member in members:
                away = [s for s in names if draw.random() < 0.15]
                person = {"id": member, "unavailable": away}
                person["expertise"] = draw.sample(["电驱动", "视觉", "材料"], draw.randint(0, 2))
                person |= draw.choice([{}, {}, {"max": 3}, {"max_in_a_row": 2}])
                made["people"].append(person)
    made["tables"] = [{"id": f"T{n}"} for n in range(tables)]
    made["tables"] += [
        {"id": f"B{n}", "fixed_for": f"need{n}"} for n in range(needs) if draw.random() < 0.3
    ]
    if offers and draw.random() < 0.3:
        made["tables"].append({"id": "C0", "fixed_for": "offer0"})
    made["closed"] = [
        {"table": t["id"], "slot": s}
        for t in made["tables"]
        for s in names
        if draw.random() < 0.05
    ]
    pairs = [(f"need{i}", f"offer{j}") for i in range(needs) for j in range(offers)]
    for number, (a, b) in enumerate(draw.sample(pairs, min(wishes, len(pairs)))):
        wish: dict[str, Any] = {"id": f"w{number}", "a": a, "b": b, "value": draw.randint(0, 100)}
        wish["kind"] = draw.choice(["promised", "must", "wish", "wish", "wish", "fill"])
        wish |= draw.choice([{}, {}, {}, {}, {"answer": "declined"}, {"answer": "none"}])
        if draw.random() < 0.2:
            wish["expertise"] = {draw.choice("ab"): draw.choice(["电驱动", "视觉", "没有人懂"])}
        if draw.random() < 0.1:
            team = next(t for t in made["teams"] if t["id"] == a)
            wish["people"] = {"a": draw.sample(team["members"], 1)}
        made["wishes"].append(wish)
    made["excluded"] = [
        {"a": a, "b": b, "reason": "met_before"} for a, b in pairs if draw.random() < 0.05
    ]
    if alike:
        _make_alike(made, draw)
    return made


def _make_alike(made: dict[str, Any], draw: random.Random) -> None:
    people = {person["id"]: person for person in made["people"]}
    for team in made["teams"]:
        if draw.random() < 0.3:
            continue
        first, *others = team["members"]
        others = others or [f"{first}x{n}" for n in range(draw.randint(1, 2))]
        team["members"] = [first, *others]
        for other in others:
            if other not in people:
                made["people"].append({})
            person = people.setdefault(other, made["people"][-1])
            person.clear()
            person |= {**people[first], "id": other}
