"""Nothing typed is lost: drafts, a session that ended, a colleague who was faster."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from matchmaker.accounts.passwords import hash_password
from matchmaker.db import Database
from models import FormDraft, Need, PostingStatus, Role, User
from tests import factories
from tests.catalogue.needs import whole
from tests.conftest import SignedIn
from tests.pages import hidden_fields, opened, parsed


def test_what_is_typed_is_kept_and_offered_again(browser: FlaskClient, database: Database) -> None:
    typed = {"title": "写了一半", "problem": "第一行\n第二行 <b>", "modes": ["license", "joint"]}
    answer = browser.post("/drafts/need:new", data=typed)
    assert answer.get_json()["saved"] is True

    page = opened(browser, "/needs/new")
    title, problem = page.select_one("[name=title]"), page.select_one("[name=problem]")
    assert title is not None
    assert problem is not None
    assert title["value"] == "写了一半"
    assert problem.get_text().strip() == "第一行\n第二行 <b>"
    assert len(page.select("input[name=modes][checked]")) == 2


def test_saving_ends_the_draft(browser: FlaskClient, database: Database, chain: int) -> None:
    browser.post("/drafts/need:new", data={"title": "写了一半"})
    browser.post("/needs/new", data=whole(chain, act="save"))
    with database.reading() as session:
        assert session.scalars(select(FormDraft)).all() == []


def test_drafts_of_two_people_do_not_mix(
    browser: FlaskClient, database: Database, signed_in: SignedIn
) -> None:
    browser.post("/drafts/need:new", data={"title": "只有我看得到"})
    other = factories.add_user(database, Role.ENTERPRISE)
    assert "只有我看得到" not in signed_in(other).get("/needs/new").get_data(as_text=True)


@pytest.mark.parametrize("key", ["anything", "need:old", "posting:x", "posting:" + "9" * 30])
def test_a_draft_of_no_form_is_refused(browser: FlaskClient, key: str) -> None:
    assert browser.post(f"/drafts/{key}", data={"title": "x"}).status_code == 400


def test_a_form_sent_after_the_session_ended_is_there_after_signing_in(
    client: FlaskClient, database: Database, chain: int
) -> None:
    user = factories.add_user(
        database, Role.ENTERPRISE, password_hash=hash_password(factories.PASSWORD)
    )
    answer = client.post("/needs/new", data=whole(chain, draft_key="need:new"))
    carried = hidden_fields(parsed(answer))
    assert whole(chain)["title"] in carried["carry"][0]
    client.post("/sign-in", data={**carried, "email": user.email, "password": factories.PASSWORD})
    html = client.get("/needs/new").get_data(as_text=True)
    assert whole(chain)["title"] in html


def test_the_second_to_save_is_told_and_keeps_the_own_text(
    browser: FlaskClient, database: Database, company: User, chain: int, signed_in: SignedIn
) -> None:
    with database.transaction() as session:
        need_id = factories.make_need(session, company, status=PostingStatus.DRAFT).id
        colleague = factories.make_user(
            session, Role.ENTERPRISE, organisation=session.get_one(User, company.id).organisation
        )
    page = opened(browser, f"/postings/{need_id}/edit")
    version = page.select_one("[name=version]")
    assert version is not None
    first = whole(chain, title="先保存的名称", version=version["value"], act="save")
    second = whole(chain, title="后保存的名称", version=version["value"], act="save")
    assert signed_in(colleague).post(f"/postings/{need_id}/edit", data=first).status_code == 302

    answer = browser.post(f"/postings/{need_id}/edit", data=second)
    assert answer.status_code == 409
    assert "后保存的名称" in answer.get_data(as_text=True)
    with database.reading() as session:
        assert session.get_one(Need, need_id).title == "先保存的名称"


@pytest.mark.parametrize("version", ["", "x", "9" * 30, "-1"])
def test_a_version_that_makes_no_sense_overwrites_nothing(
    browser: FlaskClient, database: Database, company: User, chain: int, version: str
) -> None:
    with database.transaction() as session:
        need_id = factories.make_need(
            session, company, title="原来的", status=PostingStatus.DRAFT
        ).id
    answer = browser.post(
        f"/postings/{need_id}/edit", data=whole(chain, version=version, act="save")
    )
    assert answer.status_code == 409
    with database.reading() as session:
        assert session.get_one(Need, need_id).title == "原来的"
