"""The administrator's pages: mail, people, and what strangers may know."""

from __future__ import annotations

from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker import clock
from matchmaker.accounts import passwords
from matchmaker.admin import queries
from matchmaker.db import Database
from models import Activity, Mail, Role, User
from tests import factories
from tests.admin.job_rows import make_job
from tests.conftest import SignedIn
from tests.pages import opened, statements, table_rows


def make_mail(database: Database, key: str, **values: Any) -> None:
    with database.transaction() as session:
        session.add(
            Mail(
                key=key, recipient=f"{key}@example.org", subject=f"主题 {key}",
                body=values.pop("body", "正文"), created_at=clock.now(), **values,
            )
        )  # fmt: skip


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
