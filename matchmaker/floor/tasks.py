"""In the evening, whoever has not said how their meetings were is asked once."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker import clock, jobs
from matchmaker.events import queries as events
from matchmaker.floor import policy, queries
from matchmaker.jobs import JobRun
from matchmaker.notifications.service import notify
from matchmaker.timetables import queries as timetables
from models import Event, EventDay, EventStatus, Meeting, Notification, Side, User

EVENING = time(18)
FOR = timedelta(hours=24)
"""So long after the evening began; an event that was set up afterwards asks nobody."""


@jobs.task("floor.remind", regular=True)
def remind(run: JobRun) -> dict[str, int]:
    """Ask each person once for the reports of a day."""
    with run.database.transaction() as session:
        return {"told": sum(_remind(session, event, day) for event, day in _evenings(session))}


def _evenings(session: Session) -> list[tuple[Event, EventDay]]:
    """Find the days that have ended lately."""
    moment = clock.now()
    found = session.scalars(
        select(Event).where(Event.status == EventStatus.OPEN).options(*events.loaded())
    ).unique()
    return [
        (event, day)
        for event in found
        for day in event.days
        if _evening(day) <= moment < _evening(day) + FOR
    ]


def _evening(day: EventDay) -> datetime:
    return datetime.combine(day.day, max(EVENING, day.ends), clock.LOCAL_ZONE)


def _remind(session: Session, event: Event, day: EventDay) -> int:
    waiting: dict[int, list[Meeting]] = defaultdict(list)
    readers: dict[int, User] = {}
    for meeting in timetables.meetings(session, event):
        if meeting.slot is None or meeting.slot.day_id != day.id:
            continue
        for side in Side:
            if not policy.waits_for_report(meeting, side, clock.now()):
                continue
            team, person = meeting.wish.team_of(side), meeting.person_of(side)
            reader = queries.user_of(session, team, person)
            if reader is not None and reader.active:
                readers[reader.id] = reader
                waiting[reader.id].append(meeting)
    told = 0
    for reader_id, rows in waiting.items():
        told += _ask(session, readers[reader_id], event, day, len(rows))
    return told


def _ask(session: Session, reader: User, event: Event, day: EventDay, n: int) -> bool:
    mark = {"event_id": event.id, "day": day.day.isoformat()}
    told = session.scalars(
        select(Notification.values).where(
            Notification.user_id == reader.id, Notification.kind == "report.waiting"
        )
    )
    if any(all(values.get(key) == value for key, value in mark.items()) for values in told):
        return False
    notify(
        session, reader, "report.waiting", event=event.title, n=n, by_mail=True,
        endpoint="floor.agenda", endpoint_values={"event_id": event.id}, **mark,
    )  # fmt: skip
    return True
