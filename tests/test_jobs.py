"""Work after a commit: written with its cause, done once, never lost, honest about failure."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from matchmaker import clock, jobs
from matchmaker.db import Database
from matchmaker.errors import NotNowError
from matchmaker.jobs import JobRun
from models import Job, JobStatus, Need
from tests import factories


class Work:
    """A kind of job that counts its effects, and fails when its payload says so."""

    def __init__(self) -> None:
        self.done: list[int] = []
        self.seen: list[tuple[float, str]] = []

    def __call__(self, run: JobRun) -> dict[str, Any]:
        if len(self.done) < run.payload.get("failures", 0):
            self.done.append(run.id)
            raise ValueError("示范错误：" + "长" * 5000)
        for share in run.payload.get("shares", []):
            run.report(share, f"到 {share}" + "。" * 600)
            with run.database.reading() as session:
                row = session.get_one(Job, run.id)
            self.seen.append((row.progress, row.message))
        self.done.append(run.id)
        return {"effects": len(self.done)}


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Work:
    task = Work()
    monkeypatch.setitem(jobs.TASKS, "test.work", task)
    return task


class Steps:
    """A kind of job of four steps, each stored before it is told; `during` happens in each."""

    def __init__(self) -> None:
        self.stored: list[int] = []
        self.during: Callable[[int, JobRun], None] = lambda _step, _run: None

    def __call__(self, run: JobRun) -> dict[str, Any]:
        for step in range(1, 5):
            self.stored.append(step)
            self.during(step, run)
            run.report(step / 4, f"{step} / 4")
        return {"steps": 4}


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> Steps:
    task = Steps()
    monkeypatch.setitem(jobs.TASKS, "test.work", task)
    return task


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.moment = clock.now()

    def __call__(self) -> datetime:
        return self.moment

    def pass_by(self, **time: float) -> None:
        self.moment += timedelta(**time)


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Clock:
    moving = Clock()
    monkeypatch.setattr(clock, "now", moving)
    return moving


def enqueue(database: Database, **payload: Any) -> int:
    with database.transaction() as session:
        return jobs.enqueue(session, "test.work", payload).id


def cancel(database: Database, job_id: int) -> None:
    with database.transaction() as session:
        jobs.cancel(session, session.get_one(Job, job_id))


def cancel_in(step: int) -> Callable[[int, JobRun], None]:
    """Somebody cancels the job while it is at this step."""

    def during(current: int, run: JobRun) -> None:
        if current == step:
            cancel(run.database, run.id)

    return during


def job_of(database: Database, job_id: int) -> Job:
    with database.reading() as session:
        return session.get_one(Job, job_id)


def test_a_job_is_written_and_sent_when_its_cause_is_committed_and_not_before(
    own_database: Database, work: Work
) -> None:
    sent: list[int] = []
    own_database.send_job = sent.append
    with own_database.transaction() as session:
        factories.make_need(session)
        job_id = jobs.enqueue(session, "test.work").id
        assert sent == []

    assert sent == [job_id]
    assert job_of(own_database, job_id).status == JobStatus.QUEUED


def test_a_job_vanishes_with_the_cause_that_failed(own_database: Database, work: Work) -> None:
    sent: list[int] = []
    own_database.send_job = sent.append

    def fail() -> None:
        with own_database.transaction() as session:
            factories.make_need(session)
            jobs.enqueue(session, "test.work")
            session.execute(text("INSERT INTO nowhere VALUES (1)"))

    with pytest.raises(DBAPIError):
        fail()

    with own_database.reading() as session:
        assert session.scalar(select(func.count(Job.id))) == 0
        assert session.scalar(select(func.count(Need.id))) == 0
    assert sent == []


def test_a_savepoint_sends_nothing_early_and_takes_only_its_own_jobs_with_it(
    own_database: Database, work: Work
) -> None:
    sent: list[int] = []
    own_database.send_job = sent.append
    with own_database.transaction() as session:
        first = jobs.enqueue(session, "test.work").id
        with session.begin_nested():
            second = jobs.enqueue(session, "test.work").id
        assert sent == []
        undone = session.begin_nested()
        jobs.enqueue(session, "test.work")
        undone.rollback()

    assert sent[:2] == [first, second]
    assert jobs.run_due(own_database) == 2
    assert work.done == [first, second]


def test_what_was_undone_in_a_session_that_goes_on_is_not_sent(
    own_database: Database, work: Work
) -> None:
    sent: list[int] = []
    own_database.send_job = sent.append

    with own_database.transaction() as session:
        jobs.enqueue(session, "test.work")
        session.rollback()
        factories.make_need(session)

    assert sent == []


def test_an_unknown_kind_is_not_written(own_database: Database) -> None:
    with pytest.raises(KeyError), own_database.transaction() as session:
        jobs.enqueue(session, "test.nobody_does_this")

    with own_database.reading() as session:
        assert session.scalar(select(func.count(Job.id))) == 0


def test_what_is_delivered_twice_has_one_effect_and_keeps_its_result(
    own_database: Database, work: Work
) -> None:
    job_id = enqueue(own_database)

    assert [jobs.run(own_database, job_id) for _time in range(3)] == [True, False, False]

    job = job_of(own_database, job_id)
    assert work.done == [job_id]
    assert (job.status, job.progress, job.attempts) == (JobStatus.DONE, 1.0, 1)
    assert job.result == {"effects": 1}
    assert job.started_at is not None
    assert job.finished_at is not None
    assert job.lease_until is None


def test_a_number_that_is_no_job_does_nothing(own_database: Database, work: Work) -> None:
    assert jobs.run(own_database, 999_999) is False


def test_a_job_waits_for_its_time_even_when_it_is_delivered_early(
    own_database: Database, work: Work, time: Clock
) -> None:
    with own_database.transaction() as session:
        job_id = jobs.enqueue(session, "test.work", delay=timedelta(seconds=60)).id

    time.pass_by(seconds=59)
    assert jobs.run(own_database, job_id) is False
    assert jobs.sweep(own_database) == 0
    time.pass_by(seconds=1)
    assert jobs.sweep(own_database) == 1
    assert jobs.run(own_database, job_id) is True


def test_a_queue_that_fails_loses_nothing(own_database: Database, work: Work) -> None:
    def broken(job_id: int) -> None:
        raise ConnectionError

    own_database.send_job = broken
    job_id = enqueue(own_database)
    sent: list[int] = []
    own_database.send_job = sent.append

    assert jobs.sweep(own_database) == 1
    assert sent == [job_id]


def test_the_sweep_is_patient_with_what_it_has_just_sent(
    own_database: Database, work: Work, time: Clock
) -> None:
    sent: list[int] = []
    own_database.send_job = sent.append
    job_id = enqueue(own_database)
    sent.clear()

    found = []
    for seconds in (0, 9, 2):
        time.pass_by(seconds=seconds)
        found.append(jobs.sweep(own_database))
    jobs.run(own_database, job_id)
    time.pass_by(seconds=11)
    found.append(jobs.sweep(own_database))

    assert found == [1, 0, 1, 0]
    assert sent == [job_id, job_id]


def test_the_sweep_sends_everything_that_is_due(own_database: Database, work: Work) -> None:
    ids = [enqueue(own_database) for _n in range(3)]
    sent: list[int] = []
    own_database.send_job = sent.append

    assert jobs.sweep(own_database) == 3

    assert sorted(sent) == ids


def test_the_sweep_sends_a_failed_attempt_again_when_its_pause_is_over(
    own_database: Database, work: Work, time: Clock
) -> None:
    job_id = enqueue(own_database, failures=1)
    assert jobs.sweep(own_database) == 1
    jobs.run(own_database, job_id)

    assert jobs.sweep(own_database) == 0
    time.pass_by(seconds=2)
    assert jobs.sweep(own_database) == 1


def test_a_job_whose_worker_died_is_taken_over_when_its_lease_has_run_out(
    own_database: Database, work: Work, time: Clock
) -> None:
    job_id = enqueue(own_database)
    assert jobs._claim(own_database, job_id) == ("test.work", {})
    assert job_of(own_database, job_id).status == JobStatus.RUNNING

    time.pass_by(minutes=4, seconds=59)
    assert jobs.run(own_database, job_id) is False
    assert jobs.sweep(own_database) == 0
    time.pass_by(seconds=2)
    assert jobs.sweep(own_database) == 1
    assert jobs.run(own_database, job_id) is True

    job = job_of(own_database, job_id)
    assert (job.status, job.attempts, work.done) == (JobStatus.DONE, 2, [job_id])


def test_a_job_that_reports_keeps_its_lease(
    own_database: Database, work: Work, time: Clock
) -> None:
    job_id = enqueue(own_database)
    jobs._claim(own_database, job_id)
    time.pass_by(minutes=4)
    JobRun(job_id, {}, own_database).report(0.5)
    time.pass_by(minutes=4)

    assert jobs.run(own_database, job_id) is False
    assert work.done == []


def test_progress_is_there_for_others_while_the_job_runs(
    own_database: Database, work: Work
) -> None:
    job_id = enqueue(own_database, shares=[0.25, 1.7, -1])

    jobs.run(own_database, job_id)

    assert [progress for progress, _message in work.seen] == [0.25, 1.0, 0.0]
    assert {len(message) for _progress, message in work.seen} == {500}
    assert job_of(own_database, job_id).progress == 1.0


def test_a_failing_job_is_tried_later_each_time_after_a_longer_pause(
    own_database: Database, work: Work, time: Clock
) -> None:
    job_id = enqueue(own_database, failures=3)
    pauses = []
    for _attempt in range(3):
        assert jobs.run(own_database, job_id) is True
        job = job_of(own_database, job_id)
        assert job.status == JobStatus.QUEUED
        assert job.error.startswith("ValueError: 示范错误")
        assert jobs.run(own_database, job_id) is False, "not before its time"
        pauses.append((job.run_after - time.moment).total_seconds())
        time.moment = job.run_after

    assert jobs.run(own_database, job_id) is True

    job = job_of(own_database, job_id)
    assert pauses == [2.0, 4.0, 8.0]
    assert (job.status, job.error, job.attempts) == (JobStatus.DONE, "", 4)


def test_a_job_that_always_fails_ends_as_failed_with_its_error(
    own_database: Database, work: Work, time: Clock
) -> None:
    with own_database.transaction() as session:
        job_id = jobs.enqueue(session, "test.work", {"failures": 99}, max_attempts=3).id
    for _attempt in range(3):
        jobs.run(own_database, job_id)
        time.pass_by(minutes=1)

    job = job_of(own_database, job_id)
    assert (job.status, job.attempts, job.lease_until) == (JobStatus.FAILED, 3, None)
    assert job.error.startswith("ValueError: 示范错误：长长")
    assert len(job.error) == jobs.ERROR_LIMIT
    assert job.finished_at is not None
    assert jobs.run(own_database, job_id) is False
    assert jobs.sweep(own_database) == 0
    assert jobs.run_due(own_database) == 0


def test_a_failed_job_that_is_tried_again_begins_anew_and_is_sent(
    own_database: Database, work: Work
) -> None:
    with own_database.transaction() as session:
        job_id = jobs.enqueue(session, "test.work", {"failures": 1}, max_attempts=1).id
    jobs.run(own_database, job_id)
    sent: list[int] = []
    own_database.send_job = sent.append

    with own_database.transaction() as session:
        jobs.retry(session, session.get_one(Job, job_id))

    assert sent == [job_id]
    assert job_of(own_database, job_id).finished_at is None
    assert jobs.run(own_database, job_id) is True
    job = job_of(own_database, job_id)
    assert (job.status, job.attempts, job.error) == (JobStatus.DONE, 1, "")


def test_a_job_of_a_kind_that_is_gone_fails_and_says_which(
    own_database: Database, work: Work
) -> None:
    job_id = enqueue(own_database)
    with own_database.transaction() as session:
        session.execute(update(Job).values(kind="test.removed", max_attempts=1))

    assert jobs.run(own_database, job_id) is True

    job = job_of(own_database, job_id)
    assert (job.status, job.error) == (JobStatus.FAILED, "KeyError: 'test.removed'")


def test_a_job_that_waits_is_cancelled_at_once_and_never_runs(
    own_database: Database, steps: Steps, time: Clock
) -> None:
    job_id = enqueue(own_database)

    cancel(own_database, job_id)

    job = job_of(own_database, job_id)
    assert (job.status, job.finished_at) == (JobStatus.CANCELLED, time.moment)
    assert jobs.run(own_database, job_id) is False
    assert jobs.sweep(own_database) == 0
    assert steps.stored == []


def test_a_job_that_runs_stops_where_it_next_reports_and_keeps_what_it_has_stored(
    own_database: Database, steps: Steps, time: Clock
) -> None:
    job_id = enqueue(own_database)
    steps.during = cancel_in(2)

    assert jobs.run(own_database, job_id) is True

    job = job_of(own_database, job_id)
    assert steps.stored == [1, 2]
    assert (job.status, job.progress, job.message) == (JobStatus.CANCELLED, 0.5, "2 / 4")
    assert (job.error, job.result, job.lease_until) == ("", None, None)
    assert job.finished_at == time.moment
    time.pass_by(hours=1)
    assert jobs.sweep(own_database) == 0
    assert jobs.run_due(own_database) == 0


def test_a_task_can_look_whether_to_go_on_between_two_reports(
    own_database: Database, steps: Steps
) -> None:
    job_id = enqueue(own_database)

    def during(step: int, run: JobRun) -> None:
        run.check()
        cancel(run.database, run.id)
        run.check()
        steps.stored.append(-step)

    steps.during = during
    jobs.run(own_database, job_id)

    assert steps.stored == [1]
    assert job_of(own_database, job_id).status == JobStatus.CANCELLED


def test_cancelling_twice_is_cancelling_once(
    own_database: Database, steps: Steps, time: Clock
) -> None:
    waiting, running = enqueue(own_database), enqueue(own_database)
    jobs._claim(own_database, running)
    first = time.moment
    for _time in range(2):
        cancel(own_database, waiting)
        cancel(own_database, running)
        time.pass_by(seconds=5)

    for job_id, status in ((waiting, JobStatus.CANCELLED), (running, JobStatus.RUNNING)):
        job = job_of(own_database, job_id)
        assert (job.status, job.cancel_requested_at) == (status, first)


@pytest.mark.parametrize(
    ("failures", "words"),
    [
        (0, "任务已经结束（已完成），没有可以取消的了。"),
        (1, "任务已经结束（失败），没有可以取消的了。"),
    ],
)
def test_a_job_that_has_ended_says_so_to_who_would_cancel_it(
    own_database: Database, work: Work, failures: int, words: str
) -> None:
    with own_database.transaction() as session:
        job_id = jobs.enqueue(session, "test.work", {"failures": failures}, max_attempts=1).id
    jobs.run(own_database, job_id)
    before = job_of(own_database, job_id)

    with pytest.raises(NotNowError) as refusal:
        cancel(own_database, job_id)

    after = job_of(own_database, job_id)
    assert str(refusal.value.message) == words
    assert (after.status, after.finished_at) == (before.status, before.finished_at)
    assert after.cancel_requested_at is None


def test_a_job_that_is_cancelled_in_its_last_step_has_done_everything_and_is_done(
    own_database: Database, steps: Steps
) -> None:
    job_id = enqueue(own_database)
    steps.during = cancel_in(4)

    jobs.run(own_database, job_id)

    job = job_of(own_database, job_id)
    assert (job.status, job.result) == (JobStatus.DONE, {"steps": 4})


def test_a_job_that_fails_after_it_was_cancelled_is_not_tried_again(
    own_database: Database, steps: Steps, time: Clock
) -> None:
    job_id = enqueue(own_database)

    def during(_step: int, run: JobRun) -> None:
        cancel(run.database, run.id)
        raise ValueError("示范错误")

    steps.during = during
    jobs.run(own_database, job_id)

    job = job_of(own_database, job_id)
    assert (job.status, job.error) == (JobStatus.CANCELLED, "ValueError: 示范错误")
    time.pass_by(hours=1)
    assert jobs.run_due(own_database) == 0


def test_a_cancelled_job_whose_worker_died_ends_when_its_lease_has_run_out(
    own_database: Database, steps: Steps, time: Clock
) -> None:
    job_id = enqueue(own_database)
    jobs._claim(own_database, job_id)
    cancel(own_database, job_id)

    time.pass_by(minutes=4, seconds=59)
    jobs.sweep(own_database)
    assert job_of(own_database, job_id).status == JobStatus.RUNNING, "it may be at work yet"
    time.pass_by(seconds=2)
    assert jobs.run(own_database, job_id) is False
    assert jobs.sweep(own_database) == 0

    job = job_of(own_database, job_id)
    assert (job.status, job.finished_at) == (JobStatus.CANCELLED, time.moment)
    assert steps.stored == []


def test_a_worker_that_comes_back_late_does_not_undo_the_cancellation(
    own_database: Database, steps: Steps, time: Clock
) -> None:
    job_id = enqueue(own_database)

    def during(step: int, run: JobRun) -> None:
        if step == 4:
            cancel(run.database, run.id)
            time.pass_by(minutes=6)
            jobs.sweep(run.database)

    steps.during = during
    jobs.run(own_database, job_id)

    job = job_of(own_database, job_id)
    assert (job.status, job.progress, job.result) == (JobStatus.CANCELLED, 0.75, None)


def test_a_cancelled_job_is_run_again_from_the_beginning(
    own_database: Database, steps: Steps
) -> None:
    job_id = enqueue(own_database)
    steps.during = cancel_in(2)
    jobs.run(own_database, job_id)
    steps.during = lambda _step, _run: None

    with own_database.transaction() as session:
        jobs.retry(session, session.get_one(Job, job_id))

    job = job_of(own_database, job_id)
    assert (job.status, job.progress, job.message) == (JobStatus.QUEUED, 0.0, "")
    assert jobs.run(own_database, job_id) is True
    job = job_of(own_database, job_id)
    assert (job.status, job.cancel_requested_at) == (JobStatus.DONE, None)
    assert steps.stored == [1, 2, 1, 2, 3, 4]


@pytest.mark.parametrize("fails", [False, True])
def test_an_end_at_the_same_moment_as_a_cancellation_waits_for_it(
    own_database: Database, steps: Steps, fails: bool
) -> None:
    job_id = enqueue(own_database)
    jobs._claim(own_database, job_id)

    def end() -> None:
        if fails:
            jobs._note_failure(own_database, job_id, ValueError("示范错误"))
        else:
            jobs._finish(own_database, job_id, {"steps": 4})

    ending = threading.Thread(target=end)
    with own_database.transaction() as session:
        jobs.cancel(session, session.get_one(Job, job_id))
        ending.start()
        ending.join(0.2)
        assert ending.is_alive()
    ending.join()

    expected = JobStatus.CANCELLED if fails else JobStatus.DONE
    assert job_of(own_database, job_id).status == expected


def test_a_cancellation_at_the_same_moment_as_the_end_waits_for_it_and_says_so(
    own_database: Database, steps: Steps
) -> None:
    job_id = enqueue(own_database)
    jobs._claim(own_database, job_id)
    said: list[str] = []

    def ask() -> None:
        try:
            cancel(own_database, job_id)
        except NotNowError as error:
            said.append(str(error.message))

    asking = threading.Thread(target=ask)
    with own_database.transaction() as session:
        session.execute(update(Job).values(status=JobStatus.DONE, finished_at=clock.now()))
        asking.start()
        asking.join(0.2)
        assert asking.is_alive()
    asking.join()

    assert said == ["任务已经结束（已完成），没有可以取消的了。"]
    assert job_of(own_database, job_id).status == JobStatus.DONE


def test_a_job_whose_process_is_interrupted_waits_for_the_next_one(
    own_database: Database, steps: Steps
) -> None:
    job_id = enqueue(own_database)

    def interrupt(_step: int, _run: JobRun) -> None:
        raise KeyboardInterrupt

    steps.during = interrupt
    with pytest.raises(KeyboardInterrupt):
        jobs.run(own_database, job_id)

    job = job_of(own_database, job_id)
    assert (job.status, job.lease_until, job.error) == (JobStatus.QUEUED, None, "")
    steps.during = lambda _step, _run: None
    assert jobs.sweep(own_database) == 1
    assert jobs.run(own_database, job_id) is True


@pytest.mark.parametrize(
    "values",
    [
        {"status": JobStatus.CANCELLED, "cancel_requested_at": None},
        {"status": JobStatus.QUEUED, "cancel_requested_at": clock.now()},
    ],
)
def test_the_database_knows_no_cancellation_without_somebody_who_asked_for_it(
    own_database: Database, steps: Steps, values: dict[str, Any]
) -> None:
    enqueue(own_database)

    with pytest.raises(IntegrityError), own_database.transaction() as session:
        session.execute(update(Job).values(**values))


def test_who_runs_a_job_hears_how_far_it_is(own_database: Database, steps: Steps) -> None:
    enqueue(own_database)
    heard: list[float] = []

    jobs.run_due(own_database, heard.append)

    assert heard == [0.25, 0.5, 0.75, 1.0]
