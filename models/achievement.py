"""Achievements: a registrable 成果登记 record and a readable offer in one."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from .base import Model, enum_column, json_column
from .posting import AMOUNT_LIMIT, TEXT_LIMIT, Posting, PostingKind

COUNT_LIMIT = 9999
"""So many rights of one kind stand in one line at most."""


class AchievementCategory(StrEnum):
    """国统函[2002]163号."""

    APPLIED = "applied"
    BASIC = "basic"
    SOFT = "soft"


class Attribute(StrEnum):
    ORIGINAL = "original"
    IMPORTED = "imported"
    SECONDARY = "secondary"


class AchievementForm(StrEnum):
    TECHNOLOGY = "technology"
    PROCESS = "process"
    PRODUCT = "product"
    MATERIAL = "material"
    EQUIPMENT = "equipment"
    SOFTWARE = "software"
    STANDARD = "standard"
    PAPER = "paper"
    REPORT = "report"
    OTHER = "other"


class AchievementLevel(StrEnum):
    """By the conclusion of an appraisal; without one it is not evaluated."""

    NOT_EVALUATED = "not_evaluated"
    WORLD_LEADING = "world_leading"
    WORLD_ADVANCED = "world_advanced"
    NATIONAL_LEADING = "national_leading"
    NATIONAL_ADVANCED = "national_advanced"


class AchievementStage(StrEnum):
    INITIAL = "initial"
    MIDDLE = "middle"
    MATURE = "mature"


class Evaluation(StrEnum):
    APPRAISAL = "appraisal"
    ACCEPTANCE = "acceptance"
    MARKET_ACCESS = "market_access"
    ASSESSMENT = "assessment"
    PROPERTY_RIGHT = "property_right"


class Ownership(StrEnum):
    ORGANISATION = "organisation"
    JOINT = "joint"
    EMPOWERED = "empowered"


class PriceKind(StrEnum):
    NEGOTIABLE = "negotiable"
    RANGE = "range"
    FIXED = "fixed"


class Pilot(StrEnum):
    NONE_NEEDED = "none_needed"
    CONCEPT_PROOF = "concept_proof"
    PILOT_NEEDED = "pilot_needed"
    PILOT_DONE = "pilot_done"


class PropertyKind(StrEnum):
    INVENTION_PATENT = "invention_patent"
    UTILITY_MODEL = "utility_model"
    DESIGN_PATENT = "design_patent"
    SOFTWARE_COPYRIGHT = "software_copyright"
    IC_LAYOUT = "ic_layout"
    PLANT_VARIETY = "plant_variety"
    MEDICINE_VARIETY = "medicine_variety"
    TRADE_SECRET = "trade_secret"  # noqa: S105 - a kind of right, not a password
    OTHER = "other"


class PropertyStatus(StrEnum):
    APPLIED = "applied"
    GRANTED = "granted"
    REGISTERED = "registered"
    KEPT_SECRET = "kept_secret"  # noqa: S105 - as above
    EXPIRED = "expired"


class Achievement(Posting):
    """What a university or institute offers.

    Field names follow 科技成果登记表 where that has a field; limits of 50 characters for points
    of innovation and effects are those of provincial forms.
    """

    __tablename__ = "achievements"
    __table_args__: Any = (
        CheckConstraint(
            "price_kind <> 'range' OR (price_from <= price_to)", name="price_range_ascends"
        ),
        CheckConstraint(
            "price_kind = 'negotiable' OR price_from IS NOT NULL", name="price_has_an_amount"
        ),
        CheckConstraint("price_from <= price_to", name="price_ascends"),
        CheckConstraint(f"price_from BETWEEN 0 AND {AMOUNT_LIMIT}", name="price_from_in_range"),
        CheckConstraint(f"price_to BETWEEN 0 AND {AMOUNT_LIMIT}", name="price_to_in_range"),
    )

    id: Mapped[int] = mapped_column(
        ForeignKey("postings.id", ondelete="CASCADE"), primary_key=True
    )
    approach: Mapped[str] = mapped_column(String(TEXT_LIMIT), default="")
    application: Mapped[str] = mapped_column(String(TEXT_LIMIT), default="")
    benefits: Mapped[str] = mapped_column(String(2000), default="")
    innovations: Mapped[list[str]] = json_column(2_000, default=list)
    effects: Mapped[list[str]] = json_column(2_000, default=list)
    category: Mapped[AchievementCategory] = mapped_column(
        enum_column(AchievementCategory), default=AchievementCategory.APPLIED
    )
    attribute: Mapped[Attribute | None] = mapped_column(enum_column(Attribute))
    form: Mapped[AchievementForm | None] = mapped_column(enum_column(AchievementForm))
    level: Mapped[AchievementLevel] = mapped_column(
        enum_column(AchievementLevel), default=AchievementLevel.NOT_EVALUATED
    )
    stage: Mapped[AchievementStage | None] = mapped_column(enum_column(AchievementStage))
    evaluation: Mapped[Evaluation | None] = mapped_column(enum_column(Evaluation))
    registration_number: Mapped[str | None] = mapped_column(String(12))
    registered_on: Mapped[date | None]
    recommended_by: Mapped[str] = mapped_column(String(120), default="")
    research_from: Mapped[str] = mapped_column(String(7), default="")
    """Year and month, e.g. 2023-04."""
    research_to: Mapped[str] = mapped_column(String(7), default="")
    partners: Mapped[list[str]] = json_column(15_000, default=list)
    """合作完成单位, in order."""
    contributors: Mapped[list[str]] = json_column(11_000, default=list)
    """主要完成人, by contribution."""
    contributors_public: Mapped[bool] = mapped_column(default=False)
    """Names are personal data: shown to others only with consent (PIPL art. 25)."""
    discipline_code: Mapped[str | None] = mapped_column(String(8))
    sector_code: Mapped[str | None] = mapped_column(String(8))
    clc_code: Mapped[str] = mapped_column(String(20), default="")
    high_tech_field: Mapped[str] = mapped_column(String(60), default="")
    ownership: Mapped[Ownership] = mapped_column(
        enum_column(Ownership), default=Ownership.ORGANISATION
    )
    price_kind: Mapped[PriceKind] = mapped_column(
        enum_column(PriceKind), default=PriceKind.NEGOTIABLE
    )
    price_from: Mapped[int | None]
    """Yuan; a fixed price stands here alone."""
    price_to: Mapped[int | None]
    pilot: Mapped[Pilot | None] = mapped_column(enum_column(Pilot))
    transfer_scope: Mapped[str] = mapped_column(String(500), default="")
    partner_wanted: Mapped[str] = mapped_column(String(500), default="")
    """Kind of partner and expertise sought, as profiles of the Enterprise Europe Network ask."""
    rights_comment: Mapped[str] = mapped_column(String(500), default="")
    """What the rows of rights do not say: agreements, countries, what stays with the owner."""
    markets: Mapped[str] = mapped_column(String(200), default="")
    open_to_interest: Mapped[bool] = mapped_column(default=True)
    """Open for expressions of interest."""

    properties: Mapped[list[PropertyRight]] = relationship(
        cascade="all, delete-orphan", order_by="PropertyRight.id"
    )

    __mapper_args__: dict[str, Any] = {
        "polymorphic_identity": PostingKind.ACHIEVEMENT,
    }


class PropertyRight(Model):
    """Intellectual property behind an achievement; the number is optional."""

    __tablename__ = "property_rights"
    __table_args__ = (
        CheckConstraint("count >= 1", name="count_is_positive"),
        CheckConstraint(f"count <= {COUNT_LIMIT}", name="count_is_bounded"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    achievement_id: Mapped[int] = mapped_column(
        ForeignKey("achievements.id", ondelete="CASCADE"), index=True
    )
    kind: Mapped[PropertyKind] = mapped_column(enum_column(PropertyKind))
    status: Mapped[PropertyStatus] = mapped_column(enum_column(PropertyStatus))
    number: Mapped[str] = mapped_column(String(40), default="", index=True)
    holder: Mapped[str] = mapped_column(String(120), default="")
    count: Mapped[int] = mapped_column(default=1)
