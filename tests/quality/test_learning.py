"""Learning what organisers accept: from enough decisions, tested on needs that were not seen."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker import clock, jobs
from matchmaker.db import Database
from matchmaker.engine.acceptance import ENOUGH_DECISIONS, MODEL_VERSION
from matchmaker.quality import queries, service
from matchmaker.quality.queries import Decided
from matchmaker.review import acceptance
from matchmaker.review import service as review
from models import Job, LearnedModel, Match, MatchStatus, Role
from tests import factories
from tests.quality.decisions import decided, decided_by_title


def learn(database: Database) -> Any:
    with database.transaction() as session:
        job_id = jobs.enqueue(session, "quality.learn").id
    jobs.run_due(database)
    with database.reading() as session:
        return session.get_one(Job, job_id).result


def rows_of(database: Database) -> list[LearnedModel]:
    with database.reading() as session:
        return list(session.scalars(select(LearnedModel).order_by(LearnedModel.id)))


def decisions(needs: int = 20, each: int = 10) -> list[Decided]:
    random = Random(2)
    return [
        Decided(need, {"title": random.random()}, random.random() < 0.4, clock.now())
        for need in range(needs)
        for _n in range(each)
    ]


def test_the_platform_learns_by_itself_every_hour() -> None:
    assert "quality.learn" in jobs.REGULAR


def test_too_few_decisions_teach_nothing(own_database: Database) -> None:
    with own_database.transaction() as session:
        decided_by_title(session, needs=19)

    assert learn(own_database) == {"learned": False}
    assert rows_of(own_database) == []


def test_what_organisers_mostly_do_is_learned_and_measured(own_database: Database) -> None:
    with own_database.transaction() as session:
        matches = decided_by_title(session, needs=40)
    accepted = sum(match.status == MatchStatus.ACCEPTED for match in matches)

    assert learn(own_database) == {"learned": True, "decisions": 400}

    (row,) = rows_of(own_database)
    assert (row.kind, row.version, row.decisions) == ("acceptance", MODEL_VERSION, 400)
    assert (row.measured["accepted"], row.measured["needs"]) == (accepted, 40)
    assert sum(n for _low, _high, n, _forecast, _accepted in row.measured["bins"]) == 400
    assert row.measured["brier"] < row.measured["brier_of_share"]
    assert row.measured["error"] < 0.1
    with own_database.reading() as session:
        model = acceptance.in_force(session)
    assert model is not None
    low, high = model.model.predict_proba([{"title": 0.1}, {"title": 0.9}])[:, 1]
    assert low < 0.35
    assert high > 0.65


def test_decisions_as_they_were_change_nothing_and_a_new_one_is_learned(
    own_database: Database,
) -> None:
    with own_database.transaction() as session:
        decided_by_title(session)
    learn(own_database)

    assert learn(own_database) == {"learned": False}
    assert len(rows_of(own_database)) == 1

    with own_database.transaction() as session:
        decided(session, 1, accept=True)
    assert learn(own_database) == {"learned": True, "decisions": 201}
    assert [row.decisions for row in rows_of(own_database)] == [200, 201]


def test_a_decision_that_is_taken_back_is_unlearned(own_database: Database) -> None:
    with own_database.transaction() as session:
        match = decided_by_title(session, needs=21)[0]
        organiser = factories.make_user(session, Role.ORGANISER)
    learn(own_database)

    with own_database.transaction() as session:
        undone = session.get_one(Match, match.id)
        review.undo(session, organiser, undone, version=undone.version)

    assert learn(own_database) == {"learned": True, "decisions": 209}


def test_another_engine_lets_the_same_decisions_be_learned_anew(session: Session) -> None:
    matches = decided_by_title(session)
    before = queries.name_of_decisions(session)

    matches[0].model = "tfidf-9"
    session.flush()

    assert queries.name_of_decisions(session) != before


def test_two_workers_at_once_store_one_model(session: Session) -> None:
    decided_by_title(session)
    first, second = service.learn(session), service.learn(session)
    assert first is not None
    assert second is not None

    assert service.keep(session, first)
    assert not service.keep(session, second)
    assert session.scalars(select(LearnedModel)).all() == [first]


def test_the_last_twenty_models_are_kept(session: Session) -> None:
    decided_by_title(session)
    found = service.learn(session)
    assert found is not None
    for number in range(service.HISTORY + 3):
        same = {
            name: getattr(found, name) for name in ("kind", "version", "fitted_at", "decisions")
        }
        row = LearnedModel(
            **same, values=found.values, measured=found.measured, learned_from=f"{number}"
        )
        assert service.keep(session, row)

    kept = session.scalars(select(LearnedModel.learned_from).order_by(LearnedModel.id)).all()
    assert kept == [str(number) for number in range(3, service.HISTORY + 3)]
    assert acceptance.row_in_force(session) is row


def test_only_decisions_teach_and_only_by_their_signals(session: Session) -> None:
    organiser = factories.make_user(session, Role.ORGANISER)
    taken, put_aside, bare, _waiting = (factories.make_match(session) for _n in range(4))
    taken.by_signal = {"title": 0.4, "trl": None, "decisions": 0.2}
    bare.by_signal = {}
    review.accept(session, organiser, taken, version=taken.version)
    review.accept(session, organiser, bare, version=bare.version)
    review.defer(session, organiser, put_aside, version=put_aside.version)
    session.flush()

    (found,) = queries.decided(session)

    assert (found.need_id, found.accepted) == (taken.need_id, True)
    assert found.signals == {"title": 0.4, "trl": None}
    assert queries.wanting_now(session) == (ENOUGH_DECISIONS - 1, 1)


@pytest.mark.parametrize(
    ("needs", "each", "accepted", "wanting"),
    [(20, 10, 100, 0), (10, 10, 50, 100), (20, 10, 15, 5), (20, 10, 195, 15), (3, 70, 100, 2)],
)
def test_what_is_wanting_is_told(
    session: Session, needs: int, each: int, accepted: int, wanting: int
) -> None:
    """Decisions, enough of each kind, on several needs: what lacks most is told."""
    decided_by_title(session, needs=needs, each=each, accepted=accepted)

    assert queries.wanting_now(session) == (wanting, needs * each)
    assert queries.wanting(queries.decided(session)) == wanting
    assert (service.learn(session) is None) == bool(wanting)


def test_no_need_has_a_part_in_its_own_forecasts() -> None:
    known = decisions()
    turned = [
        replace(item, accepted=not item.accepted) if item.need_id == 7 else item for item in known
    ]
    own = [item.need_id == 7 for item in known]

    before, after = service.cross_fitted(known), service.cross_fitted(turned)

    assert (before[own] == after[own]).all()
    assert (before != after).any()


def test_the_order_of_decisions_does_not_matter() -> None:
    known = decisions()
    mixed = Random(3).sample(known, len(known))

    assert service.measured(mixed)["error"] == pytest.approx(service.measured(known)["error"])


def test_needs_that_alone_hold_a_kind_of_decision_are_forecast_all_the_same() -> None:
    known = [replace(item, accepted=item.need_id == 0) for item in decisions(needs=10, each=20)]

    forecasts = service.cross_fitted(known)

    assert forecasts[:20] == pytest.approx(1 / (160 + 2))


def test_a_model_of_another_version_is_passed_over(own_database: Database) -> None:
    with own_database.transaction() as session:
        decided_by_title(session)
        found = service.learn(session)
        assert found is not None
        found.version = "acceptance-0"
        session.add(found)

    with own_database.reading() as session:
        assert acceptance.in_force(session) is None
        assert queries.forecasts(session) is None
    assert learn(own_database) == {"learned": True, "decisions": 200}
    with own_database.reading() as session:
        assert session.scalar(select(func.count(LearnedModel.id))) == 2
        assert queries.forecasts(session) is not None
