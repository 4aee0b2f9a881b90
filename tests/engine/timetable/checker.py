"""A checker of timetables that shares nothing with the planner: it reads the two JSON forms alone."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from typing import Any

Json = dict[str, Any]


def order_of(instance: Json) -> list[str]:
    slots = sorted(instance["slots"], key=lambda s: (s.get("day", 1), s["start"].zfill(5)))
    return [slot["id"] for slot in slots]


def follows(instance: Json) -> set[tuple[str, str]]:
    """Return which slot begins where which one ends."""
    slots = {slot["id"]: slot for slot in instance["slots"]}
    return {
        (one, other)
        for one, other in pairwise(order_of(instance))
        if slots[one].get("day", 1) == slots[other].get("day", 1)
        and slots[one]["end"].zfill(5) == slots[other]["start"].zfill(5)
    }


def attendees(instance: Json, wish: Json, side: str) -> set[str]:
    """Return who may come for one side."""
    asked = wish.get("people", {}).get(side)
    if asked:
        return set(asked)
    team = next(t for t in instance["teams"] if t["id"] == wish[side])
    people = {p["id"]: p for p in instance["people"]}
    skill = wish.get("expertise", {}).get(side)
    able = {m for m in team["members"] if skill in people[m].get("expertise", [])}
    return able or set(team["members"])


def is_plannable(instance: Json, wish: Json) -> bool:
    pairs = [{e["a"], e["b"]} for e in instance.get("excluded", [])]
    answer = wish.get("answer", "accepted")
    unanswered = answer == "none" and wish.get("kind") != "promised"
    return {wish["a"], wish["b"]} not in pairs and answer != "declined" and not unanswered


def violations(instance: Json, meetings: list[Json]) -> list[str]:
    """Name every rule that a plan breaks."""
    found = [f"{key} twice" for key, n in _taken(meetings).items() if n > 1]
    for meeting in meetings:
        found += _of_meeting(instance, meeting)
    for lock in instance.get("locked", []):
        if not any(all(m[k] == lock[k] for k in ("wish", "slot", "table")) for m in meetings):
            found.append(f"{lock['wish']} is not where it is locked")
    return [*found, *_limits(instance, meetings), *_own_tables(instance, meetings)]


def _taken(meetings: list[Json]) -> dict[Any, int]:
    """Count how often each wish, and each table and person of a slot, is used."""
    count: dict[Any, int] = defaultdict(int)
    for meeting in meetings:
        for key in ("table", "a", "b"):
            count[meeting[key], meeting["slot"]] += 1
        count[meeting["wish"]] += 1
    return count


def _of_meeting(instance: Json, meeting: Json) -> list[str]:
    wish = next(w for w in instance["wishes"] if w["id"] == meeting["wish"])
    table = next(t for t in instance["tables"] if t["id"] == meeting["table"])
    away = {p["id"]: p.get("unavailable", []) for p in instance["people"]}
    closed = [(c["table"], c["slot"]) for c in instance.get("closed", [])]
    wrong = {
        "may not be planned": not is_plannable(instance, wish),
        "has somebody who may not come": any(
            meeting[side] not in attendees(instance, wish, side) for side in "ab"
        ),
        "has somebody who is away": any(meeting["slot"] in away[meeting[side]] for side in "ab"),
        "is at a closed table": (meeting["table"], meeting["slot"]) in closed,
        "is at another's table": table.get("fixed_for") not in {None, wish["a"], wish["b"]},
    }
    return [f"{wish['id']} {words}" for words, is_wrong in wrong.items() if is_wrong]


def _limits(instance: Json, meetings: list[Json]) -> list[str]:
    wishes = {w["id"]: w for w in instance["wishes"]}
    found = []
    for team in instance["teams"]:
        met = sum(wishes[m["wish"]][side] == team["id"] for m in meetings for side in "ab")
        if team.get("max") is not None and met > team["max"]:
            found.append(f"{team['id']} has too many")
    for person in instance["people"]:
        slots = {m["slot"] for m in meetings if person["id"] in {m["a"], m["b"]}}
        if person.get("max") is not None and len(slots) > person["max"]:
            found.append(f"{person['id']} has too many")
        if _longest_row(instance, slots) > (person.get("max_in_a_row") or 10**6):
            found.append(f"{person['id']} has no break")
    return found


def _longest_row(instance: Json, slots: set[str]) -> int:
    next_of = dict(follows(instance))
    longest = 0
    for first in slots:
        length, slot = 1, first
        while next_of.get(slot) in slots:
            slot, length = next_of[slot], length + 1
        longest = max(longest, length)
    return longest


def _own_tables(instance: Json, meetings: list[Json]) -> list[str]:
    """A table for everyone is not used while an own one of the team stands empty.

    What stands where it stood may be: its neighbour at the team's own table fell out later.
    """
    seats = {(m["table"], m["slot"]) for m in meetings}
    closed = {(c["table"], c["slot"]) for c in instance.get("closed", [])}
    locked = {x["wish"] for x in instance.get("locked", [])}
    found = []
    wishes = {w["id"]: w for w in instance["wishes"]}
    tables = {t["id"]: t.get("fixed_for") for t in instance["tables"]}
    slots, last = [s["id"] for s in instance["slots"]], instance.get("frozen_through")
    begun = set(slots[: slots.index(last) + 1]) if last else set()
    for meeting in meetings:
        wish, slot = wishes[meeting["wish"]], meeting["slot"]
        stands = meeting["wish"] in locked or slot in begun
        if tables[meeting["table"]] is None and not stands:
            empty = [
                table for table, team in tables.items()
                if team in {wish["a"], wish["b"]} and (table, slot) not in closed
                and (table, slot) not in seats
            ]  # fmt: skip
            found += [f"{wish['id']} does not use {table}" for table in empty]
    return found


def figures(instance: Json, meetings: list[Json]) -> Json:
    """Work out again what a plan says of itself."""
    wishes = {w["id"]: w for w in instance["wishes"]}
    met = defaultdict(int)
    for meeting in meetings:
        for side in ("a", "b"):
            met[wishes[meeting["wish"]][side]] += 1
    lacks = (max(0, t.get("min", 0) - met[t["id"]]) for t in instance["teams"])
    return {
        "value": sum(wishes[m["wish"]]["value"] for m in meetings),
        "promised": sum(wishes[m["wish"]].get("kind") == "promised" for m in meetings),
        "teams_met": len(met),
        "missing": sum(lacks),
        "idle": idle(instance, meetings),
        "table_moves": table_moves(instance, meetings),
    }


def _days(instance: Json) -> dict[int, list[str]]:
    day = {slot["id"]: slot.get("day", 1) for slot in instance["slots"]}
    found: dict[int, list[str]] = defaultdict(list)
    for slot in order_of(instance):
        found[day[slot]].append(slot)
    return found


def idle(instance: Json, meetings: list[Json]) -> int:
    total = 0
    for person in instance["people"]:
        busy = {m["slot"] for m in meetings if person["id"] in {m["a"], m["b"]}}
        for slots in _days(instance).values():
            places = [n for n, slot in enumerate(slots) if slot in busy]
            if places:
                inside = slots[places[0] : places[-1] + 1]
                free = [s for s in inside if s not in busy]
                total += len([s for s in free if s not in person.get("unavailable", [])])
    return total


def table_moves(instance: Json, meetings: list[Json]) -> int:
    place = {slot: n for n, slot in enumerate(order_of(instance))}
    total = 0
    for person in instance["people"]:
        own = [m for m in meetings if person["id"] in {m["a"], m["b"]}]
        own.sort(key=lambda m: place[m["slot"]])
        total += sum(one["table"] != other["table"] for one, other in pairwise(own))
    return total


def can_add(instance: Json, meetings: list[Json], wish: Json) -> bool:
    """Whether a wish fits in beside all that is planned, when tables may be given out anew."""
    locked = {x["wish"] for x in instance.get("locked", [])}
    for slot in order_of(instance):
        there = [m for m in meetings if m["slot"] == slot]
        fixed = {m["table"] for m in there if m["wish"] in locked}
        free = [m["wish"] for m in there if m["wish"] not in locked]
        if not _have_tables(instance, [*free, wish["id"]], slot, fixed):
            continue
        for a in attendees(instance, wish, "a"):
            for b in attendees(instance, wish, "b"):
                new = {"wish": wish["id"], "slot": slot, "table": "", "a": a, "b": b}
                if not _breaks(instance, meetings, new):
                    return True
    return False


def is_full(instance: Json, meetings: list[Json], wish: Json, side: str) -> bool:
    """Whether one side could not come although the other sent somebody who is always free.

    The stand-in is there in the slots in which somebody of the other side is available at all.
    """
    other = "b" if side == "a" else "a"
    away = {p["id"]: set(p.get("unavailable", [])) for p in instance["people"]}
    absent = [
        slot for slot in order_of(instance)
        if all(slot in away[person] for person in attendees(instance, wish, other))
    ]  # fmt: skip
    made = {**instance}
    made["people"] = [*instance["people"], {"id": "stand-in", "unavailable": absent}]
    made["teams"] = [*instance["teams"], {"id": "stand-ins", "members": ["stand-in"]}]
    asked = {
        **wish, "id": "stand", other: "stand-ins", "people": {**wish.get("people", {}), other: []},
    }  # fmt: skip
    made["wishes"] = [*instance["wishes"], asked]
    return not can_add(made, meetings, asked)


def without_limits(instance: Json) -> Json:
    """Return the instance with nothing but who is available when."""
    gone = {"max": None, "max_in_a_row": None}
    return {
        **instance, "closed": [], "locked": [],
        "people": [{**p, **gone} for p in instance["people"]],
        "teams": [{**t, "max": None} for t in instance["teams"]],
    }  # fmt: skip


def _breaks(instance: Json, meetings: list[Json], new: Json) -> list[str]:
    """Return the rules, those of tables apart, that one more meeting breaks."""
    nowhere = {**instance, "tables": [{"id": ""}], "closed": [], "locked": []}
    own = [{**m, "table": "", "slot": m["slot"]} for m in (*meetings, new)]
    told = violations(nowhere, own)
    return [line for line in told if not line.startswith("('', ")]


def _have_tables(instance: Json, wishes: list[str], slot: str, taken: set[str]) -> bool:
    entries = {w["id"]: w for w in instance["wishes"]}
    closed = {c["table"] for c in instance.get("closed", []) if c["slot"] == slot}
    tables = [t for t in instance["tables"] if t["id"] not in closed | taken]
    seat: dict[str, str] = {}

    def place(wish: str, tried: set[str]) -> bool:
        for table in tables:
            teams = {None, entries[wish]["a"], entries[wish]["b"]}
            if table["id"] in tried or table.get("fixed_for") not in teams:
                continue
            tried.add(table["id"])
            if table["id"] not in seat or place(seat[table["id"]], tried):
                seat[table["id"]] = wish
                return True
        return False

    return all(place(wish, set()) for wish in wishes)


def greatest(instance: Json) -> tuple[int, int, int, float]:
    """Find the best of all plans by trying every one; for very small instances."""
    wishes = [w for w in instance["wishes"] if is_plannable(instance, w)]
    best = (-1, -1, -(10**9), -1.0)

    def extend(number: int, meetings: list[Json]) -> None:
        nonlocal best
        if number == len(wishes):
            told = figures(instance, [{**m, "table": ""} for m in meetings])
            got = (told["promised"], told["teams_met"], -told["missing"], float(told["value"]))
            best = max(best, got)
            return
        extend(number + 1, meetings)
        wish = wishes[number]
        for slot in order_of(instance):
            same = [m["wish"] for m in meetings if m["slot"] == slot]
            if not _have_tables(instance, [*same, wish["id"]], slot, set()):
                continue
            for a in attendees(instance, wish, "a"):
                for b in attendees(instance, wish, "b"):
                    new = {"wish": wish["id"], "slot": slot, "table": "", "a": a, "b": b}
                    if not _breaks(instance, meetings, new):
                        extend(number + 1, [*meetings, new])

    extend(0, [])
    return best


def changed(instance: Json, change: Json) -> Json:
    """Return the instance after the one change that `fits_if` names."""
    made = {**instance, "people": [dict(p) for p in instance["people"]]}
    made["teams"] = [dict(t) for t in instance["teams"]]
    made["tables"] = list(instance["tables"])
    made["closed"] = list(instance.get("closed", []))
    if "table_in" in change:
        others = [s for s in order_of(instance) if s != change["table_in"]]
        made["tables"].append({"id": "one more"})
        made["closed"] += [{"table": "one more", "slot": s} for s in others]
    elif "team" in change:
        next(t for t in made["teams"] if t["id"] == change["team"])["max"] = change["max"]
    else:
        person = next(p for p in made["people"] if p["id"] == change["person"])
        if "opens" in change:
            away = person["unavailable"]
            person["unavailable"] = [s for s in away if s != change["opens"]]
        else:
            person.update({k: v for k, v in change.items() if k != "person"})
    return made
