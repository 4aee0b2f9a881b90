"""Accounts and organisations, through their pages."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select

from config import Settings
from matchmaker import clock
from matchmaker.accounts import passwords
from matchmaker.app import create_app
from matchmaker.db import Database
from models import (
    FormDraft,
    LoginSession,
    Mail,
    Membership,
    Model,
    Organisation,
    OrganisationKind,
    Role,
    User,
    Verification,
)
from tests import factories
from tests.conftest import SignedIn
from tests.factories import PASSWORD

NEW_PASSWORD = "另一句示范口令-battery"
SIGN_UP = {
    "role": "enterprise",
    "name": "示范林工",
    "email": "lin@example.org",
    "password": PASSWORD,
    "organisation": "示范电池有限公司",
    "kind": "enterprise",
    "uscc": "91350100M000100Y43",
    "region_code": "500106",
}


def make(database: Database, role: Role = Role.RESEARCHER, **values: Any) -> User:
    with database.transaction() as session:
        hashed = passwords.hash_password(PASSWORD)
        user = factories.make_user(session, role, password_hash=hashed, **values)
        assert user.organisation.region
    return user


def make_pending(database: Database, **values: Any) -> Organisation:
    with database.transaction() as session:
        row = factories.make_organisation(session, status=Verification.PENDING, **values)
        factories.make_user(session, Role.ENTERPRISE, organisation=row)
    return row


def enter(browser: FlaskClient, user: User, **fields: Any) -> Any:
    return browser.post("/sign-in", data={"email": user.email, "password": PASSWORD} | fields)


def mails(database: Database, recipient: str) -> list[Mail]:
    with database.reading() as session:
        return list(session.scalars(select(Mail).where(Mail.recipient == recipient)))


def link_of(mail: Mail) -> str:
    found = re.search(r"http://localhost(/\S+)", mail.body)
    assert found
    return found[1]


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


def without_tokens(page: str) -> str:
    """CSRF tokens carry the second in which they were made."""
    return re.sub(r'name="csrf_token" value="[^"]*"', "", page)


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


@pytest.fixture
def limited(tmp_path: Path) -> Iterator[Flask]:
    """An application that counts wrong passwords as an installation does."""
    usual = Settings(instance=tmp_path, database_url="", secret_key="")
    app = create_app(
        replace(
            Settings.for_tests(tmp_path),
            sign_in_limit=usual.sign_in_limit,
            address_limit=usual.address_limit,
        )
    )
    app.config["WTF_CSRF_ENABLED"] = False
    Model.metadata.create_all(app.extensions["database"].engine)
    yield app
    app.extensions["database"].engine.dispose()


def knock(app: Flask, email: str, password: str = "x", address: str = "127.0.0.1") -> Any:
    return app.test_client().post(
        "/sign-in", data={"email": email, "password": password},
        environ_base={"REMOTE_ADDR": address},
    )  # fmt: skip


@pytest.mark.parametrize("known", [True, False])
def test_the_sixth_wrong_password_within_a_minute_is_told_when_to_come_back(
    limited: Flask, known: bool
) -> None:
    if known:
        make(limited.extensions["database"], email="a@example.org")
    ways = ["a@example.org", "A@Example.org", " a@example.org", "a@example.org\u200e"]

    tries = [knock(limited, ways[n % 4], address=f"127.0.0.{n + 1}") for n in range(6)]

    assert [answer.status_code for answer in tries] == [422] * 5 + [429]
    assert "邮箱或密码不对。" in tries[0].text
    assert "1 分钟以后再试" in tries[-1].text
    assert 0 < int(tries[-1].headers["Retry-After"]) <= 60
    assert knock(limited, "b@example.org").status_code == 422, "others are not concerned"


def test_twenty_colleagues_behind_one_address_sign_in_twice_a_minute(limited: Flask) -> None:
    database = limited.extensions["database"]
    people = [make(database, email=f"{n}@example.org") for n in range(20)]

    answers = [knock(limited, person.email, PASSWORD) for person in people for _time in range(2)]

    assert {answer.status_code for answer in answers} == {302}


def test_who_mistypes_keeps_nobody_else_out(limited: Flask) -> None:
    database = limited.extensions["database"]
    hasty, calm = (make(database, email=f"{name}@example.org") for name in ("hasty", "calm"))
    for _time in range(6):
        knock(limited, hasty.email)

    assert knock(limited, hasty.email, PASSWORD).status_code == 429
    assert knock(limited, calm.email, PASSWORD).status_code == 302


def test_one_address_cannot_try_a_password_on_many_accounts(limited: Flask) -> None:
    person = make(limited.extensions["database"], email="last@example.org")
    answers = [knock(limited, f"{n}@example.org", PASSWORD) for n in range(21)]

    assert [answer.status_code for answer in answers] == [422] * 20 + [429]
    assert knock(limited, person.email, PASSWORD).status_code == 429
    assert knock(limited, person.email, PASSWORD, address="127.0.0.2").status_code == 302


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
        pages.add(BeautifulSoup(answer.text, "html.parser").get_text(" ", strip=True))

    assert len(pages) == 1
    assert len(worked) == 3
    assert len(set(worked)) == 1, "the same parameters"


def test_a_password_that_is_asked_for_again_is_counted_for_its_person_alone(
    limited: Flask,
) -> None:
    database = limited.extensions["database"]
    one, other = make(database), make(database)
    browser, colleague = SignedIn(limited, database)(one), SignedIn(limited, database)(other)

    tries = [
        browser.post("/account/confirm", data={"password": "x", "email": f"{n}@example.org"})
        for n in range(6)
    ]

    assert [answer.status_code for answer in tries] == [422] * 5 + [429]
    assert colleague.post("/account/confirm", data={"password": PASSWORD}).status_code == 302


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


def test_the_queue_is_for_offices_only(signed_in: SignedIn, database: Database) -> None:
    pending = make_pending(database)
    stranger = signed_in(make(database))

    for address in ("/organisations/verification", "/organisations",
                    f"/organisations/{pending.id}", f"/organisations/{pending.id}/refuse"):  # fmt: skip
        assert stranger.get(address).status_code == 404
    assert stranger.post(f"/organisations/{pending.id}/verify").status_code == 404


def test_an_organiser_verifies_and_the_second_is_told(
    signed_in: SignedIn, database: Database
) -> None:
    pending = make_pending(database, name="重庆示范电池有限公司", uscc="91350100M000100Y43")
    with database.transaction() as session:
        factories.make_organisation(session, name="示范电池有限公司")
    first, second = (signed_in(make(database, Role.ORGANISER)) for _ in range(2))
    page = first.get("/organisations/verification").text
    assert "代码校验通过" in page
    assert "名称相近" in page

    done = first.post(f"/organisations/{pending.id}/verify", data={"version": "1"})
    late = second.post(
        f"/organisations/{pending.id}/refuse", data={"version": "1", "reason": "不对"}
    )

    assert done.location == "/organisations/verification"
    assert late.status_code == 409
    assert "刚刚被别人处理过" in late.text
    with database.reading() as session:
        row = session.get(Organisation, pending.id)
        assert row is not None
        assert row.status == Verification.VERIFIED


def test_refusing_asks_for_a_reason(signed_in: SignedIn, database: Database) -> None:
    pending = make_pending(database)
    organiser = signed_in(make(database, Role.ORGANISER))
    address = f"/organisations/{pending.id}/refuse"

    empty = organiser.post(address, data={"version": "1", "reason": ""})
    organiser.post(address, data={"version": "1", "reason": "示范原因"})

    assert empty.status_code == 422
    assert "请填写“原因”" in empty.text
    assert "示范原因" in organiser.get(f"/organisations/{pending.id}").text


def test_an_unverified_organiser_meets_no_office_pages(
    signed_in: SignedIn, database: Database
) -> None:
    with database.transaction() as session:
        office = factories.make_organisation(
            session, kind=OrganisationKind.GOVERNMENT, status=Verification.PENDING
        )
        person = factories.make_user(session, Role.ORGANISER, organisation=office)

    assert signed_in(person).get("/organisations/verification").status_code == 404


@pytest.mark.parametrize("address", ["/organisations/verification", "/organisations"])
def test_lists_ask_the_database_as_often_for_three_rows_as_for_one(
    signed_in: SignedIn, database: Database, address: str
) -> None:
    browser = signed_in(make(database, Role.ORGANISER))
    counts = []
    for more in (1, 2):
        for _ in range(more):
            make_pending(database)
        statements: list[str] = []

        def note(*arguments: Any, seen: list[str] = statements) -> None:
            seen.append(arguments[2])

        event.listen(database.engine, "before_cursor_execute", note)
        assert browser.get(address).status_code == 200
        event.remove(database.engine, "before_cursor_execute", note)
        counts.append(len(statements))

    assert counts[0] == counts[1]


def test_a_colleague_confirms_who_joined(signed_in: SignedIn, database: Database) -> None:
    known = make(database, Role.ENTERPRISE)
    with database.transaction() as session:
        joining = factories.make_user(
            session, Role.ENTERPRISE, membership=Membership.PENDING,
            organisation=session.get(Organisation, known.organisation_id),
        )  # fmt: skip
    page = f"/organisations/{known.organisation_id}"
    waiting = signed_in(joining)
    assert known.email not in waiting.get(page).text, "who only says to belong sees nobody"
    assert waiting.get(f"{page}/edit").status_code == 403

    assert joining.email in signed_in(known).get(page).text
    answer = signed_in(known).post(f"/people/{joining.id}/confirm")

    assert answer.location == page
    assert known.email in waiting.get(page).text


def test_others_see_a_verified_organisation_without_its_people(
    signed_in: SignedIn, database: Database
) -> None:
    owner = make(database, Role.ENTERPRISE)
    with database.transaction() as session:
        person = session.get(User, owner.id)
        factories.make_need(session, person)

    page = signed_in(make(database)).get(f"/organisations/{owner.organisation_id}").text

    assert "1 条需求" in page
    assert owner.email not in page


def test_an_edit_that_was_overtaken_keeps_what_was_typed(
    signed_in: SignedIn, database: Database
) -> None:
    user = make(database)
    browser = signed_in(user)
    address = f"/organisations/{user.organisation_id}/edit"
    fields = {
        "name": user.organisation.name, "region_code": "500106", "introduction": "第一版",
        "version": "1",
    }  # fmt: skip

    first = browser.post(address, data=fields)
    second = browser.post(address, data=fields | {"introduction": "第二版"})

    assert first.status_code == 302
    assert second.status_code == 422
    assert "第二版" in second.text
    assert "刚刚被同事改过" in second.text


def test_an_organisation_keeps_a_region(signed_in: SignedIn, database: Database) -> None:
    user = make(database)
    fields = {"name": user.organisation.name, "region_code": "", "version": "1"}

    answer = signed_in(user).post(f"/organisations/{user.organisation_id}/edit", data=fields)

    assert answer.status_code == 422
    assert "请选择“所在地区”" in answer.text


def test_every_page_of_a_person_opens(signed_in: SignedIn, database: Database) -> None:
    user = make(database, Role.ADMINISTRATOR)
    browser = signed_in(user)

    for address in ("/account", "/account/password", "/account/email", "/account/sessions",
                    "/account/confirm", f"/organisations/{user.organisation_id}",
                    f"/organisations/{user.organisation_id}/edit", "/organisations?q=%00",
                    "/organisations?page=999&status=x", "/notifications/"):  # fmt: skip
        assert browser.get(address).status_code == 200, address
