"""Room at an event: it is counted in people of admitted teams, behind a lock on the event."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import Event, Participant, Team, TeamStatus


def lock(session: Session, event: Event) -> None:
    """Let one transaction at a time give away places, and know what the last one left.

    SQLite holds its write lock already (`db.transaction`) and takes this for a plain SELECT.
    """
    row = select(Event.id).where(Event.id == event.id).with_for_update(key_share=True)
    session.execute(row)
    session.refresh(event, ["status", "capacity", "approval", "version"])


def size(session: Session, team: Team) -> int:
    """How many people a team has."""
    statement = select(func.count(Participant.id)).where(Participant.team_id == team.id)
    return session.scalar(statement) or 0


def people(session: Session, event: Event) -> int:
    """How many people come in admitted teams."""
    statement = (
        select(func.count(Participant.id))
        .join(Team, Team.id == Participant.team_id)
        .where(Team.event_id == event.id, Team.status == TeamStatus.APPROVED)
    )
    return session.scalar(statement) or 0


def free(session: Session, event: Event) -> int | None:
    """How many more people fit in; None where there is no limit."""
    if event.capacity is None:
        return None
    return max(0, event.capacity - people(session, event))


def fits(session: Session, event: Event, count: int) -> bool:
    left = free(session, event)
    return left is None or count <= left
