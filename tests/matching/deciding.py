"""Decisions on the suggestions of a need, and the minute after which they move lists."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from matchmaker import clock, jobs
from matchmaker.db import Database
from matchmaker.review import service as review
from models import Match, Role, User
from tests import factories

NEED = "柑橘采摘机器人"
TITLES = (
    "柑橘采摘机器人的视觉识别",
    "柑橘采摘机器人的视觉定位",
    "柑橘采摘机械手",
    "柑橘保鲜涂膜",
    "柑橘果酒发酵",
    "柑橘分选设备",
)


def twin_of(database: Database) -> int:
    """Post the need again and return its id, once it has its suggestions."""
    with database.transaction() as session:
        company = factories.make_user(session, Role.ENTERPRISE)
        twin = factories.make_need(session, company, title=NEED).id
        jobs.enqueue(session, "matching.refresh", {"posting_id": twin})
    jobs.run_due(database)
    return twin


def order(database: Database, need_id: int = 0) -> list[tuple[str, float]]:
    with database.reading() as session:
        chosen = select(Match).order_by(Match.need_rank)
        if need_id:
            chosen = chosen.where(Match.need_id == need_id)
        return [(match.achievement.title, match.score) for match in session.scalars(chosen)]


def decide(database: Database, organiser: User, title: str, verb: str, **values: str) -> None:
    with database.transaction() as session:
        match = next(m for m in session.scalars(select(Match)) if m.achievement.title == title)
        act = getattr(review, verb)
        act(session, session.merge(organiser), match, version=match.version, **values)


def settle(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the minute pass after which decisions move lists."""
    later = clock.now() + timedelta(minutes=2)
    with monkeypatch.context() as patched:
        patched.setattr(clock, "now", lambda: later)
        jobs.run_due(database)
