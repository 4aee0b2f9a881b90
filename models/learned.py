"""What was learned from decisions: models as rows, each with how well it forecasts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from .base import Model, UtcDateTime, json_column


class LearnedModel(Model):
    """One model; the newest of its kind and version is in force, older ones are the history."""

    __tablename__ = "learned_models"
    __table_args__ = (CheckConstraint("decisions > 0", name="learned_from_decisions"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    version: Mapped[str] = mapped_column(String(40))
    fitted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decisions: Mapped[int]
    learned_from: Mapped[str] = mapped_column(String(200))
    """Names the decisions: from the same ones the same model would be learned."""
    values: Mapped[dict[str, Any]] = json_column(20_000)
    measured: Mapped[dict[str, Any]] = json_column(20_000)
    """How its forecasts of decisions that they had not seen came true."""
