"""What decisions and lists say of the matching: live figures, without any name."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import Session, selectinload

from matchmaker.catalogue.index import published
from models import (
    Match,
    MatchStatus,
    Organisation,
    OrganisationKind,
    Posting,
    PostingKind,
    PostingNode,
)

DEPTHS = (1, 3, 10)
LATEST = 5000
"""Decisions that the median looks at, newest first."""
FEW = 20
"""Fewer decisions than this make no percentage."""


@cache
def measured() -> dict[str, Any]:
    """What `python -m seed.quality` has measured."""
    path = Path(__file__).with_name("measured.json")
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Of the decided pairs that stand among the first `depth` of a need, how many were accepted."""

    depth: int
    decided: int
    accepted: int

    @property
    def enough(self) -> bool:
        return self.decided >= FEW


@dataclass(frozen=True, slots=True)
class Coverage:
    """Published records of a kind, and how many of them stand in some list."""

    kind: PostingKind
    published: int
    suggested: int

    @property
    def never(self) -> int:
        return self.published - self.suggested


@dataclass(frozen=True, slots=True)
class Exposure:
    """What share of the achievements a kind of institution has, and of the places in lists."""

    kind: OrganisationKind
    achievements: int
    places: int
    share_of_achievements: float
    share_of_places: float


def acceptance(session: Session) -> list[Acceptance]:
    """How decisions went by place in the need's list."""
    rows = session.execute(
        select(Match.need_rank, Match.status, func.count())
        .where(Match.status.in_([MatchStatus.ACCEPTED, MatchStatus.REJECTED]))
        .where(Match.need_rank.is_not(None))
        .group_by(Match.need_rank, Match.status)
    ).all()
    counts = [(rank or 0, status == MatchStatus.ACCEPTED, n) for rank, status, n in rows]
    return [
        Acceptance(
            depth,
            sum(n for rank, _accepted, n in counts if rank <= depth),
            sum(n for rank, accepted, n in counts if rank <= depth and accepted),
        )
        for depth in DEPTHS
    ]


def hours_to_decision(session: Session) -> float | None:
    """Median hours from suggestion to decision, of the latest decisions."""
    rows = session.execute(
        select(Match.created_at, Match.decided_at)
        .where(Match.status.in_([MatchStatus.ACCEPTED, MatchStatus.REJECTED]))
        .order_by(Match.decided_at.desc())
        .limit(LATEST)
    ).all()
    spent = [(decided - made).total_seconds() / 3600 for made, decided in rows if decided]
    return median(spent) if spent else None


def needs_with_accepted(session: Session) -> tuple[int, int]:
    """How many published needs have an accepted pairing, and how many there are."""
    accepted = exists().where(
        Match.need_id == Posting.id, Match.status == MatchStatus.ACCEPTED
    )  # fmt: skip
    needs = published(select(func.count(Posting.id))).where(Posting.kind == PostingKind.NEED)
    return session.scalar(needs.where(accepted)) or 0, session.scalar(needs) or 0


def coverage(session: Session) -> list[Coverage]:
    """How many published records stand in some list."""
    found = []
    for kind in (PostingKind.NEED, PostingKind.ACHIEVEMENT):
        all_of_them = published(select(func.count(Posting.id))).where(Posting.kind == kind)
        total = session.scalar(all_of_them) or 0
        suggested = session.scalar(all_of_them.where(_suggested(kind))) or 0
        found.append(Coverage(kind, total, suggested))
    return found


def _suggested(kind: PostingKind) -> Any:
    column = Match.need_id if kind == PostingKind.NEED else Match.achievement_id
    return exists().where(column == Posting.id)


def never_suggested(kind: PostingKind) -> Select[Posting]:
    """Published records that stand in no list, newest first."""
    found: Select[Posting] = (
        published(select(Posting))
        .where(Posting.kind == kind, ~_suggested(kind))
        .order_by(Posting.published_at.desc(), Posting.id.desc())
        .options(selectinload(Posting.nodes).joinedload(PostingNode.node))
    )
    return found


def exposure(session: Session) -> list[Exposure]:
    """Who stands in the lists: shares of achievements and of the first ten places of needs."""
    have = _by_organisation(
        session,
        published(select(Organisation.kind, func.count(Posting.id))).where(
            Posting.kind == PostingKind.ACHIEVEMENT
        ),
    )
    seen = _by_organisation(
        session,
        published(
            select(Organisation.kind, func.count(Match.id)).join_from(
                Match, Posting, Match.achievement_id == Posting.id
            )
        ).where(Match.need_rank <= max(DEPTHS)),
    )
    return [
        Exposure(
            kind, have[kind], seen.get(kind, 0), have[kind] / sum(have.values()),
            seen.get(kind, 0) / (sum(seen.values()) or 1),
        )
        for kind in OrganisationKind if kind in have
    ]  # fmt: skip


def _by_organisation(session: Session, statement: Any) -> dict[OrganisationKind, int]:
    rows = session.execute(statement.group_by(Organisation.kind))
    return {kind: int(n) for kind, n in rows}
