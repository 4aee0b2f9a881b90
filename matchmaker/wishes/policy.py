"""Who says whom a team wants to meet, and until when."""

from __future__ import annotations

from datetime import datetime

from matchmaker.events import policy as events
from matchmaker.events.kinds import kind_of
from matchmaker.events.queries import Phase, phase
from matchmaker.registration import policy as registration
from models import Event, EventStatus, Team, TeamStatus, User

OVER = frozenset({Phase.DAY, Phase.AFTER})


def has_wishes(event: Event) -> bool:
    """Only events with one-to-one meetings have wishes."""
    return kind_of(event.kind).meetings


def is_open(event: Event, moment: datetime) -> bool:
    """Whether teams may choose now: until the deadline, or without one until the day."""
    if event.status != EventStatus.OPEN or not has_wishes(event):
        return False
    if event.wishes_until is not None:
        return moment < event.wishes_until
    return phase(event, moment) not in OVER


def is_closed(event: Event, moment: datetime) -> bool:
    """Whether the time to answer has passed."""
    return event.wishes_until is not None and moment >= event.wishes_until


def speaks_for(actor: User, team: Team) -> bool:
    """Its own people, for a team that comes."""
    return team.status == TeamStatus.APPROVED and registration.is_own(actor, team)


def can_answer_for(actor: User, team: Team) -> bool:
    """Organisers, on behalf of a team that comes, also after the deadline."""
    return team.status == TeamStatus.APPROVED and events.can_change(actor, team.event)


def can_choose(actor: User, team: Team, moment: datetime) -> bool:
    """Whether a choice of this person would be taken now."""
    own = speaks_for(actor, team) and is_open(team.event, moment)
    return own or can_answer_for(actor, team)


def can_declare(actor: User, team: Team) -> bool:
    """A conflict of interest can be declared until the event is over or called off."""
    return speaks_for(actor, team) and team.event.status in {EventStatus.OPEN, EventStatus.DRAFT}


def can_oversee(actor: User, event: Event) -> bool:
    """Organisers see every wish."""
    return events.can_manage(actor, event) and has_wishes(event)
