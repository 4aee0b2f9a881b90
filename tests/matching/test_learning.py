"""Decisions move what is like them: reversibly, for this need and needs like it."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from matchmaker import jobs
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
from tests.matching.deciding import TITLES, decide, order, settle, twin_of


def test_what_is_like_an_accepted_achievement_rises_and_undo_puts_it_back(
    reviewer: User, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = dict(order(database))
    decide(database, reviewer, TITLES[0], "accept")
    settle(database, monkeypatch)
    after = dict(order(database))
    assert after[TITLES[1]] > before[TITLES[1]] + 0.02
    assert after[TITLES[4]] < after[TITLES[1]]

    decide(database, reviewer, TITLES[0], "undo")
    settle(database, monkeypatch)
    assert dict(order(database)) == pytest.approx(before)


def test_what_is_like_a_refused_achievement_falls_only_when_its_subject_was_the_reason(
    reviewer: User, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = dict(order(database))
    decide(database, reviewer, TITLES[0], "reject", reason="has_supplier")
    settle(database, monkeypatch)
    assert dict(order(database)) == pytest.approx(before)

    decide(database, reviewer, TITLES[0], "undo")
    decide(database, reviewer, TITLES[0], "reject", reason="other_problem")
    settle(database, monkeypatch)
    assert dict(order(database))[TITLES[1]] < before[TITLES[1]]


def test_a_refusal_for_a_field_raises_the_weight_of_its_signal_for_this_need_alone(
    reviewer: User, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    decide(database, reviewer, TITLES[0], "reject", reason="too_early")
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
    reviewer: User, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    twin = twin_of(database)
    before = dict(order(database, twin))
    decide(database, reviewer, TITLES[1], "accept")
    settle(database, monkeypatch)
    assert dict(order(database, twin))[TITLES[0]] > before[TITLES[0]] + 0.02


def test_the_achievements_own_list_keeps_what_was_learned(
    reviewer: User, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    decide(database, reviewer, TITLES[0], "accept")
    settle(database, monkeypatch)
    learned = dict(order(database))
    with database.transaction() as session:
        jobs.enqueue(session, "matching.refresh_all")
    jobs.run_due(database)
    assert dict(order(database)) == pytest.approx(learned)


def test_what_stands_on_the_desk_for_the_achievements_sake_is_scored_anew_as_well(
    reviewer: User, database: Database, monkeypatch: pytest.MonkeyPatch
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
    decide(database, reviewer, TITLES[0], "accept")
    settle(database, monkeypatch)
    with database.reading() as session:
        recommender = index_of(database).recommender()
        for match in session.scalars(select(Match).where(Match.status == MatchStatus.SUGGESTED)):
            card = card_of(recommender, match, Teacher(session, recommender))
            assert match.score == pytest.approx(card.score, abs=1e-6), match.achievement.title


def test_raised_weights_order_a_list_and_do_not_lengthen_it(
    reviewer: User, database: Database, monkeypatch: pytest.MonkeyPatch
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
    decide(database, reviewer, TITLES[0], "reject", reason="too_early")
    settle(database, monkeypatch)

    assert not [title for title, _ in order(database) if title.startswith("泡菜")]


def test_a_decided_pair_keeps_the_place_at_which_it_was_decided(
    reviewer: User, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def places() -> dict[str, int | None]:
        with database.reading() as session:
            return {m.achievement.title: m.need_rank for m in session.scalars(select(Match))}

    before = places()
    decide(database, reviewer, TITLES[0], "reject", reason="other_problem")
    decide(database, reviewer, TITLES[2], "accept")
    settle(database, monkeypatch)

    after = places()
    assert [after[TITLES[n]] for n in (0, 2)] == [before[TITLES[n]] for n in (0, 2)]


def test_scoring_everything_asks_the_index_once_for_each_need_with_decisions(
    reviewer: User, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.transaction() as session:
        company = factories.make_user(session, Role.ENTERPRISE)
        for n in range(12):
            factories.make_need(session, company, title=f"泡菜发酵{n}")
        jobs.enqueue(session, "matching.refresh_all")
    jobs.run_due(database)
    decide(database, reviewer, TITLES[0], "accept")
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
    reviewer: User, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    twin_of(database)
    decide(database, reviewer, TITLES[0], "accept")
    with database.transaction() as session:
        own = session.scalars(select(Match.need_id).where(Match.status == "accepted")).one()
        for match in session.scalars(select(Match).where(Match.need_id != own)).all():
            review.accept(session, session.merge(reviewer), match, version=match.version)
    monkeypatch.setattr(learning, "MOST", 1)

    with database.reading() as session:
        learned = Teacher(session, index_of(database).recommender()).of(
            document_of(session.get_one(Need, own))
        )
        assert learned is not None
        assert [decision.need.id for decision in learned.lessons.decisions_] == [own]


def test_who_listens_to_a_need_is_who_hears_it(reviewer: User, database: Database) -> None:
    with database.transaction() as session:
        company = factories.make_user(session, Role.ENTERPRISE)
        for title in ("柑橘采摘机器人", "柑橘采摘机器人视觉", "泡菜发酵", "柑橘"):
            factories.make_need(session, company, title=title)
        jobs.enqueue(session, "matching.refresh_all")
    jobs.run_due(database)
    decide(database, reviewer, TITLES[0], "accept")
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
    reviewer: User, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    decide(database, reviewer, TITLES[0], "reject", reason="too_early")
    settle(database, monkeypatch)
    with database.reading() as session:
        usual = index_of(database).recommender().model_id
        waiting = select(Match.model).where(Match.status == MatchStatus.SUGGESTED)
        (model,) = set(session.scalars(waiting))
    assert model != usual
    assert model.startswith(f"{MODEL} w{WEIGHTS_VERSION}-")
