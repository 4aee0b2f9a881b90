"""The ground: sessions on both databases, limits that the database holds, jobs that survive."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from config import ROOT
from matchmaker import guard, jobs
from matchmaker.db import Database, wal_is_safe
from matchmaker.jobs import JobRun
from models import Job, JobStatus, Need, Role
from tests import factories
from tests.conftest import SignedIn


def test_the_database_itself_refuses_a_title_that_is_too_long(session: Session) -> None:
    with pytest.raises(Exception, match=r"(?i)limit|too long"):
        factories.make_need(session, title="长" * 121)


def test_a_published_posting_without_an_end_is_refused(session: Session) -> None:
    with pytest.raises(IntegrityError):
        factories.make_need(session, valid_until=None)


def test_foreign_keys_hold(own_database: Database) -> None:
    with own_database.transaction() as session:
        need = factories.make_need(session)
        need_id = need.id
    with pytest.raises(IntegrityError), own_database.transaction() as session:
        session.execute(text("UPDATE postings SET owner_id = 999999"))
    with own_database.reading() as session:
        assert session.get_one(Need, need_id).owner_id != 999999


@pytest.fixture
def effects() -> list[int]:
    done: list[int] = []

    @jobs.task("test.effect")
    def effect(run: JobRun) -> None:
        if run.payload.get("fail"):
            message = "示范错误"
            raise ValueError(message)
        done.append(run.id)

    return done


def test_a_job_rolled_back_with_its_cause_never_runs(
    own_database: Database, effects: list[int]
) -> None:
    with own_database.sessions() as session:
        jobs.enqueue(session, "test.effect")
        session.rollback()

    assert jobs.run_due(own_database) == 0
    assert effects == []


def test_a_job_sent_twice_runs_once(own_database: Database, effects: list[int]) -> None:
    with own_database.transaction() as session:
        job_id = jobs.enqueue(session, "test.effect").id

    assert jobs.run(own_database, job_id)
    assert not jobs.run(own_database, job_id)
    assert effects == [job_id]


def test_an_id_that_the_queue_lost_is_sent_again(
    own_database: Database, effects: list[int]
) -> None:
    sent: list[int] = []
    with own_database.transaction() as session:
        job_id = jobs.enqueue(session, "test.effect").id
    own_database.send_job = sent.append

    assert jobs.sweep(own_database) == 1
    assert sent == [job_id]


def test_a_failing_job_is_tried_again_and_at_last_keeps_its_error(
    own_database: Database, effects: list[int]
) -> None:
    with own_database.transaction() as session:
        job_id = jobs.enqueue(session, "test.effect", {"fail": 1}, max_attempts=1).id

    jobs.run(own_database, job_id)

    with own_database.reading() as session:
        job = session.get_one(Job, job_id)
    assert job.status == JobStatus.FAILED
    assert "示范错误" in job.error
    assert effects == []


def test_a_change_over_somebody_elses_change_is_refused(own_database: Database) -> None:
    with own_database.transaction() as session:
        need_id = factories.make_need(session).id
    with own_database.sessions() as slow:
        mine = slow.get_one(Need, need_id)
        with own_database.transaction() as fast:
            fast.get_one(Need, need_id).tried = "先到"
        mine.tried = "后到"

        with pytest.raises((StaleDataError, OperationalError)):
            slow.commit()


@pytest.mark.parametrize(
    ("version", "safe"),
    [((3, 40, 1), False), ((3, 44, 6), True), ((3, 50, 7), True), ((3, 51, 2), False),
     ((3, 51, 3), True), ((3, 53, 4), True)],
)  # fmt: skip
def test_wal_is_used_only_where_sqlite_is_free_of_the_reset_bug(
    version: tuple[int, int, int], safe: bool
) -> None:
    assert wal_is_safe(version) is safe


def test_every_role_has_an_organisation_of_its_kind(session: Session) -> None:
    for role in Role:
        assert factories.make_user(session, role).organisation.kind == factories.KIND_OF_ROLE[role]


def test_an_unexpected_error_is_a_page_with_a_number_and_no_trace(
    app: Flask, database: Database, signed_in: SignedIn
) -> None:
    user = factories.add_user(database)

    def broken() -> str:
        raise RuntimeError("示范：内部错误")

    broken.access = guard.Access()  # type: ignore[attr-defined]
    app.view_functions["home.about"] = broken

    answer = signed_in(user).get("/about")

    assert answer.status_code == 500
    page = answer.get_data(as_text=True)
    assert "这一步没有成功" in page
    assert "内部错误" not in page
    assert signed_in(user).get("/").status_code == 200


ARGUMENT = re.compile(r'\bargs\.get(?:list)?\(\s*"([a-z_]+)"')
NONSENSE = ("steal", "-1", "9" * 30, "\x00", "٣", "%", "💥" * 300, "1e9", "2026-02-30")


def test_no_page_breaks_for_nonsense_in_its_address(
    app: Flask, database: Database, signed_in: SignedIn
) -> None:
    code = "\n".join(p.read_text(encoding="utf-8") for p in (ROOT / "matchmaker").rglob("*.py"))
    names = sorted(set(ARGUMENT.findall(code)))
    assert {"q", "chain", "mode", "page"} <= set(names)
    with database.transaction() as session:
        factories.make_match(session)
        people = [
            factories.make_user(session, role) for role in (Role.ORGANISER, Role.ADMINISTRATOR)
        ]
    pages = [
        rule.rule
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and not rule.arguments and rule.endpoint != "static"
    ]
    for browser in map(signed_in, people):
        for page in pages:
            for value in NONSENSE:
                answer = browser.get(page, query_string=dict.fromkeys(names, value))
                assert answer.status_code < 500, (page, value)
