"""models learned from decisions, each with how well it forecasts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


revision = 'd7a2f614c8b0'
down_revision = 'c52d8e01bf36'
branch_labels = None
depends_on = None


def limit(column: str, most: int, *, json: bool = False) -> sa.CheckConstraint:
    text = f'CAST("{column}" AS TEXT)' if json else column
    return sa.CheckConstraint(
        f"length({text}) <= {most}", name=op.f(f"ck_learned_models_{column}_limit")
    )


def upgrade() -> None:
    op.create_table(
        "learned_models",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("version", sa.String(length=40), nullable=False),
        sa.Column("fitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decisions", sa.Integer(), nullable=False),
        sa.Column("learned_from", sa.String(length=200), nullable=False),
        sa.Column("values", sa.JSON(), nullable=False),
        sa.Column("measured", sa.JSON(), nullable=False),
        sa.CheckConstraint(
            "decisions > 0", name=op.f("ck_learned_models_learned_from_decisions")
        ),
        limit("kind", 40),
        limit("version", 40),
        limit("learned_from", 200),
        limit("values", 20000, json=True),
        limit("measured", 20000, json=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_learned_models")),
    )


def downgrade() -> None:
    op.drop_table("learned_models")
