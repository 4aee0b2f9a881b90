"""Events that a person may see, and in which phase they are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session, selectinload

from matchmaker import clock
from matchmaker.errors import NotFoundError
from matchmaker.events import policy
from models import (
    Activity,
    Event,
    EventDay,
    EventStatus,
    EventTable,
    Invitation,
    Participant,
    Slot,
    Team,
    TeamStatus,
    User,
)


class Phase(StrEnum):
    """What can be done with an event now; derived from its status and the time."""

    PREPARATION = "preparation"
    BEFORE_REGISTRATION = "before_registration"
    REGISTRATION = "registration"
    WISHES = "wishes"
    """Registration is over, wishes still come in."""
    PLANNING = "planning"
    DAY = "day"
    """From the morning of the first day to the end of the last slot."""
    AFTER = "after"
    CANCELLED = "cancelled"


def visible_to(actor: User) -> Select[Event]:
    """Select the events that the person may see."""
    statement = select(Event)
    if not policy.is_office(actor):
        statement = statement.where(Event.opened_at.is_not(None))
    return statement


def one(session: Session, actor: User, event_id: int) -> Event:
    """An event that the person may see, with its days, slots and tables.

    Raises:
        NotFoundError: it is not there, or not for this person.

    """
    event = session.scalar(visible_to(actor).where(Event.id == event_id).options(*loaded()))
    if event is None:
        raise NotFoundError
    return event


def loaded() -> tuple[Any, ...]:
    """Load with events what their pages show."""
    return (
        selectinload(Event.days).selectinload(EventDay.breaks),
        selectinload(Event.slots),
        selectinload(Event.tables).selectinload(EventTable.closures),
        selectinload(Event.nodes),
    )


def loaded_for_list() -> tuple[Any, ...]:
    """Load with events what a list shows; slots and tables are many."""
    return (selectinload(Event.days), selectinload(Event.nodes))


def starts_at(event: Event) -> datetime | None:
    """When its first day begins; None while it has no day."""
    if not event.days:
        return None
    first = event.days[0]
    return begin_of(first.day, first.starts)


def ends_at(event: Event) -> datetime | None:
    """When its last day ends; None while it has no day."""
    if not event.days:
        return None
    last = event.days[-1]
    return datetime.combine(last.day, last.ends, clock.LOCAL_ZONE)


def phase(event: Event, moment: datetime | None = None) -> Phase:
    """Return in which phase an event is."""
    moment = moment or clock.now()
    if event.status == EventStatus.CANCELLED:
        return Phase.CANCELLED
    if event.status == EventStatus.CLOSED:
        return Phase.AFTER
    begin, end = starts_at(event), ends_at(event)
    if event.status == EventStatus.DRAFT or begin is None or end is None:
        return Phase.PREPARATION
    morning = begin.replace(hour=0, minute=0)
    ends = (
        (event.registration_from, Phase.BEFORE_REGISTRATION),
        (event.registration_until, Phase.REGISTRATION),
        (event.wishes_until, Phase.WISHES),
        (morning, Phase.PLANNING),
        (end, Phase.DAY),
    )
    for until, name in ends:
        if until is not None and moment < until:
            return name
    return Phase.AFTER


def next_slot(event: Event, moment: datetime | None = None) -> Slot | None:
    """The first slot that has not begun."""
    moment = moment or clock.now()
    return next((slot for slot in event.slots if slot.starts_at > moment), None)


def frozen_through(event: Event, moment: datetime | None = None) -> Slot | None:
    """The last slot that may not change: those that have begun, and the next one."""
    moment = moment or clock.now()
    if phase(event, moment) not in {Phase.DAY, Phase.AFTER}:
        return None
    begun = [slot for slot in event.slots if slot.starts_at <= moment]
    coming = event.slots[len(begun) : len(begun) + 1]
    return (begun + coming)[-1] if begun + coming else None


def count(session: Session, actor: User) -> int:
    """How many events the person may see."""
    found = visible_to(actor).with_only_columns(func.count(Event.id)).order_by(None)
    return session.scalar(found) or 0


def begin_of(day: date, starts: time) -> datetime:
    """When a day begins."""
    return datetime.combine(day, starts, clock.LOCAL_ZONE)


def people_of(session: Session, event: Event) -> list[User]:
    """Everybody with an account who comes or was asked to come, in a stable order."""
    coming = (Team.event_id == event.id, Team.status.in_(policy.COMING))
    members = (
        select(Participant.user_id)
        .join(Team, Team.id == Participant.team_id)
        .where(*coming, Participant.user_id.is_not(None))
    )
    registered = select(Team.registered_by_id).where(*coming, Team.on_behalf.is_(False))
    invited = select(Invitation.user_id).where(Invitation.event_id == event.id)
    statement = select(User).where(
        User.active, or_(*(User.id.in_(ids) for ids in (members, registered, invited)))
    )
    return list(session.scalars(statement.order_by(User.id)).unique())


def approved_teams(session: Session, event: Event) -> list[Team]:
    """The teams that come, for booths."""
    statement = select(Team).where(Team.event_id == event.id, Team.status == TeamStatus.APPROVED)
    return sorted(session.scalars(statement).unique(), key=lambda team: (team.full_name, team.id))


@dataclass(frozen=True, slots=True)
class Admitted:
    """How many come, and how many wait for an answer."""

    teams: int = 0
    people: int = 0
    pending: int = 0


def admitted(session: Session, event_ids: Iterable[int]) -> dict[int, Admitted]:
    """Count for several events at once the teams and people that come."""
    ids = list(event_ids)
    teams: dict[tuple[int, TeamStatus], int] = {
        (event_id, status): n
        for event_id, status, n in session.execute(
            select(Team.event_id, Team.status, func.count())
            .where(Team.event_id.in_(ids))
            .group_by(Team.event_id, Team.status)
        )
    }
    people = dict(
        session.execute(
            select(Team.event_id, func.count(Participant.id))
            .join(Participant, Participant.team_id == Team.id)
            .where(Team.event_id.in_(ids), Team.status == TeamStatus.APPROVED)
            .group_by(Team.event_id)
        ).all()
    )
    return {
        n: Admitted(
            teams=teams.get((n, TeamStatus.APPROVED), 0),
            people=people.get(n, 0),
            pending=teams.get((n, TeamStatus.PENDING), 0),
        )
        for n in ids
    }


def activity_of(session: Session, event: Event, size: int = 20) -> list[Activity]:
    """What happened to an event, newest first; for offices."""
    return list(
        session.scalars(
            select(Activity)
            .where(Activity.event_id == event.id)
            .order_by(Activity.id.desc())
            .limit(size)
        ).unique()
    )
