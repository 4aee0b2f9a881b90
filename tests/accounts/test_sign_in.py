"""Signing in and out: to the page that was wanted, and nowhere else."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from config import Settings
from matchmaker.accounts import passwords
from matchmaker.app import create_app
from matchmaker.db import Database
from models import FormDraft
from tests.accounts.people import enter, make, without_tokens
from tests.pages import parsed


def test_the_right_password_leads_to_the_page_that_was_wanted(
    client: FlaskClient, database: Database
) -> None:
    user = make(database)
    assert client.get("/account").location == "/sign-in?next=/account"

    answer = enter(client, user, next="/account")

    assert answer.location == "/account"
    assert user.email.encode() in client.get("/account/email").data


@pytest.mark.parametrize(
    "address",
    ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)",
     "https:/evil.example", "\t//evil.example", "http:\\\\evil.example"],
)  # fmt: skip
def test_signing_in_never_leads_to_another_site(
    client: FlaskClient, database: Database, address: str
) -> None:
    assert enter(client, make(database), next=address).location == "/"


def test_a_wrong_password_and_an_unknown_address_show_the_same_page(
    client: FlaskClient, database: Database
) -> None:
    user = make(database)

    wrong = client.post("/sign-in", data={"email": user.email, "password": "wrong"})
    unknown = client.post("/sign-in", data={"email": "no@example.org", "password": "wrong"})

    assert wrong.status_code == unknown.status_code == 422
    assert "邮箱或密码不对" in wrong.text
    assert without_tokens(wrong.text.replace(user.email, "no@example.org")) == without_tokens(
        unknown.text
    )


def test_an_unknown_account_gets_the_same_words_after_the_same_work(
    client: FlaskClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(database, email="known@example.org")
    make(database, email="closed@example.org", active=False)
    worked: list[str] = []

    class Counted:
        def verify(self, hashed: str, password: str) -> bool:
            worked.append(hashed.rpartition("$")[0].rpartition("$")[0])
            return hasher.verify(hashed, password)

    hasher = passwords._hasher
    monkeypatch.setattr(passwords, "_hasher", Counted())
    pages = set()
    for name in ("known", "closed", "nobody"):
        data = {"email": f"{name}@example.org", "password": "wrong"}
        answer = client.post("/sign-in", data=data)
        assert answer.status_code == 422
        pages.add(parsed(answer).get_text(" ", strip=True))

    assert len(pages) == 1
    assert len(worked) == 3
    assert len(set(worked)) == 1, "the same parameters"


def test_signing_in_begins_a_new_cookie_session(client: FlaskClient, database: Database) -> None:
    with client.session_transaction() as cookie:
        cookie["planted"] = "by somebody else"

    enter(client, make(database))

    with client.session_transaction() as cookie:
        assert "planted" not in cookie
        assert "_user_id" in cookie


def test_remember_me_sets_a_guarded_cookie_of_its_own(
    client: FlaskClient, database: Database
) -> None:
    user = make(database)
    plain = enter(client, user).headers.getlist("Set-Cookie")
    client.post("/sign-out")
    kept = enter(client, user, remember="y").headers.getlist("Set-Cookie")

    assert not any(line.startswith("remember=") for line in plain)
    (line,) = [line for line in kept if line.startswith("remember=")]
    assert "HttpOnly" in line
    assert "SameSite=Lax" in line


def test_behind_tls_cookies_are_bound_to_the_host(tmp_path: Path) -> None:
    app = create_app(replace(Settings.for_tests(tmp_path), secure_cookies=True))

    line = app.test_client().get("/sign-in", base_url="https://localhost").headers["Set-Cookie"]

    assert line.startswith("__Host-session=")
    assert "Secure" in line
    assert "HttpOnly" in line


def test_signing_out_ends_the_session_and_the_remembering(
    client: FlaskClient, database: Database
) -> None:
    enter(client, make(database), remember="y")
    assert client.get("/account").status_code == 200

    client.post("/sign-out")

    assert client.get("/account").status_code == 302
    assert client.get_cookie("remember") is None
    assert client.get("/sign-out").status_code == 405


def test_what_a_stranger_typed_survives_signing_in(
    client: FlaskClient, database: Database
) -> None:
    user = make(database)
    typed = {
        "draft_key": "achievement:new", "draft_page": "/account", "title": "高压快充电池 <b>",
        "csrf_token": "x", "password": "secret",
    }  # fmt: skip

    asked = client.post("/account", data=typed)
    assert asked.status_code == 401
    assert "secret" not in asked.text
    carry = re.search(r'name="carry" value="([^"]*)"', asked.text)
    assert carry
    carried = carry[1].replace("&#34;", '"').replace("&lt;", "<").replace("&gt;", ">")
    answer = enter(client, user, next="/account", carry=carried)

    assert answer.location == "/account"
    with database.reading() as session:
        draft = session.scalars(select(FormDraft)).one()
    assert draft.form == "achievement:new"
    assert draft.user_id == user.id
    assert draft.data["title"] == ["高压快充电池 <b>"]
    assert "password" not in draft.data


@pytest.mark.parametrize(
    "carry",
    ["not json", "[]", "{}", '{"draft_key": []}', '{"draft_key": ["../etc"]}',
     '{"draft_key": ["need:new"], "a": "no list"}', json.dumps({"draft_key": [1]}), "[" * 5000],
)  # fmt: skip
def test_nonsense_that_is_carried_does_not_hinder_signing_in(
    client: FlaskClient, database: Database, carry: str
) -> None:
    assert enter(client, make(database), carry=carry).status_code == 302
