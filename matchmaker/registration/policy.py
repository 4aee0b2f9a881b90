"""Who registers, who speaks for a team, who admits it."""

from __future__ import annotations

from collections.abc import Iterable

from matchmaker.events import policy as events
from matchmaker.guard import is_verified
from models import Event, Membership, OrganisationKind, Side, Talk, Team, TeamStatus, User

COMING = frozenset({TeamStatus.PENDING, TeamStatus.APPROVED, TeamStatus.WAITING})
SIDES = {
    OrganisationKind.ENTERPRISE: Side.NEED,
    OrganisationKind.UNIVERSITY: Side.ACHIEVEMENT,
    OrganisationKind.INSTITUTE: Side.ACHIEVEMENT,
}
"""For which side an organisation usually comes; others choose."""


def is_own(actor: User, team: Team) -> bool:
    """One of its members, or a confirmed colleague of the one who registered it.

    Whom the organisation has disowned speaks for nobody, though their name stands in a team.
    """
    if actor.membership == Membership.REFUSED:
        return False
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


def can_see_people(actor: User, own: Iterable[Team]) -> bool:
    """Who comes is for those who come, and for offices."""
    return events.is_office(actor) or any(team.status == TeamStatus.APPROVED for team in own)


def can_edit_talk(actor: User, talk: Talk) -> bool:
    return can_edit(actor, talk.team)
