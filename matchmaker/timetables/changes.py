"""What a draft changes of the meetings that people were told of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from matchmaker.timetables.instances import Seat, draft_seats, published_seats
from models import Event, EventTable, Participant, Slot, Team, Timetable, Wish


@dataclass(frozen=True, slots=True)
class Spot:
    """A place with its rows, for showing it."""

    slot: Slot
    table: EventTable
    need_person: Participant
    achievement_person: Participant


@dataclass(frozen=True, slots=True)
class Change:
    """One meeting that is moved, cancelled or new."""

    kind: str
    wish: Wish
    before: Spot | None
    after: Spot | None

    @property
    def people(self) -> tuple[Participant, ...]:
        """Everybody who must hear of it: who was to come and who is to come."""
        found: dict[int, Participant] = {}
        for spot in (self.before, self.after):
            for person in (spot.need_person, spot.achievement_person) if spot else ():
                found[person.id] = person
        return tuple(found.values())


@dataclass(frozen=True, slots=True)
class Changes:
    """A draft beside what is published."""

    kept: int
    moved: list[Change]
    cancelled: list[Change]
    new: list[Change]

    @property
    def all(self) -> list[Change]:
        return [*self.moved, *self.cancelled, *self.new]

    @property
    def people(self) -> int:
        """How many people have another agenda than before."""
        return len({person.id for change in self.all for person in change.people})

    def stored(self) -> dict[str, Any]:
        """Return them as a version keeps them: ids alone."""
        return {
            "kept": self.kept,
            **{
                kind: [
                    [change.wish.id, _ids(change.before), _ids(change.after)]
                    for change in getattr(self, kind)
                ]
                for kind in ("moved", "cancelled", "new")
            },
        }


def _ids(spot: Spot | None) -> list[int] | None:
    return None if spot is None else [spot.slot.id, spot.table.id]


def of(session: Session, timetable: Timetable) -> Changes:
    """Compare a draft with what is published."""
    event = session.get_one(Event, timetable.event_id)
    before = {seat.wish_id: seat for seat in published_seats(session, event)}
    after = {seat.wish_id: seat for seat in draft_seats(session, timetable)}
    return between(session, event, before, after)


def between(
    session: Session, event: Event, before: dict[int, Seat], after: dict[int, Seat]
) -> Changes:
    """Compare two sets of seats."""
    moved, gone, new = [], [], []
    for wish_id in before.keys() | after.keys():
        old, now = before.get(wish_id), after.get(wish_id)
        if now is None:
            gone.append(wish_id)
        elif old is None:
            new.append(wish_id)
        elif _place(old) != _place(now):
            moved.append(wish_id)
    rows = _Rows(session, event, [*moved, *gone, *new])

    def made(kind: str, ids: list[int]) -> list[Change]:
        found = [
            Change(kind, rows.wishes[i], rows.spot(before.get(i)), rows.spot(after.get(i)))
            for i in ids
        ]
        return sorted(found, key=_when)

    return Changes(
        kept=len(before.keys() & after.keys()) - len(moved),
        moved=made("moved", moved), cancelled=made("cancelled", gone), new=made("new", new),
    )  # fmt: skip


def _place(seat: Seat) -> tuple[int, ...]:
    return (seat.slot_id, seat.table_id, *seat.people)


def _when(change: Change) -> tuple[Any, int]:
    spot = change.after or change.before
    assert spot is not None
    return spot.slot.starts_at, change.wish.id


class _Rows:
    """The rows behind ids, read at once."""

    def __init__(self, session: Session, event: Event, wish_ids: list[int]) -> None:
        self.slots = {slot.id: slot for slot in event.slots}
        self.tables = {table.id: table for table in event.tables}
        self.people: dict[int, Participant] = {}
        self.wishes: dict[int, Wish] = {}
        if not wish_ids:
            return
        people = select(Participant).where(Participant.event_id == event.id)
        self.people = {person.id: person for person in session.scalars(people)}
        wishes = select(Wish).where(Wish.event_id == event.id, Wish.id.in_(wish_ids))
        sides = (Wish.need_team, Wish.achievement_team)
        options = [joinedload(side).joinedload(Team.organisation) for side in sides]
        found = session.scalars(wishes.options(*options)).unique()
        self.wishes = {wish.id: wish for wish in found}

    def spot(self, seat: Seat | None) -> Spot | None:
        if seat is None:
            return None
        need, achievement = (self.people[person] for person in seat.people)
        return Spot(self.slots[seat.slot_id], self.tables[seat.table_id], need, achievement)
