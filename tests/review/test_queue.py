"""The desk of the organisers: which pairs wait, in which order, and what is told of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient

from matchmaker import clock
from matchmaker.db import Database
from models import (
    MatchStatus,
    PostingStatus,
    RejectReason,
    Role,
    User,
    Verification,
)
from tests import factories
from tests.conftest import SignedIn
from tests.pages import opened
from tests.review.desk import (
    ACHIEVEMENT,
    NEED,
    asked,
    candidates,
    decide,
    make_match,
    make_row,
    tabs,
)


def test_the_desk_shows_the_need_its_candidates_and_why(
    browser: FlaskClient, database: Database
) -> None:
    with database.transaction() as session:
        need = factories.make_need(session, title=NEED, budget=1_500_000)
        best, other = (
            factories.make_achievement(session, title=title) for title in (ACHIEVEMENT, "泡菜菌剂")
        )
        factories.make_match(session, need, other, score=0.3)
        factories.make_match(session, need, best, score=0.8)

    page = opened(browser, "/review")

    assert candidates(page) == [ACHIEVEMENT, "泡菜菌剂"]
    chosen = page.select_one("[data-candidate][aria-current=true] .ti")
    assert chosen is not None
    assert chosen.get_text() == ACHIEVEMENT
    marks = page.select("#h-need mark")
    assert {str(mark.find(string=True)) for mark in marks} >= {"残锂"}, "the reasons are marked"
    for number in page.select("sup"):
        number.decompose()
    assert [part.get_text(strip=True) for part in page.select("#h-need")] == [NEED]
    assert "不超过 150 万元" in page.get_text()
    assert len(page.select("table.mm-contrib tbody tr")) >= 6
    assert {form["action"].rpartition("/")[2] for form in page.select("[data-decide] form")} == {
        "accept", "reject", "defer",
    }  # fmt: skip


def test_an_empty_desk_says_so(browser: FlaskClient) -> None:
    for address in ("/review", "/review?tab=accepted", "/review?least=70"):
        assert len(opened(browser, address).select("main .mm-state")) == 1, address


def test_what_people_wrote_is_shown_as_text(browser: FlaskClient, database: Database) -> None:
    evil = "<script>alert(1)</script>"
    match = make_match(
        database, {"title": evil, "problem": evil}, {"title": evil, "problem": evil}
    )
    browser.post(f"/review/{match.id}/note", data={"text": evil})

    for address in ("/review", f"/pairings/{match.id}", "/activity"):
        page = browser.get(address).text
        assert "alert" in page
        assert evil not in page


def test_every_tab_holds_its_own_pairs_and_counts_them(
    browser: FlaskClient, database: Database, organiser: User
) -> None:
    decided: dict[str, Any] = {"decided_by_id": organiser.id, "decided_at": clock.now()}
    make_match(database, achievement={"title": "待审的"})
    make_match(
        database, achievement={"title": "暂缓的"}, status=MatchStatus.DEFERRED,
        defer_until=clock.today() + timedelta(days=3), **decided,
    )  # fmt: skip
    make_match(
        database, achievement={"title": "到期的"}, status=MatchStatus.DEFERRED,
        defer_until=clock.today(), score=0.4, **decided,
    )  # fmt: skip
    make_match(database, achievement={"title": "接受的"}, status=MatchStatus.ACCEPTED, **decided)
    make_match(
        database, achievement={"title": "拒绝的"}, status=MatchStatus.REJECTED,
        reason=RejectReason.PRICE, **decided,
    )  # fmt: skip

    assert tabs(opened(browser, "/review")) == [2, 2, 1, 1, 1]
    for tab, titles in (
        ("waiting", ["待审的"]), ("deferred", ["暂缓的"]), ("accepted", ["接受的"]),
        ("rejected", ["拒绝的"]), ("nonsense", ["待审的"]),
    ):  # fmt: skip
        assert candidates(opened(browser, f"/review?tab={tab}")) == titles
    assert "价格或预算相差太大" in browser.get("/review?tab=rejected").text


def test_pairs_whose_sides_are_not_public_wait_in_no_tab(
    browser: FlaskClient, database: Database
) -> None:
    with database.transaction() as session:
        pending = factories.make_user(
            session, organisation=factories.make_organisation(session, status=Verification.PENDING)
        )
        factories.make_match(session, achievement=factories.make_achievement(session, pending))
    make_match(database, {"status": PostingStatus.WITHDRAWN})
    make_match(database, achievement={"status": PostingStatus.ARCHIVED})

    assert tabs(opened(browser, "/review")) == [0, 0, 0, 0, 0]


def test_new_is_what_came_since_the_last_visit(
    browser: FlaskClient,
    signed_in: SignedIn,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_match(database, achievement={"title": "旧的"})
    assert tabs(opened(browser, "/review"))[:2] == [1, 1], "at the first visit everything is new"
    start = clock.now()

    monkeypatch.setattr(clock, "now", lambda: start + timedelta(minutes=20))
    assert tabs(opened(browser, "/review"))[:2] == [1, 1], "the same visit goes on"
    monkeypatch.setattr(clock, "now", lambda: start + timedelta(minutes=55))
    make_match(database, achievement={"title": "新的"})
    page = opened(browser, "/review?tab=new")

    assert tabs(page)[:2] == [2, 1]
    assert candidates(page) == ["新的"]
    assert "新" in [part.get_text(strip=True) for part in page.select(".mm-cands .st span")]
    other = signed_in(factories.add_user(database, Role.ORGANISER))
    assert tabs(opened(other, "/review"))[:2] == [2, 2], "everybody has a visit of their own"


def test_one_goes_from_need_to_need(browser: FlaskClient, database: Database) -> None:
    first = make_match(database, {"title": "甲需求"}, score=0.9)
    second = make_match(database, {"title": "乙需求"}, score=0.5)

    page = opened(browser, "/review?least=10")
    following = page.select_one("[data-act=after]")

    assert following is not None
    assert page.select("[data-act=before]") == []
    page = opened(browser, str(following["href"]))
    assert "需求 2 / 2" in page.get_text(" ", strip=True)
    assert page.select(f'form[action="/review/{second.id}/accept"]')
    back = page.select_one("[data-act=before]")
    assert back is not None
    assert opened(browser, str(back["href"])).select(f'form[action="/review/{first.id}/accept"]')


def test_the_place_of_a_need_stays_while_its_pairs_are_decided(
    browser: FlaskClient, database: Database
) -> None:
    best, rest = make_row(database, (0.9, 0.2))
    second = make_row(database, (0.8,))[0]
    third = make_row(database, (0.7,))[0]

    def place(page: BeautifulSoup) -> str:
        return page.select_one(".mm-review-bar .soft").get_text(" ", strip=True)  # type: ignore[union-attr]

    answer = decide(browser, "accept", best)
    assert place(opened(browser, answer.location)) == "需求 1 / 3"
    page = opened(browser, "/review")
    assert place(page) == "需求 2 / 3", "the desk opens on the best pair that waits"
    assert page.select(f'form[action="/review/{second.id}/accept"]')

    answer = decide(browser, "reject", rest, reason="price")
    assert asked(answer.location)["need"] == [str(second.need_id)], "the next one in the order"
    answer = decide(browser, "defer", second)
    assert asked(answer.location)["need"] == [str(third.need_id)]


def test_keys_reach_every_reason_and_are_written_beside_it(
    browser: FlaskClient, database: Database
) -> None:
    make_match(database)

    page = opened(browser, "/review")

    for box in ("[data-decide]", "[data-bulk]"):
        keys = [part.get_text() for part in page.select(f"{box} .mm-opt kbd")]
        assert keys == [*"1234567890-"], box
        assert len(keys) == len(RejectReason)
    assert "1–9、0 或 -" in page.select_one("[data-keyhelp]").get_text()  # type: ignore[union-attr]


def test_an_address_that_makes_no_sense_is_the_desk_all_the_same(
    browser: FlaskClient, database: Database
) -> None:
    make_match(database)

    for query in (
        "need=999999", "need=" + "9" * 5000, "need=-1", "need=%00", "match=999999", "match=x",
        "done=" + "9" * 5000, "done=999999", "chain=" + "9" * 30, "least=" + "9" * 30,
    ):  # fmt: skip
        assert candidates(opened(browser, f"/review?{query}")) == [ACHIEVEMENT], query[:20]


def test_an_administrator_reads_the_desk_and_decides_nothing(
    signed_in: SignedIn, database: Database
) -> None:
    match = make_match(database)
    admin = signed_in(factories.add_user(database, Role.ADMINISTRATOR))

    page = opened(admin, "/review")

    assert candidates(page) == [ACHIEVEMENT]
    assert page.select("form[action$='/accept'], form[action$='/note'], [name=chosen]") == []
    for verb in ("accept", "reject", "defer", "undo", "note"):
        assert decide(admin, verb, match).status_code == 404
    assert admin.post("/review/bulk", data={"act": "accept"}).status_code == 404
