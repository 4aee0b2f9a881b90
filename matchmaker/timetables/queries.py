"""Versions of a timetable, and the meetings that hold."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from models import (
    Event,
    Meeting,
    Participant,
    Team,
    Timetable,
    TimetableStatus,
    Wish,
)


def shown() -> tuple[Any, ...]:
    """Load with meetings everything that agendas, boards and papers show of them."""
    teams = (Wish.need_team, Wish.achievement_team)
    return (
        joinedload(Meeting.slot),
        joinedload(Meeting.table),
        joinedload(Meeting.need_person),
        joinedload(Meeting.achievement_person),
        joinedload(Meeting.wish).options(
            *(joinedload(side).joinedload(Team.organisation) for side in teams),
            joinedload(Wish.match),
        ),
        selectinload(Meeting.reports),
    )


def current(session: Session, event: Event) -> Timetable | None:
    """The version that is published."""
    return session.scalar(
        select(Timetable).where(
            Timetable.event_id == event.id, Timetable.status == TimetableStatus.PUBLISHED
        )
    )


def meetings(session: Session, event: Event) -> list[Meeting]:
    """Every meeting people were told of, by time and table; cancelled and missed ones at the end."""
    found = session.scalars(
        select(Meeting).where(Meeting.event_id == event.id).options(*shown())
    ).unique()
    return sorted(found, key=_in_order)


def agenda(session: Session, event: Event, people: Iterable[Participant]) -> list[Meeting]:
    """The meetings of some participants, by time; cancelled ones at the end."""
    ids = [person.id for person in people]
    found = session.scalars(
        select(Meeting)
        .where(
            Meeting.event_id == event.id,
            Meeting.need_person_id.in_(ids) | Meeting.achievement_person_id.in_(ids),
        )
        .options(*shown())
    ).unique()
    return sorted(found, key=_in_order)


def _in_order(meeting: Meeting) -> tuple[bool, float, int, int]:
    if meeting.slot is None or meeting.table is None:
        return True, 0.0, 0, meeting.id
    return False, meeting.slot.starts_at.timestamp(), meeting.table.ordinal, meeting.id
