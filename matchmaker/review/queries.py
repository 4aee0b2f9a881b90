"""The queue: needs with open suggestions, and for each its candidates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.orm import Session, aliased, joinedload, selectinload

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
    Organisation,
    Posting,
    PostingNode,
    PostingStatus,
    User,
    Verification,
)

TABS = ("waiting", "new", "deferred", "accepted", "rejected")
VISIT = timedelta(minutes=30)
HISTORY = 30


@dataclass(frozen=True, slots=True)
class QueueFilters:
    """What the address says about the queue."""

    tab: str = "waiting"
    chains: tuple[int, ...] = ()
    regions: tuple[str, ...] = ()
    least: int = 0
    """Lowest score, out of 100."""


def _open() -> ColumnElement[bool]:
    """Waits for a decision: suggested, or put aside until a day that has come."""
    return or_(
        Match.status == MatchStatus.SUGGESTED,
        and_(Match.status == MatchStatus.DEFERRED, Match.defer_until <= clock.today()),
    )


def in_tab(tab: str, actor: User) -> ColumnElement[bool]:
    """Tell which matches belong to a tab."""
    if tab == "new":
        since = actor.queue_seen_at
        return and_(_open(), Match.created_at > since) if since else _open()
    if tab == "deferred":
        return and_(Match.status == MatchStatus.DEFERRED, Match.defer_until > clock.today())
    if tab in {"accepted", "rejected"}:
        return Match.status == MatchStatus(tab)
    return _open()


def _matches(actor: User, filters: QueueFilters) -> Select[Any]:
    """Matches of a tab whose both sides are still published (decided ones: whatever they are)."""
    need, achievement = aliased(Posting), aliased(Posting)
    statement = (
        select(Match)
        .join(need, need.id == Match.need_id)
        .join(achievement, achievement.id == Match.achievement_id)
        .where(in_tab(filters.tab, actor), Match.score * 100 >= filters.least)
    )
    if filters.tab not in {"accepted", "rejected"}:
        owners = aliased(Organisation), aliased(Organisation)
        statement = statement.where(
            need.status == PostingStatus.PUBLISHED, achievement.status == PostingStatus.PUBLISHED
        )
        for side, owner in zip((need, achievement), owners, strict=True):
            statement = statement.join(owner, owner.id == side.organisation_id).where(
                owner.status == Verification.VERIFIED
            )
    if filters.chains:
        filed = select(PostingNode.posting_id).where(PostingNode.node_id.in_(filters.chains))
        statement = statement.where(Match.need_id.in_(filed))
    if filters.regions:
        statement = statement.where(
            or_(*[need.region_code.like(f"{prefix}%") for prefix in filters.regions])
        )
    return statement


def needs_in_queue(session: Session, actor: User, filters: QueueFilters) -> list[int]:
    """Ids of the needs of a tab, the best open pair first."""
    rows = session.execute(
        _matches(actor, filters)
        .with_only_columns(Match.need_id, func.max(Match.score).label("best"))
        .group_by(Match.need_id)
        .order_by(func.max(Match.score).desc(), Match.need_id)
    )
    return [need_id for need_id, _best in rows]


def tab_counts(session: Session, actor: User, filters: QueueFilters) -> dict[str, int]:
    """How many pairs each tab holds under the same facets."""
    counts = {}
    for tab in TABS:
        part = QueueFilters(tab, filters.chains, filters.regions, filters.least)
        statement = _matches(actor, part).with_only_columns(func.count(Match.id))
        counts[tab] = session.scalar(statement) or 0
    return counts


def count_waiting(session: Session, actor: User) -> int:
    """How many pairs wait for a decision."""
    statement = _matches(actor, QueueFilters()).with_only_columns(func.count(Match.id))
    return session.scalar(statement) or 0


def candidates(session: Session, actor: User, filters: QueueFilters, need_id: int) -> list[Match]:
    """The pairs of a need in a tab, best first, with everything that the page shows."""
    statement = (
        _matches(actor, filters)
        .where(Match.need_id == need_id)
        .order_by(Match.score.desc(), Match.id)
        .limit(40)
        .options(*_loaded())
    )
    return list(session.scalars(statement).unique())


def _loaded() -> tuple[Any, ...]:
    sides: list[Any] = []
    for side in (Match.need, Match.achievement):
        sides += [
            selectinload(side).selectinload(Posting.nodes),
            selectinload(side).selectinload(Posting.mode_rows),
            selectinload(side).selectinload(Posting.indicators),
            selectinload(side).joinedload(Posting.owner),
        ]
    return (*sides, joinedload(Match.decided_by), selectinload(Match.notes))


def one(session: Session, actor: User, match_id: int) -> Match:
    """A pair that the person may see.

    Raises:
        NotFoundError: it is not there, or not for this person.

    """
    match = session.scalar(select(Match).where(Match.id == match_id).options(*_loaded()))
    if match is None or not policy.can_see(actor, match):
        raise NotFoundError
    return match


def many(session: Session, actor: User, ids: list[int]) -> list[Match]:
    """Several pairs that the person may see; others are left out."""
    rows = session.scalars(
        select(Match).where(Match.id.in_(ids[:100])).options(*_loaded())
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
        .options(*_loaded())
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
    statement = statement.order_by(order, Match.score.desc()).limit(5).options(*_loaded())
    return list(session.scalars(statement).unique())


def decided_today(session: Session, actor: User) -> int:
    """How many pairs the person has decided since midnight."""
    local = clock.now().astimezone(clock.LOCAL_ZONE)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    return (
        session.scalar(
            select(func.count(Match.id)).where(
                Match.decided_by_id == actor.id, Match.decided_at >= midnight
            )
        )
        or 0
    )


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


def note_visit(actor: User) -> None:
    """Begin a new visit when the last look is long ago: what came since then is new."""
    moment = clock.now()
    last = actor.queue_visited_at
    if last is None or moment - last > VISIT:
        actor.queue_seen_at = last
    actor.queue_visited_at = moment
