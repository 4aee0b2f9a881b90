"""Timetables of an event: versions in the making, and the meetings that hold."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from .base import Model, UtcDateTime, enum_column, json_column
from .event import EventTable, Slot
from .team import Participant, Side
from .user import User
from .wish import Wish


class TimetableStatus(StrEnum):
    PLANNING = "planning"
    DRAFT = "draft"
    PUBLISHED = "published"
    SUPERSEDED = "superseded"
    DISCARDED = "discarded"
    FAILED = "failed"


class Timetable(Model):
    """A version of an event's timetable: what the planner found, worked on, perhaps published."""

    __tablename__ = "timetables"
    __table_args__ = (
        UniqueConstraint("event_id", "number"),
        CheckConstraint(
            "status NOT IN ('published', 'superseded') OR published_at IS NOT NULL",
            name="published_has_a_time",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"))
    number: Mapped[int]
    status: Mapped[TimetableStatus] = mapped_column(enum_column(TimetableStatus))
    job_id: Mapped[int | None] = mapped_column(ForeignKey("jobs.id", ondelete="SET NULL"))
    seed: Mapped[int] = mapped_column(default=1)
    time_limit: Mapped[int] = mapped_column(default=60)
    """Seconds."""
    based_on: Mapped[int] = mapped_column(default=0)
    """The event's `meetings_version` when it was made."""
    made_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    figures: Mapped[dict[str, Any]] = json_column(10_000, default=dict)
    """What the planner says: status, value, bound, promised, teams_met, missing, idle, …"""
    progress: Mapped[dict[str, Any]] = json_column(2_000, default=dict)
    """While it is planned: stage, value, bound."""
    changes: Mapped[dict[str, Any]] = json_column(500_000, default=dict)
    """At publication: how many were kept, and each meeting that moved, went or came."""
    error: Mapped[str] = mapped_column(String(500), default="")
    edited: Mapped[bool] = mapped_column(default=False)
    """Somebody moved something by hand: figures and reasons are those before."""
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    published_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    version: Mapped[int] = mapped_column(default=1)

    made_by: Mapped[User] = relationship(foreign_keys=[made_by_id])
    published_by: Mapped[User | None] = relationship(foreign_keys=[published_by_id])
    placements: Mapped[list[Placement]] = relationship(cascade="all, delete-orphan")
    unscheduled: Mapped[list[Unscheduled]] = relationship(cascade="all, delete-orphan")

    __mapper_args__ = {"version_id_col": version}


class Placement(Model):
    """Where a version of a timetable puts a wish. The database holds that nothing meets twice."""

    __tablename__ = "placements"
    __table_args__ = (
        UniqueConstraint("timetable_id", "wish_id"),
        UniqueConstraint("timetable_id", "slot_id", "table_id"),
        UniqueConstraint("timetable_id", "slot_id", "need_person_id"),
        UniqueConstraint("timetable_id", "slot_id", "achievement_person_id"),
        Index("ix_placements_wish_id", "wish_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    timetable_id: Mapped[int] = mapped_column(ForeignKey("timetables.id", ondelete="CASCADE"))
    wish_id: Mapped[int] = mapped_column(ForeignKey("wishes.id", ondelete="CASCADE"))
    slot_id: Mapped[int] = mapped_column(ForeignKey("slots.id", ondelete="CASCADE"))
    table_id: Mapped[int] = mapped_column(ForeignKey("event_tables.id", ondelete="CASCADE"))
    need_person_id: Mapped[int] = mapped_column(ForeignKey("participants.id", ondelete="CASCADE"))
    achievement_person_id: Mapped[int] = mapped_column(
        ForeignKey("participants.id", ondelete="CASCADE")
    )
    locked: Mapped[bool] = mapped_column(default=False)


class UnscheduledReason(StrEnum):
    """Why a wish is not in a timetable; the words are those of the planner."""

    EXCLUDED = "excluded"
    DECLINED = "declined"
    NOT_ANSWERED = "not_answered"
    NO_COMMON_SLOT = "no_common_slot"
    A_FULL = "a_full"
    B_FULL = "b_full"
    TABLES_FULL = "tables_full"
    LOWER_PRIORITY = "lower_priority"
    UNBOOKED = "unbooked"
    """Somebody took it out by hand."""


class Unscheduled(Model):
    """A wish that a timetable leaves out, why, and the one change that would let it in."""

    __tablename__ = "unscheduled"

    timetable_id: Mapped[int] = mapped_column(
        ForeignKey("timetables.id", ondelete="CASCADE"), primary_key=True
    )
    wish_id: Mapped[int] = mapped_column(
        ForeignKey("wishes.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    reason: Mapped[UnscheduledReason] = mapped_column(enum_column(UnscheduledReason))
    fits_if: Mapped[dict[str, Any] | None] = json_column(500)
    """In ids: {participant, slot}, {slot}, {team, most}, {participant, most} or
    {participant, in_a_row}."""


class MeetingStatus(StrEnum):
    PLANNED = "planned"
    RUNNING = "running"
    HELD = "held"
    MISSED = "missed"
    CANCELLED = "cancelled"


class Meeting(Model):
    """A meeting that people were told of. It is one thing through all versions of the timetable.

    A cancelled or missed one gives up its place (`was` remembers it) for others to use; the row
    stays, because calendars and figures must hear of it.
    """

    __tablename__ = "meetings"
    __table_args__ = (
        UniqueConstraint("slot_id", "table_id"),
        UniqueConstraint("slot_id", "need_person_id"),
        UniqueConstraint("slot_id", "achievement_person_id"),
        CheckConstraint(
            "(status IN ('cancelled', 'missed')) = (slot_id IS NULL) "
            "AND (slot_id IS NULL) = (table_id IS NULL)",
            name="only_what_can_be_held_has_a_place",
        ),
        CheckConstraint("status <> 'missed' OR missed_by IS NOT NULL", name="missed_by_somebody"),
        Index("ix_meetings_event_id_slot_id", "event_id", "slot_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"))
    wish_id: Mapped[int] = mapped_column(ForeignKey("wishes.id", ondelete="CASCADE"), unique=True)
    slot_id: Mapped[int | None] = mapped_column(ForeignKey("slots.id"))
    table_id: Mapped[int | None] = mapped_column(ForeignKey("event_tables.id"))
    need_person_id: Mapped[int] = mapped_column(ForeignKey("participants.id"))
    achievement_person_id: Mapped[int] = mapped_column(ForeignKey("participants.id"))
    locked: Mapped[bool] = mapped_column(default=False)
    status: Mapped[MeetingStatus] = mapped_column(
        enum_column(MeetingStatus), default=MeetingStatus.PLANNED
    )
    sequence: Mapped[int] = mapped_column(default=0)
    """Grows with every change of place, time or people, as RFC 5545 asks of SEQUENCE."""
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    was: Mapped[dict[str, Any] | None] = json_column(500)
    """`{"slot": id, "table": id}` before the last change, for those who must hear of it."""
    standby: Mapped[bool] = mapped_column(default=False)
    """Made on the day, from two people who were here and free."""
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    missed_by: Mapped[Side | None] = mapped_column(enum_column(Side, "missed_by"))
    late_side: Mapped[Side | None] = mapped_column(enum_column(Side, "late_side"))
    late_minutes: Mapped[int | None]
    version: Mapped[int] = mapped_column(default=1)

    wish: Mapped[Wish] = relationship()
    slot: Mapped[Slot | None] = relationship()
    table: Mapped[EventTable | None] = relationship()
    need_person: Mapped[Participant] = relationship(foreign_keys=[need_person_id])
    achievement_person: Mapped[Participant] = relationship(foreign_keys=[achievement_person_id])
    reports: Mapped[list[MeetingReport]] = relationship(
        cascade="all, delete-orphan", order_by="MeetingReport.side"
    )

    __mapper_args__ = {"version_id_col": version}

    def person_of(self, side: Side) -> Participant:
        return self.need_person if side == Side.NEED else self.achievement_person


class HandedOver(Model):
    """Somebody had a meeting until a colleague took it over; their calendar must hear of it."""

    __tablename__ = "handed_over_meetings"

    meeting_id: Mapped[int] = mapped_column(
        ForeignKey("meetings.id", ondelete="CASCADE"), primary_key=True
    )
    participant_id: Mapped[int] = mapped_column(
        ForeignKey("participants.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class NextStep(StrEnum):
    SAMPLE = "sample"
    VISIT = "visit"
    NDA = "nda"
    QUOTE = "quote"
    DATA = "data"
    NONE = "none"


class MeetingReport(Model):
    """What one side says of a meeting, in twenty seconds; the other side does not see it."""

    __tablename__ = "meeting_reports"
    __table_args__ = (
        UniqueConstraint("meeting_id", "side"),
        CheckConstraint("interest BETWEEN 0 AND 3", name="interest_in_range"),
        CheckConstraint("met OR interest IS NULL", name="interest_after_meeting"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meetings.id", ondelete="CASCADE"))
    side: Mapped[Side] = mapped_column(enum_column(Side))
    by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    met: Mapped[bool]
    interest: Mapped[int | None]
    """0 no, 1 to be learned about, 2 to be talked through, 3 to be pursued."""
    next_steps: Mapped[list[str]] = json_column(300, default=list)
    owner_name: Mapped[str] = mapped_column(String(60), default="")
    """Who sees to the next step."""
    due: Mapped[date | None]
    remark: Mapped[str] = mapped_column(String(500), default="")
