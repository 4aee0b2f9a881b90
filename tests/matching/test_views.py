"""What a form finds while it is being typed: never more than the person may see."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from matchmaker.db import Database
from models import (
    MatchStatus,
    NameVisibility,
    PostingStatus,
    Role,
    User,
    Verification,
    Visibility,
)
from tests import factories
from tests.conftest import SignedIn
from tests.pages import parsed

TYPED = {"title": "单晶高镍正极材料的低残锂制备", "problem": "现有产线残锂偏高，循环后产气。"}
TEXT = {"title": "单晶高镍正极材料残锂原位转化", "problem": "降低残锂，减少产气。"}


@pytest.fixture
def browser(signed_in: SignedIn, company: User) -> FlaskClient:
    return signed_in(company)


def found(browser: FlaskClient, kind: str = "need", **typed: Any) -> list[tuple[str, str]]:
    """Return title and organisation of what the form shows."""
    answer = browser.post(f"/matching/live/{kind}", data=typed or TYPED)
    assert answer.status_code == 200
    page = parsed(answer)
    return [
        (line.select("a")[0].get_text(), line.select("small")[0].get_text())
        for line in page.select("li")
    ]


def test_a_need_being_typed_finds_achievements_with_their_score_and_address(
    browser: FlaskClient, database: Database
) -> None:
    with database.transaction() as session:
        near = factories.make_achievement(session, **TEXT)
        factories.make_achievement(session, title="泡菜低盐发酵菌剂", problem="亚硝酸盐偏高。")
        factories.make_need(session, title=TEXT["title"])

    answer = browser.post("/matching/live/need", data=TYPED)

    (line,) = parsed(answer).select("li")
    (link,) = line.select("a")
    assert link["href"] == f"/achievements/{near.id}"
    assert link.get_text() == TEXT["title"]
    assert 20 <= int(line.select(".mm-score")[0].get_text()) <= 100
    assert "共 1 项" in answer.text


def test_an_achievement_being_typed_finds_needs(signed_in: SignedIn, database: Database) -> None:
    with database.transaction() as session:
        factories.make_need(session, title=TEXT["title"])
        factories.make_achievement(session, title=TEXT["title"])
        researcher = factories.make_user(session, Role.RESEARCHER)

    lines = found(signed_in(researcher), "achievement", title=TYPED["title"], approach="残锂")

    assert [title for title, _organisation in lines] == [TEXT["title"]]


def test_the_best_five_are_shown_best_first_and_all_are_counted(
    browser: FlaskClient, database: Database
) -> None:
    with database.transaction() as session:
        for n in range(7):
            factories.make_achievement(session, title=f"残锂原位转化{n}")
        factories.make_achievement(session, title=TYPED["title"], problem=TYPED["problem"])

    answer = browser.post(
        "/matching/live/need", data=TYPED | {"title": TYPED["title"] + "残锂原位转化"}
    )

    page = parsed(answer)
    scores = [int(part.get_text()) for part in page.select(".mm-score")]
    assert len(scores) == 5
    assert scores == sorted(scores, reverse=True)
    assert page.select("a")[0].get_text() == TYPED["title"]
    assert "共 8 项" in answer.text


def test_what_one_may_not_see_is_not_found(browser: FlaskClient, database: Database) -> None:
    with database.transaction() as session:
        pending = factories.make_user(
            session, organisation=factories.make_organisation(session, status=Verification.PENDING)
        )
        for status in set(PostingStatus) - {PostingStatus.PUBLISHED}:
            factories.make_achievement(session, status=status, **TEXT)
        factories.make_achievement(session, pending, **TEXT)
        factories.make_achievement(session, visibility=Visibility.TARGETED, **TEXT)

    assert found(browser) == []


def test_a_hidden_name_stays_hidden_until_a_pair_is_accepted(
    browser: FlaskClient, database: Database, company: User
) -> None:
    with database.transaction() as session:
        achievement = factories.make_achievement(
            session, name_visibility=NameVisibility.AFTER_ACCEPTANCE, **TEXT
        )
        name = achievement.organisation.name
        match = factories.make_match(
            session, factories.make_need(session, session.get_one(User, company.id)), achievement
        )
    ((title, organisation),) = found(browser)
    assert title == TEXT["title"]
    assert name not in organisation
    assert organisation != ""

    with database.transaction() as session:
        match = session.merge(match)
        match.status, match.decided_by_id = MatchStatus.ACCEPTED, company.id
        match.decided_at = match.created_at

    assert found(browser) == [(TEXT["title"], name)]


def test_what_others_wrote_is_shown_as_text(browser: FlaskClient, database: Database) -> None:
    evil = f"{TEXT['title']}<img src=x onerror=alert(1)>"
    with database.transaction() as session:
        factories.make_achievement(session, title=evil)

    answer = browser.post("/matching/live/need", data=TYPED)

    assert "<img" not in answer.text
    assert found(browser)[0][0] == evil


def test_too_little_text_finds_nothing_and_says_what_helps(
    browser: FlaskClient, database: Database
) -> None:
    with database.transaction() as session:
        factories.make_achievement(session, title="残锂")

    for typed in ({}, {"title": ""}, {"title": "残"}, {"title": "残", "problem": "  锂\n\n "}):
        answer = browser.post("/matching/live/need", data=typed)
        assert answer.status_code == 200
        assert parsed(answer).select("li, a") == []
        assert "写得越具体，找得越准" in answer.text


GARBAGE: list[dict[str, Any]] = [
    {"trl": "十", "chain": "x", "modes": ["steal", ""]},
    {"trl": "9" * 5000, "chain": "9" * 5000},
    {"trl": "٣", "chain": "٣", "modes": "\x00"},
    {"indicators-0-name": "\x00" * 50, "properties-0-name": "x"},
    {"problem": "💥" * 30_000, "summary": "\ud7ff\u202e"},
    {"title": "\x00\x01\x02单晶高镍正极材料的低残锂制备"},
    {"approach": "<script>" * 1000, "unknown": ["a", "b"]},
]


def test_fields_that_make_no_sense_do_no_harm(browser: FlaskClient, database: Database) -> None:
    with database.transaction() as session:
        factories.make_achievement(session, **TEXT)
        factories.make_need(session, **TEXT)

    for garbage in GARBAGE:
        for kind in ("need", "achievement"):
            lines = found(browser, kind, **(TYPED | garbage))
            assert [title for title, _organisation in lines] == [TEXT["title"]], garbage


def test_the_chain_and_the_level_that_were_chosen_count(
    browser: FlaskClient, database: Database
) -> None:
    with database.transaction() as session:
        chain = factories.make_node(session)
        chain_id = chain.id
        factories.make_achievement(session, title="甲：残锂原位转化", nodes=[chain], trl=7)
        factories.make_achievement(session, title="乙：残锂原位转化", trl=2)

    lines = found(browser, title="残锂原位转化", chain=str(chain_id), trl="6", modes=["license"])

    assert [title[0] for title, _organisation in lines] == ["甲", "乙"]


def test_finds_are_for_people_who_are_signed_in_and_for_the_two_kinds(
    client: FlaskClient, browser: FlaskClient
) -> None:
    stranger = client.post(
        "/matching/live/need", data=TYPED, headers={"X-Requested-With": "fetch"}
    )

    assert stranger.status_code == 401
    assert browser.post("/matching/live/organisation", data=TYPED).status_code == 404
    assert browser.get("/matching/live/need").status_code == 405
