"""Suggestions from accepted pairs, stored scores and the engine."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker import jobs
from matchmaker.catalogue.documents import load_documents
from matchmaker.db import Database
from matchmaker.engine import Recommender
from matchmaker.wishes import exclusions, service, suggestions
from models import (
    Achievement,
    Event,
    Job,
    MatchStatus,
    Posting,
    PostingStatus,
    RejectReason,
    Side,
    Team,
    TeamPosting,
    TeamStatus,
    Wish,
    WishChoice,
)
from tests import factories
from tests.events.making import make_event, make_wish
from tests.wishes.making import match_of, only_wish, person, team_with_posting

SUBJECTS = ("高镍正极材料残锂", "泡菜发酵菌剂", "齿轮箱故障诊断", "钛合金增材制造", "页岩气压裂液")


def fitted(session: Session) -> Recommender:
    """Make an engine over every published posting."""
    ids = list(
        session.scalars(select(Posting.id).where(Posting.status == PostingStatus.PUBLISHED))
    )
    documents = load_documents(session, ids)
    kinds = dict(session.execute(select(Posting.id, Posting.kind)).all())
    sides = {
        side: [d for key, d in documents.items() if kinds[key] == side.value] for side in Side
    }
    return Recommender().fit(sides[Side.NEED], sides[Side.ACHIEVEMENT])


def full_event(session: Session, n: int = 3) -> tuple[Event, list[list[int]]]:
    """Make an event with `n` teams a side, of which those with one number fit."""
    event = make_event(session)
    ids = [
        [
            team_with_posting(session, event, side, title=f"{SUBJECTS[i % 5]}{i}").id
            for i in range(n)
        ]
        for side in Side
    ]
    return event, ids


def test_stored_pairs_become_suggestions_with_their_best_score(session: Session) -> None:
    event = make_event(session)
    need = team_with_posting(session, event, Side.NEED)
    achievement = team_with_posting(session, event, Side.ACHIEVEMENT)
    more = factories.make_need(session, person(need))
    need.posting_rows.append(TeamPosting(team_id=need.id, posting_id=more.id, posting=more))
    session.flush()
    match_of(session, need, achievement, score=0.4)
    offered = achievement.postings[0]
    assert isinstance(offered, Achievement)
    best = factories.make_match(session, more, offered, score=0.9)

    assert suggestions.suggest(session, event) == 1

    wish = only_wish(session)
    assert (wish.score, wish.match_id, wish.suggested) == (0.9, best.id, True)
    assert (wish.need_choice, wish.achievement_choice) == (None, None)


def test_an_accepted_pair_is_suggested_however_low_its_score(session: Session) -> None:
    event, (needs, achievements) = full_event(session, 12)
    teams = {key: session.get_one(Team, key) for key in (*needs, *achievements)}
    for key in achievements[1:]:
        match_of(session, teams[needs[0]], teams[key], score=0.8)
    match_of(
        session, teams[needs[0]], teams[achievements[0]], score=0.01, status=MatchStatus.ACCEPTED,
        decided_by=event.owner, decided_at=event.created_at,
    )  # fmt: skip

    suggestions.suggest(session, event, floor=0.5)

    suggested = set(session.scalars(select(Wish.achievement_team_id).where(Wish.suggested)))
    assert achievements[0] in suggested


def test_a_pair_that_was_refused_is_not_suggested(session: Session) -> None:
    event = make_event(session)
    need = team_with_posting(session, event, Side.NEED, title=SUBJECTS[0])
    achievement = team_with_posting(session, event, Side.ACHIEVEMENT, title=SUBJECTS[0])
    match_of(session, need, achievement, status=MatchStatus.REJECTED,
        reason=RejectReason.PRICE, decided_by=event.owner, decided_at=event.created_at,
    )  # fmt: skip

    assert suggestions.suggest(session, event, fitted(session)) == 0


def test_the_engine_suggests_where_nothing_is_stored(session: Session) -> None:
    event, (needs, achievements) = full_event(session)

    suggestions.suggest(session, event, fitted(session), floor=0.99)

    best = {
        need: session.scalar(
            select(Wish.achievement_team_id)
            .where(Wish.need_team_id == need)
            .order_by(Wish.score.desc(), Wish.id)
        )
        for need in needs
    }
    assert best == dict(zip(needs, achievements, strict=True))


def test_a_team_gets_its_best_few_and_the_floor_spares_three(session: Session) -> None:
    event = make_event(session)
    need = team_with_posting(session, event, Side.NEED)
    others = [team_with_posting(session, event, Side.ACHIEVEMENT) for _ in range(10)]
    rivals = [team_with_posting(session, event, Side.NEED) for _ in range(8)]
    for n, other in enumerate(others):
        match_of(session, need, other, score=0.1 + n / 100)
        for rival in rivals:
            match_of(session, rival, other, score=0.5)

    suggestions.suggest(session, event, floor=0.3)

    ours = session.scalars(select(Wish.score).where(Wish.need_team_id == need.id))
    assert sorted(ours) == [0.17, 0.18, 0.19]


def test_excluded_pairs_and_teams_that_do_not_come_are_not_suggested(session: Session) -> None:
    event = make_event(session)
    need = team_with_posting(session, event, Side.NEED)
    others = [team_with_posting(session, event, Side.ACHIEVEMENT) for _ in range(3)]
    for other in others:
        match_of(session, need, other, score=0.9)
    others[0].status = TeamStatus.WITHDRAWN
    session.flush()
    exclusions.declare(session, person(need), event, need, others[1])

    suggestions.suggest(session, event)

    assert only_wish(session).achievement_team_id == others[2].id


def test_another_run_changes_scores_but_never_a_choice(session: Session) -> None:
    event = make_event(session)
    need = team_with_posting(session, event, Side.NEED)
    achievement = team_with_posting(session, event, Side.ACHIEVEMENT)
    match = match_of(session, need, achievement, score=0.4)
    suggestions.suggest(session, event)
    service.choose(session, person(need), event, need, achievement, WishChoice.MUST)
    match.score = 0.6
    session.flush()

    assert suggestions.suggest(session, event) == 0

    wish = only_wish(session)
    session.refresh(wish)
    assert (wish.score, wish.need_choice, wish.suggested) == (0.6, WishChoice.MUST, True)


def test_a_second_run_changes_nothing(session: Session) -> None:
    event, _ids = full_event(session)
    engine = fitted(session)
    suggestions.suggest(session, event, engine)
    rows = select(Wish.id, Wish.score, Wish.match_id, Wish.suggested, Wish.version)
    before = session.execute(rows).all()

    assert suggestions.suggest(session, event, engine) == 0
    assert session.execute(rows).all() == before
    assert before


def test_a_wish_that_nobody_suggested_gets_its_score_too(session: Session) -> None:
    event, (needs, achievements) = full_event(session, 20)
    team = session.get_one(Team, needs[0])
    far = session.get_one(Team, achievements[7])
    wish = make_wish(session, team, far, score=0.0, achievement_choice=None)

    suggestions.suggest(session, event, fitted(session))

    session.refresh(wish)
    assert wish.score > 0
    assert not wish.suggested


def test_later_suggestions_wait_for_each_other(session: Session) -> None:
    event, other = make_event(session), make_event(session)
    for wanted in (event, event, other):
        suggestions.suggest_later(session, wanted)

    payloads = list(session.scalars(select(Job.payload).order_by(Job.id)))
    assert payloads == [{"event_id": event.id}, {"event_id": other.id}]


def test_the_job_makes_suggestions_and_can_run_twice(app: Flask, database: Database) -> None:
    with database.transaction() as session:
        event, _ids = full_event(session)
        event_id = event.id
        for _ in range(2):
            jobs.enqueue(session, "wishes.suggest", {"event_id": event.id})

    with app.app_context():
        jobs.run_due(database)

    with database.reading() as session:
        results = [job.result for job in session.scalars(select(Job).order_by(Job.id))]
        assert results[0] is not None
        assert results[0]["suggestions"] > 0
        assert results[1] == {"suggestions": 0}
        count = session.scalar(select(func.count(Wish.id)).where(Wish.event_id == event_id))
        assert count == results[0]["suggestions"]


def test_the_job_does_nothing_for_an_event_that_is_gone(app: Flask, database: Database) -> None:
    with database.transaction() as session:
        jobs.enqueue(session, "wishes.suggest", {"event_id": 999})

    with app.app_context():
        jobs.run_due(database)

    with database.reading() as session:
        assert session.scalars(select(Job.result)).one() == {"suggestions": 0}


def test_many_teams_ask_the_database_as_often_as_few(
    session: Session, count_queries: Callable[[Callable[[], object]], int]
) -> None:
    counts = []
    for n in (3, 30):
        event, _ids = full_event(session, n)
        engine = fitted(session)
        counts.append(count_queries(partial(suggestions.suggest, session, event, engine)))

    assert counts[0] == counts[1]
