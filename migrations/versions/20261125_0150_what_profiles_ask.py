"""what profiles ask: partner wanted, rights, markets, interest; kinds of attachments."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


revision = '9b7e42d0c318'
down_revision = '5c1f0a9d27e4'
branch_labels = None
depends_on = None

TEXTS = {"partner_wanted": 500, "rights_comment": 500, "markets": 200}
KINDS = "kind IN ('evaluation', 'report', 'user_proof', 'other')"


def upgrade() -> None:
    with op.batch_alter_table("achievements") as batch:
        for name, limit in TEXTS.items():
            batch.add_column(
                sa.Column(name, sa.String(length=limit), nullable=False, server_default="")
            )
            batch.create_check_constraint(
                op.f(f"ck_achievements_{name}_limit"), f"length({name}) <= {limit}"
            )
        batch.add_column(
            sa.Column("open_to_interest", sa.Boolean(), nullable=False, server_default=sa.true())
        )
    with op.batch_alter_table("attachments") as batch:
        batch.add_column(
            sa.Column("kind", sa.String(length=32), nullable=False, server_default="other")
        )
        batch.create_check_constraint(op.f("ck_attachments_attachment_kind"), KINDS)
    # the defaults were for the rows that were there; new ones come from the application
    with op.batch_alter_table("achievements") as batch:
        for name in (*TEXTS, "open_to_interest"):
            batch.alter_column(name, server_default=None)
    with op.batch_alter_table("attachments") as batch:
        batch.alter_column("kind", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("attachments") as batch:
        batch.drop_constraint(op.f("ck_attachments_attachment_kind"), type_="check")
        batch.drop_column("kind")
    with op.batch_alter_table("achievements") as batch:
        for name in TEXTS:
            batch.drop_constraint(op.f(f"ck_achievements_{name}_limit"), type_="check")
        for name in (*TEXTS, "open_to_interest"):
            batch.drop_column(name)
