"""Matches: a need and an achievement that might fit, and what organisers made of it."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from .achievement import Achievement
from .base import Model, UtcDateTime, enum_column, json_column
from .need import Need
from .user import User


class MatchStatus(StrEnum):
    SUGGESTED = "suggested"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    DEFERRED = "deferred"


NEXT_STATUSES: dict[MatchStatus, frozenset[MatchStatus]] = {
    MatchStatus.SUGGESTED: frozenset(
        {MatchStatus.ACCEPTED, MatchStatus.REJECTED, MatchStatus.DEFERRED}
    ),
    MatchStatus.DEFERRED: frozenset(
        {MatchStatus.ACCEPTED, MatchStatus.REJECTED, MatchStatus.SUGGESTED}
    ),
    MatchStatus.ACCEPTED: frozenset({MatchStatus.SUGGESTED}),
    MatchStatus.REJECTED: frozenset({MatchStatus.SUGGESTED}),
}


class RejectReason(StrEnum):
    """Why a pair does not fit: what passing companies say, and what Chinese practice adds."""

    TOO_EARLY = "too_early"
    NO_ADVANTAGE = "no_advantage"
    ROUTE_UNCLEAR = "route_unclear"
    DESCRIPTION_UNCLEAR = "description_unclear"
    OTHER_PROBLEM = "other_problem"
    SCIENCE_DOUBTFUL = "science_doubtful"
    PRICE = "price"
    HAS_SUPPLIER = "has_supplier"
    RIGHTS_UNCLEAR = "rights_unclear"
    REGION = "region"
    OTHER = "other"


class Match(Model):
    """One pair; the score and its parts are those of the last run of the engine."""

    __tablename__ = "matches"
    __table_args__ = (
        UniqueConstraint("need_id", "achievement_id"),
        CheckConstraint("score >= 0 AND score <= 1", name="score_in_range"),
        CheckConstraint(
            "status = 'suggested' OR (decided_by_id IS NOT NULL AND decided_at IS NOT NULL)",
            name="decided_has_decider",
        ),
        CheckConstraint("status <> 'rejected' OR reason IS NOT NULL", name="rejected_has_reason"),
        Index("ix_matches_status_need_id_score", "status", "need_id", "score"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    need_id: Mapped[int] = mapped_column(ForeignKey("needs.id", ondelete="CASCADE"))
    achievement_id: Mapped[int] = mapped_column(
        ForeignKey("achievements.id", ondelete="CASCADE"), index=True
    )
    status: Mapped[MatchStatus] = mapped_column(
        enum_column(MatchStatus), default=MatchStatus.SUGGESTED
    )
    need_rank: Mapped[int | None]
    """Place among the need's best achievements at the last run, from 1; None: not among them."""
    achievement_rank: Mapped[int | None]
    """Place among the achievement's best needs at the last run, from 1."""
    score: Mapped[float]
    by_signal: Mapped[dict[str, Any]] = json_column(20_000, default=dict)
    model: Mapped[str] = mapped_column(String(60), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    scored_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    reason: Mapped[RejectReason | None] = mapped_column(enum_column(RejectReason))
    remark: Mapped[str] = mapped_column(String(500), default="")
    """The optional line that an organiser adds to a decision."""
    defer_until: Mapped[date | None]
    picked_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    """Who put the pair on the desk by hand; while it is undecided, no refresh takes it away."""
    explanation: Mapped[dict[str, Any] | None] = json_column(1_000_000)
    """The card as it was shown when the decision was taken."""
    version: Mapped[int] = mapped_column(default=1)

    need: Mapped[Need] = relationship(foreign_keys=[need_id])
    achievement: Mapped[Achievement] = relationship(foreign_keys=[achievement_id])
    decided_by: Mapped[User | None] = relationship(foreign_keys=[decided_by_id])
    picked_by: Mapped[User | None] = relationship(foreign_keys=[picked_by_id])
    notes: Mapped[list[MatchNote]] = relationship(
        cascade="all, delete-orphan", order_by="MatchNote.at"
    )

    __mapper_args__ = {"version_id_col": version}


class MatchNote(Model):
    """What organisers tell each other about a pair."""

    __tablename__ = "match_notes"

    id: Mapped[int] = mapped_column(primary_key=True)
    match_id: Mapped[int] = mapped_column(ForeignKey("matches.id", ondelete="CASCADE"), index=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    text: Mapped[str] = mapped_column(String(1000))

    author: Mapped[User] = relationship(lazy="joined")
