"""Makers for the day: an event today, teams that are here, meetings in their slots."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy.orm import Session

from matchmaker import clock
from matchmaker.floor import policy
from models import Event, Meeting, MeetingStatus, Side, Team, TimetableStatus, User, Wish
from tests.events.making import make_event, make_meeting, make_team, make_timetable, make_wish

DAY = date(2027, 5, 18)


def moment(text: str, day: date = DAY) -> datetime:
    return datetime.combine(day, time.fromisoformat(text), clock.LOCAL_ZONE)


def make_day(session: Session, owner: User | None = None, *, slots: int = 6, tables: int = 3,
             **values: Any) -> Event:  # fmt: skip
    """Make an event of today, registration and wishes over, its timetable published yesterday."""
    before = moment("08:00") - timedelta(days=30)
    event = make_event(
        session, owner, slots=slots, tables=tables, day=values.pop("day", DAY),
        registration_from=before, registration_until=before + timedelta(days=10),
        wishes_until=before + timedelta(days=20), **values,
    )  # fmt: skip
    timetable = make_timetable(session, event, status=TimetableStatus.PUBLISHED)
    timetable.published_at = moment("08:00") - timedelta(days=1)
    session.flush()
    return event


def make_pair(session: Session, event: Event, *, here: bool = True, **values: Any) -> Wish:
    """Make two teams that want to meet; both are here unless told otherwise."""
    teams = [make_team(session, event, side) for side in Side]
    if here:
        arrive(session, *teams)
    return make_wish(session, *teams, **values)


def arrive(session: Session, *teams: Team, at: str = "08:10") -> None:
    for team in teams:
        for person in team.members:
            person.checked_in_at = moment(at)
    session.flush()


def meet(session: Session, event: Event, slot: int = 0, table: int = 0, *,
         wish: Wish | None = None, **values: Any) -> Meeting:  # fmt: skip
    """Make a meeting in a slot at a table, by their places; told yesterday."""
    wish = wish or make_pair(session, event)
    row = make_meeting(session, wish, event.slots[slot], event.tables[table], **values)
    row.changed_at = moment("08:00") - timedelta(days=1)
    session.flush()
    return row


def miss(session: Session, meeting: Meeting, by: Side, at: str = "09:05") -> Meeting:
    """Let a meeting have been missed."""
    meeting.was = {"slot": meeting.slot_id, "table": meeting.table_id}
    meeting.status, meeting.missed_by = MeetingStatus.MISSED, by
    meeting.slot_id = meeting.table_id = None
    meeting.changed_at = moment(at)
    session.flush()
    session.refresh(meeting)
    return meeting


def user_of(meeting: Meeting, side: Side) -> User:
    """Return who registered a side's team, its first member."""
    return meeting.wish.team_of(side).registered_by


def other(side: Side) -> Side:
    return policy.OTHER[side]
