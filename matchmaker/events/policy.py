"""Who sees an event and who runs it."""

from __future__ import annotations

from matchmaker.guard import effective_role
from models import Event, EventStatus, Role, TeamStatus, User

COMING = frozenset({TeamStatus.PENDING, TeamStatus.APPROVED, TeamStatus.WAITING})
"""Teams that come, or would: they hear when something changes."""


def is_office(actor: User) -> bool:
    """Organisers and administrators see every event, also in preparation."""
    return effective_role(actor) in {Role.ORGANISER, Role.ADMINISTRATOR}


def can_create(actor: User) -> bool:
    return effective_role(actor) == Role.ORGANISER


def can_manage(actor: User, event: Event) -> bool:
    """Organisers run events together, whichever office set it up."""
    del event
    return effective_role(actor) == Role.ORGANISER


def can_see(actor: User, event: Event) -> bool:
    """An announced event is for everybody who is signed in; also one that was called off."""
    return is_office(actor) or event.opened_at is not None


def can_change(actor: User, event: Event) -> bool:
    """What is over or called off stays as it was."""
    over = event.status in {EventStatus.CANCELLED, EventStatus.CLOSED}
    return can_manage(actor, event) and not over
