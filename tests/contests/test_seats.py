"""Seats at the group tables of a salon."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker import clock
from matchmaker.contests import queries, seats
from matchmaker.db import Database
from matchmaker.errors import NotAllowedError, NotFoundError, NotNowError
from models import Activity, Event, Participant, TeamStatus
from tests.events import making


def make_salon(session: Session, *, places: int | None = 2, **values: Any) -> Event:
    event = making.make_event(session, kind="salon", **values)
    for table in event.tables:
        table.topic, table.seats = f"题目{table.ordinal}", places
    session.flush()
    return event


def test_a_member_takes_a_seat_moves_and_gives_it_up(session: Session) -> None:
    event = make_salon(session)
    team = making.make_team(session, event, people=2)
    person, actor = team.members[1], team.registered_by
    one, other, _third = event.tables

    seats.sit(session, actor, event, person, one)
    seats.sit(session, actor, event, person, one)
    seats.sit(session, actor, event, person, other)

    assert person.group_table_id == other.id
    assert seats.taken(session, one) == 0
    seats.leave(session, actor, event, person)
    assert person.group_table_id is None
    lines = session.scalars(select(Activity.action).order_by(Activity.id)).all()
    assert lines == ["seat.taken", "seat.taken", "seat.left"]


def test_thirty_people_at_once_get_eight_seats(own_database: Database) -> None:
    with own_database.transaction() as session:
        event = make_salon(session, places=8)
        ids = [making.make_team(session, event).members[0].id for _ in range(30)]
        event_id, table_id = event.id, event.tables[0].id

    def claim(participant_id: int) -> bool:
        try:
            with own_database.transaction() as session:
                event = session.get_one(Event, event_id)
                person = session.get_one(Participant, participant_id)
                table = queries.one_table(event, table_id)
                seats.sit(session, person.team.registered_by, event, person, table)
        except NotNowError:
            return False
        return True

    with ThreadPoolExecutor(30) as pool:
        won = list(pool.map(claim, ids))

    assert won.count(True) == 8
    with own_database.reading() as session:
        sitting = select(func.count()).where(Participant.group_table_id == table_id)
        assert session.scalar(sitting) == 8


def test_a_full_or_closed_table_takes_nobody(session: Session) -> None:
    event = make_salon(session, places=1)
    full, closed, _free = event.tables
    closed.closed = True
    first, second = (making.make_team(session, event) for _ in range(2))
    seats.sit(session, first.registered_by, event, first.members[0], full)

    for table in (full, closed):
        with pytest.raises(NotNowError):
            seats.sit(session, second.registered_by, event, second.members[0], table)

    assert second.members[0].group_table_id is None


def test_without_a_number_of_seats_there_is_room_for_all(session: Session) -> None:
    event = make_salon(session, places=None)
    for _ in range(3):
        team = making.make_team(session, event)
        seats.sit(session, team.registered_by, event, team.members[0], event.tables[0])

    (figures, *_rest) = seats.tables(event, queries.seated(session, event))
    assert (figures.free, figures.over, len(figures.people)) == (None, 0, 3)


def test_the_seats_of_a_team_that_no_longer_comes_are_free(session: Session) -> None:
    event = make_salon(session, places=1)
    gone, here = (making.make_team(session, event) for _ in range(2))
    table = event.tables[0]
    seats.sit(session, gone.registered_by, event, gone.members[0], table)
    gone.status = TeamStatus.WITHDRAWN
    session.flush()

    (figures, *_rest) = seats.tables(event, queries.seated(session, event))
    assert figures.free == 1
    seats.sit(session, here.registered_by, event, here.members[0], table)

    session.expire_all()
    assert gone.members[0].group_table_id is None


def test_nobody_chooses_for_another_team_but_an_organiser(session: Session) -> None:
    event = make_salon(session)
    team, other = making.make_team(session, event), making.make_team(session, event)
    person, table = team.members[0], event.tables[0]

    with pytest.raises(NotFoundError):
        queries.one_person(session, other.registered_by, event, person.id)
    with pytest.raises(NotAllowedError):
        seats.sit(session, other.registered_by, event, person, table)
    seats.sit(session, event.owner, event, person, table)

    assert person.group_table_id == table.id


@pytest.mark.parametrize("status", [TeamStatus.PENDING, TeamStatus.WAITING])
def test_seats_are_for_teams_that_are_admitted(session: Session, status: TeamStatus) -> None:
    event = make_salon(session)
    team = making.make_team(session, event, status=status)

    with pytest.raises(NotFoundError):
        queries.one_person(session, team.registered_by, event, team.members[0].id)
    with pytest.raises(NotAllowedError):
        seats.sit(session, team.registered_by, event, team.members[0], event.tables[0])


def test_on_the_day_only_an_organiser_moves_people(session: Session) -> None:
    before = clock.now() - timedelta(days=1)
    event = make_salon(
        session, day=clock.today(), slots=60, minutes=14, registration_until=before,
        wishes_until=before,
    )  # fmt: skip
    event.days[0].ends = event.days[0].ends.replace(hour=23, minute=59)
    team = making.make_team(session, event)
    person, table = team.members[0], event.tables[0]
    session.flush()

    with pytest.raises(NotNowError):
        seats.sit(session, team.registered_by, event, person, table)
    seats.sit(session, event.owner, event, person, table)

    assert person.group_table_id == table.id


def test_people_and_tables_are_found_only_under_their_own_event(session: Session) -> None:
    event, other = make_salon(session), make_salon(session)
    team = making.make_team(session, event)

    with pytest.raises(NotFoundError):
        queries.one_person(session, team.registered_by, other, team.members[0].id)
    with pytest.raises(NotFoundError):
        queries.one_table(other, event.tables[0].id)


def test_a_table_that_became_smaller_says_how_many_are_too_many(session: Session) -> None:
    event = make_salon(session)
    for _ in range(2):
        team = making.make_team(session, event)
        seats.sit(session, team.registered_by, event, team.members[0], event.tables[0])
    event.tables[0].seats = 1
    session.flush()

    (figures, *_rest) = seats.tables(event, queries.seated(session, event))

    assert (figures.free, figures.over) == (0, 1)


def test_more_people_are_listed_with_as_many_questions(
    session: Session, count_queries: Any
) -> None:
    event = make_salon(session, places=9)

    def add() -> None:
        team = making.make_team(session, event)
        seats.sit(session, team.registered_by, event, team.members[0], event.tables[0])

    def look() -> None:
        session.expire_all()
        for row in seats.tables(event, queries.seated(session, event)):
            assert all(person.team.full_name for person in row.people)

    add()
    first = count_queries(look)
    add()
    add()
    assert count_queries(look) == first
