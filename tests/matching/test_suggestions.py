"""Suggestions follow the catalogue: published, edited, withdrawn."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker import jobs
from matchmaker.catalogue import service
from matchmaker.catalogue.index import index_of
from matchmaker.db import Database
from matchmaker.engine import DEFAULT_WEIGHTS, MODEL, WEIGHTS_VERSION
from models import Match, MatchStatus, Posting, Role, User
from tests import factories


@pytest.fixture
def people(app: Flask, database: Database) -> Iterator[dict[Role, User]]:
    with database.transaction() as session:
        users = {role: factories.make_user(session, role) for role in Role}
        factories.make_need(session, users[Role.ENTERPRISE], title="单晶高镍正极材料的低残锂制备")
    with app.app_context():
        yield users


def publish(database: Database, owner: User, title: str) -> int:
    with database.transaction() as session:
        owner = session.merge(owner)
        posting = factories.make_achievement(session, owner, title=title)
        jobs.enqueue(session, "matching.refresh", {"posting_id": posting.id})
        posting_id = posting.id
    jobs.run_due(database)
    return posting_id


def pairs(database: Database) -> list[Match]:
    with database.reading() as session:
        return list(session.scalars(select(Match)))


def test_a_published_achievement_is_suggested_for_the_fitting_need(
    people: dict[Role, User], database: Database
) -> None:
    posting_id = publish(database, people[Role.RESEARCHER], "单晶高镍三元材料残锂原位转化")

    (match,) = pairs(database)
    assert match.achievement_id == posting_id
    assert match.score > 0.3
    assert match.model == index_of(database).recommender().model_id
    assert match.model.startswith(f"{MODEL} w{WEIGHTS_VERSION} ")
    assert set(match.by_signal) == set(DEFAULT_WEIGHTS)


def test_withdrawing_removes_open_suggestions_and_keeps_decided_ones(
    people: dict[Role, User], database: Database
) -> None:
    from matchmaker.review import service as review

    first = publish(database, people[Role.RESEARCHER], "单晶高镍三元材料残锂原位转化")
    publish(database, people[Role.RESEARCHER], "单晶高镍正极材料的残锂处理")
    with database.transaction() as session:
        organiser = session.merge(people[Role.ORGANISER])
        match = session.scalars(select(Match).where(Match.achievement_id == first)).one()
        review.accept(session, organiser, match, version=match.version)
    with database.transaction() as session:
        for posting in session.scalars(select(Posting).where(Posting.kind == "achievement")):
            service.withdraw(session, session.merge(people[Role.RESEARCHER]), posting)
    jobs.run_due(database)

    assert [match.status for match in pairs(database)] == [MatchStatus.ACCEPTED]


def test_an_edit_changes_the_score(people: dict[Role, User], database: Database) -> None:
    posting_id = publish(database, people[Role.RESEARCHER], "单晶高镍三元材料残锂原位转化")
    before = pairs(database)[0].score
    with database.transaction() as session:
        posting = session.get_one(Posting, posting_id)
        owner = session.merge(people[Role.RESEARCHER])
        service.save(
            session,
            owner,
            posting,
            {"title": "单晶高镍正极材料的低残锂制备"},
            version=posting.version,
        )
    jobs.run_due(database)

    assert pairs(database)[0].score > before


def test_refreshing_twice_changes_nothing(people: dict[Role, User], database: Database) -> None:
    publish(database, people[Role.RESEARCHER], "单晶高镍三元材料残锂原位转化")
    before = [(m.id, m.score, m.need_rank, m.achievement_rank) for m in pairs(database)]
    for _time in range(2):
        with database.transaction() as session:
            jobs.enqueue(session, "matching.refresh_all")
        jobs.run_due(database)

    after = [(m.id, m.score, m.achievement_rank) for m in pairs(database)]
    assert after == [(i, s, a) for i, s, _n, a in before]


def test_the_index_follows_the_database_by_itself(
    people: dict[Role, User], database: Database
) -> None:
    index = index_of(database)
    assert index.recommender().n_achievements_ == 0
    with database.transaction() as session:
        posting = factories.make_achievement(session, session.merge(people[Role.RESEARCHER]))
        posting_id = posting.id
    assert index.recommender().n_achievements_ == 1
    with database.transaction() as session:
        posting = session.get_one(Posting, posting_id)
        service.archive(session, session.merge(people[Role.RESEARCHER]), posting)
    assert index.recommender().n_achievements_ == 0


def test_columns_and_objects_are_read_as_the_same_document(session: Session) -> None:
    from matchmaker.catalogue.documents import document_of, load_documents
    from models import Comparator, Indicator

    node = factories.make_node(session)
    need = factories.make_need(session, nodes=[node], budget=1_000_000)
    achievement = factories.make_achievement(session, nodes=[node])
    for posting in (need, achievement):
        posting.indicators = [
            Indicator(ordinal=0, name="寿命", comparator=Comparator.GE, value="1500", unit="次")
        ]
    session.flush()

    loaded = load_documents(session, [need.id, achievement.id])

    assert list(loaded.values()) == [document_of(achievement), document_of(need)]
