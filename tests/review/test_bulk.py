"""Several pairs are decided at once; those that cannot be are left as they are."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from matchmaker.db import Database
from matchmaker.engine import MODEL
from models import Activity, Match, MatchStatus, Role
from tests import factories
from tests.conftest import SignedIn
from tests.pages import hidden_fields, one, opened
from tests.review.desk import ACHIEVEMENT, decide, make_match, make_row, match_of, note


def bulk(browser: FlaskClient, act: str, matches: list[Match], **values: Any) -> Any:
    chosen = [f"{match.id}:{match.version}" for match in matches]
    return browser.post("/review/bulk", data={"act": act, "chosen": chosen, **values})


@pytest.mark.parametrize(
    ("act", "status"),
    [
        ("accept", MatchStatus.ACCEPTED),
        ("defer", MatchStatus.DEFERRED),
        ("reject", MatchStatus.REJECTED),
    ],
)
def test_several_pairs_are_decided_at_once(
    browser: FlaskClient, database: Database, act: str, status: MatchStatus
) -> None:
    matches = [make_match(database) for _n in range(3)]

    answer = bulk(browser, act, matches[:2], reason="price")

    assert "2 对 撤销" in note(answer, browser)
    assert [match_of(database, match.id).status for match in matches] == [
        status, status, MatchStatus.SUGGESTED,
    ]  # fmt: skip


def test_several_at_once_leave_out_what_somebody_else_decided(
    browser: FlaskClient, signed_in: SignedIn, database: Database
) -> None:
    matches = [make_match(database) for _n in range(2)]
    slower = signed_in(factories.add_user(database, Role.ORGANISER))
    decide(browser, "accept", matches[0])

    answer = bulk(slower, "reject", matches, reason="price")

    said = note(answer, slower)
    assert f"不接受：{ACHIEVEMENT}" in said
    assert "1 对已被别人抢先处理" in said
    assert [match_of(database, match.id).status for match in matches] == [
        MatchStatus.ACCEPTED, MatchStatus.REJECTED,
    ]  # fmt: skip


@pytest.mark.parametrize(("act", "keeps"), [("accept", True), ("reject", True), ("defer", False)])
def test_each_of_several_pairs_keeps_the_card_that_was_shown(
    browser: FlaskClient, database: Database, act: str, keeps: bool
) -> None:
    matches = [make_match(database) for _n in range(2)]

    bulk(browser, act, matches, reason="price")

    for match in matches:
        card = match_of(database, match.id).explanation
        assert (card is not None) == keeps
        if card is not None:
            assert card["model"].startswith(f"{MODEL} ")
            assert any(word in str(card["bars"]) for word in ("单晶", "高镍", "残锂"))


def test_a_pair_of_the_own_organisation_is_left_out_of_a_decision_on_several(
    signed_in: SignedIn, database: Database
) -> None:
    own, other = make_match(database), make_match(database)
    with database.transaction() as session:
        need, achievement = session.merge(own.need), session.merge(other.achievement)
        mixed = factories.make_match(session, need, achievement)
    inside = signed_in(
        factories.add_user(database, Role.ORGANISER, organisation=own.achievement.organisation)
    )

    page = opened(inside, f"/review?need={own.need_id}")
    assert [box["value"] for box in page.select("[name=chosen]")] == [f"{mixed.id}:1"]
    answer = bulk(inside, "accept", [own, mixed, other])

    said = note(answer, inside)
    assert "已接受：2 对" in said
    assert "1 对有本单位参与，不能由您决定，没有改动。" in said
    assert [match_of(database, match.id).status for match in (own, mixed, other)] == [
        MatchStatus.SUGGESTED, MatchStatus.ACCEPTED, MatchStatus.ACCEPTED,
    ]  # fmt: skip


def test_nothing_is_said_to_be_decided_when_every_pair_is_of_the_own_organisation(
    signed_in: SignedIn, database: Database
) -> None:
    match = make_match(database)
    inside = signed_in(
        factories.add_user(database, Role.ORGANISER, organisation=match.need.organisation)
    )

    assert opened(inside, "/review").select("[name=chosen], [name=act]") == []
    assert "撤销" not in note(bulk(inside, "defer", [match]), inside)


def test_a_decision_on_several_goes_on_at_the_same_need_and_is_taken_back_whole(
    browser: FlaskClient, database: Database
) -> None:
    first, second, third = make_row(database, (0.9, 0.8, 0.3))
    chosen = f"&done={first.id}&done={second.id}"

    answer = bulk(browser, "accept", [first, second], region="50", need=str(first.need_id))

    assert answer.location == (
        f"/review?tab=waiting&region=50&need={first.need_id}&match={third.id}{chosen}"
    )
    form = one(opened(browser, answer.location), "[data-toast] form")
    back = browser.post(str(form["action"]), data=hidden_fields(form))

    assert back.location == (
        f"/review?tab=waiting&region=50&need={first.need_id}&match={first.id}"
    )
    assert "已撤销，2 对又回到待审。" in note(back, browser)
    for match in (first, second):
        row = match_of(database, match.id)
        assert (row.status, row.decided_by_id) == (MatchStatus.SUGGESTED, None)
    with database.reading() as session:
        reopened = select(func.count(Activity.id)).where(Activity.action == "match.reopened")
        assert session.scalar(reopened) == 2


def test_taking_several_back_leaves_out_what_was_decided_again(
    browser: FlaskClient, signed_in: SignedIn, database: Database
) -> None:
    first, second = make_row(database, (0.9, 0.8))
    bulk(browser, "defer", [first, second])
    seen = [match_of(database, match.id) for match in (first, second)]
    decide(signed_in(factories.add_user(database, Role.ORGANISER)), "accept", seen[1])

    answer = bulk(browser, "undo", seen)

    words = note(answer, browser)
    assert "已撤销，1 对又回到待审。" in words
    assert "1 对已被别人抢先处理" in words
    assert match_of(database, second.id).status == MatchStatus.ACCEPTED


def test_a_refused_decision_on_several_gives_back_the_choice_and_what_was_typed(
    browser: FlaskClient, database: Database
) -> None:
    first, second, _third = make_row(database, (0.9, 0.8, 0.3))
    place = {"need": str(first.need_id), "match": str(second.id)}

    answer = bulk(browser, "reject", [first, second], reason="other", remark=" ", **place)

    page = opened(browser, answer.location)
    assert [box["value"] for box in page.select("[name=chosen][checked]")] == [
        f"{first.id}:1", f"{second.id}:1",
    ]  # fmt: skip
    assert [part["value"] for part in page.select("[data-bulk] [name=reason][checked]")] == [
        "other"
    ]
    assert page.select("[data-bulk] details[open]")
    assert not page.select("[data-decide] details[open]")
    bulk(browser, "reject", [first, second], reason="other", remark="已经谈过", **place)
    assert {match_of(database, match.id).remark for match in (first, second)} == {"已经谈过"}


NO_CHOICES: list[dict[str, Any]] = [
    {},
    {"act": "accept"},
    {"act": "steal", "chosen": "1:1"},
    {"act": "accept", "chosen": "x:y"},
    {"act": "accept", "chosen": "1"},
    {"act": "accept", "chosen": ["9" * 30 + ":1", "1:" + "9" * 5000]},
]


def test_a_bulk_without_a_choice_asks_for_one(browser: FlaskClient, database: Database) -> None:
    match = make_match(database)

    for data in NO_CHOICES:
        answer = browser.post("/review/bulk", data=data)
        assert "请先选中几对" in note(answer, browser), data

    assert match_of(database, match.id).status == MatchStatus.SUGGESTED


def test_several_are_not_rejected_without_a_reason(
    browser: FlaskClient, database: Database
) -> None:
    matches = [make_match(database) for _n in range(2)]

    answer = bulk(browser, "reject", matches, reason="")

    assert "请选择一个原因。" in note(answer, browser)
    assert {match_of(database, match.id).status for match in matches} == {MatchStatus.SUGGESTED}
