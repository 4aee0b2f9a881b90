"""Jobs: work after a commit. The row is the record of truth; the queue carries only its id."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from .base import Model, UtcDateTime, enum_column, json_column
from .user import User


class JobStatus(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Job(Model):
    """One piece of work, written in the same transaction as its cause."""

    __tablename__ = "jobs"
    __table_args__ = (
        CheckConstraint(
            "status <> 'running' OR lease_until IS NOT NULL", name="running_has_lease"
        ),
        CheckConstraint(
            "status <> 'cancelled' OR cancel_requested_at IS NOT NULL",
            name="cancelled_was_requested",
        ),
        CheckConstraint(
            "status <> 'queued' OR cancel_requested_at IS NULL", name="queued_is_wanted"
        ),
        CheckConstraint("progress >= 0 AND progress <= 1", name="progress_in_range"),
        Index("ix_jobs_status_run_after", "status", "run_after"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(60), index=True)
    payload: Mapped[dict[str, Any]] = json_column(1_000_000, default=dict)
    status: Mapped[JobStatus] = mapped_column(enum_column(JobStatus), default=JobStatus.QUEUED)
    attempts: Mapped[int] = mapped_column(default=0)
    max_attempts: Mapped[int] = mapped_column(default=5)
    progress: Mapped[float] = mapped_column(default=0.0)
    message: Mapped[str] = mapped_column(String(500), default="")
    error: Mapped[str] = mapped_column(String(4000), default="")
    result: Mapped[dict[str, Any] | None] = json_column(5_000_000)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    run_after: Mapped[datetime] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cancel_requested_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    created_by: Mapped[User | None] = relationship(lazy="joined")
