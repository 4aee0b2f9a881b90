"""Imports run in the background, with progress."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from matchmaker import clock, jobs
from matchmaker.admin.imports import ImportResult, import_records, read_records
from matchmaker.jobs import JobRun
from matchmaker.notifications.service import notify
from models import Job, JobStatus, Notification, PostingKind, Role, User

KEEP_FILES = timedelta(days=7)
"""So long an uploaded file waits for somebody to try its job again."""


@jobs.task("admin.import")
def import_file(run: JobRun) -> Mapping[str, Any]:
    """Import an uploaded file; running it again changes nothing where rows have ids.

    Cancelled or failed half-way, what came in stays and gets its suggestions all the same.
    """
    path = Path(run.payload["path"])
    records = list(read_records(path))

    def report(done: int, result: ImportResult) -> None:
        run.report(
            done / max(1, len(records)), f"{done} / {len(records)}, {len(result.refused)} ✗"
        )

    try:
        result = import_records(
            run.database, int(run.payload["actor_id"]), PostingKind(run.payload["kind"]), records,
            organisation=run.payload.get("organisation", ""), report=report,
        )  # fmt: skip
    finally:
        with run.database.transaction() as session:
            jobs.enqueue(session, "matching.refresh_all")
    path.unlink(missing_ok=True)
    return result.as_json()


@jobs.task("admin.report_failures", regular=True)
def report_failures(run: JobRun) -> Mapping[str, Any]:
    """Tell administrators of jobs that failed for good, once each."""
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


@jobs.task("admin.clean_imports", regular=True)
def clean_imports(run: JobRun) -> Mapping[str, Any]:
    """Remove uploaded files that no import will read any more, a week after they came."""
    folder = run.database.settings.instance / "imports"
    oldest = (clock.now() - KEEP_FILES).timestamp()
    needed = _needed_files(run)
    removed = 0
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.is_file() and str(path) not in needed and path.stat().st_mtime < oldest:
            path.unlink(missing_ok=True)
            removed += 1
    return {"removed": removed}


def _needed_files(run: JobRun) -> set[str]:
    """Return the files of imports that wait or are at work, however old."""
    with run.database.reading() as session:
        payloads = session.scalars(
            select(Job.payload).where(
                Job.kind == "admin.import",
                Job.status.in_([JobStatus.QUEUED, JobStatus.RUNNING]),
            )
        )
        return {str(payload.get("path")) for payload in payloads}
