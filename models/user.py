"""People, and the sessions in which they are signed in."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from .base import Model, UtcDateTime, enum_column
from .organisation import Organisation


class Role(StrEnum):
    RESEARCHER = "researcher"
    ENTERPRISE = "enterprise"
    TRANSFER_MANAGER = "transfer_manager"
    ORGANISER = "organiser"
    ADMINISTRATOR = "administrator"


class Membership(StrEnum):
    """Whether the organisation knows this person as its own."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    REFUSED = "refused"


class User(Model):
    """A person of an organisation."""

    __tablename__ = "users"
    __table_args__ = (CheckConstraint("email = lower(email)", name="email_is_lower_case"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(60))
    phone: Mapped[str] = mapped_column(String(30), default="")
    position: Mapped[str] = mapped_column(String(60), default="")
    department: Mapped[str] = mapped_column(String(120), default="")
    role: Mapped[Role] = mapped_column(enum_column(Role), index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    membership: Mapped[Membership] = mapped_column(
        enum_column(Membership), default=Membership.PENDING
    )
    password_hash: Mapped[str] = mapped_column(String(200))
    active: Mapped[bool] = mapped_column(default=True)
    locale: Mapped[str] = mapped_column(String(8), default="zh")
    single_keys: Mapped[bool] = mapped_column(default=True)
    """Whether single keys (j, k, a, …) act on the review page; WCAG 2.1.4 wants an off switch."""
    email_confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    queue_seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """End of the organiser's visit before this one; suggestions made later are new."""
    queue_visited_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When the organiser last looked at the review queue."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)

    organisation: Mapped[Organisation] = relationship(
        lazy="joined", foreign_keys=[organisation_id]
    )

    __mapper_args__ = {"version_id_col": version}


class LoginSession(Model):
    """One browser in which a person is signed in; only the hash of its token is stored."""

    __tablename__ = "login_sessions"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    authenticated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """When the password was last given; dangerous changes ask again after a while."""
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    remembered: Mapped[bool] = mapped_column(default=False)
    address: Mapped[str] = mapped_column(String(45), default="")
    browser: Mapped[str] = mapped_column(String(300), default="")

    user: Mapped[User] = relationship(lazy="joined")
