"""Who registers, who speaks for a team, who admits it."""

from __future__ import annotations

from matchmaker.events import policy as events
from matchmaker.guard import is_verified
from models import Event, Team, TeamStatus, User

COMING = frozenset({TeamStatus.PENDING, TeamStatus.APPROVED, TeamStatus.WAITING})


def is_own(actor: User, team: Team) -> bool:
    """One of its members, or a confirmed colleague of the one who registered it."""
    inside = actor.organisation_id == team.organisation_id and is_verified(actor)
    return inside or any(member.user_id == actor.id for member in team.members)


def can_edit(actor: User, team: Team) -> bool:
    """Its own people, and organisers on their behalf."""
    return is_own(actor, team) or events.can_manage(actor, team.event)


def can_register(actor: User) -> bool:
    """People of a verified organisation; organisers register others."""
    return is_verified(actor) and not events.is_office(actor)


def can_admit(actor: User, event: Event) -> bool:
    return events.can_change(actor, event)
