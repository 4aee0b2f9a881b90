"""What time does to wishes: reminders while answers are due, an end when they are not."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.orm import Session, selectinload

from matchmaker import clock
from matchmaker.events.kinds import KINDS
from matchmaker.wishes import notices, policy, service
from matchmaker.wishes.kinds import AGREES, other_side
from matchmaker.wishes.queries import OF
from models import Event, EventDay, EventStatus, Side, Team, Wish

EVERY = timedelta(days=2)
LAST_DAY = timedelta(days=1)
HOURS = range(8, 20)
"""Nobody is written to at night, so two days become at most two and a half."""


def events_to_follow(session: Session) -> list[Event]:
    """Announced events whose wishes have an end."""
    with_meetings = [name for name, kind in KINDS.items() if kind.meetings]
    statement = (
        select(Event)
        .where(
            Event.status == EventStatus.OPEN,
            Event.kind.in_(with_meetings),
            Event.wishes_until.is_not(None),
        )
        .order_by(Event.id)
        .options(selectinload(Event.days).selectinload(EventDay.breaks))
    )
    return list(session.scalars(statement).unique())


def remind_due(session: Session, event: Event, moment: datetime) -> int:
    """Remind the teams whose turn it is; return how many."""
    if not policy.is_open(event, moment):
        return 0
    if moment.astimezone(clock.LOCAL_ZONE).hour not in HOURS:
        return 0
    of_team: dict[int, list[Wish]] = defaultdict(list)
    for wish in service.unanswered(session, event):
        team = _silent(wish)
        if not team.opted_in:
            of_team[team.id].append(wish)
    due = [wish for found in of_team.values() if _is_due(event, found, moment) for wish in found]
    return notices.remind(session, event, due, moment)


def _silent(wish: Wish) -> Team:
    return wish.need_team if wish.need_choice is None else wish.achievement_team


def _asked_at(wish: Wish) -> datetime:
    asked = wish.achievement_chosen_at if wish.need_choice is None else wish.need_chosen_at
    assert asked is not None
    return asked


def _is_due(event: Event, wishes: list[Wish], moment: datetime) -> bool:
    """Every two days, and once on the last day; the day before that is quiet."""
    assert event.wishes_until is not None
    left = event.wishes_until - moment
    reminded = max((wish.reminded_at for wish in wishes if wish.reminded_at), default=None)
    if left <= LAST_DAY:
        return reminded is None or reminded < event.wishes_until - LAST_DAY
    if left <= EVERY:
        return False
    since = reminded or min(_asked_at(wish) for wish in wishes)
    return moment - since >= EVERY


def expire(session: Session, event: Event, moment: datetime) -> int:
    """End what nobody answered in time; bring it back where the deadline was put off."""
    if policy.is_open(event, moment):
        return _mark(session, event, None, Wish.expired_at.is_not(None))
    if not policy.is_closed(event, moment):
        return 0
    silent = or_(*(_has_no_answer(event, side) for side in Side))
    return _mark(session, event, moment, and_(Wish.expired_at.is_(None), silent))


def _mark(
    session: Session, event: Event, value: datetime | None, which: ColumnElement[bool]
) -> int:
    result = session.execute(
        update(Wish)
        .where(Wish.event_id == event.id, which)
        .values(expired_at=value)
        .execution_options(synchronize_session="fetch")
    )
    return int(getattr(result, "rowcount", 0))


def _has_no_answer(event: Event, side: Side) -> ColumnElement[bool]:
    """Tell which wishes wait for this side, unless its team takes what is proposed."""
    passive = select(Team.id).where(Team.event_id == event.id, Team.opted_in)
    here, there = OF[side], OF[other_side(side)]
    return and_(here.choice.is_(None), there.choice.in_(AGREES), here.team.not_in(passive))
