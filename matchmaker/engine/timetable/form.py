"""Timetables as JSON: reading an instance and a plan, writing a plan."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

from .values import (
    ANSWERS,
    KINDS,
    SIDES,
    Instance,
    Locked,
    Meeting,
    Person,
    Plan,
    Slot,
    Table,
    Team,
    Wish,
)

CLOCK = re.compile(r"(\d{1,2}):(\d{2})")
MINUTES = 24 * 60
T = TypeVar("T")
PARTS = frozenset(
    {"slots", "tables", "closed", "teams", "people", "wishes", "excluded", "locked"}
    | {"frozen_through"}
)


class InstanceError(ValueError):
    """An instance or a plan cannot be used; the message is one sentence that says why."""


def read_instance(path: Path) -> Instance:
    """Read an instance from a file.

    Raises:
        InstanceError: the file cannot be read, or does not hold an instance.

    """
    return instance_of(_json(path), path.name)


def read_meetings(path: Path) -> tuple[Meeting, ...]:
    """Read the meetings of a plan.

    Raises:
        InstanceError: the file cannot be read, or holds no plan.

    """
    content = _object(_json(path), path.name)
    found = []
    for number, line in enumerate(_list(content, "meetings", path.name), start=1):
        where = f"{path.name}: meeting {number}"
        entry = _object(line, where)
        found.append(Meeting(*(_name(entry, key, where) for key in Meeting.__slots__)))
    return tuple(found)


def write_plan(path: Path, plan: Plan) -> None:
    path.write_text(json.dumps(written(plan), ensure_ascii=False, indent=1) + "\n", "utf-8")


def written(plan: Plan) -> dict[str, Any]:
    """Return a plan as JSON holds it."""
    found = asdict(plan)
    for line in found["unscheduled"]:
        if line["fits_if"] is None:
            del line["fits_if"]
    if plan.changes is None:
        del found["changes"]
    return found


def instance_of(content: Any, name: str = "instance") -> Instance:
    """Return the instance that JSON holds, once all its names are known to one another.

    Raises:
        InstanceError: it is none.

    """
    whole = _object(content, name)
    unknown = sorted(set(whole) - PARTS)
    if unknown:
        raise InstanceError(f"{name}: “{unknown[0]}” is no part of an instance.")
    slots = tuple(sorted(_each(whole, "slots", name, _slot), key=lambda s: (s.day, s.start)))
    instance = Instance(
        slots=slots,
        tables=tuple(_each(whole, "tables", name, _table)),
        teams=tuple(_each(whole, "teams", name, _team)),
        people=tuple(_each(whole, "people", name, _person)),
        wishes=tuple(_each(whole, "wishes", name, _wish)),
        closed=frozenset(
            _each(whole, "closed", name, lambda e, w: (_name(e, "table", w), _name(e, "slot", w)))
        ),
        excluded=dict(_each(whole, "excluded", name, _excluded)),
        locked=tuple(_each(whole, "locked", name, _locked)),
        frozen_through=_name(whole, "frozen_through", name)
        if whole.get("frozen_through") is not None
        else None,
    )
    _check_slots(instance.slots, name)
    _check_names(instance, name)
    return instance


# ---- each part


def _slot(entry: Mapping[str, Any], where: str) -> Slot:
    slot = Slot(
        _name(entry, "id", where), _count(entry, "day", where, default=1),
        _clock(entry, "start", where), _clock(entry, "end", where),
    )  # fmt: skip
    if slot.end <= slot.start:
        raise InstanceError(f"{where}: the end must come after the start.")
    return slot


def _table(entry: Mapping[str, Any], where: str) -> Table:
    fixed = entry.get("fixed_for")
    return Table(_name(entry, "id", where), _name(entry, "fixed_for", where) if fixed else None)


def _team(entry: Mapping[str, Any], where: str) -> Team:
    team = Team(
        _name(entry, "id", where), str(entry.get("side", "")), _names(entry, "members", where),
        _count(entry, "min", where, default=0), _limit(entry, "max", where),
    )  # fmt: skip
    if team.most is not None and team.least > team.most:
        raise InstanceError(f"{where}: min must not be more than max.")
    return team


def _person(entry: Mapping[str, Any], where: str) -> Person:
    person = Person(
        _name(entry, "id", where), frozenset(_names(entry, "expertise", where)),
        frozenset(_names(entry, "unavailable", where)), _limit(entry, "max", where),
        _limit(entry, "max_in_a_row", where),
    )  # fmt: skip
    if person.most_in_a_row == 0:
        raise InstanceError(f"{where}: max_in_a_row must be 1 or more.")
    return person


def _wish(entry: Mapping[str, Any], where: str) -> Wish:
    value = entry.get("value", 0)
    good = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not good or not math.isfinite(value) or value < 0:
        raise InstanceError(f"{where}: value must be a number of 0 or more.")
    wish = Wish(
        _name(entry, "id", where), _name(entry, "a", where), _name(entry, "b", where), value,
        _one_of(entry, "kind", KINDS, "wish", where),
        _one_of(entry, "answer", ANSWERS, "accepted", where),
        {side: _name(part, side, where) for part in [_by_side(entry, "expertise", where)] for side in part},
        {side: _names(part, side, where) for part in [_by_side(entry, "people", where)] for side in part},
    )  # fmt: skip
    if wish.a == wish.b:
        raise InstanceError(f"{where}: a team cannot meet itself.")
    return wish


def _excluded(entry: Mapping[str, Any], where: str) -> tuple[frozenset[str], str]:
    pair = frozenset((_name(entry, "a", where), _name(entry, "b", where)))
    return pair, str(entry.get("reason", ""))


def _locked(entry: Mapping[str, Any], where: str) -> Locked:
    return Locked(*(_name(entry, key, where) for key in ("wish", "slot", "table")))


# ---- names that must be known


def _check_names(instance: Instance, name: str) -> None:
    known = {
        "slot": _once((s.id for s in instance.slots), "slot", name),
        "table": _once((t.id for t in instance.tables), "table", name),
        "team": _once((t.id for t in instance.teams), "team", name),
        "person": _once((p.id for p in instance.people), "person", name),
        "wish": _once((w.id for w in instance.wishes), "wish", name),
    }
    members = Counter(member for team in instance.teams for member in team.members)
    twice = [member for member, n in members.items() if n > 1]
    if twice:
        raise InstanceError(f"{name}: person “{twice[0]}” is in more than one team.")
    uses = [
        *(("person", member, f"team “{t.id}”") for t in instance.teams for member in t.members),
        *(("team", t.fixed_for, f"table “{t.id}”") for t in instance.tables if t.fixed_for),
        *(("slot", s, f"person “{p.id}”") for p in instance.people for s in sorted(p.unavailable)),
        *(("team", team, f"wish “{w.id}”") for w in instance.wishes for team in (w.a, w.b)),
        *(("team", team, "excluded") for pair in instance.excluded for team in sorted(pair)),
        *(("table", table, "closed") for table, _slot in sorted(instance.closed)),
        *(("slot", slot, "closed") for _table, slot in sorted(instance.closed)),
        *(("wish", lock.wish, "locked") for lock in instance.locked),
        *(("slot", lock.slot, "locked") for lock in instance.locked),
        *(("table", lock.table, "locked") for lock in instance.locked),
    ]
    if instance.frozen_through is not None:
        uses.append(("slot", instance.frozen_through, "frozen_through"))
    for kind, used, where in uses:
        if used not in known[kind]:
            raise InstanceError(f"{name}: {where} names the unknown {kind} “{used}”.")
    _check_people(instance, name)


def _check_people(instance: Instance, name: str) -> None:
    members = {team.id: set(team.members) for team in instance.teams}
    for wish in instance.wishes:
        for side, team in zip(SIDES, (wish.a, wish.b), strict=True):
            strange = [p for p in wish.people.get(side, ()) if p not in members[team]]
            if strange:
                raise InstanceError(
                    f"{name}: wish “{wish.id}” asks for “{strange[0]}”, who is not in team “{team}”."
                )


def _check_slots(slots: Sequence[Slot], name: str) -> None:
    _once((slot.id for slot in slots), "slot", name)
    for one, other in pairwise(slots):
        if one.day == other.day and other.start < one.end:
            raise InstanceError(f"{name}: slots “{one.id}” and “{other.id}” overlap.")


def _once(ids: Iterable[str], kind: str, name: str) -> set[str]:
    counts = Counter(ids)
    twice = [key for key, n in counts.items() if n > 1]
    if twice:
        raise InstanceError(f"{name}: there are two {kind}s “{twice[0]}”.")
    return set(counts)


# ---- values in JSON


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InstanceError(f"{path.name} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise InstanceError(f"{path.name} is not JSON in UTF-8: {error}.") from error


def _object(value: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise InstanceError(f"{where} must be an object of names and values.")
    return value


def _list(entry: Mapping[str, Any], key: str, where: str) -> list[Any]:
    value = entry.get(key)
    if value is None:
        return []
    if not isinstance(value, list):
        raise InstanceError(f"{where}: {key} must be a list.")
    return value


def _each(
    whole: Mapping[str, Any], key: str, name: str, make: Callable[[Mapping[str, Any], str], T]
) -> list[T]:
    found = []
    for number, entry in enumerate(_list(whole, key, name), start=1):
        where = f"{name}: {key} {number}"
        found.append(make(_object(entry, where), where))
    return found


def _name(entry: Mapping[str, Any], key: str, where: str) -> str:
    value = entry.get(key)
    if not isinstance(value, str) or not value:
        raise InstanceError(f"{where}: {key} must be a name.")
    return value


def _names(entry: Mapping[str, Any], key: str, where: str) -> tuple[str, ...]:
    values = _list(entry, key, where)
    if not all(isinstance(value, str) and value for value in values):
        raise InstanceError(f"{where}: {key} must be a list of names.")
    return tuple(dict.fromkeys(values))


def _by_side(entry: Mapping[str, Any], key: str, where: str) -> Mapping[str, Any]:
    value = entry.get(key)
    found = {} if value is None else _object(value, f"{where}: {key}")
    strange = sorted(set(found) - set(SIDES))
    if strange:
        raise InstanceError(f"{where}: {key} has the side “{strange[0]}”; sides are a and b.")
    return {side: part for side, part in found.items() if part is not None}


def _count(entry: Mapping[str, Any], key: str, where: str, *, default: int) -> int:
    value = entry.get(key, default)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise InstanceError(f"{where}: {key} must be a whole number of 0 or more.")
    return value


def _limit(entry: Mapping[str, Any], key: str, where: str) -> int | None:
    return None if entry.get(key) is None else _count(entry, key, where, default=0)


def _one_of(
    entry: Mapping[str, Any], key: str, allowed: Sequence[str], default: str, where: str
) -> str:
    value = entry.get(key, default)
    if value not in allowed:
        raise InstanceError(f"{where}: {key} must be one of {', '.join(allowed)}.")
    return str(value)


def _clock(entry: Mapping[str, Any], key: str, where: str) -> int:
    match = CLOCK.fullmatch(str(entry.get(key, "")))
    minutes = int(match[1]) * 60 + int(match[2]) if match and int(match[2]) < 60 else MINUTES + 1
    if minutes > MINUTES:
        raise InstanceError(f"{where}: {key} must be a time like 09:20.")
    return minutes
