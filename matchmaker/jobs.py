"""Work after a commit: one seam for suggestions, mail and imports.

A job row is written in the same transaction as its cause. After the commit its id goes to the
queue; the queue may lose it, deliver it twice or late, and nothing breaks: claiming a job is one
conditional UPDATE, every task can run twice with the same effect, and a sweep sends again what
was lost.

A job that waits is cancelled at once; one that runs is asked to stop, and stops where it next
reports or checks. So a task commits what can stand by itself before it reports.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, and_, case, event, func, or_, select, update
from sqlalchemy.orm import Session

from matchmaker import clock
from matchmaker.db import Database
from matchmaker.errors import NotNowError
from matchmaker.labels import label
from models import Job, JobStatus, User

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=5)
RESEND_AFTER = timedelta(seconds=10)
ERROR_LIMIT = 4000
Watch = Callable[[float], None]
"""Hears how far a job is (0 to 1), in the process that runs it."""


class JobCancelledError(Exception):
    """Somebody asked that this job stop: no failure, and it is not tried again."""


@dataclass(slots=True)
class JobRun:
    """What a task is given: its payload, the database, and a way to tell how far it is."""

    id: int
    payload: Mapping[str, Any]
    database: Database
    watch: Watch = lambda _progress: None

    def report(self, progress: float, message: str = "") -> None:
        """Store how far the job is (0 to 1) and keep its lease alive.

        Raises:
            JobCancelledError: somebody asked that it stop, and something is left to do.

        """
        progress = min(max(progress, 0.0), 1.0)
        self.watch(progress)
        with self.database.transaction() as session:
            session.execute(
                update(Job)
                .where(Job.id == self.id, Job.status == JobStatus.RUNNING)
                .values(
                    progress=progress,
                    message=message[:500],
                    lease_until=clock.now() + LEASE,
                )
            )
        if progress < 1:
            self.check()

    def check(self) -> None:
        """Look whether to go on; for a task that works long before it has something to report.

        Raises:
            JobCancelledError: somebody asked that it stop.

        """
        with self.database.reading() as session:
            if session.scalar(select(Job.cancel_requested_at).where(Job.id == self.id)):
                raise JobCancelledError


Task = Callable[[JobRun], Mapping[str, Any] | None]
TASKS: dict[str, Task] = {}
REGULAR: list[str] = []
"""Kinds that run by themselves every hour."""


def task(kind: str, *, regular: bool = False) -> Callable[[Task], Task]:
    """Register what a job of this kind does; an unknown kind cannot be enqueued."""

    def register(function: Task) -> Task:
        TASKS[kind] = function
        if regular:
            REGULAR.append(kind)
        return function

    return register


def enqueue(
    session: Session,
    kind: str,
    payload: Mapping[str, Any] | None = None,
    *,
    actor: User | None = None,
    delay: timedelta = timedelta(0),
    max_attempts: int = 5,
) -> Job:
    """Write a job with its cause; it is sent when the transaction commits.

    Raises:
        KeyError: no task is registered for this kind.

    """
    if kind not in TASKS:
        raise KeyError(kind)
    moment = clock.now()
    job = Job(
        kind=kind,
        payload=dict(payload or {}),
        created_at=moment,
        run_after=moment + delay,
        created_by_id=actor.id if actor else None,
        max_attempts=max_attempts,
    )
    session.add(job)
    session.flush()
    session.info.setdefault("jobs", []).append(job.id)
    return job


@event.listens_for(Session, "after_commit")
def _send_new_jobs(session: Session) -> None:
    if session.in_nested_transaction():  # a savepoint: the transaction may still be undone
        return
    database: Database | None = session.info.get("database")
    for job_id in session.info.pop("jobs", []):
        if database is not None:
            send(database, job_id)


@event.listens_for(Session, "after_rollback")
def _forget_new_jobs(session: Session) -> None:
    if session.in_nested_transaction():  # what was written before the savepoint stays
        return
    session.info.pop("jobs", None)


def send(database: Database, job_id: int) -> None:
    """Hand an id to the queue. A queue that fails is no error: the sweep tries again."""
    try:
        database.send_job(job_id)
    except Exception:
        log.exception("job %s could not be sent; the sweep will send it", job_id)


def run(database: Database, job_id: int, watch: Watch = lambda _progress: None) -> bool:
    """Claim and run one job; False when somebody else has it or it is not due."""
    claimed = _claim(database, job_id)
    if claimed is None:
        return False
    kind, payload = claimed
    try:
        result = TASKS[kind](JobRun(job_id, payload, database, watch))
    except JobCancelledError:
        with database.transaction() as session:
            _end_cancelled(session, Job.id == job_id)
    except KeyboardInterrupt:
        _give_back(database, job_id)
        raise
    except Exception as error:
        log.exception("job %s (%s) failed", job_id, kind)
        _note_failure(database, job_id, error)
    else:
        _finish(database, job_id, result)
    return True


def run_due(database: Database, watch: Watch = lambda _progress: None) -> int:
    """Run every job that is due, in this process; return how many. For tests and commands."""
    count = 0
    while job_id := _next_due(database):
        count += run(database, job_id, watch)
    return count


def sweep(database: Database) -> int:
    """Send again what is due and was lost: never sent, sent long ago, or its lease ran out."""
    moment = clock.now()
    with database.transaction() as session:
        _end_cancelled(session, Job.lease_until < moment)
        lost = or_(Job.sent_at.is_(None), Job.sent_at < moment - RESEND_AFTER)
        ids = list(session.scalars(select(Job.id).where(_due(), lost).limit(500)))
        if ids:
            session.execute(update(Job).where(Job.id.in_(ids)).values(sent_at=moment))
    for job_id in ids:
        send(database, job_id)
    return len(ids)


def retry(session: Session, job: Job) -> None:
    """Run a job that failed or was cancelled again from the beginning."""
    job.status = JobStatus.QUEUED
    job.cancel_requested_at = None
    job.attempts = 0
    job.progress = 0.0
    job.message = job.error = ""
    job.run_after = clock.now()
    job.finished_at = None
    session.flush()
    session.info.setdefault("jobs", []).append(job.id)


def cancel(session: Session, job: Job) -> None:
    """End a job that waits; ask one that runs to stop. Asking twice is asking once.

    One UPDATE decides, whatever a worker does with the job at the same moment.

    Raises:
        NotNowError: it has ended already.

    """
    moment, waits = clock.now(), Job.status == JobStatus.QUEUED
    session.execute(
        update(Job)
        .where(Job.id == job.id, Job.status.in_([JobStatus.QUEUED, JobStatus.RUNNING]))
        .values(
            status=case((waits, JobStatus.CANCELLED), else_=Job.status),
            finished_at=case((waits, moment), else_=Job.finished_at),
            cancel_requested_at=func.coalesce(Job.cancel_requested_at, moment),
        )
        .execution_options(synchronize_session=False)
    )
    session.refresh(job)
    if job.status in {JobStatus.DONE, JobStatus.FAILED}:
        words = _l("任务已经结束（%(status)s），没有可以取消的了。", status=label(job.status))
        raise NotNowError(words)


def _due() -> ColumnElement[bool]:
    moment = clock.now()
    return or_(
        and_(Job.status == JobStatus.QUEUED, Job.run_after <= moment),
        and_(
            Job.status == JobStatus.RUNNING,
            Job.lease_until < moment,
            Job.cancel_requested_at.is_(None),
        ),
    )


def _next_due(database: Database) -> int | None:
    with database.reading() as session:
        return session.scalar(select(Job.id).where(_due()).order_by(Job.id).limit(1))


def _claim(database: Database, job_id: int) -> tuple[str, Mapping[str, Any]] | None:
    moment = clock.now()
    with database.transaction() as session:
        claimed = session.execute(
            update(Job)
            .where(Job.id == job_id, _due())
            .values(
                status=JobStatus.RUNNING,
                attempts=Job.attempts + 1,
                started_at=moment,
                lease_until=moment + LEASE,
            )
            .returning(Job.kind, Job.payload)
            .execution_options(synchronize_session=False)
        ).first()
    return None if claimed is None else (claimed.kind, claimed.payload)


def _finish(database: Database, job_id: int, result: Mapping[str, Any] | None) -> None:
    with database.transaction() as session:
        session.execute(
            update(Job)
            .where(Job.id == job_id, Job.status == JobStatus.RUNNING)
            .values(
                status=JobStatus.DONE,
                progress=1.0,
                error="",
                finished_at=clock.now(),
                lease_until=None,
                result=dict(result) if result is not None else None,
            )
        )


def _end_cancelled(session: Session, which: ColumnElement[bool]) -> None:
    """End what was asked to stop: it has done so, or its worker is gone."""
    session.execute(
        update(Job)
        .where(which, Job.status == JobStatus.RUNNING, Job.cancel_requested_at.is_not(None))
        .values(status=JobStatus.CANCELLED, finished_at=clock.now(), lease_until=None)
        .execution_options(synchronize_session=False)
    )


def _give_back(database: Database, job_id: int) -> None:
    """Leave a job that was interrupted to whoever comes next, from its beginning."""
    with database.transaction() as session:
        _end_cancelled(session, Job.id == job_id)
        session.execute(
            update(Job)
            .where(
                Job.id == job_id,
                Job.status == JobStatus.RUNNING,
                Job.cancel_requested_at.is_(None),
            )
            .values(status=JobStatus.QUEUED, lease_until=None, sent_at=None)
        )


def _note_failure(database: Database, job_id: int, error: Exception) -> None:
    """Try again later, each time after a longer pause, until the attempts are used up."""
    text = "".join(traceback.format_exception_only(error)).strip()[:ERROR_LIMIT]
    with database.transaction() as session:
        job = session.get_one(Job, job_id, with_for_update={"of": Job})
        if job.status != JobStatus.RUNNING:
            return
        job.error = text
        job.lease_until = None
        job.sent_at = None
        if job.cancel_requested_at:
            job.status = JobStatus.CANCELLED
            job.finished_at = clock.now()
        elif job.attempts >= job.max_attempts:
            job.status = JobStatus.FAILED
            job.finished_at = clock.now()
        else:
            job.status = JobStatus.QUEUED
            job.run_after = clock.now() + timedelta(seconds=2**job.attempts)
