"""Who enters, who judges, who sits where, and when. Pure; relations must be loaded."""

from __future__ import annotations

from matchmaker.events import policy as events
from matchmaker.events.queries import Phase, phase
from matchmaker.guard import is_verified
from matchmaker.registration import policy as registration
from models import Event, EventStatus, Participant, Team, TeamStatus, User

ENTERING = frozenset({Phase.REGISTRATION, Phase.WISHES})
JUDGING = frozenset({Phase.PLANNING, Phase.DAY, Phase.AFTER})
SEATING = frozenset({Phase.REGISTRATION, Phase.WISHES, Phase.PLANNING})


def can_speak_for(actor: User, team: Team) -> bool:
    """Enter, change and withdraw entries, choose seats: admitted teams' people, and organisers."""
    return team.status == TeamStatus.APPROVED and registration.can_edit(actor, team)


def is_unpublished(event: Event) -> bool:
    """Whether anything about entries, criteria, jury and ballots may still change."""
    return event.status == EventStatus.OPEN and event.results_published_at is None


def can_enter_now(actor: User, event: Event) -> bool:
    """Teams until the window closes; organisers on their behalf until the results are out."""
    if not is_unpublished(event):
        return False
    return phase(event) in ENTERING or events.can_manage(actor, event)


def is_judging(event: Event) -> bool:
    """Points are given once entries no longer change, until the results are out."""
    return is_unpublished(event) and phase(event) in JUDGING


def can_prepare(actor: User, event: Event) -> bool:
    """Set criteria and jury; also before the event is announced."""
    unpublished = event.results_published_at is None
    return events.can_change(actor, event) and unpublished


def can_publish_now(actor: User, event: Event) -> bool:
    """Once entries no longer change; also after the event was closed, so that nothing is stuck."""
    over = event.status in {EventStatus.OPEN, EventStatus.CLOSED}
    late = phase(event) in JUDGING
    return events.can_manage(actor, event) and over and late


def can_judge(person: User) -> bool:
    """Confirmed people of verified organisations.

    No office: it sees all ballots and all names, and a juror must see neither.
    """
    return person.active and is_verified(person) and not events.is_office(person)


def shows_teams(event: Event) -> bool:
    """Whether jurors may read who is behind an entry; blindness ends with the results."""
    return not event.blind or event.results_published_at is not None


def can_seat_now(actor: User, event: Event) -> bool:
    """People until the day; organisers also on the day."""
    if event.status != EventStatus.OPEN:
        return False
    now = phase(event)
    return now in SEATING or (now == Phase.DAY and events.can_manage(actor, event))


def can_seat(actor: User, person: Participant) -> bool:
    return can_speak_for(actor, person.team)


def shows_salon_figures(actor: User, event: Event) -> bool:
    """Offices at any time; all others from the day on."""
    return events.is_office(actor) or phase(event) in {Phase.DAY, Phase.AFTER}
