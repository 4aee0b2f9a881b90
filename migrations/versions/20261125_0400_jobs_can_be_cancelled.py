"""jobs can be cancelled: a state, and when somebody asked for it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


revision = 'e3a85d1b6f72'
down_revision = '9b7e42d0c318'
branch_labels = None
depends_on = None

STATUS = "ck_jobs_job_status"
BEFORE = "status IN ('queued', 'running', 'done', 'failed')"
AFTER = "status IN ('queued', 'running', 'done', 'failed', 'cancelled')"
CHECKS = {
    "cancelled_was_requested": "status <> 'cancelled' OR cancel_requested_at IS NOT NULL",
    "queued_is_wanted": "status <> 'queued' OR cancel_requested_at IS NULL",
}


def upgrade() -> None:
    with op.batch_alter_table("jobs") as batch:
        batch.add_column(sa.Column("cancel_requested_at", sa.DateTime(timezone=True)))
        batch.drop_constraint(op.f(STATUS), type_="check")
        batch.create_check_constraint(op.f(STATUS), AFTER)
        for name, condition in CHECKS.items():
            batch.create_check_constraint(op.f(f"ck_jobs_{name}"), condition)


def downgrade() -> None:
    op.execute("UPDATE jobs SET status = 'failed', error = 'cancelled' WHERE status = 'cancelled'")
    with op.batch_alter_table("jobs") as batch:
        for name in CHECKS:
            batch.drop_constraint(op.f(f"ck_jobs_{name}"), type_="check")
        batch.drop_constraint(op.f(STATUS), type_="check")
        batch.create_check_constraint(op.f(STATUS), BEFORE)
        batch.drop_column("cancel_requested_at")
