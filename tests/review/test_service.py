"""Decisions: who, when, and who was faster."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker import clock, jobs
from matchmaker.db import Database
from matchmaker.errors import InvalidError, NotAllowedError, NotFoundError, NotNowError
from matchmaker.review import desk, queries, service
from matchmaker.review.desk import QueueFilters
from models import Activity, Job, Match, MatchStatus, Notification, PostingStatus, Role, User
from tests import factories


@pytest.fixture
def organiser(session: Session) -> User:
    return factories.make_user(session, Role.ORGANISER)


def test_an_accepted_pair_leaves_the_queue(session: Session, organiser: User) -> None:
    match = factories.make_match(session)
    assert desk.count_waiting(session, organiser) == 1

    service.accept(session, organiser, match, version=match.version)

    assert match.status == MatchStatus.ACCEPTED
    assert desk.count_waiting(session, organiser) == 0


def test_a_rejection_needs_a_reason_of_the_list(session: Session, organiser: User) -> None:
    match = factories.make_match(session)
    for reason, remark in (("", ""), ("because", ""), ("other", " ")):
        with pytest.raises(InvalidError):
            service.reject(
                session, organiser, match, version=match.version, reason=reason, remark=remark
            )
    service.reject(session, organiser, match, version=match.version, reason="too_early")
    assert match.status == MatchStatus.REJECTED


def test_the_second_of_two_organisers_sees_who_was_faster(
    session: Session, organiser: User
) -> None:
    match = factories.make_match(session)
    seen = match.version
    faster = factories.make_user(session, Role.ORGANISER, name="何静")
    service.accept(session, faster, match, version=seen)

    with pytest.raises(NotNowError) as refusal:
        service.defer(session, organiser, match, version=seen)

    assert "何静已经作出决定：已接受" in str(refusal.value.message)
    assert match.decided_by_id == faster.id


def test_undo_puts_the_pair_back_and_tells_nobody(own_database: Database) -> None:
    with own_database.transaction() as session:
        organiser = factories.make_user(session, Role.ORGANISER)
        match = factories.make_match(session)
        service.accept(session, organiser, match, version=match.version)
        session.flush()
        service.undo(session, organiser, match, version=match.version)
        announced = {"match_id": match.id, "decided": ""}
    with own_database.transaction() as session:
        jobs.enqueue(session, "review.announce", announced)
    jobs.run_due(own_database)

    with own_database.reading() as session:
        assert session.scalar(select(func.count(Notification.id))) == 0
        assert session.scalars(select(Match.status)).one() == MatchStatus.SUGGESTED


def test_both_owners_are_told_once_however_often_the_job_runs(own_database: Database) -> None:
    with own_database.transaction() as session:
        organiser = factories.make_user(session, Role.ORGANISER)
        match = factories.make_match(session)
        service.accept(session, organiser, match, version=match.version)
        match_id, decided = match.id, service.decision_of(match)
    for _time in range(2):
        with own_database.transaction() as session:
            again = {"match_id": match_id, "decided": decided}
            jobs.enqueue(session, "review.announce", again)
        jobs.run_due(own_database)

    with own_database.reading() as session:
        assert session.scalar(select(func.count(Notification.id))) == 2


def test_a_pair_that_was_accepted_anew_is_announced_by_its_own_decision(
    own_database: Database,
) -> None:
    with own_database.transaction() as session:
        organiser = factories.make_user(session, Role.ORGANISER)
        match = factories.make_match(session)
        service.accept(session, organiser, match, version=match.version)
        session.flush()
        service.undo(session, organiser, match, version=match.version)
        session.flush()
        service.accept(session, organiser, match, version=match.version)
    with own_database.transaction() as session:
        announcements = select(Job).where(Job.kind == "review.announce").order_by(Job.id)
        first, second = session.scalars(announcements)
        assert first.payload["decided"] != second.payload["decided"]
        first.run_after = clock.now()
    jobs.run_due(own_database)

    with own_database.reading() as session:
        assert session.scalar(select(func.count(Notification.id))) == 0


def test_nobody_decides_on_a_pair_of_their_own_organisation(session: Session) -> None:
    match = factories.make_match(session)
    inside = factories.make_user(session, Role.ORGANISER, organisation=match.need.organisation)
    with pytest.raises(NotAllowedError):
        service.accept(session, inside, match, version=match.version)


@pytest.mark.parametrize("role", [Role.RESEARCHER, Role.ENTERPRISE, Role.ADMINISTRATOR])
def test_only_organisers_decide(session: Session, role: Role) -> None:
    match = factories.make_match(session)
    with pytest.raises(NotAllowedError):
        service.accept(session, factories.make_user(session, role), match, version=match.version)


def test_who_may_not_decide_neither_takes_back_nor_leaves_a_note(
    session: Session, organiser: User
) -> None:
    match = factories.make_match(session)
    service.accept(session, organiser, match, version=match.version)
    session.flush()
    inside = factories.make_user(session, Role.ORGANISER, organisation=match.need.organisation)

    for person in (inside, match.need.owner, factories.make_user(session, Role.ADMINISTRATOR)):
        with pytest.raises(NotAllowedError):
            service.undo(session, person, match, version=match.version)
        with pytest.raises(NotAllowedError):
            service.note(session, person, match, "备注")

    assert (match.status, match.notes) == (MatchStatus.ACCEPTED, [])


@pytest.mark.parametrize("status", [MatchStatus.ACCEPTED, MatchStatus.REJECTED])
def test_a_decided_pair_is_not_decided_again_by_one_who_has_seen_the_decision(
    session: Session, organiser: User, status: MatchStatus
) -> None:
    match = factories.make_match(session)
    faster = factories.make_user(session, Role.ORGANISER, name="何静")
    if status == MatchStatus.ACCEPTED:
        service.accept(session, faster, match, version=match.version)
    else:
        service.reject(session, faster, match, version=match.version, reason="price")
    session.flush()

    with pytest.raises(NotNowError, match="何静已经作出决定"):
        service.defer(session, organiser, match, version=match.version)

    assert (match.status, match.decided_by) == (status, faster)


def test_what_was_not_decided_cannot_be_taken_back(session: Session, organiser: User) -> None:
    match = factories.make_match(session)

    with pytest.raises(NotNowError, match="没有可以撤销的决定"):
        service.undo(session, organiser, match, version=match.version)


def test_taking_back_leaves_nothing_of_the_decision_but_its_history(
    session: Session, organiser: User
) -> None:
    match = factories.make_match(session)
    service.reject(
        session, organiser, match, version=match.version, reason="price", remark="太贵",
        explanation={"score": 0.5},
    )  # fmt: skip
    session.flush()
    assert match.explanation == {"score": 0.5}

    service.undo(session, organiser, match, version=match.version)

    assert (match.status, match.decided_by, match.decided_at) == (
        MatchStatus.SUGGESTED,
        None,
        None,
    )
    assert (match.reason, match.remark, match.explanation) == (None, "", None)
    lines = session.scalars(select(Activity).order_by(Activity.id.desc())).unique().all()
    assert [line.action for line in lines] == ["match.reopened", "match.rejected"]
    assert lines[0].values["was"] == "rejected"


def test_words_may_be_as_long_as_the_limit_says(session: Session, organiser: User) -> None:
    match = factories.make_match(session)

    service.note(session, organiser, match, "长" * service.NOTE_LIMIT)
    service.accept(
        session, organiser, match, version=match.version, remark="长" * service.REMARK_LIMIT
    )

    assert len(match.remark) == service.REMARK_LIMIT
    actions = session.scalars(select(Activity.action).order_by(Activity.id)).all()
    assert actions == ["match.noted", "match.accepted"]


def test_a_withdrawn_posting_cannot_be_accepted(session: Session, organiser: User) -> None:
    match = factories.make_match(session)
    match.achievement.status = PostingStatus.WITHDRAWN
    session.flush()
    with pytest.raises(NotNowError):
        service.accept(session, organiser, match, version=match.version)
    assert desk.count_waiting(session, organiser) == 0


def test_owners_see_accepted_pairs_and_no_others(session: Session, organiser: User) -> None:
    match = factories.make_match(session)
    owner = match.need.owner
    with pytest.raises(NotFoundError):
        queries.one(session, owner, match.id)

    service.accept(session, organiser, match, version=match.version)

    assert queries.one(session, owner, match.id) is match
    assert queries.accepted_of(session, match.achievement.owner) == [match]
    with pytest.raises(NotFoundError):
        queries.one(session, factories.make_user(session, Role.RESEARCHER), match.id)


def test_many_at_once_leave_out_what_others_decided(session: Session, organiser: User) -> None:
    matches = [factories.make_match(session) for _n in range(3)]
    versions = {match.id: match.version for match in matches}
    faster = factories.make_user(session, Role.ORGANISER)
    service.defer(session, faster, matches[0], version=matches[0].version)
    session.flush()

    result = service.decide_many(session, organiser, matches, versions, service.accept)

    assert result == service.ManyDecided(done=matches[1:], beaten=matches[:1])


def test_many_at_once_leave_out_what_was_not_seen(session: Session, organiser: User) -> None:
    seen, unseen = factories.make_match(session), factories.make_match(session)

    result = service.decide_many(
        session, organiser, [seen, unseen], {seen.id: seen.version}, service.defer
    )

    assert result == service.ManyDecided(done=[seen], beaten=[unseen])


def test_many_at_once_leave_out_the_pairs_of_the_own_organisation(session: Session) -> None:
    own, other = factories.make_match(session), factories.make_match(session)
    inside = factories.make_user(session, Role.ORGANISER, organisation=own.need.organisation)

    result = service.decide_many(
        session, inside, [own, other], {own.id: 1, other.id: 1}, service.defer
    )

    assert result == service.ManyDecided(done=[other], own=[own])


def test_many_at_once_are_for_organisers_only(session: Session) -> None:
    match = factories.make_match(session)
    researcher = factories.make_user(session, Role.RESEARCHER)
    with pytest.raises(NotAllowedError):
        service.decide_many(session, researcher, [match], {match.id: 1}, service.accept)


def test_the_queue_asks_as_often_for_three_pairs_as_for_one(
    session: Session, organiser: User, count_queries: Callable[[Callable[[], object]], int]
) -> None:
    need = factories.make_need(session)
    factories.make_match(session, need)

    def look() -> object:
        session.expire_all()
        found = desk.candidates(session, organiser, QueueFilters(), need.id)
        return [
            (m.need.title, m.achievement.organisation.name, m.achievement.chains) for m in found
        ]

    one = count_queries(look)
    for _n in range(3):
        factories.make_match(session, need)

    assert count_queries(look) == one
