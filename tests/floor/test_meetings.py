"""Meetings begin, are late, are missed, end; two who tap at once do one thing."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker import clock
from matchmaker.db import Database
from matchmaker.errors import InvalidError, NotAllowedError, NotFoundError, NotNowError
from matchmaker.floor import policy, queries, service
from models import (
    Activity,
    Event,
    EventStatus,
    Meeting,
    MeetingStatus,
    Notification,
    Role,
    Side,
    User,
)
from tests import factories
from tests.floor.conftest import Clock
from tests.floor.day import make_day, make_pair, meet, miss, moment, user_of

NEED, ACHIEVEMENT = Side.NEED, Side.ACHIEVEMENT


@pytest.mark.parametrize("side", Side)
def test_either_side_begins_a_meeting_at_its_table(
    session: Session, at: Clock, side: Side
) -> None:
    event = make_day(session)
    meeting = meet(session, event, wish=make_pair(session, event, here=False))
    at("08:50")

    service.start(session, user_of(meeting, side), event, meeting)

    assert (meeting.status, meeting.started_at) == (MeetingStatus.RUNNING, moment("08:50"))
    here = {s: policy.is_here(meeting.person_of(s), clock.now()) for s in Side}
    assert here == {side: True, policy.OTHER[side]: False}, "who says so is here"


def test_an_organiser_who_begins_a_meeting_sees_both(session: Session, at: Clock) -> None:
    event = make_day(session)
    meeting = meet(session, event, wish=make_pair(session, event, here=False))
    at("09:00")

    service.start(session, event.owner, event, meeting)
    session.flush()

    assert all(policy.is_here(meeting.person_of(side), clock.now()) for side in Side)
    actions = session.scalars(select(Activity.action).order_by(Activity.id)).all()
    assert actions == ["participant.arrived", "participant.arrived", "meeting.started"]


def test_a_meeting_begins_at_most_a_quarter_of_an_hour_before_its_slot(
    session: Session, at: Clock
) -> None:
    event = make_day(session)
    meeting = meet(session, event, slot=1)
    actor = user_of(meeting, NEED)

    for too_early_or_late in ("09:04", "09:40"):
        at(too_early_or_late)
        with pytest.raises(NotNowError):
            service.start(session, actor, event, meeting)
    at("09:05")
    service.start(session, actor, event, meeting)
    assert meeting.status == MeetingStatus.RUNNING


def test_beginning_twice_is_beginning_once(session: Session, at: Clock) -> None:
    event = make_day(session)
    meeting = meet(session, event)
    at("09:00")
    service.start(session, user_of(meeting, NEED), event, meeting)
    at("09:01")
    service.start(session, user_of(meeting, ACHIEVEMENT), event, meeting)

    assert meeting.started_at == moment("09:00")
    started = select(Activity).where(Activity.action == "meeting.started")
    assert len(session.scalars(started).all()) == 1


def test_two_who_tap_at_once_begin_it_once(own_database: Database, at: Clock) -> None:
    with own_database.transaction() as session:
        event = make_day(session)
        row = meet(session, event)
        ids = (event.id, row.id, user_of(row, NEED).id, user_of(row, ACHIEVEMENT).id)
        before = row.version
    at("09:00")

    def loaded(session: Session, user_id: int) -> tuple[User, Event, Meeting]:
        found = (
            session.get(User, user_id),
            session.get(Event, ids[0]),
            session.get(Meeting, ids[1]),
        )
        assert all(found)
        return found  # type: ignore[return-value]

    with own_database.sessions() as one, own_database.sessions() as other:
        first, second = loaded(one, ids[2]), loaded(other, ids[3])
        assert second[2].status == MeetingStatus.PLANNED
        other.rollback()  # what was read stays in memory: it still looks planned
        service.start(one, *first)
        one.commit()
        service.start(other, *second)
        other.commit()
    with own_database.reading() as session:
        row = session.get_one(Meeting, ids[1])
        assert (row.status, row.version) == (MeetingStatus.RUNNING, before + 1)


def test_strangers_do_not_find_a_meeting(session: Session) -> None:
    event, other_event = make_day(session), make_day(session)
    meeting, elsewhere = meet(session, event), meet(session, other_event)
    stranger = user_of(meet(session, event, 1), NEED)

    with pytest.raises(NotFoundError):
        queries.meeting(session, stranger, event, meeting.id)
    with pytest.raises(NotFoundError):
        queries.meeting(session, user_of(meeting, NEED), event, elsewhere.id)
    with pytest.raises(NotFoundError):
        queries.meeting(session, event.owner, event, elsewhere.id)
    assert queries.meeting(session, user_of(meeting, NEED), event, meeting.id) == meeting


def test_colleagues_speak_for_their_team(session: Session, at: Clock) -> None:
    event = make_day(session)
    meeting = meet(session, event)
    colleague = factories.make_user(
        session, Role.ENTERPRISE, organisation=meeting.wish.need_team.organisation
    )
    at("09:00")

    assert queries.sides(session, colleague, event, meeting) == [NEED]
    service.start(session, colleague, event, meeting)
    assert meeting.status == MeetingStatus.RUNNING


# ---- late


def test_who_comes_late_tells_the_other_side(session: Session, at: Clock) -> None:
    event = make_day(session)
    meeting = meet(session, event, slot=1)
    at("09:10")

    for _tap in range(2):
        service.late(session, user_of(meeting, NEED), event, meeting, minutes=10)

    assert (meeting.late_side, meeting.late_minutes) == (NEED, 10)
    (line,) = session.scalars(select(Notification)).all()
    assert (line.kind, line.user_id) == ("meeting.late", user_of(meeting, ACHIEVEMENT).id)
    assert line.values == {
        "partner": meeting.wish.need_team.full_name, "minutes": 10, "slot": "09:20", "table": "1 桌",
    }  # fmt: skip


def test_late_is_five_ten_or_fifteen_minutes_and_on_the_day(session: Session, at: Clock) -> None:
    event = make_day(session)
    meeting = meet(session, event)
    actor = user_of(meeting, NEED)

    with pytest.raises(InvalidError):
        service.late(session, actor, event, meeting, minutes=45)
    at("09:20")
    with pytest.raises(NotNowError):
        service.late(session, actor, event, meeting, minutes=5)
    with pytest.raises(NotAllowedError):
        service.late(session, actor, event, meeting, minutes=5, side=ACHIEVEMENT)


# ---- absent


def test_a_side_that_does_not_come_frees_people_and_table(session: Session, at: Clock) -> None:
    event = make_day(session)
    meeting = meet(session, event)
    place = {"slot": meeting.slot_id, "table": meeting.table_id}
    before = event.meetings_version
    at("09:02")
    with pytest.raises(NotNowError):
        service.miss(session, user_of(meeting, NEED), event, meeting, by=ACHIEVEMENT)
    at("09:03")

    service.miss(session, user_of(meeting, NEED), event, meeting, by=ACHIEVEMENT)

    assert (meeting.status, meeting.missed_by) == (MeetingStatus.MISSED, ACHIEVEMENT)
    assert (meeting.slot_id, meeting.table_id, meeting.was) == (None, None, place)
    assert (meeting.sequence, meeting.changed_at) == (1, moment("09:03"))
    session.refresh(event)
    assert event.meetings_version == before + 1, "drafts made before must be made anew"
    meet(session, event)  # the same place can be used again


def test_one_cannot_say_that_oneself_is_absent_or_blame_back(session: Session, at: Clock) -> None:
    event = make_day(session)
    meeting = meet(session, event)
    at("09:05")
    with pytest.raises(NotAllowedError):
        service.miss(session, user_of(meeting, NEED), event, meeting, by=NEED)

    service.miss(session, user_of(meeting, NEED), event, meeting, by=ACHIEVEMENT)
    service.miss(session, event.owner, event, meeting, by=ACHIEVEMENT)
    with pytest.raises(NotNowError):
        service.miss(session, user_of(meeting, ACHIEVEMENT), event, meeting, by=NEED)
    assert (meeting.missed_by, meeting.sequence) == (ACHIEVEMENT, 1)


def test_what_was_missed_or_cancelled_cannot_begin(session: Session, at: Clock) -> None:
    event = make_day(session)
    meeting = miss(session, meet(session, event), NEED)
    at("09:05")
    for verb in (service.start, service.finish):
        with pytest.raises(NotNowError):
            verb(session, event.owner, event, meeting)
    with pytest.raises(NotNowError):
        service.late(session, event.owner, event, meeting, minutes=5, side=NEED)


def test_a_mistake_is_undone_while_the_place_is_free(session: Session, at: Clock) -> None:
    event = make_day(session)
    meeting, taken = (meet(session, event, table=table) for table in (0, 1))
    place = meeting.slot_id, meeting.table_id
    at("09:05")
    for row in (meeting, taken):
        service.miss(session, event.owner, event, row, by=NEED)
    meet(session, event, table=1)
    with pytest.raises(NotAllowedError):
        service.restore(session, user_of(meeting, NEED), event, meeting)

    service.restore(session, event.owner, event, meeting)
    service.restore(session, event.owner, event, meeting)
    with pytest.raises(NotNowError):
        service.restore(session, event.owner, event, taken)

    assert (meeting.slot_id, meeting.table_id) == place
    assert (meeting.status, meeting.missed_by, meeting.was) == (MeetingStatus.PLANNED, None, None)
    assert meeting.sequence == 2
    assert taken.status == MeetingStatus.MISSED


def test_who_missed_a_meeting_is_in_doubt_until_they_come(session: Session, at: Clock) -> None:
    event = make_day(session)
    meeting = meet(session, event)
    absent = meeting.need_person
    later = meet(session, event, 1, 1)
    at("09:05")
    service.miss(session, event.owner, event, meeting, by=NEED)
    assert queries.absent(session, event, clock.now()) == {absent.id}

    at("09:12")
    later.need_person = absent
    session.flush()
    service.start(session, event.owner, event, later)
    session.flush()
    assert queries.absent(session, event, clock.now()) == set()


def test_no_shows_are_counted_by_organisation_at_all_events(session: Session) -> None:
    event, other_event = make_day(session), make_day(session)
    one = miss(session, meet(session, event), NEED)
    both = [one.wish.team_of(side).organisation_id for side in Side]
    elsewhere = make_pair(session, other_event)
    elsewhere.need_team.organisation_id = both[0]
    miss(session, meet(session, other_event, wish=elsewhere), NEED)

    assert queries.no_shows(session, both) == {both[0]: 2}
    assert queries.no_shows(session, []) == {}


# ---- the end


def test_a_meeting_ends_and_only_organisers_say_that_it_did_not_take_place(
    session: Session, at: Clock
) -> None:
    event = make_day(session)
    meeting = meet(session, event)
    with pytest.raises(NotNowError):
        service.finish(session, event.owner, event, meeting)
    at("09:15")
    for _tap in range(2):
        service.finish(session, user_of(meeting, NEED), event, meeting)
    assert meeting.status == MeetingStatus.HELD

    with pytest.raises(NotNowError):
        service.miss(session, user_of(meeting, NEED), event, meeting, by=ACHIEVEMENT)
    service.miss(session, event.owner, event, meeting, by=ACHIEVEMENT)
    assert meeting.status == MeetingStatus.MISSED


def test_nothing_changes_once_the_event_is_closed(session: Session, at: Clock) -> None:
    event = make_day(session)
    meeting = meet(session, event)
    event.status = EventStatus.CLOSED
    session.flush()
    at("09:05")
    actor = user_of(meeting, NEED)

    for verb in (service.start, service.finish):
        with pytest.raises(NotNowError):
            verb(session, actor, event, meeting)
    with pytest.raises(NotNowError):
        service.miss(session, actor, event, meeting, by=ACHIEVEMENT)
    with pytest.raises(NotNowError):
        service.check_in(session, actor, event, meeting.need_person)
    assert meeting.status == MeetingStatus.PLANNED
