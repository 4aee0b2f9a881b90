"""needs learn: whether decisions move what is suggested for a need."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


revision = 'c52d8e01bf36'
down_revision = 'b41c7f90ae25'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("needs") as batch:
        batch.add_column(
            sa.Column("learns", sa.Boolean(), nullable=False, server_default=sa.true())
        )
    with op.batch_alter_table("needs") as batch:
        batch.alter_column("learns", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("needs") as batch:
        batch.drop_column("learns")
