"""A person's own account: profile, password, address, sessions."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from matchmaker import clock
from matchmaker.db import Database
from models import LoginSession, Role, User
from tests.accounts.people import NEW_PASSWORD, enter, link_of, mails, make
from tests.conftest import SignedIn
from tests.factories import PASSWORD


def test_forms_show_what_is_stored(signed_in: SignedIn, database: Database) -> None:
    user = make(database, position="示范高级工程师", phone="023-63012345")
    browser = signed_in(user)

    page = browser.get("/account").text
    edit = browser.get(f"/organisations/{user.organisation_id}/edit").text

    assert "示范高级工程师" in page
    assert "023-63012345" in page
    assert re.search(r'value="zh"\s+checked', page)
    assert f'value="{user.organisation.name}"' in edit
    assert re.search(r'value="500106"\s+selected', edit)


def test_the_profile_is_changed(signed_in: SignedIn, database: Database) -> None:
    user = make(database)
    browser = signed_in(user)

    answer = browser.post(
        "/account", data={"name": "示范新名", "phone": "023-63012345", "locale": "en"}
    )

    assert answer.location == "/account"
    with database.reading() as session:
        row = session.get(User, user.id)
        assert row is not None
        assert (row.name, row.phone, row.locale, row.single_keys) == (
            "示范新名", "023-63012345", "en", False,
        )  # fmt: skip


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("name", "", "请填写“姓名”"),
        ("name", "名" * 61, "最多 60 字，现在多出 1 字"),
        ("name", "a\x00b", "控制字符"),
        ("name", "a\nb", "控制字符"),
        ("phone", "12345", "11 位手机号"),
        ("locale", "fr", "请从列出的选项中选择"),
    ],
)
def test_bad_input_gets_a_sentence_and_stays(
    signed_in: SignedIn, database: Database, field: str, value: str, sentence: str
) -> None:
    typed = {"name": "示范名", "phone": "", "locale": "zh", "position": "高级工程师"}

    answer = signed_in(make(database)).post("/account", data=typed | {field: value})

    assert answer.status_code == 422
    assert sentence in answer.text
    assert "高级工程师" in answer.text


def test_a_changed_password_ends_other_browsers_and_keeps_this_one(
    client: FlaskClient, signed_in: SignedIn, database: Database
) -> None:
    user = make(database)
    enter(client, user)
    other = signed_in(user)

    wrong = client.post("/account/password", data={"current": "x", "password": NEW_PASSWORD})
    client.post("/account/password", data={"current": PASSWORD, "password": NEW_PASSWORD})

    assert "现在的密码不对" in wrong.text
    assert client.get("/account").status_code == 200
    assert other.get("/account").status_code == 302


def make_stale(database: Database, user: User) -> None:
    with database.transaction() as session:
        for row in session.scalars(select(LoginSession).where(LoginSession.user_id == user.id)):
            row.authenticated_at = clock.now() - timedelta(hours=1)


def test_a_new_address_needs_the_password_again_and_a_link(
    signed_in: SignedIn, database: Database
) -> None:
    user = make(database)
    browser = signed_in(user)
    make_stale(database, user)

    asked = browser.post("/account/email", data={"email": "neu@example.org"})
    assert asked.location.startswith("/account/confirm?next=")
    following = "/account/email?email=neu@example.org"
    wrong = browser.post("/account/confirm", data={"password": "x", "next": following})
    assert wrong.status_code == 422
    right = browser.post("/account/confirm", data={"password": PASSWORD, "next": following})
    assert right.location == following
    assert "neu@example.org" in browser.get(following).text, "nothing is typed twice"
    browser.post("/account/email", data={"email": "neu@example.org"})

    assert [mail.subject for mail in mails(database, user.email)] == ["有人申请修改登录邮箱"]
    browser.get(link_of(mails(database, "neu@example.org")[0]))
    with database.reading() as session:
        assert session.scalars(select(User.email).where(User.id == user.id)).one() == (
            "neu@example.org"
        )


def test_confirming_again_never_leads_to_another_site(
    signed_in: SignedIn, database: Database
) -> None:
    answer = signed_in(make(database)).post(
        "/account/confirm", data={"password": PASSWORD, "next": "//evil.example"}
    )

    assert answer.location == "/"


def test_a_person_sees_and_ends_the_own_sessions(
    client: FlaskClient, signed_in: SignedIn, database: Database
) -> None:
    user = make(database)
    client.post(
        "/sign-in", data={"email": user.email, "password": PASSWORD},
        headers={"User-Agent": "Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36"},
    )  # fmt: skip
    other, third = signed_in(user), signed_in(user)
    page = client.get("/account/sessions").text
    assert "Chrome · Windows" in page
    assert "这台设备" in page
    ends = re.findall(r'action="(/account/sessions/\d+/end)"', page)
    assert len(ends) == 2, "not this one"

    for address in ends[:1]:
        client.post(address)
    assert sorted(b.get("/account").status_code for b in (other, third)) == [200, 302]
    client.post("/account/sessions/end-others")

    assert client.get("/account").status_code == 200
    assert {b.get("/account").status_code for b in (other, third)} == {302}


def test_somebody_elses_session_is_not_there(signed_in: SignedIn, database: Database) -> None:
    other = make(database)
    signed_in(other)
    with database.reading() as session:
        row = session.scalars(select(LoginSession)).one()

    answer = signed_in(make(database)).post(f"/account/sessions/{row.id}/end")

    assert answer.status_code == 404


def test_every_page_of_a_person_opens(signed_in: SignedIn, database: Database) -> None:
    user = make(database, Role.ADMINISTRATOR)
    browser = signed_in(user)

    for address in ("/account", "/account/password", "/account/email", "/account/sessions",
                    "/account/confirm", f"/organisations/{user.organisation_id}",
                    f"/organisations/{user.organisation_id}/edit", "/organisations?q=%00",
                    "/organisations?page=999&status=x", "/notifications/"):  # fmt: skip
        assert browser.get(address).status_code == 200, address
