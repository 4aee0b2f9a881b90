"""Decisions, for figures to count."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.orm import Session

from matchmaker import clock
from matchmaker.review import service as review
from models import Match, Role
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
