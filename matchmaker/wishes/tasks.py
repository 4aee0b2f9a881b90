"""Suggestions after a team was admitted; every hour, reminders and what has run out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from matchmaker import clock, jobs
from matchmaker.catalogue.index import index_of
from matchmaker.jobs import JobRun
from matchmaker.registration import service as registration
from matchmaker.wishes import following, policy, suggestions
from models import Event, EventStatus

registration.AFTER_ADMISSION.append(suggestions.suggest_later)
GONE = frozenset({EventStatus.CANCELLED, EventStatus.CLOSED})


@jobs.task(suggestions.KIND)
def suggest(run: JobRun) -> Mapping[str, Any]:
    """Make and score the suggestions of an event; a second run changes nothing more."""
    event_id = int(run.payload["event_id"])
    with run.database.reading() as session:
        if _event(session, event_id) is None:
            return {"suggestions": 0}
    recommender = index_of(run.database).recommender()
    with run.database.reading() as session:
        event = session.get_one(Event, event_id)
        floor = run.database.settings.suggestion_floor
        found = suggestions.proposals(session, event, recommender, floor=floor)
    with run.database.transaction() as session:
        event = session.get_one(Event, event_id)
        return {"suggestions": suggestions.store(session, event, found)}


def _event(session: Session, event_id: int) -> Event | None:
    event = session.get(Event, event_id)
    wanted = event is not None and event.status not in GONE and policy.has_wishes(event)
    return event if wanted else None


@jobs.task("wishes.follow", regular=True)
def follow(run: JobRun) -> Mapping[str, Any]:
    """Remind whose turn it is and end what was not answered in time."""
    moment = clock.now()
    reminded = expired = 0
    with run.database.transaction() as session:
        for event in following.events_to_follow(session):
            reminded += following.remind_due(session, event, moment)
            expired += following.expire(session, event, moment)
    return {"reminded": reminded, "expired": expired}
