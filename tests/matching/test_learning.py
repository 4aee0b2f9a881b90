"""Decisions move what is like them: visibly, reversibly, for this need and needs like it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from matchmaker import clock, jobs
from matchmaker.catalogue.documents import document_of, load_documents
from matchmaker.catalogue.index import index_of
from matchmaker.db import Database
from matchmaker.engine import MODEL, WEIGHTS_VERSION, Recommender
from matchmaker.matching import learning
from matchmaker.matching.learning import Teacher
from matchmaker.review import service as review
from matchmaker.review.card import card_of
from models import Achievement, Match, MatchStatus, Need, Role, User
from tests import factories
from tests.conftest import SignedIn
from tests.pages import one, opened

TITLES = (
    "柑橘采摘机器人的视觉识别",
    "柑橘采摘机器人的视觉定位",
    "柑橘采摘机械手",
    "柑橘保鲜涂膜",
    "柑橘果酒发酵",
    "柑橘分选设备",
)


@pytest.fixture
def organiser(app: Flask, database: Database) -> Iterator[User]:
    """An organiser, a need and six achievements with their suggestions."""
    with app.app_context():
        with database.transaction() as session:
            company = factories.make_user(session, Role.ENTERPRISE)
            factories.make_need(session, company, title="柑橘采摘机器人")
            researcher = factories.make_user(session, Role.RESEARCHER)
            for title in TITLES:
                factories.make_achievement(session, researcher, title=title)
            person = factories.make_user(session, Role.ORGANISER)
            jobs.enqueue(session, "matching.refresh_all")
        jobs.run_due(database)
        yield person


def order(database: Database, need_id: int = 0) -> list[tuple[str, float]]:
    with database.reading() as session:
        chosen = select(Match).order_by(Match.need_rank)
        if need_id:
            chosen = chosen.where(Match.need_id == need_id)
        return [(match.achievement.title, match.score) for match in session.scalars(chosen)]


def decide(database: Database, organiser: User, title: str, verb: str, **values: str) -> None:
    with database.transaction() as session:
        match = next(m for m in session.scalars(select(Match)) if m.achievement.title == title)
        act = getattr(review, verb)
        act(session, session.merge(organiser), match, version=match.version, **values)


def settle(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the minute pass after which decisions move lists."""
    later = clock.now() + timedelta(minutes=2)
    with monkeypatch.context() as patched:
        patched.setattr(clock, "now", lambda: later)
        jobs.run_due(database)


def test_what_is_like_an_accepted_achievement_rises_and_undo_puts_it_back(
    organiser: User, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = dict(order(database))
    decide(database, organiser, TITLES[0], "accept")
    settle(database, monkeypatch)
    after = dict(order(database))
    assert after[TITLES[1]] > before[TITLES[1]] + 0.02
    assert after[TITLES[4]] < after[TITLES[1]]

    decide(database, organiser, TITLES[0], "undo")
    settle(database, monkeypatch)
    assert dict(order(database)) == pytest.approx(before)


def test_what_is_like_a_refused_achievement_falls_only_when_its_subject_was_the_reason(
    organiser: User, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = dict(order(database))
    decide(database, organiser, TITLES[0], "reject", reason="has_supplier")
    settle(database, monkeypatch)
    assert dict(order(database)) == pytest.approx(before)

    decide(database, organiser, TITLES[0], "undo")
    decide(database, organiser, TITLES[0], "reject", reason="other_problem")
    settle(database, monkeypatch)
    assert dict(order(database))[TITLES[1]] < before[TITLES[1]]


def test_a_refusal_for_a_field_raises_the_weight_of_its_signal_for_this_need_alone(
    organiser: User, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    decide(database, organiser, TITLES[0], "reject", reason="too_early")
    settle(database, monkeypatch)
    with database.reading() as session:
        recommender = index_of(database).recommender()
        need = session.scalars(select(Need)).one()
        learned = Teacher(session, recommender).of(document_of(need))
        assert learned is not None
        assert learned.engine.weights_["trl"] > recommender.weights_["trl"]
        assert learned.reasons == {"too_early": 1}
        match = session.scalars(select(Match).where(Match.need_rank == 2)).one()
        card = card_of(recommender, match, Teacher(session, recommender))
        assert card.raised == ["这条需求因“成熟度不足”不接受过 1 次，成熟度的权重加大"]


def test_a_need_like_a_decided_one_learns_from_it(
    organiser: User, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.transaction() as session:
        company = factories.make_user(session, Role.ENTERPRISE)
        twin = factories.make_need(session, company, title="柑橘采摘机器人").id
        jobs.enqueue(session, "matching.refresh", {"posting_id": twin})
    jobs.run_due(database)
    before = dict(order(database, twin))
    decide(database, organiser, TITLES[1], "accept")
    settle(database, monkeypatch)
    assert dict(order(database, twin))[TITLES[0]] > before[TITLES[0]] + 0.02


def test_the_card_and_the_list_agree_and_the_parts_add_up(
    organiser: User, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    decide(database, organiser, TITLES[0], "accept")
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


def test_the_achievements_own_list_keeps_what_was_learned(
    organiser: User, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    decide(database, organiser, TITLES[0], "accept")
    settle(database, monkeypatch)
    learned = dict(order(database))
    with database.transaction() as session:
        jobs.enqueue(session, "matching.refresh_all")
    jobs.run_due(database)
    assert dict(order(database)) == pytest.approx(learned)


def test_the_organiser_sees_it_on_the_desk_and_switches_it_off_and_on(
    organiser: User, database: Database, monkeypatch: pytest.MonkeyPatch, signed_in: SignedIn
) -> None:
    before = dict(order(database))
    decide(database, organiser, TITLES[0], "accept")
    settle(database, monkeypatch)
    browser = signed_in(organiser)
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
    organiser: User, database: Database, monkeypatch: pytest.MonkeyPatch, signed_in: SignedIn
) -> None:
    for title, verb, values in (
        (TITLES[2], "accept", {}),
        (TITLES[0], "reject", {"reason": "too_early"}),
        (TITLES[4], "reject", {"reason": "other_problem"}),
    ):
        decide(database, organiser, title, verb, **values)
    settle(database, monkeypatch)
    browser = signed_in(organiser)
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


def test_what_stands_on_the_desk_for_the_achievements_sake_is_scored_anew_as_well(
    organiser: User, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pair that only its achievement lists follows the decisions on its need, and back."""
    with database.transaction() as session:
        for match in session.scalars(select(Match)):
            match.achievement_rank = 1
        beyond = next(
            m for m in session.scalars(select(Match)) if m.achievement.title == TITLES[1]
        )
        beyond.score = 0.99
    monkeypatch.setattr(database.settings.__class__, "suggestions_per_record", 1)
    decide(database, organiser, TITLES[0], "accept")
    settle(database, monkeypatch)
    with database.reading() as session:
        recommender = index_of(database).recommender()
        for match in session.scalars(select(Match).where(Match.status == MatchStatus.SUGGESTED)):
            card = card_of(recommender, match, Teacher(session, recommender))
            assert match.score == pytest.approx(card.score, abs=1e-6), match.achievement.title


def test_raised_weights_order_a_list_and_do_not_lengthen_it(
    organiser: User, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.transaction() as session:
        person = factories.make_user(session, Role.RESEARCHER)
        for n in range(8):
            factories.make_achievement(session, person, title=f"泡菜发酵菌剂{n}", trl=9)
        need = session.scalars(select(Need)).one()
        need.trl, need.version = 6, need.version + 1
        need_id = need.id
        jobs.enqueue(session, "matching.refresh_all")
    jobs.run_due(database)
    with database.reading() as session:
        engine = index_of(database).recommender()
        document = document_of(session.get_one(Need, need_id))
        scores = {s.achievement_id: s.score for s in engine.suggest_for_need(document, k=20)}
        strangers = session.scalars(
            select(Achievement).where(Achievement.title.startswith("泡菜"))
        )
        just_above = max(scores[row.id] for row in strangers) + 0.001
    monkeypatch.setattr(database.settings.__class__, "suggestion_floor", just_above)
    decide(database, organiser, TITLES[0], "reject", reason="too_early")
    settle(database, monkeypatch)

    assert not [title for title, _ in order(database) if title.startswith("泡菜")]


def test_a_decided_pair_keeps_the_place_at_which_it_was_decided(
    organiser: User, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def places() -> dict[str, int | None]:
        with database.reading() as session:
            return {m.achievement.title: m.need_rank for m in session.scalars(select(Match))}

    before = places()
    decide(database, organiser, TITLES[0], "reject", reason="other_problem")
    decide(database, organiser, TITLES[2], "accept")
    settle(database, monkeypatch)

    after = places()
    assert [after[TITLES[n]] for n in (0, 2)] == [before[TITLES[n]] for n in (0, 2)]


def test_scoring_everything_asks_the_index_once_for_each_need_with_decisions(
    organiser: User, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.transaction() as session:
        company = factories.make_user(session, Role.ENTERPRISE)
        for n in range(12):
            factories.make_need(session, company, title=f"泡菜发酵{n}")
        jobs.enqueue(session, "matching.refresh_all")
    jobs.run_due(database)
    decide(database, organiser, TITLES[0], "accept")
    settle(database, monkeypatch)
    asked: list[str] = []
    search = Recommender.search

    def noted(self: Recommender, text: str, **options: Any) -> list[tuple[int, float]]:
        asked.append(text)
        return search(self, text, **options)

    monkeypatch.setattr(Recommender, "search", noted)
    with database.transaction() as session:
        jobs.enqueue(session, "matching.refresh_all")
    jobs.run_due(database)

    assert len(asked) == 1


def test_decisions_on_others_do_not_crowd_out_those_on_the_need_itself(
    organiser: User, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.transaction() as session:
        company = factories.make_user(session, Role.ENTERPRISE)
        twin = factories.make_need(session, company, title="柑橘采摘机器人").id
        jobs.enqueue(session, "matching.refresh", {"posting_id": twin})
    jobs.run_due(database)
    decide(database, organiser, TITLES[0], "accept")
    with database.transaction() as session:
        own = session.scalars(select(Match.need_id).where(Match.status == "accepted")).one()
        for match in session.scalars(select(Match).where(Match.need_id != own)).all():
            review.accept(session, session.merge(organiser), match, version=match.version)
    monkeypatch.setattr(learning, "MOST", 1)

    with database.reading() as session:
        learned = Teacher(session, index_of(database).recommender()).of(
            document_of(session.get_one(Need, own))
        )
        assert learned is not None
        assert [decision.need.id for decision in learned.lessons.decisions_] == [own]


def test_who_listens_to_a_need_is_who_hears_it(organiser: User, database: Database) -> None:
    with database.transaction() as session:
        company = factories.make_user(session, Role.ENTERPRISE)
        for title in ("柑橘采摘机器人", "柑橘采摘机器人视觉", "泡菜发酵", "柑橘"):
            factories.make_need(session, company, title=title)
        jobs.enqueue(session, "matching.refresh_all")
    jobs.run_due(database)
    decide(database, organiser, TITLES[0], "accept")
    with database.reading() as session:
        recommender = index_of(database).recommender()
        own = session.scalars(select(Match.need_id).where(Match.status == "accepted")).one()
        documents = load_documents(session, list(session.scalars(select(Need.id))))
        teacher = Teacher(session, recommender)
        hears = {key for key, document in documents.items() if teacher.of(document)}
        assert hears == set(learning.listeners(session, recommender, documents[own]))
        assert own in hears
        assert 1 < len(hears) < len(documents)


def test_a_list_under_raised_weights_names_them(
    organiser: User, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    decide(database, organiser, TITLES[0], "reject", reason="too_early")
    settle(database, monkeypatch)
    with database.reading() as session:
        usual = index_of(database).recommender().model_id
        waiting = select(Match.model).where(Match.status == MatchStatus.SUGGESTED)
        (model,) = set(session.scalars(waiting))
    assert model != usual
    assert model.startswith(f"{MODEL} w{WEIGHTS_VERSION}-")


def test_owners_see_that_decisions_count_but_not_which(
    organiser: User, database: Database, monkeypatch: pytest.MonkeyPatch, signed_in: SignedIn
) -> None:
    decide(database, organiser, TITLES[0], "accept")
    decide(database, organiser, TITLES[1], "accept")
    settle(database, monkeypatch)
    with database.reading() as session:
        match = next(m for m in session.scalars(select(Match)) if m.achievement.title == TITLES[1])
        owner, match_id = match.need.owner, match.id
    page = opened(signed_in(owner), f"/pairings/{match_id}")
    assert "以往的决定" in page.text
    assert "像已接受的" not in page.text


@pytest.mark.parametrize("role", [Role.ENTERPRISE, Role.RESEARCHER, Role.ADMINISTRATOR])
def test_only_an_organiser_switches_learning(
    role: Role, organiser: User, database: Database, signed_in: SignedIn
) -> None:
    del organiser
    with database.transaction() as session:
        need_id = session.scalars(select(Need.id)).one()
        person = factories.make_user(session, role)
    answer = signed_in(person).post(f"/review/needs/{need_id}/learning", data={"on": "0"})
    assert answer.status_code in {403, 404}
    with database.reading() as session:
        assert session.get_one(Need, need_id).learns
