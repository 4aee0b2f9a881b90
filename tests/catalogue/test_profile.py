"""What a profile for partners says beyond the registration: partner, markets, rights, interest."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker.admin.imports import values_of
from matchmaker.catalogue import revisions, service
from matchmaker.db import Database
from models import Achievement, PostingKind, PostingStatus, Role, User
from tests import factories
from tests.conftest import SignedIn
from tests.pages import opened, parsed

PROFILE = {
    "partner_wanted": "有高镍产线、能做千吨级验证的正极企业",
    "rights_comment": "已许可一家企业在华东独占实施",
    "markets": "长续航动力电池，欧洲",
}


@pytest.fixture
def browser(signed_in: SignedIn, researcher: User) -> FlaskClient:
    return signed_in(researcher)


def only(database: Database) -> Achievement:
    with database.reading() as session:
        return session.scalars(select(Achievement)).one()


def form(**changes: Any) -> dict[str, Any]:
    return {"title": "单晶高镍正极材料", "act": "save", **changes}


def test_a_new_form_welcomes_interest_and_keeps_what_is_written(
    browser: FlaskClient, database: Database
) -> None:
    page = opened(browser, "/achievements/new")
    [ticked] = page.select("input[name=open_to_interest][checked]")
    assert ticked["value"] == "y"

    answer = browser.post("/achievements/new", data=form(**PROFILE, open_to_interest="n"))
    assert answer.status_code == 302
    row = only(database)
    assert {name: getattr(row, name) for name in PROFILE} == PROFILE
    assert row.open_to_interest is False
    assert "千吨级验证" in row.search_text
    assert "欧洲" in row.search_text

    html = browser.get(answer.headers["Location"]).get_data(as_text=True)
    assert all(words in html for words in (*PROFILE.values(), "暂不洽谈"))
    edit = opened(browser, f"/postings/{row.id}/edit")
    [ticked] = edit.select("input[name=open_to_interest][checked]")
    assert ticked["value"] == "n"


def test_without_an_answer_interest_is_welcome(browser: FlaskClient, database: Database) -> None:
    browser.post("/achievements/new", data=form())
    assert only(database).open_to_interest is True


@pytest.mark.parametrize(
    "change",
    [
        {"partner_wanted": "长" * 501},
        {"rights_comment": "长" * 501},
        {"markets": "长" * 201},
        {"open_to_interest": "maybe"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_is_too_long_or_unknown_is_refused_in_the_open_part(
    browser: FlaskClient, database: Database, change: dict[str, str]
) -> None:
    answer = browser.post("/achievements/new", data=form(**change))
    assert answer.status_code == 422
    page = parsed(answer)
    assert page.select(f"details[open] [name={next(iter(change))}]")
    with database.reading() as session:
        assert session.scalar(select(func.count(Achievement.id))) == 0


def test_a_need_is_asked_for_five_indicators(database: Database, signed_in: SignedIn) -> None:
    company = factories.add_user(database, Role.ENTERPRISE)
    assert "原则上不少于 5 项" in signed_in(company).get("/needs/new").get_data(as_text=True)


def test_changes_of_the_profile_are_a_version_and_older_versions_say_nothing_of_it(
    session: Session,
) -> None:
    owner = factories.make_user(session)
    row = factories.make_achievement(session, owner, status=PostingStatus.PUBLISHED)
    first = revisions.record(session, owner, row)
    assert first is not None
    first.snapshot = {k: v for k, v in first.snapshot.items() if k not in revisions.BEFORE}
    session.flush()
    assert revisions.record(session, owner, row) is None  # nothing has been changed

    changes = {**PROFILE, "open_to_interest": "n"}
    service.save(session, owner, row, {"title": row.title, **changes}, version=row.version)
    second = revisions.record(session, owner, row)
    assert second is None  # saving has recorded it
    last = session.scalars(
        select(revisions.Revision).order_by(revisions.Revision.number.desc()).limit(1)
    ).one()
    assert set(last.changed) == set(changes)
    shown = dict(revisions.differences(first.snapshot, last.snapshot))
    assert shown["open_to_interest"] == [("del", "是"), ("ins", "否")]


def test_imports_read_the_profile_in_chinese_and_english(session: Session) -> None:
    row = {
        "成果名称": "单晶高镍正极材料", "希望找到的合作方": "正极企业", "目标市场": "欧洲",
        "知识产权说明": "共有", "合作意向": "否",
    }  # fmt: skip
    values, _id = values_of(session, PostingKind.ACHIEVEMENT, row)
    owner = factories.make_user(session)
    made = service.save_new(session, owner, PostingKind.ACHIEVEMENT, values)
    assert isinstance(made, Achievement)
    found = (made.partner_wanted, made.markets, made.rights_comment, made.open_to_interest)
    assert found == ("正极企业", "欧洲", "共有", False)


def test_half_a_price_from_a_file_is_judged_with_the_other_half(session: Session) -> None:
    owner = factories.make_user(session)
    row = factories.make_achievement(
        session, owner, status=PostingStatus.DRAFT, price_kind="range", price_from=10, price_to=20
    )
    for price in ({"price_from": 30}, {"price_to": 5}, {"price_from": -1}):
        with pytest.raises(service.InvalidError):
            service.save(session, owner, row, price, version=row.version)
        session.refresh(row)
        assert (row.price_from, row.price_to) == (10, 20), price


def test_an_amount_without_a_word_on_its_kind_is_a_price(session: Session) -> None:
    owner = factories.make_user(session)
    for amounts, kind in (
        ({"price_from": 30}, "fixed"),
        ({"price_from": 30, "price_to": 50}, "range"),
        ({"price_to": 50}, "negotiable"),
        ({"price_from": 30, "price_kind": "negotiable"}, "negotiable"),
    ):
        values = {"title": "单晶高镍正极材料", **amounts}
        row = service.save_new(session, owner, PostingKind.ACHIEVEMENT, values)
        assert isinstance(row, Achievement)
        assert row.price_kind == kind
        assert (row.price_from is None) == (kind == "negotiable")
