"""meetings that a colleague took over, so that the entry in a calendar can go."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


revision = '6e30c1ef6043'
down_revision = '2f4ebfccfa42'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "handed_over_meetings",
        sa.Column("meeting_id", sa.Integer(), nullable=False),
        sa.Column("participant_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["meetings.id"], ondelete="CASCADE",
            name=op.f("fk_handed_over_meetings_meeting_id"),
        ),
        sa.ForeignKeyConstraint(
            ["participant_id"], ["participants.id"], ondelete="CASCADE",
            name=op.f("fk_handed_over_meetings_participant_id"),
        ),
        sa.PrimaryKeyConstraint(
            "meeting_id", "participant_id", name=op.f("pk_handed_over_meetings")
        ),
    )
    op.create_index(
        op.f("ix_handed_over_meetings_participant_id"), "handed_over_meetings", ["participant_id"]
    )


def downgrade() -> None:
    op.drop_table("handed_over_meetings")
