"""Pairs that a person may see, and the history of everything."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from matchmaker import clock
from matchmaker.catalogue import policy as catalogue_policy
from matchmaker.catalogue import queries as catalogue
from matchmaker.errors import NotFoundError
from matchmaker.review import policy
from models import (
    Activity,
    Match,
    MatchStatus,
    Need,
    Posting,
    User,
)

HISTORY = 30


def loaded() -> tuple[Any, ...]:
    """Load with pairs everything that a page shows of them."""
    sides: list[Any] = []
    for side in (Match.need, Match.achievement):
        sides += [
            selectinload(side).options(catalogue.filed()),
            selectinload(side).selectinload(Posting.mode_rows),
            selectinload(side).selectinload(Posting.indicators),
            selectinload(side).joinedload(Posting.owner),
        ]
    people = (joinedload(Match.decided_by), joinedload(Match.picked_by))
    return (*sides, *people, selectinload(Match.notes))


def one(session: Session, actor: User, match_id: int) -> Match:
    """A pair that the person may see.

    Raises:
        NotFoundError: it is not there, or not for this person.

    """
    match = session.scalar(select(Match).where(Match.id == match_id).options(*loaded()))
    if match is None or not policy.can_see(actor, match):
        raise NotFoundError
    return match


def many(session: Session, actor: User, ids: list[int]) -> list[Match]:
    """Several pairs that the person may see; others are left out."""
    rows = session.scalars(
        select(Match).where(Match.id.in_(ids[:100])).options(*loaded())
    ).unique()
    return [match for match in rows if policy.can_see(actor, match)]


def accepted_of(session: Session, actor: User) -> list[Match]:
    """Accepted pairs of one's own organisation, last accepted first."""
    mine = select(Posting.id).where(catalogue.is_own(actor))
    statement = (
        select(Match)
        .where(
            Match.status == MatchStatus.ACCEPTED,
            or_(Match.need_id.in_(mine), Match.achievement_id.in_(mine)),
        )
        .order_by(Match.decided_at.desc())
        .limit(200)
        .options(*loaded())
    )
    return list(session.scalars(statement).unique())


def pairs_of(session: Session, actor: User, posting: Posting) -> list[Match]:
    """The pairs of a posting that the person may see on its page, best first."""
    side = Match.need_id if isinstance(posting, Need) else Match.achievement_id
    statement = select(Match).where(side == posting.id, Match.status != MatchStatus.REJECTED)
    if not policy.can_review(actor):
        if not catalogue_policy.is_own(actor, posting):
            return []
        statement = statement.where(Match.status == MatchStatus.ACCEPTED)
    order = case((Match.status == MatchStatus.ACCEPTED, 0), else_=1)
    statement = statement.order_by(order, Match.score.desc()).limit(5).options(*loaded())
    return list(session.scalars(statement).unique())


def midnight() -> datetime:
    """When today began here."""
    local = clock.now().astimezone(clock.LOCAL_ZONE)
    return local.replace(hour=0, minute=0, second=0, microsecond=0)


def decided_today(session: Session, actor: User) -> int:
    """How many pairs the person has decided since midnight."""
    statement = select(func.count(Match.id)).where(
        Match.decided_by_id == actor.id, Match.decided_at >= midnight()
    )
    return session.scalar(statement) or 0


def activity_of(session: Session, actor: User, posting: Posting) -> list[Activity]:
    """What happened to a posting and to its pairs, newest first.

    Its people read of accepted pairs only: the others name postings that they may not know.
    """
    pairs = select(Match.id).where(
        or_(Match.need_id == posting.id, Match.achievement_id == posting.id)
    )
    of_pairs: ColumnElement[bool] = Activity.match_id.in_(pairs)
    if not policy.can_review(actor):
        accepted = pairs.where(Match.status == MatchStatus.ACCEPTED)
        of_pairs = and_(Activity.match_id.in_(accepted), Activity.action == "match.accepted")
    return list(
        session.scalars(
            select(Activity)
            .where(or_(Activity.posting_id == posting.id, of_pairs))
            .order_by(Activity.id.desc())
            .limit(HISTORY)
        ).unique()
    )


def recent_activity(session: Session, *, page: int = 1, size: int = 50) -> list[Activity]:
    """Everything that happened on the platform, newest first; for offices."""
    return list(
        session.scalars(
            select(Activity)
            .where(_is_for_offices())
            .order_by(Activity.id.desc())
            .limit(size)
            .offset((page - 1) * size)
        ).unique()
    )


def count_activity(session: Session) -> int:
    """How many lines of history there are."""
    return session.scalar(select(func.count(Activity.id)).where(_is_for_offices())) or 0


def _is_for_offices() -> ColumnElement[bool]:
    """Leave out what was never handed in: a draft is its people's own."""
    never = select(Posting.id).where(
        Posting.submitted_at.is_(None), Posting.published_at.is_(None)
    )
    return or_(Activity.posting_id.is_(None), Activity.posting_id.not_in(never))
