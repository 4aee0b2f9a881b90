"""Needs: what an enterprise looks for, with targets that can be measured."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from .base import enum_column
from .posting import AMOUNT_LIMIT, Posting, PostingKind


class NeedKind(StrEnum):
    TECHNICAL_PROBLEM = "technical_problem"
    JOINT_RESEARCH = "joint_research"
    ADOPTION = "adoption"
    RETROFIT = "retrofit"
    TESTING = "testing"
    TALENT = "talent"


class PropertyWish(StrEnum):
    """知识产权归属意向."""

    OURS = "ours"
    THEIRS = "theirs"
    SHARED = "shared"
    NEGOTIABLE = "negotiable"


class Need(Posting):
    """What an enterprise cannot solve alone (fields of the calls for 技术需求)."""

    __tablename__ = "needs"
    __table_args__: Any = (
        CheckConstraint("budget IS NULL OR budget >= 0", name="budget_is_not_negative"),
        CheckConstraint(f"budget <= {AMOUNT_LIMIT}", name="budget_is_bounded"),
        CheckConstraint(
            "solver_share IS NULL OR solver_share BETWEEN 0 AND 100", name="share_is_a_percentage"
        ),
    )

    id: Mapped[int] = mapped_column(
        ForeignKey("postings.id", ondelete="CASCADE"), primary_key=True
    )
    need_kind: Mapped[NeedKind] = mapped_column(
        enum_column(NeedKind), default=NeedKind.TECHNICAL_PROBLEM
    )
    tried: Mapped[str] = mapped_column(String(2000), default="")
    """现有基础与已做工作."""
    why_not_alone: Mapped[str] = mapped_column(String(2000), default="")
    benchmark: Mapped[str] = mapped_column(String(2000), default="")
    """对标的国内外先进水平."""
    prospect: Mapped[str] = mapped_column(String(2000), default="")
    """产业化前景或应用场景."""
    partner_requirements: Mapped[str] = mapped_column(String(2000), default="")
    property_wish: Mapped[PropertyWish | None] = mapped_column(enum_column(PropertyWish))
    budget: Mapped[int | None]
    """Yuan, the most the enterprise would spend."""
    solver_share: Mapped[int | None]
    """Per cent of the money that goes to the solver."""
    deadline: Mapped[date | None]
    visit_welcome: Mapped[bool] = mapped_column(default=False)
    """是否同意专家上门诊断."""
    learns: Mapped[bool] = mapped_column(default=True)
    """Whether decisions move what is suggested for this need."""
    recommended_by: Mapped[str] = mapped_column(String(120), default="")
    """归口推荐单位."""

    __mapper_args__: dict[str, Any] = {
        "polymorphic_identity": PostingKind.NEED,
    }
