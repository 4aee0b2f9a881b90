"""Room at an event: who fits in, who waits, who moves up, and thirty at once."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.db import Database
from matchmaker.errors import InvalidError, NotNowError
from matchmaker.registration import places, service
from models import Event, Notification, Role, Team, TeamStatus, User
from tests import factories
from tests.events.making import make_event, make_team
from tests.registration.typing_in import person, values


def waiting(session: Session, event: Event, people: int = 1) -> Team:
    return make_team(session, event, people=people, status=TeamStatus.WAITING)


def test_an_organiser_admits_only_whom_there_is_room_for(session: Session) -> None:
    event = make_event(session, capacity=3)
    make_team(session, event, people=2)
    large = make_team(session, event, people=2, status=TeamStatus.PENDING)
    small = make_team(session, event, status=TeamStatus.PENDING)

    with pytest.raises(NotNowError) as refusal:
        service.admit(session, event.owner, large)
    service.admit(session, event.owner, small)

    assert "1 个名额" in str(refusal.value.message)
    assert small.status == TeamStatus.APPROVED
    assert places.free(session, event) == 0


def test_many_are_admitted_in_the_order_of_their_registration(session: Session) -> None:
    event = make_event(session, capacity=3)
    teams = [make_team(session, event, people=n, status=TeamStatus.PENDING) for n in (2, 2, 1)]
    gone = make_team(session, event, status=TeamStatus.WITHDRAWN)

    result = service.admit_many(session, event.owner, event, [gone, *reversed(teams)])

    assert result.done == [teams[0], teams[2]]
    assert result.no_room == [teams[1]]
    assert result.decided == [gone]


def test_a_free_place_goes_to_the_earliest_that_fits(session: Session) -> None:
    event = make_event(session, capacity=2)
    leaving = make_team(session, event)
    make_team(session, event)
    large, early, late = (
        waiting(session, event, 2),
        waiting(session, event),
        waiting(session, event),
    )

    service.withdraw(session, leaving.registered_by, leaving)

    states = [team.status for team in (large, early, late)]
    assert states == [TeamStatus.WAITING, TeamStatus.APPROVED, TeamStatus.WAITING]
    told = session.scalars(select(Notification).where(Notification.kind == "team.approved")).all()
    assert [line.user_id for line in told] == [early.registered_by_id]


def test_a_refusal_and_a_smaller_team_make_room_too(session: Session) -> None:
    event = make_event(session, capacity=3)
    team, other = make_team(session, event, people=2), make_team(session, event)
    first, second = waiting(session, event), waiting(session, event)

    service.refuse(session, event.owner, other, reason="重复报名")
    assert (first.status, second.status) == (TeamStatus.APPROVED, TeamStatus.WAITING)

    keeps = values(person("留下", id=team.members[0].id))
    service.change(session, team.registered_by, team, keeps, version=team.version)
    assert second.status == TeamStatus.APPROVED


def test_who_was_put_on_the_waiting_list_does_not_come_back_at_once(session: Session) -> None:
    event = make_event(session, capacity=1)
    team, other = make_team(session, event), waiting(session, event)

    service.put_on_waiting_list(session, event.owner, team)

    assert (team.status, other.status) == (TeamStatus.WAITING, TeamStatus.APPROVED)


def test_who_had_no_place_leaves_none(session: Session) -> None:
    event = make_event(session, capacity=9)
    asking, leaving = (make_team(session, event, status=TeamStatus.PENDING) for _ in range(2))
    team = waiting(session, event)

    service.refuse(session, event.owner, asking, reason="重复报名")
    service.withdraw(session, leaving.registered_by, leaving)

    assert team.status == TeamStatus.WAITING


def test_an_admitted_team_grows_only_into_free_places(session: Session) -> None:
    event = make_event(session, capacity=2)
    team = make_team(session, event)
    make_team(session, event)
    more = values(person("甲", id=team.members[0].id), person("乙"))

    with pytest.raises(InvalidError) as refusal:
        service.change(session, team.registered_by, team, more, version=team.version)

    assert list(refusal.value.fields) == ["members"]


def test_teams_that_are_not_admitted_take_no_places(session: Session) -> None:
    event = make_event(session, capacity=1)
    for status in (TeamStatus.PENDING, TeamStatus.WAITING, TeamStatus.WITHDRAWN):
        make_team(session, event, people=3, status=status)
    make_team(session, make_event(session), people=3)

    assert places.people(session, event) == 0
    assert places.fits(session, event, 1)


def test_nobody_moves_up_at_an_event_that_was_called_off(session: Session) -> None:
    event = make_event(session, capacity=5)
    team = waiting(session, event)
    event.status, event.cancel_reason = "cancelled", "改期"
    session.flush()

    assert service.promote(session, event) == []
    assert team.status == TeamStatus.WAITING


def test_thirty_at_once_never_exceed_the_capacity(own_database: Database) -> None:
    with own_database.transaction() as session:
        event_id = make_event(session, approval=False, capacity=20).id
        people = [factories.make_user(session, Role.ENTERPRISE).id for _ in range(30)]
    start = threading.Barrier(len(people))
    failures: list[BaseException] = []

    def register(user_id: int) -> None:
        try:
            start.wait()
            with own_database.transaction() as session:
                event, user = session.get_one(Event, event_id), session.get_one(User, user_id)
                some = [person(f"示范{n}") for n in range(1 + user_id % 3)]
                service.register(session, user, event, values(*some))
        except BaseException as error:  # noqa: BLE001 - told below, in the thread of the test
            failures.append(error)

    threads = [threading.Thread(target=register, args=(user_id,)) for user_id in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    with own_database.reading() as session:
        event = session.get_one(Event, event_id)
        teams = session.scalars(select(Team)).all()
        assert len(teams) == 30
        assert places.people(session, event) in {19, 20}
        left = places.free(session, event) or 0
        waiting_sizes = [len(row.members) for row in teams if row.status == TeamStatus.WAITING]
        assert waiting_sizes
        assert min(waiting_sizes) > left
