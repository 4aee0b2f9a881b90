"""The pages of jobs: what became of them, trying again, cancelling, scoring everything again."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from matchmaker import clock, jobs
from matchmaker.db import Database
from matchmaker.jobs import JobRun
from matchmaker.matching import service as matching
from matchmaker.matching import tasks as matching_tasks
from models import Job, JobStatus, Match, Notification, Role, User
from tests import factories
from tests.admin.job_rows import job_of, make_job
from tests.conftest import SignedIn
from tests.pages import one, opened, parsed, table_rows


def test_the_list_of_jobs_shows_state_progress_attempts_and_error(
    browser: FlaskClient, database: Database
) -> None:
    make_job(database, JobStatus.RUNNING, progress=0.456, message="91 / 200", attempts=1)
    make_job(database, JobStatus.FAILED, error="ValueError: 示范错误", attempts=5)
    make_job(database, JobStatus.DONE, progress=1.0, attempts=2)

    done, failed, running = table_rows(opened(browser, "/admin/jobs"))

    for words in ("已完成", "100%", "2 / 5"):
        assert words in done
    for words in ("失败", "0%", "5 / 5", "ValueError: 示范错误"):
        assert words in failed
    for words in ("进行中", "46%", "1 / 5", "91 / 200"):
        assert words in running


def test_jobs_are_narrowed_to_a_state_and_counted(
    browser: FlaskClient, database: Database
) -> None:
    failed = [make_job(database, JobStatus.FAILED, error="x") for _n in range(2)]
    make_job(database, JobStatus.DONE)
    cancelled = make_job(database, JobStatus.CANCELLED)

    links = opened(browser, "/admin/jobs").select(".mm-seg a")

    assert [link.get_text(strip=True) for link in links] == [
        "全部 4", "排队中 0", "进行中 0", "已完成 1", "失败 2", "已取消 1",
    ]  # fmt: skip
    shown = opened(browser, "/admin/jobs?status=failed")
    assert [a.get_text() for a in shown.select("tbody td a")] == [str(i) for i in failed[::-1]]
    (row,) = table_rows(opened(browser, "/admin/jobs?status=cancelled"))
    assert row.startswith(f"{cancelled} ")
    assert "已取消" in row
    assert len(table_rows(opened(browser, "/admin/jobs?status=nonsense"))) == 4
    assert table_rows(opened(browser, "/admin/jobs?status=queued")) == []


def test_the_page_of_a_running_job_shows_how_far_it_is_and_renews_itself(
    browser: FlaskClient, database: Database
) -> None:
    running = make_job(database, JobStatus.RUNNING, progress=0.25, message="50 / 200")
    done = make_job(database, JobStatus.DONE, progress=1.0, result={"created": 7, "refused": 0})

    page, after = (opened(browser, f"/admin/jobs/{job_id}") for job_id in (running, done))

    assert "25%" in page.get_text()
    assert "50 / 200" in page.get_text()
    assert page.select("meta[http-equiv=refresh]")
    assert not after.select("meta[http-equiv=refresh]")
    facts = after.select("dl.mm-facts")[-1]
    assert facts.get_text(" ", strip=True) == "新增 7 不能导入 0"


def test_an_error_is_shown_as_text(browser: FlaskClient, database: Database) -> None:
    job_id = make_job(database, JobStatus.FAILED, error="<script>alert(1)</script>")

    for address in (f"/admin/jobs/{job_id}", "/admin/jobs"):
        page = browser.get(address).text
        assert "&lt;script&gt;alert(1)" in page
        assert "<script>alert(1)" not in page


def test_a_failed_job_is_run_again_from_its_page(
    browser: FlaskClient, database: Database, app: Flask
) -> None:
    job_id = make_job(
        database, JobStatus.FAILED, kind="matching.refresh_all", error="x", attempts=5
    )
    address = f"/admin/jobs/{job_id}/retry"
    assert f'action="{address}"' in browser.get(f"/admin/jobs/{job_id}").text

    answer = browser.post(address)

    assert answer.location == f"/admin/jobs/{job_id}"
    queued = job_of(database, job_id)
    assert (queued.status, queued.attempts, queued.error) == (JobStatus.QUEUED, 0, "")
    with app.app_context():
        jobs.run_due(database)
    assert job_of(database, job_id).status == JobStatus.DONE
    assert f'action="{address}"' not in browser.get(f"/admin/jobs/{job_id}").text


@pytest.mark.parametrize("status", [JobStatus.QUEUED, JobStatus.RUNNING, JobStatus.DONE])
def test_only_a_job_that_failed_or_was_cancelled_is_run_again(
    browser: FlaskClient, database: Database, status: JobStatus
) -> None:
    job_id = make_job(database, status, attempts=1)

    answer = browser.post(f"/admin/jobs/{job_id}/retry")

    assert answer.status_code == 409
    assert "只有失败或已取消的任务可以重试。" in answer.text
    assert (job_of(database, job_id).status, job_of(database, job_id).attempts) == (status, 1)


def test_a_job_that_does_not_exist_is_not_found(browser: FlaskClient) -> None:
    for number in ("999999", "9" * 30):
        assert browser.get(f"/admin/jobs/{number}").status_code == 404
        for verb in ("retry", "cancel"):
            assert browser.post(f"/admin/jobs/{number}/{verb}").status_code == 404


def test_an_organiser_sees_the_own_jobs_and_cannot_run_them_again(
    signed_in: SignedIn, database: Database, administrator: User
) -> None:
    organiser = factories.add_user(database, Role.ORGANISER)
    own = make_job(database, JobStatus.FAILED, error="示范错误", created_by_id=organiser.id)
    others = make_job(database, created_by_id=administrator.id)
    browser = signed_in(organiser)

    page = browser.get(f"/admin/jobs/{own}")

    assert "示范错误" in page.text
    assert "/retry" not in page.text
    assert browser.post(f"/admin/jobs/{own}/retry").status_code == 404
    assert browser.get(f"/admin/jobs/{others}").status_code == 404
    assert browser.get("/admin/jobs").status_code == 404


def test_a_job_that_waits_is_cancelled_from_its_page(
    browser: FlaskClient, database: Database
) -> None:
    job_id = make_job(database, created_by_id=None)
    address = f"/admin/jobs/{job_id}"
    form = one(opened(browser, address), f'form[action="{address}/cancel"]')
    button = one(form, "button")
    assert button.get_text(strip=True) == "取消任务"
    assert button["data-confirm"] == "已经做完的部分保留，其余不再做。确定取消吗？"

    answer = browser.post(f"{address}/cancel", follow_redirects=True)

    page = parsed(answer)
    assert "任务已取消。" in page.get_text()
    assert one(page, "dd .mm-badge").get_text(strip=True) == "已取消"
    assert not page.select(f'form[action="{address}/cancel"], meta[http-equiv=refresh]')
    assert page.select(f'form[action="{address}/retry"]')
    assert jobs.run_due(database) == 0
    assert job_of(database, job_id).status == JobStatus.CANCELLED


def test_the_page_of_a_running_job_says_that_it_is_being_cancelled_and_renews_itself(
    browser: FlaskClient, database: Database
) -> None:
    job_id = make_job(database, JobStatus.RUNNING, progress=0.25)
    address = f"/admin/jobs/{job_id}"

    page = parsed(browser.post(f"{address}/cancel", follow_redirects=True))

    assert "已请求取消，任务做完手头这一步就停下。" in page.get_text()
    assert one(page, "dd .mm-badge").get_text(strip=True) == "正在取消"
    assert page.select("meta[http-equiv=refresh]")
    assert not page.select(f'form[action="{address}/cancel"]')
    (row,) = table_rows(opened(browser, "/admin/jobs"))
    assert "正在取消" in row
    assert browser.post(f"{address}/cancel").status_code == 302, "asking twice is asking once"


@pytest.mark.parametrize(
    ("status", "words"), [(JobStatus.DONE, "已完成"), (JobStatus.FAILED, "失败")]
)
def test_a_job_that_has_ended_is_not_cancelled(
    browser: FlaskClient, database: Database, status: JobStatus, words: str
) -> None:
    job_id = make_job(database, status)
    assert "/cancel" not in browser.get(f"/admin/jobs/{job_id}").text

    answer = browser.post(f"/admin/jobs/{job_id}/cancel")

    assert answer.status_code == 409
    assert f"任务已经结束（{words}），没有可以取消的了。" in answer.text
    assert job_of(database, job_id).status == status


def test_a_job_that_was_done_before_it_could_stop_says_so(
    browser: FlaskClient, database: Database
) -> None:
    job_id = make_job(database, JobStatus.DONE, cancel_requested_at=clock.now())

    assert "请求取消的时候，任务已经做完。" in browser.get(f"/admin/jobs/{job_id}").text


def test_an_organiser_cancels_the_own_jobs_and_no_others(
    signed_in: SignedIn, database: Database, administrator: User
) -> None:
    organiser = factories.add_user(database, Role.ORGANISER)
    own = make_job(database, created_by_id=organiser.id)
    others = [make_job(database, created_by_id=administrator.id), make_job(database)]
    browser = signed_in(organiser)
    assert f'action="/admin/jobs/{own}/cancel"' in browser.get(f"/admin/jobs/{own}").text

    assert browser.post(f"/admin/jobs/{own}/cancel").location == f"/admin/jobs/{own}"
    for job_id in others:
        assert browser.post(f"/admin/jobs/{job_id}/cancel").status_code == 404

    assert job_of(database, own).status == JobStatus.CANCELLED
    assert {job_of(database, job_id).status for job_id in others} == {JobStatus.QUEUED}


def test_scoring_that_is_cancelled_between_two_batches_keeps_what_it_has_stored(
    app: Flask, browser: FlaskClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.transaction() as session:
        needs = [
            factories.make_need(session, title=f"单晶高镍正极材料的低残锂制备 {n}").id
            for n in range(3)
        ]
        factories.make_achievement(session, title="单晶高镍三元材料残锂原位转化")
    address = browser.post("/admin/refresh").location
    batches: list[list[int]] = []
    propose = matching.propose

    def propose_and_cancel(recommender: Any, kind: Any, records: Any, **options: Any) -> Any:
        batches.append(list(records))
        if len(batches) == 2:
            person = threading.Thread(target=browser.post, args=(f"{address}/cancel",))
            person.start()
            person.join()
        return propose(recommender, kind, records, **options)

    monkeypatch.setattr(matching_tasks, "BATCH", 1)
    monkeypatch.setattr(matching, "propose", propose_and_cancel)
    with app.app_context():
        jobs.run_due(database)

    assert batches == [[needs[0]], [needs[1]]]
    page = opened(browser, address)
    assert one(page, "dd .mm-badge").get_text(strip=True) == "已取消"
    assert "2 / 4" in page.get_text()

    def stored() -> list[int]:
        with database.reading() as session:
            return list(session.scalars(select(Match.need_id).order_by(Match.need_id)))

    assert stored() == needs[:2]

    assert browser.post(f"{address}/retry").location == address
    with app.app_context():
        jobs.run_due(database)
    assert one(opened(browser, address), "dd .mm-badge").get_text(strip=True) == "已完成"
    assert stored() == needs


@pytest.mark.parametrize("role", [Role.ORGANISER, Role.ADMINISTRATOR])
def test_an_office_lets_everything_be_scored_again_and_sees_how_far_it_is(
    app: Flask, signed_in: SignedIn, database: Database, role: Role
) -> None:
    with database.transaction() as session:
        person = factories.make_user(session, role)
        factories.make_need(session, title="单晶高镍正极材料的低残锂制备")
        factories.make_achievement(session, title="单晶高镍三元材料残锂原位转化")
    browser = signed_in(person)

    answer = browser.post("/admin/refresh")

    with database.reading() as session:
        job = session.scalars(select(Job)).one()
    assert (job.kind, job.created_by_id) == ("matching.refresh_all", person.id)
    assert answer.location == f"/admin/jobs/{job.id}"
    with app.app_context():
        jobs.run_due(database)
    assert "100%" in browser.get(answer.location).text
    assert job_of(database, job.id).result == {"records": 2}
    with database.reading() as session:
        assert session.scalar(select(func.count(Match.id))) == 1


def test_others_do_not_let_everything_be_scored_again(
    signed_in: SignedIn, database: Database
) -> None:
    assert signed_in(factories.add_user(database)).post("/admin/refresh").status_code == 404

    with database.reading() as session:
        assert session.scalar(select(func.count(Job.id))) == 0


def test_every_administrator_is_told_once_of_a_job_that_failed_for_good(
    own_database: Database,
) -> None:
    people = [factories.add_user(own_database, Role.ADMINISTRATOR).id for _n in range(2)]
    factories.add_user(own_database, Role.ADMINISTRATOR, active=False)
    factories.add_user(own_database, Role.ORGANISER)
    job_id = make_job(own_database, JobStatus.FAILED, error="x")
    make_job(own_database, JobStatus.DONE)

    for _time in range(2):
        jobs.TASKS["admin.report_failures"](JobRun(0, {}, own_database))

    with own_database.reading() as session:
        lines = list(session.scalars(select(Notification).order_by(Notification.user_id)))
    assert [line.user_id for line in lines] == people
    assert {(line.kind, line.values["id"]) for line in lines} == {("job.failed", job_id)}
    assert {line.endpoint_values["job_id"] for line in lines} == {job_id}
