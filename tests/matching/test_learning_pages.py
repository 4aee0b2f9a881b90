"""What decisions move is visible: on the desk, on the card, in the full ranking, and for whom."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from matchmaker import jobs
from matchmaker.catalogue.index import index_of
from matchmaker.db import Database
from matchmaker.matching.learning import Teacher
from matchmaker.review.card import card_of
from models import Achievement, Match, Need, Role, User
from tests import factories
from tests.conftest import SignedIn
from tests.matching.deciding import TITLES, decide, order, settle
from tests.pages import one, opened


def test_the_card_and_the_list_agree_and_the_parts_add_up(
    reviewer: User, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    decide(database, reviewer, TITLES[0], "accept")
    settle(database, monkeypatch)
    with database.reading() as session:
        recommender = index_of(database).recommender()
        for match in session.scalars(select(Match)):
            card = card_of(recommender, match, Teacher(session, recommender))
            assert card.score == pytest.approx(match.score, abs=1e-6)
            total = sum(bar.value for bar in card.bars) + card.learned
            assert total == pytest.approx(card.score, abs=1e-6)
            assert match.by_signal.get("decisions", 0) == pytest.approx(card.learned, abs=1e-6)
        near = next(m for m in session.scalars(select(Match)) if m.achievement.title == TITLES[1])
        card = card_of(recommender, near, Teacher(session, recommender))
        assert [bar.words for bar in card.lessons] == [f"像已接受的“{TITLES[0]}”"]


def test_the_organiser_sees_it_on_the_desk_and_switches_it_off_and_on(
    reviewer: User, database: Database, monkeypatch: pytest.MonkeyPatch, signed_in: SignedIn
) -> None:
    before = dict(order(database))
    decide(database, reviewer, TITLES[0], "accept")
    settle(database, monkeypatch)
    browser = signed_in(reviewer)
    page = opened(browser, "/review")
    assert "次序参考了 1 项决定" in page.text
    assert f"像已接受的“{TITLES[0]}”" in page.text
    with database.reading() as session:
        need_id = session.scalars(select(Need.id)).one()

    answer = browser.post(f"/review/needs/{need_id}/learning", data={"on": "0"})
    assert answer.status_code == 302
    jobs.run_due(database)
    page = opened(browser, "/review")
    assert "次序没有参考以往的决定" in page.text
    assert "像已接受的" not in page.text
    assert dict(order(database)) == pytest.approx(before)

    browser.post(f"/review/needs/{need_id}/learning", data={"on": "1"})
    jobs.run_due(database)
    assert "次序参考了 1 项决定" in opened(browser, "/review").text


def test_all_ranks_are_those_of_the_desk(
    reviewer: User, database: Database, monkeypatch: pytest.MonkeyPatch, signed_in: SignedIn
) -> None:
    for title, verb, values in (
        (TITLES[2], "accept", {}),
        (TITLES[0], "reject", {"reason": "too_early"}),
        (TITLES[4], "reject", {"reason": "other_problem"}),
    ):
        decide(database, reviewer, title, verb, **values)
    settle(database, monkeypatch)
    browser = signed_in(reviewer)
    with database.reading() as session:
        need_id = session.scalars(select(Need.id)).one()
        ids = {row.title: row.id for row in session.scalars(select(Achievement))}

    page = opened(browser, f"/matching/need/{need_id}")
    lines = [
        (one(row, "th a").get_text(), int(one(row, ".score b").get_text()))
        for row in page.select(".mm-ranked tbody tr")
    ]
    decided = {TITLES[0], TITLES[2], TITLES[4]}
    desk = [(title, round(100 * score)) for title, score in order(database, need_id)]
    assert [line for line in lines if line[0] not in decided] == [
        line for line in desk if line[0] not in decided
    ]
    assert "其中以往的决定 +" in one(page, f"#a{ids[TITLES[1]]} .score").get_text()
    assert "学到的变化" in page.text

    compared = opened(browser, f"/matching/need/{need_id}", item=str(ids[TITLES[1]]))
    (words,) = [
        row.get_text(" ", strip=True)
        for row in compared.select(".mm-lacks tbody tr")
        if "以往的决定" in row.get_text()
    ]
    assert "像接受过的成果" in words
    rank = one(compared, f"#a{ids[TITLES[1]]} .rank").get_text()
    assert f"第 {rank} 名" in one(compared, "#why").get_text()

    side_by_side = opened(browser, f"/matching/need/{need_id}/compare/{ids[TITLES[1]]}")
    assert f"像已接受的“{TITLES[2]}”" in side_by_side.text


def test_owners_see_that_decisions_count_but_not_which(
    reviewer: User, database: Database, monkeypatch: pytest.MonkeyPatch, signed_in: SignedIn
) -> None:
    decide(database, reviewer, TITLES[0], "accept")
    decide(database, reviewer, TITLES[1], "accept")
    settle(database, monkeypatch)
    with database.reading() as session:
        match = next(m for m in session.scalars(select(Match)) if m.achievement.title == TITLES[1])
        owner, match_id = match.need.owner, match.id
    page = opened(signed_in(owner), f"/pairings/{match_id}")
    assert "以往的决定" in page.text
    assert "像已接受的" not in page.text


@pytest.mark.parametrize("role", [Role.ENTERPRISE, Role.RESEARCHER, Role.ADMINISTRATOR])
def test_only_an_organiser_switches_learning(
    role: Role, reviewer: User, database: Database, signed_in: SignedIn
) -> None:
    del reviewer
    with database.transaction() as session:
        need_id = session.scalars(select(Need.id)).one()
        person = factories.make_user(session, role)
    answer = signed_in(person).post(f"/review/needs/{need_id}/learning", data={"on": "0"})
    assert answer.status_code in {403, 404}
    with database.reading() as session:
        assert session.get_one(Need, need_id).learns
