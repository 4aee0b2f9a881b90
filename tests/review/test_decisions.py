"""One pair is accepted, rejected or deferred, with its reason; who was slower is told."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from matchmaker import clock, jobs
from matchmaker.db import Database
from matchmaker.engine import MODEL
from models import (
    Activity,
    Job,
    MatchStatus,
    Notification,
    PostingStatus,
    RejectReason,
    Role,
    User,
)
from tests import factories
from tests.conftest import SignedIn
from tests.pages import opened
from tests.review.desk import (
    ACHIEVEMENT,
    NEED,
    decide,
    make_match,
    match_of,
    note,
    tabs,
)


def test_accepting_keeps_who_when_why_and_goes_on_to_the_next(
    browser: FlaskClient, database: Database, organiser: User
) -> None:
    with database.transaction() as session:
        need = factories.make_need(session, title=NEED)
        match = factories.make_match(
            session, need, factories.make_achievement(session, title=ACHIEVEMENT), score=0.8
        )
        following = factories.make_match(session, need, score=0.4)

    answer = decide(browser, "accept", match, remark=" 技术路线一致 ")

    assert answer.location == (
        f"/review?tab=waiting&need={need.id}&match={following.id}&done={match.id}"
    )
    row = match_of(database, match.id)
    assert (row.status, row.decided_by_id, row.remark) == (
        MatchStatus.ACCEPTED, organiser.id, "技术路线一致",
    )  # fmt: skip
    assert row.explanation is not None
    assert row.explanation["model"].startswith(f"{MODEL} ")
    assert 0 < row.explanation["score"] <= 1
    assert any(word in str(row.explanation["bars"]) for word in ("单晶", "高镍", "残锂"))
    with database.reading() as session:
        job = session.scalars(select(Job).where(Job.kind == "review.announce")).one()
        assert session.scalars(select(Activity.action)).one() == "match.accepted"
        assert session.scalar(select(func.count(Notification.id))) == 0
    assert job.created_by_id == organiser.id
    assert (job.run_after - job.created_at).total_seconds() == 60


def test_a_minute_later_both_owners_find_a_line_that_leads_to_the_pair(
    app: Flask, browser: FlaskClient, signed_in: SignedIn, database: Database
) -> None:
    match = make_match(database)
    decide(browser, "accept", match)
    with database.transaction() as session:
        announcement = select(Job).where(Job.kind == "review.announce")
        session.scalars(announcement).one().run_after = clock.now()
    with app.app_context():
        jobs.run_due(database)

    for owner in (match.need.owner, match.achievement.owner):
        with database.reading() as session:
            line = session.scalars(
                select(Notification).where(Notification.user_id == owner.id)
            ).one()
        assert signed_in(owner).get(f"/notifications/{line.id}").location == (
            f"/pairings/{match.id}"
        )


def test_a_rejection_keeps_its_reason(browser: FlaskClient, database: Database) -> None:
    match = make_match(database)

    answer = decide(browser, "reject", match, reason="too_early", remark="还在实验室")

    assert answer.location == f"/review?tab=waiting&done={match.id}"
    row = match_of(database, match.id)
    assert (row.status, row.reason, row.remark) == (
        MatchStatus.REJECTED, RejectReason.TOO_EARLY, "还在实验室",
    )  # fmt: skip


NO_REASONS: list[tuple[dict[str, str], str]] = [
    ({}, "请选择一个原因。"),
    ({"reason": "because"}, "请选择一个原因。"),
    ({"reason": "other"}, "选择“其他原因”时，请写一句说明。"),
    ({"reason": "other", "remark": "  "}, "选择“其他原因”时，请写一句说明。"),
    ({"reason": "price", "remark": "长" * 501}, "说明最多 500 字。"),
]


def test_a_rejection_without_a_reason_is_a_clear_sentence_and_changes_nothing(
    browser: FlaskClient, database: Database
) -> None:
    match = make_match(database)

    for values, sentence in NO_REASONS:
        answer = decide(browser, "reject", match, **values)
        assert sentence in note(answer, browser), values

    row = match_of(database, match.id)
    assert (row.status, row.version) == (MatchStatus.SUGGESTED, match.version)


def test_a_refused_rejection_gives_back_what_was_typed_once_and_on_its_own_pair(
    browser: FlaskClient, database: Database
) -> None:
    match, other = make_match(database), make_match(database)
    typed = '<b>已经谈过"两次"</b>'
    answer = decide(browser, "reject", match, reason="nonsense", remark=typed)

    page = opened(browser, answer.location)

    (form,) = page.select("form[action$='/reject']")
    assert form.select("details[open]")
    (remark,) = form.select("[name=remark]")
    assert remark["value"] == typed
    assert typed not in str(form)
    again = opened(browser, answer.location).select_one("[name=remark]")
    assert again is not None
    assert again["value"] == ""
    decide(browser, "reject", match, remark=typed)
    elsewhere = opened(browser, f"/review?need={other.need_id}&match={other.id}")
    assert typed not in [part.get("value") for part in elsewhere.select("input")]


def test_a_refused_rejection_gives_back_the_reason_too(
    browser: FlaskClient, database: Database
) -> None:
    match = make_match(database)
    answer = decide(browser, "reject", match, reason="other")

    chosen = opened(browser, answer.location).select("[name=reason][checked]")

    assert [part["value"] for part in chosen] == ["other"]


def test_what_is_given_back_fits_into_a_cookie(browser: FlaskClient, database: Database) -> None:
    match = make_match(database)
    remark = "".join(chr(0x20000 + 7 * n) for n in range(4000))

    answer = decide(browser, "reject", match, reason="r" * 4000, remark=remark)

    assert max(len(line) for line in answer.headers.getlist("Set-Cookie")) < 4093
    kept = opened(browser, answer.location).select_one("[name=remark]")
    assert kept is not None
    assert kept["value"] == remark[:500]


def test_deferring_puts_a_pair_aside_for_two_weeks(
    browser: FlaskClient, database: Database
) -> None:
    match = make_match(database)

    decide(browser, "defer", match)

    row = match_of(database, match.id)
    assert (row.status, row.defer_until) == (
        MatchStatus.DEFERRED, clock.today() + timedelta(days=14),
    )  # fmt: skip
    assert tabs(opened(browser, "/review")) == [0, 0, 1, 0, 0]


@pytest.mark.parametrize("verb", ["accept", "reject", "defer", "undo"])
def test_the_second_organiser_sees_who_was_faster_and_nothing_is_overwritten(
    browser: FlaskClient, signed_in: SignedIn, database: Database, organiser: User, verb: str
) -> None:
    match = make_match(database)
    slower = signed_in(factories.add_user(database, Role.ORGANISER, name="后来的人"))
    decide(browser, "accept", match, remark="何静的理由")
    before = match_of(database, match.id)

    answer = decide(slower, verb, match, reason="price", remark="后来的理由")

    said = note(answer, slower)
    assert "何静已经作出决定：已接受" in said
    assert "没有保存" in said
    assert answer.location == f"/review?tab=accepted&need={match.need_id}&match={match.id}"
    row = match_of(database, match.id)
    assert (row.status, row.decided_by_id, row.remark, row.version) == (
        MatchStatus.ACCEPTED, organiser.id, "何静的理由", before.version,
    )  # fmt: skip
    with database.reading() as session:
        assert list(session.scalars(select(Activity.action))) == ["match.accepted"]


def test_a_decision_without_the_version_that_was_seen_is_not_taken(
    browser: FlaskClient, database: Database
) -> None:
    match = make_match(database)

    for version in ("", "x", "-1", "9" * 30, "2"):
        answer = decide(browser, "accept", match, version=version)
        assert "刚刚被改动过" in note(answer, browser), version

    assert match_of(database, match.id).status == MatchStatus.SUGGESTED


def test_a_side_that_was_withdrawn_meanwhile_cannot_be_accepted(
    browser: FlaskClient, database: Database
) -> None:
    match = make_match(database, achievement={"status": PostingStatus.WITHDRAWN})

    answer = decide(browser, "accept", match)

    assert "其中一方已经撤回或归档" in note(answer, browser)
    assert match_of(database, match.id).status == MatchStatus.SUGGESTED


def test_a_pair_of_the_own_organisation_is_shown_and_not_decided(
    signed_in: SignedIn, database: Database
) -> None:
    match = make_match(database)
    inside = signed_in(
        factories.add_user(database, Role.ORGANISER, organisation=match.need.organisation)
    )

    assert opened(inside, "/review").select("[data-decide]") == []
    assert decide(inside, "accept", match).status_code == 403
    assert inside.post(f"/review/{match.id}/note", data={"text": "x"}).status_code == 403

    assert match_of(database, match.id).status == MatchStatus.SUGGESTED


@pytest.mark.parametrize("verb", ["accept", "defer", "reject"])
def test_a_decision_is_taken_back_from_the_page_that_follows(
    app: Flask, browser: FlaskClient, database: Database, verb: str
) -> None:
    match = make_match(database)
    answer = decide(browser, verb, match, reason="price", remark="说明")
    toast = opened(browser, answer.location).select_one("[data-toast] form")
    assert toast is not None
    version = toast.select_one("[name=version]")
    assert version is not None

    back = browser.post(str(toast["action"]), data={"version": version["value"]})

    assert back.location == f"/review?tab=waiting&need={match.need_id}&match={match.id}"
    row = match_of(database, match.id)
    assert row.status == MatchStatus.SUGGESTED
    assert (row.decided_by_id, row.decided_at, row.reason, row.remark) == (None, None, None, "")
    assert (row.defer_until, row.explanation) == (None, None)
    with database.transaction() as session:
        for job in session.scalars(select(Job)):
            job.run_after = clock.now()
    with app.app_context():
        jobs.run_due(database)
    with database.reading() as session:
        assert session.scalar(select(func.count(Notification.id))) == 0
        assert list(session.scalars(select(Activity.action).order_by(Activity.id)))[1:] == [
            "match.reopened"
        ]


def test_the_toast_of_an_undo_is_for_the_one_who_decided(
    browser: FlaskClient, signed_in: SignedIn, database: Database
) -> None:
    match = make_match(database)
    address = decide(browser, "accept", match).location

    assert (
        opened(signed_in(factories.add_user(database, Role.ORGANISER)), address).select(
            "[data-toast]"
        )
        == []
    )
