"""Contests (大赛): entries, criteria, a jury and what it gives."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from .base import Model, UtcDateTime
from .team import Team
from .user import User


class Entry(Model):
    """What a team enters."""

    __tablename__ = "entries"
    __table_args__ = (
        UniqueConstraint("event_id", "number"),
        CheckConstraint("title <> ''", name="title_is_given"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"))
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"), index=True)
    posting_id: Mapped[int | None] = mapped_column(ForeignKey("postings.id", ondelete="SET NULL"))
    number: Mapped[int]
    """Stands for the entry where the jury must not see names."""
    title: Mapped[str] = mapped_column(String(120))
    summary: Mapped[str] = mapped_column(String(3000), default="")
    entered_at: Mapped[datetime] = mapped_column(UtcDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)

    team: Mapped[Team] = relationship()

    __mapper_args__ = {"version_id_col": version}


class Criterion(Model):
    """What an entry is judged by."""

    __tablename__ = "criteria"
    __table_args__ = (
        UniqueConstraint("event_id", "name"),
        CheckConstraint("weight BETWEEN 1 AND 100", name="weight_in_range"),
        CheckConstraint("most BETWEEN 1 AND 100", name="most_in_range"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"))
    ordinal: Mapped[int] = mapped_column(default=0)
    name: Mapped[str] = mapped_column(String(60))
    weight: Mapped[int]
    most: Mapped[int] = mapped_column(default=10)
    """Points run from 0 to this."""


class Juror(Model):
    """Somebody who judges at an event."""

    __tablename__ = "jurors"
    __table_args__ = (UniqueConstraint("event_id", "user_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)

    user: Mapped[User] = relationship(lazy="joined")
    ballots: Mapped[list[Ballot]] = relationship(cascade="all, delete-orphan")


class Ballot(Model):
    """What one juror gives one entry, or that they stand aside."""

    __tablename__ = "ballots"
    __table_args__ = (
        UniqueConstraint("juror_id", "entry_id"),
        CheckConstraint(
            "NOT conflict OR submitted_at IS NULL", name="who_stands_aside_does_not_judge"
        ),
        Index("ix_ballots_entry_id", "entry_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    juror_id: Mapped[int] = mapped_column(ForeignKey("jurors.id", ondelete="CASCADE"))
    entry_id: Mapped[int] = mapped_column(ForeignKey("entries.id", ondelete="CASCADE"))
    conflict: Mapped[bool] = mapped_column(default=False)
    """The juror declared a conflict of interest (回避)."""
    remark: Mapped[str] = mapped_column(String(1000), default="")
    submitted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)

    scores: Mapped[list[Score]] = relationship(cascade="all, delete-orphan")

    __mapper_args__ = {"version_id_col": version}


class Score(Model):
    """Points by one criterion."""

    __tablename__ = "scores"
    __table_args__ = (CheckConstraint("points >= 0", name="points_is_no_debt"),)

    ballot_id: Mapped[int] = mapped_column(
        ForeignKey("ballots.id", ondelete="CASCADE"), primary_key=True
    )
    criterion_id: Mapped[int] = mapped_column(
        ForeignKey("criteria.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    points: Mapped[float]
