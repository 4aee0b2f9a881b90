"""Organisations: who verifies them, who belongs to them, who changes them."""

from __future__ import annotations

import pytest

from matchmaker.db import Database
from models import (
    Membership,
    Organisation,
    OrganisationKind,
    Role,
    User,
    Verification,
)
from tests import factories
from tests.accounts.people import make, make_pending
from tests.conftest import SignedIn
from tests.pages import statements


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
        counts.append(statements(database, browser, address))

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
