"""An earlier event as the beginning of a new one: all that was set up, nobody who came."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker import activity, clock
from matchmaker.errors import require
from matchmaker.events import policy
from matchmaker.events.service import PLACE
from models import (
    Criterion,
    Event,
    EventBreak,
    EventDay,
    EventNode,
    EventTable,
    Slot,
    TableClosure,
    User,
)

COPIED = (
    "kind", "summary", *PLACE, "capacity", "approval", "slot_minutes", "team_least", "team_most",
    "person_most", "most_in_a_row", "must_tokens", "met_before_months", "blind",
)  # fmt: skip
MOVED = ("registration_from", "registration_until", "wishes_until")


def copy(session: Session, actor: User, source: Event, *, title: str, day: date) -> Event:
    """Copy an event to another first day: settings, windows, days, slots, tables, criteria.

    Teams, wishes and timetables stay behind, and so do booths, for they belong to teams.
    """
    require(policy.can_create(actor))
    shift = day - source.days[0].day if source.days else timedelta()
    event = Event(
        title=title, organisation_id=actor.organisation_id, owner_id=actor.id,
        created_at=clock.now(), copied_from_id=source.id,
        **{name: getattr(source, name) for name in COPIED},
        **{name: _moved(getattr(source, name), shift) for name in MOVED},
    )  # fmt: skip
    event.nodes = [EventNode(node_id=row.node_id) for row in source.nodes]
    session.add(event)
    session.flush()
    slots = _copy_days(session, source, event, shift)
    _copy_tables(source, event, slots)
    _copy_criteria(session, source, event)
    session.flush()
    session.refresh(event)
    activity.record(session, actor, "event.copied", event, event=title, source=source.title)
    return event


def _moved(moment: datetime | None, shift: timedelta) -> datetime | None:
    return moment and moment + shift


def _copy_days(session: Session, source: Event, event: Event, shift: timedelta) -> dict[int, Slot]:
    """Copy days and slots; return the new slots by the ids of the old ones."""
    days: dict[int, EventDay] = {}
    for row in source.days:
        days[row.id] = EventDay(day=row.day + shift, starts=row.starts, ends=row.ends)
        days[row.id].breaks = [
            EventBreak(starts=pause.starts, ends=pause.ends, label=pause.label)
            for pause in row.breaks
        ]
    event.days = list(days.values())
    session.flush()
    slots = {
        row.id: Slot(
            day_id=days[row.day_id].id, starts_at=row.starts_at + shift,
            ends_at=row.ends_at + shift, open=row.open,
        )
        for row in source.slots
    }  # fmt: skip
    event.slots = list(slots.values())
    session.flush()
    return slots


def _copy_tables(source: Event, event: Event, slots: dict[int, Slot]) -> None:
    for row in source.tables:
        table = EventTable(
            name=row.name, room=row.room, ordinal=row.ordinal, closed=row.closed,
            topic=row.topic, seats=row.seats,
        )  # fmt: skip
        table.closures = [TableClosure(slot_id=slots[n.slot_id].id) for n in row.closures]
        event.tables.append(table)


def _copy_criteria(session: Session, source: Event, event: Event) -> None:
    for row in session.scalars(select(Criterion).where(Criterion.event_id == source.id)):
        session.add(
            Criterion(
                event_id=event.id, ordinal=row.ordinal, name=row.name, weight=row.weight,
                most=row.most,
            )
        )  # fmt: skip
