"""Teams: who comes to an event, for which side, and when they cannot."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from .base import Model, UtcDateTime, enum_column, json_column
from .event import Event, Slot
from .organisation import Organisation
from .posting import Posting
from .user import User


class Side(StrEnum):
    """What a team comes for: looking for technology, or offering it."""

    NEED = "need"
    ACHIEVEMENT = "achievement"


class TeamStatus(StrEnum):
    PENDING = "pending"
    APPROVED = "approved"
    WAITING = "waiting"
    """On the waiting list: no room as yet."""
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class Team(Model):
    """People of one organisation who come to an event together."""

    __tablename__ = "teams"
    __table_args__ = (
        UniqueConstraint("event_id", "organisation_id", "side", "name"),
        CheckConstraint("status <> 'refused' OR reason <> ''", name="refusal_has_a_reason"),
        CheckConstraint("least >= 0", name="least_is_no_debt"),
        CheckConstraint("most >= 0", name="most_is_no_debt"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    name: Mapped[str] = mapped_column(String(120), default="")
    """School, laboratory or department; empty for the organisation as a whole."""
    side: Mapped[Side] = mapped_column(enum_column(Side))
    status: Mapped[TeamStatus] = mapped_column(enum_column(TeamStatus), index=True)
    registered_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    on_behalf: Mapped[bool] = mapped_column(default=False)
    """An organiser registered it for them."""
    registered_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(String(500), default="")
    opted_in: Mapped[bool] = mapped_column(default=False)
    """Takes meetings that the recommender proposes without being asked about each."""
    least: Mapped[int | None]
    """Own bounds of the number of meetings; None: those of the event."""
    most: Mapped[int | None]
    remark: Mapped[str] = mapped_column(String(500), default="")
    version: Mapped[int] = mapped_column(default=1)

    event: Mapped[Event] = relationship()
    organisation: Mapped[Organisation] = relationship(lazy="joined")
    registered_by: Mapped[User] = relationship(foreign_keys=[registered_by_id])
    members: Mapped[list[Participant]] = relationship(
        cascade="all, delete-orphan", order_by="Participant.ordinal, Participant.id",
        back_populates="team",
    )  # fmt: skip
    posting_rows: Mapped[list[TeamPosting]] = relationship(
        cascade="all, delete-orphan", order_by="TeamPosting.posting_id"
    )

    __mapper_args__ = {"version_id_col": version}

    @property
    def full_name(self) -> str:
        """示范大学 材料学院."""
        return f"{self.organisation.name} {self.name}".strip()

    @property
    def postings(self) -> list[Posting]:
        """The needs or achievements the team brings."""
        return [row.posting for row in self.posting_rows]


class TeamPosting(Model):
    """A need or an achievement that a team brings to an event."""

    __tablename__ = "team_postings"

    team_id: Mapped[int] = mapped_column(
        ForeignKey("teams.id", ondelete="CASCADE"), primary_key=True
    )
    posting_id: Mapped[int] = mapped_column(
        ForeignKey("postings.id", ondelete="CASCADE"), primary_key=True, index=True
    )

    posting: Mapped[Posting] = relationship()


class Participant(Model):
    """A person of a team; with or without an account."""

    __tablename__ = "participants"
    __table_args__ = (
        UniqueConstraint("event_id", "user_id"),
        CheckConstraint("name <> ''", name="name_is_given"),
        CheckConstraint("most >= 0", name="most_is_no_debt"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"))
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"), index=True)
    user_id: Mapped[int | None] = mapped_column(
        ForeignKey("users.id", ondelete="SET NULL"), index=True
    )
    ordinal: Mapped[int] = mapped_column(default=0)
    name: Mapped[str] = mapped_column(String(60))
    position: Mapped[str] = mapped_column(String(60), default="")
    phone: Mapped[str] = mapped_column(String(30), default="")
    email: Mapped[str] = mapped_column(String(254), default="")
    expertise: Mapped[list[str]] = json_column(2_000, default=list)
    most: Mapped[int | None]
    """Own limit of meetings; None: that of the event."""
    group_table_id: Mapped[int | None] = mapped_column(
        ForeignKey("event_tables.id", ondelete="SET NULL"), index=True
    )
    """At a salon, the table where the person sits."""
    code: Mapped[str] = mapped_column(String(32), unique=True)
    """What the QR code of the badge says; at random, so that nobody can guess it."""
    checked_in_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    checked_in_by_id: Mapped[int | None] = mapped_column(
        ForeignKey("users.id", ondelete="SET NULL")
    )

    team: Mapped[Team] = relationship(back_populates="members")
    blocks: Mapped[list[Unavailability]] = relationship(cascade="all, delete-orphan")


class Unavailability(Model):
    """A slot in which a person cannot come; without one they are free."""

    __tablename__ = "unavailabilities"

    participant_id: Mapped[int] = mapped_column(
        ForeignKey("participants.id", ondelete="CASCADE"), primary_key=True
    )
    slot_id: Mapped[int] = mapped_column(
        ForeignKey("slots.id", ondelete="CASCADE"), primary_key=True, index=True
    )

    slot: Mapped[Slot] = relationship()


class Talk(Model):
    """A talk or roadshow appearance (成果发布, 路演); its speaker has no meeting meanwhile."""

    __tablename__ = "talks"
    __table_args__ = (
        CheckConstraint("title <> ''", name="title_is_given"),
        CheckConstraint("ends_at > starts_at", name="ends_after_it_starts"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"), index=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"), index=True)
    speaker_id: Mapped[int] = mapped_column(
        ForeignKey("participants.id", ondelete="CASCADE"), index=True
    )
    posting_id: Mapped[int | None] = mapped_column(ForeignKey("postings.id", ondelete="SET NULL"))
    title: Mapped[str] = mapped_column(String(120))
    abstract: Mapped[str] = mapped_column(String(1000), default="")
    room: Mapped[str] = mapped_column(String(60), default="")
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)

    team: Mapped[Team] = relationship()
    speaker: Mapped[Participant] = relationship()


class Invitation(Model):
    """Somebody was asked to come; whether they do, their team says."""

    __tablename__ = "invitations"
    __table_args__ = (UniqueConstraint("event_id", "user_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    invited_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)

    user: Mapped[User] = relationship(foreign_keys=[user_id])
