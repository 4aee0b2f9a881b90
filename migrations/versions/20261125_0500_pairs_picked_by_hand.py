"""pairs picked by hand: who put them on the review desk."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


revision = 'b41c7f90ae25'
down_revision = 'e3a85d1b6f72'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("matches") as batch:
        batch.add_column(sa.Column("picked_by_id", sa.Integer()))
        batch.create_foreign_key(
            op.f("fk_matches_picked_by_id"), "users", ["picked_by_id"], ["id"]
        )


def downgrade() -> None:
    with op.batch_alter_table("matches") as batch:
        batch.drop_constraint(op.f("fk_matches_picked_by_id"), type_="foreignkey")
        batch.drop_column("picked_by_id")
