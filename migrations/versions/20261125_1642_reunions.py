"""pairs that met before and may meet again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


revision = '1cdc401bdb2d'
down_revision = '6e30c1ef6043'
branch_labels = None
depends_on = None


def _of(column: str, table: str, *, cascade: bool = True) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{table}.id"], ondelete="CASCADE" if cascade else None,
        name=op.f(f"fk_reunions_{column}"),
    )


def upgrade() -> None:
    op.create_table(
        "reunions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("need_team_id", sa.Integer(), nullable=False),
        sa.Column("achievement_team_id", sa.Integer(), nullable=False),
        sa.Column("remark", sa.String(length=500), nullable=False),
        sa.Column("allowed_by_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("length(remark) <= 500", name=op.f("ck_reunions_remark_limit")),
        _of("achievement_team_id", "teams"),
        _of("allowed_by_id", "users", cascade=False),
        _of("event_id", "events"),
        _of("need_team_id", "teams"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reunions")),
        sa.UniqueConstraint(
            "need_team_id", "achievement_team_id",
            name=op.f("uq_reunions_need_team_id_achievement_team_id"),
        ),
    )
    for column in ("achievement_team_id", "event_id"):
        op.create_index(op.f(f"ix_reunions_{column}"), "reunions", [column])


def downgrade() -> None:
    op.drop_table("reunions")
