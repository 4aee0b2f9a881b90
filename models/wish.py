"""Wishes: which teams want to meet, and which must not."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from .base import Model, UtcDateTime, enum_column
from .match import Match
from .team import Side, Team


class WishChoice(StrEnum):
    MUST = "must"
    MEET = "meet"
    NO = "no"


class Wish(Model):
    """One meeting that is wanted or proposed between two teams, with what each side says.

    A wish holds no slot. It is planned when both sides agree: by a choice, or by having opted in.
    """

    __tablename__ = "wishes"
    __table_args__ = (
        UniqueConstraint("need_team_id", "achievement_team_id"),
        CheckConstraint("score >= 0 AND score <= 1", name="score_in_range"),
        CheckConstraint(
            "(need_choice IS NULL) = (need_chosen_at IS NULL)", name="need_choice_has_a_time"
        ),
        CheckConstraint(
            "(achievement_choice IS NULL) = (achievement_chosen_at IS NULL)",
            name="achievement_choice_has_a_time",
        ),
        CheckConstraint("NOT promised OR promised_by_id IS NOT NULL", name="promised_by_somebody"),
        Index("ix_wishes_event_id", "event_id"),
        Index("ix_wishes_achievement_team_id", "achievement_team_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"))
    need_team_id: Mapped[int] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"))
    achievement_team_id: Mapped[int] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"))
    match_id: Mapped[int | None] = mapped_column(ForeignKey("matches.id", ondelete="SET NULL"))
    """The pair of postings behind it, where there is one."""
    score: Mapped[float] = mapped_column(default=0.0)
    """How well their best postings fit, as the recommender says."""
    suggested: Mapped[bool] = mapped_column(default=False)
    """It came from the recommender or from an accepted pair, not from either team."""
    need_choice: Mapped[WishChoice | None] = mapped_column(enum_column(WishChoice, "need_choice"))
    need_chosen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    need_expertise: Mapped[str] = mapped_column(String(60), default="")
    """What the one who comes for the need side should know."""
    achievement_choice: Mapped[WishChoice | None] = mapped_column(
        enum_column(WishChoice, "achievement_choice")
    )
    achievement_chosen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    achievement_expertise: Mapped[str] = mapped_column(String(60), default="")
    promised: Mapped[bool] = mapped_column(default=False)
    """The organisers gave their word; it is planned before all others."""
    promised_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    reminded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    expired_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Nobody answered in time."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)

    need_team: Mapped[Team] = relationship(foreign_keys=[need_team_id])
    achievement_team: Mapped[Team] = relationship(foreign_keys=[achievement_team_id])
    match: Mapped[Match | None] = relationship()

    __mapper_args__ = {"version_id_col": version}

    def team_of(self, side: Side) -> Team:
        return self.need_team if side == Side.NEED else self.achievement_team

    def choice_of(self, side: Side) -> WishChoice | None:
        return self.need_choice if side == Side.NEED else self.achievement_choice


class ExclusionReason(StrEnum):
    """Why two teams do not meet. The last two are found, never stored."""

    CONFLICT = "conflict"
    """A conflict of interest that was declared (回避)."""
    ORGANISER = "organiser"
    MET_BEFORE = "met_before"
    SAME_ORGANISATION = "same_organisation"


class Reunion(Model):
    """Two teams that met before and may meet again at this event: an organiser says so."""

    __tablename__ = "reunions"
    __table_args__ = (UniqueConstraint("need_team_id", "achievement_team_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"), index=True)
    need_team_id: Mapped[int] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"))
    achievement_team_id: Mapped[int] = mapped_column(
        ForeignKey("teams.id", ondelete="CASCADE"), index=True
    )
    remark: Mapped[str] = mapped_column(String(500))
    """For the organisers only."""
    allowed_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)

    need_team: Mapped[Team] = relationship(foreign_keys=[need_team_id])
    achievement_team: Mapped[Team] = relationship(foreign_keys=[achievement_team_id])


class Exclusion(Model):
    """Two teams that do not meet at this event."""

    __tablename__ = "exclusions"
    __table_args__ = (
        UniqueConstraint("need_team_id", "achievement_team_id"),
        CheckConstraint("reason IN ('conflict', 'organiser')", name="reason_is_declared"),
        Index("ix_exclusions_event_id", "event_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"))
    need_team_id: Mapped[int] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"))
    achievement_team_id: Mapped[int] = mapped_column(
        ForeignKey("teams.id", ondelete="CASCADE"), index=True
    )
    reason: Mapped[ExclusionReason] = mapped_column(enum_column(ExclusionReason))
    remark: Mapped[str] = mapped_column(String(500), default="")
    """For the organisers only."""
    declared_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)

    need_team: Mapped[Team] = relationship(foreign_keys=[need_team_id])
    achievement_team: Mapped[Team] = relationship(foreign_keys=[achievement_team_id])
