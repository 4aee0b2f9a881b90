"""One line of history for every change, written in the same transaction."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from matchmaker import clock
from models import Activity, Match, Organisation, Posting, User


def record(
    session: Session,
    actor: User | None,
    action: str,
    subject: Posting | Match | Organisation | User,
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


def _subject(subject: Posting | Match | Organisation | User) -> dict[str, int]:
    if isinstance(subject, Posting):
        return {"posting_id": subject.id, "organisation_id": subject.organisation_id}
    if isinstance(subject, Match):
        return {"match_id": subject.id}
    if isinstance(subject, Organisation):
        return {"organisation_id": subject.id}
    return {"user_id": subject.id, "organisation_id": subject.organisation_id}
