"""Organisations: who stands behind a posting."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from .base import Model, UtcDateTime, enum_column, json_column
from .vocabulary import Region


class OrganisationKind(StrEnum):
    UNIVERSITY = "university"
    INSTITUTE = "institute"
    ENTERPRISE = "enterprise"
    AGENCY = "agency"
    GOVERNMENT = "government"


class Verification(StrEnum):
    PENDING = "pending"
    VERIFIED = "verified"
    REFUSED = "refused"


class EnterpriseSize(StrEnum):
    MICRO = "micro"
    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"


class Qualification(StrEnum):
    """What an enterprise may be recognised as (高企, 科技型中小, 专精特新, 规上, 链主)."""

    HIGH_TECH = "high_tech"
    TECH_SME = "tech_sme"
    SPECIALISED = "specialised"
    ABOVE_SCALE = "above_scale"
    CHAIN_LEADER = "chain_leader"


class Organisation(Model):
    """A university, institute, enterprise, transfer agency or government office."""

    __tablename__ = "organisations"
    __table_args__ = (
        CheckConstraint(
            "(status = 'pending') = (verified_at IS NULL)", name="verification_has_a_time"
        ),
        CheckConstraint(
            "status <> 'refused' OR refusal_reason <> ''", name="refusal_has_a_reason"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120), unique=True)
    name_en: Mapped[str] = mapped_column(String(200), default="")
    kind: Mapped[OrganisationKind] = mapped_column(enum_column(OrganisationKind))
    uscc: Mapped[str | None] = mapped_column(String(18), unique=True)
    """统一社会信用代码, GB 32100-2015; checked before it gets here."""
    region_code: Mapped[str] = mapped_column(ForeignKey("regions.code"), index=True)
    sector_code: Mapped[str | None] = mapped_column(String(8))
    """Division of GB/T 4754, e.g. C38; what a reader sees of an enterprise that hides its name."""
    size: Mapped[EnterpriseSize | None] = mapped_column(enum_column(EnterpriseSize))
    qualifications: Mapped[list[str]] = json_column(500, default=list)
    website: Mapped[str] = mapped_column(String(200), default="")
    introduction: Mapped[str] = mapped_column(String(2000), default="")
    status: Mapped[Verification] = mapped_column(
        enum_column(Verification), default=Verification.PENDING, index=True
    )
    refusal_reason: Mapped[str] = mapped_column(String(500), default="")
    verified_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When it was verified or refused."""
    verified_by_id: Mapped[int | None] = mapped_column(
        ForeignKey("users.id", use_alter=True, ondelete="SET NULL")
    )
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    demonstration: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1)

    region: Mapped[Region] = relationship(lazy="joined")

    __mapper_args__ = {"version_id_col": version}
