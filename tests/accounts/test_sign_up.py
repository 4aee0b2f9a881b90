"""Signing up, and a forgotten password: nobody learns who has an account."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from matchmaker.db import Database
from models import User
from tests import factories
from tests.accounts.people import (
    NEW_PASSWORD,
    SIGN_UP,
    enter,
    link_of,
    mails,
    make,
    without_tokens,
)
from tests.conftest import SignedIn
from tests.factories import PASSWORD


def test_signing_up_makes_a_person_who_can_sign_in(
    client: FlaskClient, database: Database
) -> None:
    with database.transaction() as session:
        factories.make_region(session)

    answer = client.post("/sign-up", data=SIGN_UP)

    assert answer.location == "/sign-in"
    client.post("/sign-in", data={"email": SIGN_UP["email"], "password": PASSWORD})
    assert "示范林工" in client.get("/account").text
    (mail,) = mails(database, SIGN_UP["email"])
    client.get(link_of(mail))
    with database.reading() as session:
        assert session.scalars(select(User.email_confirmed_at)).one() is not None


def test_signing_up_with_a_known_address_answers_the_same_and_tells_its_owner(
    client: FlaskClient, database: Database
) -> None:
    owner = make(database)

    fields = SIGN_UP | {"email": owner.email}
    known = client.post("/sign-up", data=fields)
    page = client.get("/sign-in").text
    fresh = client.post("/sign-up", data=SIGN_UP)

    assert (known.status_code, known.location) == (fresh.status_code, fresh.location)
    assert without_tokens(client.get("/sign-in").text) == without_tokens(
        page.replace(owner.email, SIGN_UP["email"])
    )
    assert [mail.subject for mail in mails(database, owner.email)] == ["您已经有账号"]
    with database.reading() as session:
        assert len(session.scalars(select(User).where(User.name == SIGN_UP["name"])).all()) == 1


def test_a_refused_sign_up_keeps_what_was_typed_but_no_password(
    client: FlaskClient, database: Database
) -> None:
    with database.transaction() as session:
        factories.make_region(session)

    answer = client.post("/sign-up", data=SIGN_UP | {"uscc": "91350100M000100Y44"})

    assert answer.status_code == 422
    assert "校验位不对" in answer.text
    assert "示范电池有限公司" in answer.text
    assert PASSWORD not in answer.text


def test_nobody_signs_up_as_an_administrator(client: FlaskClient, database: Database) -> None:
    answer = client.post("/sign-up", data=SIGN_UP | {"role": "administrator"})

    assert answer.status_code == 422
    assert "系统管理员" not in client.get("/sign-up").text


def test_a_forgotten_password_is_set_anew_by_a_mailed_link(
    client: FlaskClient, database: Database, signed_in: SignedIn
) -> None:
    user = make(database)
    elsewhere = signed_in(user)
    assert elsewhere.get("/account").status_code == 200
    client.post("/reset", data={"email": user.email})
    link = link_of(mails(database, user.email)[0])

    weak = client.post(link, data={"password": "short"})
    done = client.post(link, data={"password": NEW_PASSWORD})

    assert weak.status_code == 422
    assert "至少 10 个字符" in weak.text
    assert done.location == "/sign-in"
    assert elsewhere.get("/account").status_code == 302, "all sessions ended"
    assert client.post(link, data={"password": PASSWORD}).location == "/reset", "used"
    assert enter(client, user).status_code == 422
    answer = client.post("/sign-in", data={"email": user.email, "password": NEW_PASSWORD})
    assert answer.status_code == 302


def test_asking_for_a_link_does_not_tell_who_has_an_account(
    client: FlaskClient, database: Database
) -> None:
    user = make(database)

    known = client.post("/reset", data={"email": user.email})
    unknown = client.post("/reset", data={"email": "no@example.org"})

    assert known.status_code == unknown.status_code == 200
    assert known.text.replace(user.email, "no@example.org") == unknown.text
    assert mails(database, "no@example.org") == []


@pytest.mark.parametrize("token", ["x", "a.b.c", "e30.e30.e30", "%00"])
def test_a_forged_link_leads_to_asking_for_a_new_one(client: FlaskClient, token: str) -> None:
    assert client.get(f"/reset/{token}").location == "/reset"
