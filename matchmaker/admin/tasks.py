"""Imports run in the background, with progress."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import select

from matchmaker import jobs
from matchmaker.admin.imports import ImportResult, import_records, read_records
from matchmaker.jobs import JobRun
from matchmaker.notifications.service import notify
from models import PostingKind, Role, User


@jobs.task("admin.import")
def import_file(run: JobRun) -> Mapping[str, Any]:
    """Import an uploaded file; running it again changes nothing where rows have ids."""
    path = Path(run.payload["path"])
    records = list(read_records(path))

    def report(done: int, result: ImportResult) -> None:
        run.report(
            done / max(1, len(records)), f"{done} / {len(records)}, {len(result.refused)} ✗"
        )

    result = import_records(
        run.database, int(run.payload["actor_id"]), PostingKind(run.payload["kind"]), records,
        organisation=run.payload.get("organisation", ""), report=report,
    )  # fmt: skip
    with run.database.transaction() as session:
        jobs.enqueue(session, "matching.refresh_all")
    path.unlink(missing_ok=True)
    return result.as_json()


@jobs.task("admin.report_failures", regular=True)
def report_failures(run: JobRun) -> Mapping[str, Any]:
    """Tell administrators of jobs that failed for good, once each."""
    from models import Job, JobStatus, Notification

    with run.database.transaction() as session:
        told = {
            values.get("id")
            for values in session.scalars(
                select(Notification.values).where(Notification.kind == "job.failed")
            )
        }
        failed = [
            job
            for job in session.scalars(select(Job).where(Job.status == JobStatus.FAILED)).unique()
            if job.id not in told
        ]
        people = (
            session.scalars(select(User).where(User.role == Role.ADMINISTRATOR, User.active))
            .unique()
            .all()
        )
        for job in failed:
            for person in people:
                notify(session, person, "job.failed", job=job.kind, id=job.id,
                       endpoint="admin.job", endpoint_values={"job_id": job.id})  # fmt: skip
    return {"failed": len(failed)}
