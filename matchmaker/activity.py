"""One line of history for every change, written in the same transaction."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from matchmaker import clock
from models import (
    Activity,
    Entry,
    Event,
    Match,
    Meeting,
    Organisation,
    Posting,
    Team,
    Timetable,
    User,
    Wish,
)

Subject = Posting | Match | Organisation | User | Event | Team | Wish | Timetable | Meeting | Entry


def record(
    session: Session,
    actor: User | None,
    action: str,
    subject: Subject,
    **values: Any,
) -> Activity:
    """Note who did what (`noun.past`) to what; no actor means the platform itself."""
    line = Activity(
        at=clock.now(),
        actor_id=actor.id if actor else None,
        action=action,
        values=values,
        **_subject(subject),
    )
    session.add(line)
    return line


def _subject(subject: Subject) -> dict[str, int]:
    if isinstance(subject, Match):
        return {"match_id": subject.id}
    if isinstance(subject, Organisation):
        return {"organisation_id": subject.id}
    if isinstance(subject, Event):
        return {"event_id": subject.id}
    names = {Posting: "posting_id", User: "user_id"}
    found = {name: subject.id for kind, name in names.items() if isinstance(subject, kind)}
    for name in ("event_id", "organisation_id"):
        if hasattr(subject, name):
            found[name] = getattr(subject, name)
    return found
