"""Teams of an event, as far as a person may see them."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from matchmaker.errors import NotFoundError
from matchmaker.guard import is_verified
from matchmaker.registration import policy
from models import (
    Event,
    Participant,
    Slot,
    Talk,
    Team,
    TeamPosting,
    TeamStatus,
    Unavailability,
    User,
)


def loaded() -> tuple[Any, ...]:
    """Load with teams their event, people, when these cannot, and what they bring."""
    return (
        joinedload(Team.event),
        selectinload(Team.members).selectinload(Participant.blocks),
        selectinload(Team.posting_rows).joinedload(TeamPosting.posting),
    )


def approved(session: Session, event: Event) -> list[Team]:
    """The teams that come, by organisation and name."""
    statement = (
        select(Team)
        .where(Team.event_id == event.id, Team.status == TeamStatus.APPROVED)
        .options(*loaded())
    )
    found = session.scalars(statement).unique()
    return sorted(found, key=lambda team: (team.side != "need", team.full_name, team.id))


def is_own(actor: User) -> ColumnElement[bool]:
    """Tell which teams the person belongs to or speaks for; as `policy.is_own`."""
    member = select(Participant.team_id).where(Participant.user_id == actor.id)
    inside: list[ColumnElement[bool]] = [Team.id.in_(member)]
    if is_verified(actor):
        inside.append(Team.organisation_id == actor.organisation_id)
    return or_(*inside)


def own_teams(session: Session, actor: User, event: Event) -> list[Team]:
    """The person's teams at an event, withdrawn and refused ones included."""
    statement = (
        select(Team)
        .where(and_(Team.event_id == event.id, is_own(actor)))
        .order_by(Team.id)
        .options(*loaded())
    )
    return list(session.scalars(statement).unique())


def one_team(session: Session, actor: User, event: Event, team_id: int) -> Team:
    """A team that the person may edit.

    Raises:
        NotFoundError: it is not there, or not theirs.

    """
    statement = select(Team).where(Team.id == team_id, Team.event_id == event.id)
    team = session.scalar(statement.options(*loaded()))
    if team is None or not policy.can_edit(actor, team):
        raise NotFoundError
    return team


def busy_slots(session: Session, event: Event) -> dict[int, set[int]]:
    """When people cannot come: ids of slots by id of participant, talks included."""
    found: dict[int, set[int]] = defaultdict(set)
    said = (
        select(Unavailability.participant_id, Unavailability.slot_id)
        .join(Slot, Slot.id == Unavailability.slot_id)
        .where(Slot.event_id == event.id)
    )
    talking = (
        select(Talk.speaker_id, Slot.id)
        .join(Slot, Slot.event_id == Talk.event_id)
        .where(
            Talk.event_id == event.id,
            Slot.starts_at < Talk.ends_at,
            Slot.ends_at > Talk.starts_at,
        )
    )
    for statement in (said, talking):
        for participant_id, slot_id in session.execute(statement):
            found[participant_id].add(slot_id)
    return dict(found)
