"""What decisions and lists say of the matching: live figures, without any name."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import Select, Text, cast, exists, func, select
from sqlalchemy.orm import Session, selectinload

from matchmaker.catalogue.documents import published
from matchmaker.engine.acceptance import ENOUGH_DECISIONS, ENOUGH_OF_EACH, Signals
from matchmaker.i18n import named
from matchmaker.review.acceptance import row_in_force, signals_of, tells
from matchmaker.vocabulary.queries import chains
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
NEEDS = 5
"""So many needs at least must have decisions, for each to be forecast by the others."""
MOST = 20_000
"""Decisions that are learned from, newest first."""
TEACHES = (
    Match.status.in_([MatchStatus.ACCEPTED, MatchStatus.REJECTED]),
    func.length(cast(Match.by_signal, Text)) > len("{}"),
)


@cache
def measured() -> dict[str, Any]:
    """What `python -m seed.quality` has measured."""
    path = Path(__file__).with_name("measured.json")
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def measured_by_chain(session: Session) -> list[tuple[str, Any]]:
    """What was measured in each chain, under the name that the reader reads."""
    names = {node.name: named(node) for node in chains(session)}
    return [(names.get(name, name), found) for name, found in measured()["by_chain"].items()]


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


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision that can be learned from."""

    need_id: int
    signals: Signals
    accepted: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Forecasts:
    """How forecasts of acceptances came true, as it was measured when they were learned."""

    version: str
    decisions: int
    accepted: int
    needs: int
    since: datetime
    fitted_at: datetime
    error: float
    brier: float
    brier_of_share: float
    tells: bool
    bins: list[list[Any]]


def decided(session: Session) -> list[Decided]:
    """Return the latest decisions with the signals of their pairs, in a fixed order."""
    rows = session.execute(
        select(Match.need_id, Match.by_signal, Match.status, Match.decided_at)
        .where(*TEACHES)
        .order_by(Match.decided_at.desc(), Match.id.desc())
        .limit(MOST)
    )
    return [
        Decided(need_id, signals, status == MatchStatus.ACCEPTED, at)
        for need_id, by_signal, status, at in rows
        if (signals := signals_of(by_signal)) and at is not None
    ]


def name_of_decisions(session: Session) -> str:
    """Name the decisions that could be learned from, by what any new one, or one less, changes.

    So does another engine, whose signals mean something else.
    """
    count, last, *models = session.execute(
        select(
            func.count(), func.max(Match.decided_at), func.min(Match.model), func.max(Match.model)
        ).where(*TEACHES)
    ).one()
    return f"{count} {last.isoformat() if last else ''} {' '.join(map(str, models))}"


def wanting(decided: Sequence[Decided]) -> int:
    """Return how many decisions are wanting at least, 0 when there are enough to learn from."""
    accepted = sum(item.accepted for item in decided)
    return _wanting(len(decided), accepted, len({item.need_id for item in decided}))


def wanting_now(session: Session) -> tuple[int, int]:
    """Return how many decisions are wanting at least, and how many there are."""
    accepted = func.count().filter(Match.status == MatchStatus.ACCEPTED)
    needs = func.count(Match.need_id.distinct())
    found = select(func.count(), accepted, needs).select_from(Match).where(*TEACHES)
    total, of_them, different = session.execute(found).one()
    return _wanting(total, of_them, different), total


def _wanting(total: int, accepted: int, needs: int) -> int:
    """Each further decision helps every condition by one at most, so the largest gap is the least."""
    rarer = min(accepted, total - accepted)
    return max(0, ENOUGH_DECISIONS - total, ENOUGH_OF_EACH - rarer, NEEDS - needs)


def forecasts(session: Session) -> Forecasts | None:
    """Return how the forecasts in force came true; None before anything was learned."""
    row = row_in_force(session)
    if row is None:
        return None
    found = row.measured
    return Forecasts(
        version=row.version, decisions=row.decisions, accepted=found["accepted"],
        needs=found["needs"], since=datetime.fromisoformat(found["since"]),
        fitted_at=row.fitted_at, error=found["error"], brier=found["brier"],
        brier_of_share=found["brier_of_share"], tells=tells(found),
        bins=[bin_ for bin_ in found["bins"] if bin_[2]],
    )  # fmt: skip
