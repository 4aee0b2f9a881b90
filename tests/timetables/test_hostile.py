"""Two organisers who press the same button at the same moment."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

import matchmaker.timetables.tasks  # noqa: F401 - services enqueue its jobs
from matchmaker.db import Database
from matchmaker.errors import NotNowError
from matchmaker.timetables import service
from models import (
    Event,
    Meeting,
    Notification,
    Role,
    Side,
    Slot,
    Timetable,
    TimetableStatus,
    User,
    Wish,
)
from tests import factories
from tests.events.making import (
    make_event,
    make_placement,
    make_team,
    make_timetable,
    make_wish,
)
from tests.races import at_once


def test_of_two_who_publish_the_same_draft_one_does(own_database: Database) -> None:
    with own_database.transaction() as session:
        event = make_event(session)
        wish = make_wish(session, event=event)
        people = [member.registered_by_id for member in (wish.need_team, wish.achievement_team)]
        draft = make_timetable(session, event)
        make_placement(session, draft, wish, event.slots[0], event.tables[0])
        organisers = [event.owner_id, factories.make_user(session, Role.ORGANISER).id]
        draft_id = draft.id

    def publish(session: Session, actor_id: int) -> None:
        row = session.get_one(Timetable, draft_id)
        service.publish(session, session.get_one(User, actor_id), row, version=1)

    failures = at_once(own_database, publish, organisers)

    assert [type(failure) for failure in failures] == [NotNowError]
    with own_database.reading() as session:
        assert session.scalar(select(func.count(Meeting.id))) == 1
        told = session.scalars(
            select(Notification.user_id).where(Notification.kind == "timetable.published")
        )
        assert sorted(told) == sorted(people)


def test_of_two_who_start_the_planner_one_does(own_database: Database) -> None:
    with own_database.transaction() as session:
        event = make_event(session)
        make_wish(session, event=event)
        organisers = [event.owner_id, factories.make_user(session, Role.ORGANISER).id]
        event_id = event.id

    def start(session: Session, actor_id: int) -> None:
        row = session.get_one(Event, event_id)
        service.start(session, session.get_one(User, actor_id), row)

    failures = at_once(own_database, start, organisers)

    assert [type(failure) for failure in failures] == [NotNowError]
    with own_database.reading() as session:
        assert session.scalars(select(Timetable.status)).all() == [TimetableStatus.PLANNING]


def test_of_many_who_book_one_person_into_one_slot_one_does(own_database: Database) -> None:
    with own_database.transaction() as session:
        event = make_event(session, tables=6)
        make_timetable(session, event, status=TimetableStatus.PUBLISHED)
        team = make_team(session, event, Side.NEED)
        wishes = [make_wish(session, team, event=event).id for _ in range(5)]
        event_id, slot_id, owner_id = event.id, event.slots[2].id, event.owner_id

    def book(session: Session, wish_id: int) -> None:
        service.book_meeting(
            session, session.get_one(User, owner_id), session.get_one(Event, event_id),
            session.get_one(Wish, wish_id), session.get_one(Slot, slot_id),
        )  # fmt: skip

    failures = at_once(own_database, book, wishes)

    assert len(failures) == 4
    assert {type(failure) for failure in failures} <= {NotNowError, StaleDataError}
    with own_database.reading() as session:
        assert session.scalar(select(func.count(Meeting.id))) == 1
