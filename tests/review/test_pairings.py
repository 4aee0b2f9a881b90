"""What owners see of a pair: nothing, until it is accepted."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from matchmaker.db import Database
from models import Comparator, Indicator, NameVisibility, Role
from tests import factories
from tests.conftest import SignedIn
from tests.pages import opened
from tests.review.desk import ACHIEVEMENT, NEED, decide, make_match, match_of

CONTACT = {
    "contact_name": "联系人王",
    "contact_phone": "023-6789",
    "contact_email": "w@example.org",
}


def test_owners_see_nothing_of_a_pair_before_it_is_accepted(
    browser: FlaskClient, signed_in: SignedIn, database: Database
) -> None:
    match = make_match(
        database, {"title": "暗号需求", **CONTACT}, {"title": "暗号成果", **CONTACT}
    )
    rejected = make_match(database, {"title": "暗号需求二"}, {"title": "暗号成果二"})
    decide(browser, "reject", rejected, reason="price", remark="暗号说明")

    for pair in (match, rejected):
        for owner, other in (
            (pair.need.owner, pair.achievement),
            (pair.achievement.owner, pair.need),
        ):
            own = signed_in(owner)
            assert own.get(f"/pairings/{pair.id}").status_code == 404
            for address in ("/pairings", "/", f"/{other.kind.value}s/{other.id}"):
                page = own.get(address).text
                assert f"/pairings/{pair.id}" not in page
                assert "联系人王" not in page
                assert "暗号说明" not in page
            assert other.title not in own.get("/pairings").text


@pytest.mark.parametrize("side", ["need", "achievement"])
def test_both_owners_see_an_accepted_pair_with_its_reasons_and_the_contact_of_the_other(
    browser: FlaskClient, signed_in: SignedIn, database: Database, side: str
) -> None:
    match = make_match(
        database, {**CONTACT, "name_visibility": NameVisibility.AFTER_ACCEPTANCE}, CONTACT
    )
    decide(browser, "accept", match, remark="只给组织方的话")
    own = match.need if side == "need" else match.achievement
    other = match.achievement if side == "need" else match.need
    owner = signed_in(own.owner)

    listed, page = opened(owner, "/pairings"), opened(owner, f"/pairings/{match.id}")

    assert [a["href"] for a in listed.select(".mm-todo__t a")] == [f"/pairings/{match.id}"]
    assert other.organisation.name in listed.select_one(".mm-todo__d").get_text()  # type: ignore[union-attr]
    words = page.select_one("main").get_text(" ", strip=True)  # type: ignore[union-attr]
    assert other.organisation.name in words
    assert words.count("联系人王") == 2
    assert words.count("023-6789") == 2
    assert len(page.select("table.mm-contrib tbody tr")) >= 6
    assert "只给组织方的话" not in words
    assert "何静" not in words, "who decided is for the offices"
    assert owner.get(f"/{other.kind.value}s/{other.id}").status_code == 200


def test_an_accepted_pair_is_nobody_elses(
    browser: FlaskClient, signed_in: SignedIn, database: Database
) -> None:
    match = make_match(database)
    decide(browser, "accept", match)

    for role in (Role.RESEARCHER, Role.ENTERPRISE, Role.TRANSFER_MANAGER):
        stranger = signed_in(factories.add_user(database, role))
        assert stranger.get(f"/pairings/{match.id}").status_code == 404
        assert ACHIEVEMENT not in stranger.get("/pairings").text


def test_a_pair_taken_back_is_gone_for_its_owners(
    browser: FlaskClient, signed_in: SignedIn, database: Database
) -> None:
    match = make_match(database, achievement=CONTACT)
    decide(browser, "accept", match)
    owner = signed_in(match.need.owner)
    assert owner.get(f"/pairings/{match.id}").status_code == 200

    decide(browser, "undo", match_of(database, match.id))

    assert owner.get(f"/pairings/{match.id}").status_code == 404
    assert "联系人王" not in owner.get(f"/achievements/{match.achievement_id}").text


def test_a_pair_that_does_not_exist_is_not_found(browser: FlaskClient) -> None:
    for number in ("999999", "9" * 30):
        assert browser.get(f"/pairings/{number}").status_code == 404
        assert browser.post(f"/review/{number}/accept", data={"version": "1"}).status_code == 404


def test_a_target_that_is_missed_speaks_against_the_pair(
    database: Database, signed_in: SignedIn
) -> None:
    with database.transaction() as session:
        match = factories.make_match(session, factories.make_need(session))
        for posting, comparator, value in (
            (match.need, Comparator.GE, "1500"),
            (match.achievement, Comparator.EQ, "1200"),
        ):
            posting.indicators = [
                Indicator(
                    ordinal=0, name="循环寿命", comparator=comparator, value=value, unit="次"
                )
            ]
        organiser = factories.make_user(session, Role.ORGANISER)

    page = signed_in(organiser).get(f"/pairings/{match.id}").get_data(as_text=True)

    assert "循环寿命没有达到，差 300 次" in page


def test_the_history_tells_offices_who_decided_what(
    browser: FlaskClient, signed_in: SignedIn, database: Database
) -> None:
    decide(browser, "accept", make_match(database))

    page = opened(browser, "/activity")

    (line,) = [part.get_text(" ", strip=True) for part in page.select(".mm-log li span")]
    assert line == f"何静 接受对接：{NEED} ↔ {ACHIEVEMENT}"
    assert (
        signed_in(factories.add_user(database, Role.ENTERPRISE)).get("/activity").status_code
        == 404
    )
