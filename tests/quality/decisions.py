"""Decisions, for figures to count."""

from __future__ import annotations

from datetime import timedelta
from itertools import product
from random import Random

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from matchmaker import clock
from matchmaker.review import service as review
from models import Match, MatchStatus, RejectReason, Role
from tests import factories


def decided(session: Session, rank: int | None, *, accept: bool, hours: float = 6) -> Match:
    """Make a pair of this place that was decided so many hours after it was suggested."""
    organiser = factories.make_user(session, Role.ORGANISER)
    match = factories.make_match(session, factories.make_need(session), need_rank=rank)
    match.created_at = clock.now() - timedelta(hours=hours)
    session.flush()
    if accept:
        review.accept(session, organiser, match, version=match.version)
    else:
        review.reject(session, organiser, match, version=match.version, reason="too_early")
    session.flush()
    return match


def decided_by_title(
    session: Session,
    *,
    needs: int = 20,
    each: int = 10,
    accepted: int | None = None,
    seed: int = 1,
) -> list[Match]:
    """Make decided pairs whose organiser mostly accepts what has a high signal of the title.

    Where `accepted` is given, so many are accepted, whatever their signals.
    """
    random = Random(seed)
    organiser = factories.make_user(session, Role.ORGANISER)
    found = [factories.make_need(session) for _ in range(needs)]
    achievements = [factories.make_achievement(session) for _ in range(each)]
    moment = clock.now()
    rows = []
    for number, (need, achievement) in enumerate(product(found, achievements)):
        title = random.random()
        accept = random.random() < 0.1 + 0.8 * title if accepted is None else number < accepted
        rows.append({
            "need_id": need.id, "achievement_id": achievement.id, "score": title,
            "by_signal": {"title": title, "body": random.random(), "trl": None},
            "status": MatchStatus.ACCEPTED if accept else MatchStatus.REJECTED,
            "reason": None if accept else RejectReason.HAS_SUPPLIER,
            "decided_by_id": organiser.id, "decided_at": moment - timedelta(minutes=number),
            "created_at": moment, "scored_at": moment,
        })  # fmt: skip
    session.execute(insert(Match), rows)
    return list(session.scalars(select(Match).order_by(Match.id)))
