"""The administrator's pages: jobs with what became of them, mail, people, scoring again."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker import clock, jobs
from matchmaker.accounts import passwords
from matchmaker.admin import queries
from matchmaker.db import Database
from matchmaker.jobs import JobRun
from matchmaker.matching import service as matching
from matchmaker.matching import tasks as matching_tasks
from models import Activity, Job, JobStatus, Mail, Match, Notification, Role, User
from tests import factories
from tests.conftest import SignedIn
from tests.pages import one, opened, parsed, statements, table_rows


@pytest.fixture
def browser(signed_in: SignedIn, administrator: User) -> FlaskClient:
    return signed_in(administrator)


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


def make_mail(database: Database, key: str, **values: Any) -> None:
    with database.transaction() as session:
        session.add(
            Mail(
                key=key, recipient=f"{key}@example.org", subject=f"主题 {key}",
                body=values.pop("body", "正文"), created_at=clock.now(), **values,
            )
        )  # fmt: skip


def job_of(database: Database, job_id: int) -> Job:
    with database.reading() as session:
        return session.get_one(Job, job_id)


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


def test_the_outbox_shows_every_mail_and_whether_it_left(
    browser: FlaskClient, database: Database
) -> None:
    make_mail(database, "waiting", body="请打开 http://localhost/reset/abc <b>")
    make_mail(database, "sent", sent_at=clock.now())
    make_mail(database, "failed", error="Connection refused")

    page = opened(browser, "/admin/mail")

    failed, sent, waiting = (
        part.get_text(" ", strip=True) for part in page.select("details.mm-fold")
    )
    assert "主题 failed failed@example.org" in failed
    assert "失败" in failed
    assert "Connection refused" in failed
    assert "已寄出" in sent
    assert "未寄出" in waiting
    assert "http://localhost/reset/abc <b>" in waiting
    assert "邮件不会寄出" in page.get_text()


def test_an_empty_outbox_says_when_there_will_be_mail(browser: FlaskClient) -> None:
    page = opened(browser, "/admin/mail")

    assert len(page.select("main .mm-state")) == 1


def test_people_are_found_by_name_or_address(signed_in: SignedIn, database: Database) -> None:
    factories.add_user(database, name="何静", email="hejing@example.org")
    factories.add_user(database, name="100%", email="full@example.org")
    chief = factories.add_user(
        database, Role.ADMINISTRATOR, name="管理员", email="chief@example.org"
    )
    browser = signed_in(chief)

    for typed, found in (
        ("", {"何静", "100%", "管理员"}),
        ("何", {"何静"}),
        (" HEJING@ ", {"何静"}),
        ("%", {"100%"}),
        ("_", set()),
        ("没有这个人", set()),
    ):
        page = opened(browser, "/admin/people", q=typed)
        assert {cell.get_text(strip=True) for cell in page.select("tbody th")} == found, typed


def test_a_character_that_no_column_holds_is_left_out_of_a_search(session: Session) -> None:
    person = factories.make_user(session, name="何静")
    factories.make_user(session, name="别人")

    assert queries.people(session, "何\x00静") == [person]
    assert queries.count_people(session, "\x00何静") == 1


def test_closing_an_account_ends_its_sessions_and_opening_lets_the_person_in_again(
    browser: FlaskClient, client: FlaskClient, signed_in: SignedIn, database: Database
) -> None:
    person = factories.add_user(
        database, name="何静", password_hash=passwords.hash_password(factories.PASSWORD)
    )
    other = signed_in(person)
    data = {"email": person.email, "password": factories.PASSWORD}
    assert other.get("/account").status_code == 200

    def row_of(name: str) -> str:
        (row,) = (row for row in table_rows(opened(browser, "/admin/people")) if name in row)
        return row

    answer = browser.post(f"/admin/people/{person.id}/close")

    assert answer.location == "/admin/people"
    assert other.get("/account").location.startswith("/sign-in")
    assert client.post("/sign-in", data=data).status_code == 422
    assert "已停用" in row_of("何静")

    browser.post(f"/admin/people/{person.id}/open")

    assert "已停用" not in row_of("何静")
    assert other.get("/account").status_code == 302, "ended sessions stay ended"
    assert client.post("/sign-in", data=data).status_code == 302
    with database.reading() as session:
        lines = session.scalars(
            select(Activity.action).where(Activity.user_id == person.id).order_by(Activity.id)
        )
        assert list(lines) == ["user.closed", "user.opened"]


def test_nobody_closes_the_own_account(
    browser: FlaskClient, database: Database, administrator: User
) -> None:
    assert f"/admin/people/{administrator.id}/close" not in browser.get("/admin/people").text

    assert browser.post(f"/admin/people/{administrator.id}/close").status_code == 403

    assert browser.get("/account").status_code == 200


def test_only_administrators_read_mail_and_close_accounts(
    signed_in: SignedIn, database: Database, administrator: User
) -> None:
    for role in set(Role) - {Role.ADMINISTRATOR}:
        browser = signed_in(factories.add_user(database, role))
        for address in ("/admin/jobs", "/admin/mail", "/admin/people"):
            assert browser.get(address).status_code == 404
        assert browser.post(f"/admin/people/{administrator.id}/close").status_code == 404

    with database.reading() as session:
        assert session.get_one(User, administrator.id).active is True


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


def test_the_lists_ask_the_database_as_often_for_three_rows_as_for_one(
    browser: FlaskClient, database: Database, administrator: User
) -> None:
    for address in ("/admin/jobs", "/admin/mail", "/admin/people"):
        numbers = []
        for more in (1, 2):
            for n in range(more):
                person = factories.add_user(database)
                make_job(database, created_by_id=person.id)
                make_mail(database, f"{address.rpartition('/')[2]}{more}{n}")
            numbers.append(statements(database, browser, address))
        assert numbers[0] == numbers[1], address


def test_the_health_check_answers_strangers_and_says_how_the_database_is_kept(
    client: FlaskClient,
) -> None:
    answer = client.get("/health")

    assert answer.status_code == 200
    assert answer.json is not None
    assert (answer.json["status"], answer.json["database"]) == ("ok", "sqlite")
    assert answer.json["journal_mode"] in {"wal", "truncate"}
