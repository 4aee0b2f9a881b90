"""Who may have which papers."""

from __future__ import annotations

from matchmaker.events import policy as events
from models import Event, Membership, Participant, TeamStatus, User


def can_print(actor: User, event: Event) -> bool:
    """Everything there is, with the names of all: organisers only."""
    return events.can_manage(actor, event)


def is_own(actor: User, person: Participant) -> bool:
    """The agenda of somebody who comes and is this person."""
    if actor.membership == Membership.REFUSED:
        return False
    return person.user_id == actor.id and person.team.status == TeamStatus.APPROVED
