"""Meetings booked into the timetable that holds: at once, told at once, and never twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker.db import Database
from matchmaker.errors import NotAllowedError, NotNowError
from matchmaker.events import queries as events
from matchmaker.timetables import service
from models import (
    Event,
    Meeting,
    MeetingStatus,
    Notification,
    Role,
    Side,
    Slot,
    User,
    Wish,
)
from tests import factories
from tests.events.making import make_event, make_team, make_wish
from tests.timetables.scene import make_scene

CLAIMS, PLACES = 200, 20


def test_a_booking_takes_the_first_free_table_and_tells_both(session: Session) -> None:
    scene = make_scene(session)
    wish = scene.wish(0, 0)

    made = service.book_meeting(session, scene.organiser, scene.event, wish, scene.slots[0])

    assert (made.slot_id, made.table_id) == (scene.slots[0].id, scene.tables[0].id)
    kinds = {line.user_id: line.kind for line in session.query(Notification)}
    assert kinds == {
        team.members[0].user_id: "meeting.booked"
        for team in (scene.needs[0], scene.achievements[0])
    }


def test_a_booking_keeps_every_rule_of_the_planner(session: Session) -> None:
    scene = make_scene(session)
    book = service.book_meeting
    book(session, scene.organiser, scene.event, scene.wish(0, 0), scene.slots[0])
    stranger = factories.make_user(session, Role.ENTERPRISE)

    with pytest.raises(NotNowError, match="已有一场"):
        book(session, scene.organiser, scene.event, scene.wish(0, 1), scene.slots[0])
    with pytest.raises(NotNowError, match="已经有安排"):
        book(session, scene.organiser, scene.event, scene.wish(0, 0), scene.slots[1])
    with pytest.raises(NotAllowedError):
        book(session, stranger, scene.event, scene.wish(1, 1), scene.slots[1])


def test_a_cancelled_meeting_frees_its_place_and_can_be_booked_again(session: Session) -> None:
    scene = make_scene(session, tables=1)
    event, slot = scene.event, scene.slots[0]
    made = service.book_meeting(session, scene.organiser, event, scene.wish(0, 0), slot)

    service.cancel_meeting(session, scene.organiser, made)

    assert (made.status, made.slot_id, made.sequence) == (MeetingStatus.CANCELLED, None, 1)
    assert made.was == {"slot": slot.id, "table": scene.tables[0].id}
    service.book_meeting(session, scene.organiser, scene.event, scene.wish(1, 1), scene.slots[0])
    again = service.book_meeting(
        session, scene.organiser, scene.event, scene.wish(0, 0), scene.slots[1]
    )
    assert (again.id, again.sequence, again.was) == (made.id, 2, None)


def test_a_meeting_that_is_over_cannot_be_cancelled(session: Session) -> None:
    scene = make_scene(session)
    made = service.book_meeting(
        session, scene.organiser, scene.event, scene.wish(0, 0), scene.slots[0]
    )
    made.status = MeetingStatus.HELD
    session.flush()

    with pytest.raises(NotNowError):
        service.cancel_meeting(session, scene.organiser, made)


def test_a_slot_without_a_free_table_says_so(session: Session) -> None:
    scene = make_scene(session, tables=1)
    service.book_meeting(session, scene.organiser, scene.event, scene.wish(0, 0), scene.slots[0])

    with pytest.raises(NotNowError, match="约满"):
        service.book_meeting(
            session, scene.organiser, scene.event, scene.wish(1, 1), scene.slots[0]
        )


def test_200_claims_at_once_on_20_places_make_20_bookings(own_database: Database) -> None:
    """Every claim is of two teams of its own, so only the places are short."""
    with own_database.transaction() as session:
        organiser = factories.make_user(session, Role.ORGANISER)
        event = make_event(session, organiser, slots=4, tables=5)
        wishes = [make_wish(session, *_pair(session, event), event=event) for _ in range(CLAIMS)]
        ids = [wish.id for wish in wishes]
        slots = [slot.id for slot in event.slots]
        event_id, organiser_id = event.id, organiser.id

    def claim(number: int) -> bool:
        try:
            with own_database.transaction() as session:
                actor = session.get_one(User, organiser_id)
                service.book_meeting(
                    session, actor, events.one(session, actor, event_id),
                    session.get_one(Wish, ids[number]),
                    session.get_one(Slot, slots[number % len(slots)]),
                )  # fmt: skip
        except NotNowError:
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        booked = list(pool.map(claim, range(CLAIMS)))

    assert sum(booked) == PLACES
    with own_database.reading() as session:
        assert session.scalar(select(func.count(Meeting.id))) == PLACES
        places = session.execute(select(Meeting.slot_id, Meeting.table_id)).all()
        assert len(set(places)) == PLACES
        assert session.get_one(Event, event_id).meetings_version == PLACES


def _pair(session: Session, event: Event) -> tuple[object, object]:
    people = {
        side: factories.make_user(session, Role.ENTERPRISE)
        for side in Side
    }  # fmt: skip
    need = make_team(session, event, Side.NEED, user=people[Side.NEED])
    achievement = make_team(session, event, Side.ACHIEVEMENT, user=people[Side.ACHIEVEMENT])
    return need, achievement
