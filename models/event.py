"""Events: when and where people meet, in which slots, at which tables."""

from __future__ import annotations

from datetime import date, datetime, time
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from .base import Model, UtcDateTime, enum_column
from .organisation import Organisation
from .user import User
from .vocabulary import Region, SchemeNode


class EventStatus(StrEnum):
    DRAFT = "draft"
    OPEN = "open"
    """Announced; what can be done depends on the time."""
    CANCELLED = "cancelled"
    CLOSED = "closed"
    """Over and written down: reports no longer come in."""


class Event(Model):
    """A docking event (对接会) or another gathering; `kind` is looked up in `events.kinds`."""

    __tablename__ = "events"
    __table_args__ = (
        CheckConstraint("title <> ''", name="title_is_given"),
        CheckConstraint("slot_minutes BETWEEN 5 AND 240", name="slot_minutes_in_range"),
        CheckConstraint("capacity > 0", name="capacity_is_positive"),
        CheckConstraint("team_least >= 0", name="team_least_is_no_debt"),
        CheckConstraint("team_most >= team_least", name="team_most_reaches_team_least"),
        CheckConstraint("person_most > 0", name="person_most_is_positive"),
        CheckConstraint("most_in_a_row > 0", name="most_in_a_row_is_positive"),
        CheckConstraint("must_tokens >= 0", name="must_tokens_is_no_debt"),
        CheckConstraint(
            "registration_until > registration_from", name="registration_ends_after_it_begins"
        ),
        CheckConstraint("status <> 'open' OR opened_at IS NOT NULL", name="open_has_a_time"),
        CheckConstraint(
            "status <> 'cancelled' OR cancel_reason <> ''", name="cancelled_has_a_reason"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    status: Mapped[EventStatus] = mapped_column(
        enum_column(EventStatus), default=EventStatus.DRAFT, index=True
    )
    title: Mapped[str] = mapped_column(String(120))
    summary: Mapped[str] = mapped_column(String(4000), default="")
    region_code: Mapped[str] = mapped_column(ForeignKey("regions.code"), index=True)
    venue: Mapped[str] = mapped_column(String(120), default="")
    address: Mapped[str] = mapped_column(String(200), default="")
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    registration_from: Mapped[datetime | None] = mapped_column(UtcDateTime)
    registration_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    wishes_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    capacity: Mapped[int | None]
    """People who fit in; beyond it teams wait."""
    approval: Mapped[bool] = mapped_column(default=True)
    """Whether an organiser admits each team; otherwise there is room or there is none."""
    slot_minutes: Mapped[int] = mapped_column(default=20)
    team_least: Mapped[int] = mapped_column(default=1)
    """Meetings a team should at least have: a goal."""
    team_most: Mapped[int | None]
    """Meetings a team has at most: a rule."""
    person_most: Mapped[int | None]
    most_in_a_row: Mapped[int | None]
    must_tokens: Mapped[int] = mapped_column(default=3)
    """How many must-meet wishes a team has."""
    met_before_months: Mapped[int] = mapped_column(default=24)
    """Teams that met within so many months before do not meet again; 0: they may."""
    blind: Mapped[bool] = mapped_column(default=False)
    """Whether a jury sees entries without the names behind them."""
    meetings_version: Mapped[int] = mapped_column(default=0)
    """Grows with every change of a published meeting."""
    results_published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    copied_from_id: Mapped[int | None] = mapped_column(ForeignKey("events.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    opened_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cancel_reason: Mapped[str] = mapped_column(String(500), default="")
    version: Mapped[int] = mapped_column(default=1)

    region: Mapped[Region] = relationship(lazy="joined")
    organisation: Mapped[Organisation] = relationship(lazy="joined")
    owner: Mapped[User] = relationship()
    nodes: Mapped[list[EventNode]] = relationship(
        cascade="all, delete-orphan", order_by="EventNode.node_id"
    )
    days: Mapped[list[EventDay]] = relationship(
        cascade="all, delete-orphan", order_by="EventDay.day", back_populates="event"
    )
    slots: Mapped[list[Slot]] = relationship(
        cascade="all, delete-orphan", order_by="Slot.starts_at", back_populates="event"
    )
    tables: Mapped[list[EventTable]] = relationship(
        cascade="all, delete-orphan", order_by="EventTable.ordinal, EventTable.id"
    )

    __mapper_args__ = {"version_id_col": version}

    @property
    def chains(self) -> list[SchemeNode]:
        """The chains for which the event is."""
        return [row.node for row in self.nodes]


class EventNode(Model):
    """A chain for which an event is."""

    __tablename__ = "event_nodes"

    event_id: Mapped[int] = mapped_column(
        ForeignKey("events.id", ondelete="CASCADE"), primary_key=True
    )
    node_id: Mapped[int] = mapped_column(
        ForeignKey("scheme_nodes.id"), primary_key=True, index=True
    )

    node: Mapped[SchemeNode] = relationship(lazy="joined")


class EventDay(Model):
    """One day of an event, in local time."""

    __tablename__ = "event_days"
    __table_args__ = (
        UniqueConstraint("event_id", "day"),
        CheckConstraint("ends > starts", name="ends_after_it_starts"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"))
    day: Mapped[date]
    starts: Mapped[time]
    ends: Mapped[time]

    event: Mapped[Event] = relationship(back_populates="days")
    breaks: Mapped[list[EventBreak]] = relationship(
        cascade="all, delete-orphan", order_by="EventBreak.starts"
    )


class EventBreak(Model):
    """A stretch of a day without slots: lunch, tea, a ceremony."""

    __tablename__ = "event_breaks"
    __table_args__ = (CheckConstraint("ends > starts", name="ends_after_it_starts"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    day_id: Mapped[int] = mapped_column(
        ForeignKey("event_days.id", ondelete="CASCADE"), index=True
    )
    starts: Mapped[time]
    ends: Mapped[time]
    label: Mapped[str] = mapped_column(String(60), default="")


class Slot(Model):
    """A stretch of time in which each table holds one meeting. Made from the days."""

    __tablename__ = "slots"
    __table_args__ = (
        UniqueConstraint("event_id", "starts_at"),
        CheckConstraint("ends_at > starts_at", name="ends_after_it_starts"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"))
    day_id: Mapped[int] = mapped_column(
        ForeignKey("event_days.id", ondelete="CASCADE"), index=True
    )
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    open: Mapped[bool] = mapped_column(default=True)
    """A slot that is not open is kept in reserve: nothing is planned there."""

    event: Mapped[Event] = relationship(back_populates="slots")


class EventTable(Model):
    """A table or booth; at a salon, a group table with a topic and seats."""

    __tablename__ = "event_tables"
    __table_args__ = (
        UniqueConstraint("event_id", "name"),
        CheckConstraint("name <> ''", name="name_is_given"),
        CheckConstraint("seats > 0", name="seats_is_positive"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(30))
    room: Mapped[str] = mapped_column(String(60), default="")
    ordinal: Mapped[int] = mapped_column(default=0)
    closed: Mapped[bool] = mapped_column(default=False)
    """Out of use altogether."""
    fixed_for_id: Mapped[int | None] = mapped_column(
        ForeignKey("teams.id", ondelete="SET NULL"), index=True
    )
    """The team whose booth it is."""
    topic: Mapped[str] = mapped_column(String(120), default="")
    seats: Mapped[int | None]

    closures: Mapped[list[TableClosure]] = relationship(cascade="all, delete-orphan")


class TableClosure(Model):
    """A slot in which a table cannot be used."""

    __tablename__ = "table_closures"
    __table_args__ = (Index("ix_table_closures_slot_id", "slot_id"),)

    table_id: Mapped[int] = mapped_column(
        ForeignKey("event_tables.id", ondelete="CASCADE"), primary_key=True
    )
    slot_id: Mapped[int] = mapped_column(
        ForeignKey("slots.id", ondelete="CASCADE"), primary_key=True
    )
