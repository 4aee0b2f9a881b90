"""Who plans, changes and publishes timetables."""

from __future__ import annotations

from matchmaker.events import policy as events
from models import Event, Timetable, TimetableStatus, User


def can_see(actor: User, event: Event) -> bool:
    """Offices see drafts; participants have their agenda once it is published."""
    del event
    return events.is_office(actor)


def can_plan(actor: User, event: Event) -> bool:
    return events.can_change(actor, event)


def is_workable(timetable: Timetable) -> bool:
    """A draft can be changed by hand; what was published stays as it was."""
    return timetable.status == TimetableStatus.DRAFT
