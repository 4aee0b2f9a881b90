"""One hand at a time on an event's timetable, and a count of what was changed."""

from __future__ import annotations

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from matchmaker.events import queries as events
from models import Event, HandedOver, Meeting


def hold(session: Session, event: Event) -> Event:
    """Let nobody else change the meetings of this event until the transaction ends.

    Returns the event as it is now: whoever was faster may have changed it.
    """
    session.flush()
    session.execute(select(Event.id).where(Event.id == event.id).with_for_update())
    session.expire_all()
    return session.get_one(Event, event.id, options=list(events.loaded()))


def give_to(session: Session, meeting: Meeting, people: tuple[int, int]) -> None:
    """Let people (ids, of the need and of the achievement side) have a meeting.

    Who had it until now is remembered: the entry in their calendar has to go.
    """
    with session.no_autoflush:  # the meeting may be half changed
        for before in {meeting.need_person_id, meeting.achievement_person_id} - {*people, None}:
            session.merge(HandedOver(meeting_id=meeting.id, participant_id=before))
    meeting.need_person_id, meeting.achievement_person_id = people


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
