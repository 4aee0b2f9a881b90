"""Jobs as rows, in any state."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from matchmaker import clock
from matchmaker.db import Database
from models import Job, JobStatus


def make_job(database: Database, status: JobStatus = JobStatus.QUEUED, **values: Any) -> int:
    moment = clock.now()
    if status == JobStatus.RUNNING:
        values["lease_until"] = moment + timedelta(hours=1)
    if status == JobStatus.CANCELLED:
        values["cancel_requested_at"] = moment
    with database.transaction() as session:
        job = Job(
            kind=values.pop("kind", "mail.send"), status=status, created_at=moment,
            run_after=moment, **values,
        )  # fmt: skip
        session.add(job)
        session.flush()
        return job.id


def job_of(database: Database, job_id: int) -> Job:
    with database.reading() as session:
        return session.get_one(Job, job_id)
