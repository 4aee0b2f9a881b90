"""An event as the planner reads it: the JSON of docs/timetable.md, made from the tables.

Names in it are kinds and ids ("s12", "t3", "team5", "p7", "w9"), so that a plan can be read back.
Side a is the need side, side b the achievement side.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from matchmaker import clock
from matchmaker.engine.timetable import Pin, Problem, instance_of
from matchmaker.events import queries as events
from matchmaker.registration import queries as registration
from matchmaker.wishes import queries as wishes
from matchmaker.wishes.kinds import answer_of, kind_of, value_of
from models import (
    Event,
    Meeting,
    MeetingStatus,
    Placement,
    Slot,
    Team,
    TeamStatus,
    Timetable,
    Wish,
)

Json = dict[str, Any]
STANDING = frozenset({MeetingStatus.PLANNED, MeetingStatus.RUNNING, MeetingStatus.HELD})


@dataclass(frozen=True, slots=True)
class Seat:
    """Where a wish is put: ids of slot, table and the two people."""

    wish_id: int
    slot_id: int
    table_id: int
    need_person_id: int
    achievement_person_id: int
    locked: bool = False

    @property
    def people(self) -> tuple[int, int]:
        return self.need_person_id, self.achievement_person_id


def name(kind: str, number: int) -> str:
    return f"{kind}{number}"


def number(text: str) -> int:
    """Return the id in a name."""
    return int(text.lstrip("abcdefghijklmnopqrstuvwxyz"))


def published_seats(session: Session, event: Event) -> list[Seat]:
    """Where the meetings that people were told of stand."""
    found = session.scalars(
        select(Meeting).where(Meeting.event_id == event.id, Meeting.slot_id.is_not(None))
    )
    return [_seat(meeting) for meeting in found]


def draft_seats(session: Session, timetable: Timetable) -> list[Seat]:
    """Where a version puts its meetings."""
    found = session.scalars(select(Placement).where(Placement.timetable_id == timetable.id))
    return [_seat(placement) for placement in found]


def _seat(row: Meeting | Placement) -> Seat:
    assert row.slot_id is not None
    assert row.table_id is not None
    return Seat(
        row.wish_id, row.slot_id, row.table_id, row.need_person_id, row.achievement_person_id,
        row.locked,
    )  # fmt: skip


def content_of(session: Session, event: Event, locked: Iterable[Seat] = ()) -> Json:
    """Return the instance of an event; `locked` seats stand where they are."""
    return read(session, event, locked)[0]


def read(
    session: Session, event: Event, locked: Iterable[Seat] = (), *,
    wish_ids: Collection[int] | None = None,
) -> tuple[Json, list[Team]]:  # fmt: skip
    """Return the instance of an event and its teams with their people.

    A wish whose meeting was missed is over: it is neither planned again nor explained. With
    `wish_ids` only these wishes and their teams are read: who moves one meeting need not read
    what is not planned.
    """
    wanted = _wishes(session, event, wish_ids)
    teams = teams_of(session, event, None if wish_ids is None else wanted)
    known = {team.id for team in teams}
    over = set(
        session.scalars(
            select(Meeting.wish_id).where(
                Meeting.event_id == event.id, Meeting.status == MeetingStatus.MISSED
            )
        )
    )
    wanted = [
        wish
        for wish in wanted
        if {wish.need_team_id, wish.achievement_team_id} <= known and wish.id not in over
    ]
    open_slots = [slot for slot in event.slots if slot.open]
    content: Json = {
        "slots": _slots(event, open_slots),
        "tables": [
            {"id": name("t", table.id), **_fixed(table.fixed_for_id, known)}
            for table in event.tables
            if not table.closed
        ],
        "teams": [_team(event, team) for team in teams],
        "people": _people(session, event, teams, open_slots),
        "wishes": [_wish(wish) for wish in wanted],
        "excluded": [
            {"a": name("team", need), "b": name("team", achievement), "reason": reason.value}
            for (need, achievement), reason in wishes.excluded_pairs(session, event).items()
            if {need, achievement} <= known
        ],
    }
    content["closed"] = _closed(event, {slot.id for slot in open_slots})
    content["locked"] = _locked(content, locked)
    frozen = events.frozen_through(event)
    begun = [slot for slot in open_slots if frozen and slot.starts_at <= frozen.starts_at]
    if begun:
        content["frozen_through"] = name("s", begun[-1].id)
    return content, teams


def _wishes(session: Session, event: Event, wish_ids: Collection[int] | None) -> list[Wish]:
    if wish_ids is None:
        return wishes.for_plan(session, event)
    statement = select(Wish).where(Wish.event_id == event.id, Wish.id.in_(wish_ids))
    return list(session.scalars(statement.order_by(Wish.id)))


def teams_of(session: Session, event: Event, wanted: Iterable[Wish] | None) -> list[Team]:
    """Return the teams that come with their people: all, or those of some wishes and of booths."""
    statement = (
        select(Team)
        .where(Team.event_id == event.id, Team.status == TeamStatus.APPROVED)
        .order_by(Team.side.desc(), Team.id)
        .options(selectinload(Team.members))
    )
    if wanted is not None:
        pairs = {team for wish in wanted for team in (wish.need_team_id, wish.achievement_team_id)}
        booths = {table.fixed_for_id for table in event.tables if table.fixed_for_id}
        statement = statement.where(Team.id.in_(pairs | booths))
    return list(session.scalars(statement).unique())


def previous_of(seats: Iterable[Seat]) -> list[Json]:
    """Return seats as the meetings of an earlier plan."""
    return [
        {
            "wish": name("w", seat.wish_id), "slot": name("s", seat.slot_id),
            "table": name("t", seat.table_id), "a": name("p", seat.need_person_id),
            "b": name("p", seat.achievement_person_id),
        }
        for seat in seats
    ]  # fmt: skip


def seats_of(meetings: Iterable[Mapping[str, str]], locked: Iterable[Seat] = ()) -> list[Seat]:
    """Read the meetings of a plan; what was locked stays so."""
    held = {seat.wish_id for seat in locked if seat.locked}
    return [
        Seat(
            wish_id := number(entry["wish"]), number(entry["slot"]), number(entry["table"]),
            number(entry["a"]), number(entry["b"]), wish_id in held,
        )
        for entry in meetings
    ]  # fmt: skip


def _slots(event: Event, slots: Sequence[Slot]) -> list[Json]:
    day = {made.id: place for place, made in enumerate(event.days, start=1)}
    return [
        {
            "id": name("s", slot.id), "day": day[slot.day_id],
            "start": clock.time_of_day(slot.starts_at), "end": clock.time_of_day(slot.ends_at),
        }
        for slot in slots
    ]  # fmt: skip


def _fixed(team_id: int | None, known: set[int]) -> Json:
    return {"fixed_for": name("team", team_id)} if team_id in known and team_id else {}


def _team(event: Event, team: Team) -> Json:
    least = event.team_least if team.least is None else team.least
    most = event.team_most if team.most is None else team.most
    found: Json = {
        "id": name("team", team.id), "side": team.side.value,
        "members": [name("p", person.id) for person in team.members],
        "min": least if most is None else min(least, most),
    }  # fmt: skip
    if most is not None:
        found["max"] = most
    return found


def _people(
    session: Session, event: Event, teams: Sequence[Team], slots: Sequence[Slot]
) -> list[Json]:
    busy = registration.busy_slots(session, event)
    open_ids = {slot.id for slot in slots}
    return [
        {
            "id": name("p", person.id), "expertise": list(dict.fromkeys(person.expertise)),
            "unavailable": [name("s", s) for s in sorted(busy.get(person.id, set()) & open_ids)],
            "max": event.person_most if person.most is None else person.most,
            "max_in_a_row": event.most_in_a_row,
        }
        for team in teams
        for person in team.members
    ]  # fmt: skip


def _wish(wish: Wish) -> Json:
    asked = {"a": wish.need_expertise, "b": wish.achievement_expertise}
    return {
        "id": name("w", wish.id), "a": name("team", wish.need_team_id),
        "b": name("team", wish.achievement_team_id), "value": value_of(wish),
        "kind": kind_of(wish), "answer": answer_of(wish),
        "expertise": {side: words for side, words in asked.items() if words},
    }  # fmt: skip


def _closed(event: Event, open_ids: set[int]) -> list[Json]:
    return [
        {"table": name("t", table.id), "slot": name("s", closure.slot_id)}
        for table in event.tables
        if not table.closed
        for closure in table.closures
        if closure.slot_id in open_ids
    ]


def _locked(content: Json, seats: Iterable[Seat]) -> list[Json]:
    """Return what stands, as far as it still can: wish, slot, table and somebody of each side."""
    held = [seat for seat in seats if seat.locked]
    if not held:
        return []
    problem = Problem(instance_of(content))
    found = []
    for seat in held:
        wish = problem.wish.get(name("w", seat.wish_id))
        slot, table = name("s", seat.slot_id), name("t", seat.table_id)
        if wish is None or slot not in problem.slot or table not in problem.table:
            continue
        pin = Pin(problem.slot[slot], problem.table[table])
        if wish not in problem.refused and problem.can_stand(wish, pin):
            found.append({"wish": name("w", seat.wish_id), "slot": slot, "table": table})
    return found
