"""One hand at a time on an event's timetable, and a count of what was changed."""

from __future__ import annotations

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from matchmaker.events import queries as events
from models import Event


def hold(session: Session, event: Event) -> Event:
    """Let nobody else change the meetings of this event until the transaction ends.

    Returns the event as it is now: whoever was faster may have changed it.
    """
    session.flush()
    session.execute(select(Event.id).where(Event.id == event.id).with_for_update())
    session.expire_all()
    return session.get_one(Event, event.id, options=list(events.loaded()))


def count_change(session: Session, event: Event) -> None:
    """Count a change of the meetings; drafts made before it are out of date."""
    grown = Event.meetings_version + 1
    session.execute(
        update(Event)
        .where(Event.id == event.id)
        .values(meetings_version=grown)
        .execution_options(synchronize_session=False)
    )
    session.refresh(event, ["meetings_version"])
