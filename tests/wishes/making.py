"""Two sides of an event with postings, for tests of wishes."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

import matchmaker.wishes.tasks  # noqa: F401 - services enqueue its jobs
from models import Achievement, Event, Match, Need, Notification, Role, Side, Team, User, Wish
from tests import factories
from tests.events.making import make_event, make_team


def two_teams(session: Session, event: Event | None = None, **values: Any) -> tuple[Team, Team]:
    """Make a need team and an achievement team that come to one event."""
    event = event or make_event(session, **values)
    return make_team(session, event, Side.NEED), make_team(session, event, Side.ACHIEVEMENT)


def team_with_posting(
    session: Session, event: Event, side: Side, *, team: dict[str, Any] | None = None,
    **values: Any,
) -> Team:  # fmt: skip
    """Make a team that brings one posting of its first person."""
    need = side == Side.NEED
    user = factories.make_user(session, Role.ENTERPRISE if need else Role.RESEARCHER)
    make = factories.make_need if need else factories.make_achievement
    posting = make(session, user, **values)
    return make_team(session, event, side, user=user, postings=[posting], **(team or {}))


def match_of(session: Session, need: Team, achievement: Team, **values: Any) -> Match:
    """Make the pair of the first postings of two teams."""
    wanted, offered = need.postings[0], achievement.postings[0]
    assert isinstance(wanted, Need)
    assert isinstance(offered, Achievement)
    return factories.make_match(session, wanted, offered, **values)


def person(team: Team) -> User:
    return team.registered_by


def only_wish(session: Session) -> Wish:
    return session.scalars(select(Wish)).one()


def lines(session: Session, user: User, kind: str) -> list[Notification]:
    statement = select(Notification).where(
        Notification.user_id == user.id, Notification.kind == kind
    )
    return list(session.scalars(statement.order_by(Notification.id)))
