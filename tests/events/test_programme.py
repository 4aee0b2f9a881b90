"""Days and slots of an event: what stays, what goes, what is in the way."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker import clock
from matchmaker.errors import InvalidError, NotAllowedError, NotNowError
from matchmaker.events.programme import Arranged, arrange, choose_slots, named_slots, plans_of
from matchmaker.events.slots import DayPlan, Pause
from models import (
    Activity,
    Event,
    EventDay,
    EventStatus,
    Notification,
    Participant,
    Placement,
    Role,
    Slot,
    TableClosure,
    Unavailability,
    User,
)
from tests import factories
from tests.events.making import (
    make_event,
    make_meeting,
    make_placement,
    make_team,
    make_timetable,
    make_wish,
)


@pytest.fixture
def event(session: Session) -> Event:
    """Six slots of twenty minutes from nine o'clock, three tables, announced."""
    return make_event(session)


def plan(event: Event, starts: time = time(9), ends: time = time(11), *breaks: Pause) -> DayPlan:
    return DayPlan(event.days[0].day, starts, ends, breaks)


def starts(event: Event) -> list[str]:
    return [f"{slot.starts_at.astimezone(clock.LOCAL_ZONE):%H:%M}" for slot in event.slots]


def test_slots_that_stay_the_same_keep_what_refers_to_them(session: Session, event: Event) -> None:
    ids = [slot.id for slot in event.slots]
    wish = make_wish(session, event=event)
    meeting = make_meeting(session, wish, event.slots[0], event.tables[0])

    result = arrange(session, event.owner, event, [plan(event, ends=time(12))], minutes=20)

    assert result == Arranged(kept=6, added=3, removed=0)
    assert [slot.id for slot in event.slots][:6] == ids
    assert meeting.slot_id == ids[0]


def test_a_break_takes_only_the_slots_that_it_touches(session: Session, event: Event) -> None:
    tea = Pause(time(10), time(10, 20), "茶歇")

    result = arrange(
        session, event.owner, event, [plan(event, time(9), time(11), tea)], minutes=20
    )

    assert result == Arranged(kept=5, added=0, removed=1)
    assert starts(event) == ["09:00", "09:20", "09:40", "10:20", "10:40"]
    assert [(pause.label, pause.starts) for pause in event.days[0].breaks] == [("茶歇", time(10))]


def test_another_length_makes_other_slots_at_the_same_times(
    session: Session, event: Event
) -> None:
    result = arrange(session, event.owner, event, [plan(event)], minutes=30)

    assert result == Arranged(kept=0, added=4, removed=6)
    assert starts(event) == ["09:00", "09:30", "10:00", "10:30"]
    assert event.slot_minutes == 30


def test_a_slot_with_a_meeting_does_not_vanish(session: Session, event: Event) -> None:
    ids = [slot.id for slot in event.slots]
    for number in range(2):
        make_meeting(
            session, make_wish(session, event=event), event.slots[5], event.tables[number]
        )

    with pytest.raises(NotNowError, match="2 场洽谈"):
        arrange(session, event.owner, event, [plan(event, ends=time(10, 40))], minutes=20)

    assert [slot.id for slot in event.slots] == ids


def test_drafts_absences_and_closures_go_with_their_slot(session: Session, event: Event) -> None:
    wish = make_wish(session, event=event)
    timetable = make_timetable(session, event)
    make_placement(session, timetable, wish, event.slots[5], event.tables[0])
    make_placement(
        session, timetable, make_wish(session, event=event), event.slots[0], event.tables[0]
    )
    person = wish.need_team.members[0]
    session.add(Unavailability(participant_id=person.id, slot_id=event.slots[5].id))
    event.tables[0].closures.append(TableClosure(slot_id=event.slots[5].id))
    session.flush()

    arrange(session, event.owner, event, [plan(event, ends=time(10, 40))], minutes=20)

    session.expire_all()
    left = [row.slot_id for row in session.scalars(select(Placement))]
    assert left == [event.slots[0].id]
    assert session.scalars(select(Unavailability)).all() == []
    assert event.tables[0].closures == []
    assert session.get(Participant, person.id) is not None


def test_days_come_and_go(session: Session, event: Event) -> None:
    first = event.days[0].day
    second = DayPlan(first + timedelta(days=1), time(14), time(15))

    arrange(session, event.owner, event, [second, plan(event)], minutes=20)
    assert [row.day for row in event.days] == [first, second.day]
    assert len(event.slots) == 9

    arrange(session, event.owner, event, [second], minutes=20)
    assert [row.day for row in event.days] == [second.day]
    assert starts(event) == ["14:00", "14:20", "14:40"]
    assert session.scalars(select(EventDay.day)).all() == [second.day]
    assert plans_of(event) == [second]


def test_another_day_is_told_and_another_break_is_not(session: Session, event: Event) -> None:
    team = make_team(session, event)

    def told() -> list[int]:
        found = select(Notification.user_id).where(Notification.kind == "event.changed")
        return list(session.scalars(found))

    arrange(
        session, event.owner, event,
        [plan(event, time(9), time(11), Pause(time(10), time(10, 20)))], minutes=20,
    )  # fmt: skip
    assert told() == []

    later = DayPlan(event.days[0].day + timedelta(days=3), time(9), time(11))
    arrange(session, event.owner, event, [later], minutes=20)
    assert told() == [team.registered_by_id]


def test_windows_must_still_fit(session: Session, event: Event) -> None:
    early = DayPlan(clock.today() + timedelta(days=3), time(9), time(11))

    with pytest.raises(InvalidError):
        arrange(session, event.owner, event, [early], minutes=20)


def test_an_announced_event_keeps_a_day_and_a_draft_need_not(session: Session) -> None:
    announced = make_event(session)
    draft = make_event(session, status=EventStatus.DRAFT, opened_at=None)

    with pytest.raises(InvalidError):
        arrange(session, announced.owner, announced, [], minutes=20)
    arrange(session, draft.owner, draft, [], minutes=20)

    assert (draft.days, draft.slots) == ([], [])


def test_a_day_stands_once(session: Session, event: Event) -> None:
    with pytest.raises(InvalidError, match="两次"):
        arrange(session, event.owner, event, [plan(event), plan(event)], minutes=20)


def test_too_many_slots_are_refused(session: Session, event: Event) -> None:
    day = event.days[0].day
    days = [DayPlan(day + timedelta(days=n), time(0), time(23, 59)) for n in range(14)]

    with pytest.raises(InvalidError, match="最多 500 个时段"):
        arrange(session, event.owner, event, days, minutes=15)


def test_two_who_arrange_at_once_do_not_overwrite_each_other(
    session: Session, event: Event
) -> None:
    seen = event.version
    arrange(session, event.owner, event, [plan(event)], minutes=30, version=seen)

    with pytest.raises(NotNowError):
        arrange(session, event.owner, event, [plan(event)], minutes=15, version=seen)

    assert event.version == seen + 1


def test_only_organisers_arrange_and_only_what_is_not_over(session: Session) -> None:
    event = make_event(session)
    over = make_event(session, status=EventStatus.CANCELLED, cancel_reason="示范")
    administrator = factories.make_user(session, Role.ADMINISTRATOR)

    with pytest.raises(NotAllowedError):
        arrange(session, administrator, event, [plan(event)], minutes=20)
    with pytest.raises(NotAllowedError):
        choose_slots(session, administrator, event, shown=[], opened=[])
    with pytest.raises(NotNowError):
        arrange(session, over.owner, over, [plan(over)], minutes=20)
    with pytest.raises(NotNowError):
        choose_slots(session, over.owner, over, shown=[], opened=[])


def test_slots_are_kept_in_reserve_and_opened_again(session: Session, event: Event) -> None:
    ids = [slot.id for slot in event.slots]
    make_meeting(session, make_wish(session, event=event), event.slots[5], event.tables[0])

    changed, held = choose_slots(session, event.owner, event, shown=ids[4:], opened=[])
    assert ([slot.id for slot in changed], held) == (ids[4:], 1)
    assert [slot.open for slot in event.slots] == [True] * 4 + [False] * 2

    changed, held = choose_slots(session, event.owner, event, shown=ids, opened=ids)
    assert (len(changed), held) == (2, 0)
    words = session.scalars(select(Activity.values).where(Activity.action == "slot.changed")).all()
    assert words[0]["slot"] == named_slots(event.slots[4:])


def test_slots_of_another_event_are_out_of_reach(session: Session, event: Event) -> None:
    other = make_event(session)
    foreign = [slot.id for slot in other.slots]

    changed, _held = choose_slots(session, event.owner, event, shown=foreign, opened=[])

    assert changed == []
    assert all(slot.open for slot in other.slots)


def test_the_history_names_a_few_slots_of_many() -> None:
    begin = clock.now().replace(hour=1, minute=0, second=0, microsecond=0)
    begin = begin.replace(year=2026, month=12, day=12)
    slots = [Slot(starts_at=begin + timedelta(hours=n)) for n in range(6)]
    slots.append(Slot(starts_at=begin + timedelta(days=1)))

    assert named_slots(slots[:2]) == "12-12 09:00, 10:00"
    assert named_slots([slots[0], slots[6]]) == "12-12 09:00, 12-13 09:00"
    assert named_slots(slots) == "12-12 09:00, 10:00, 11:00, 12:00 +3"


def test_dates_beyond_our_time_are_refused(session: Session, event: Event) -> None:
    with pytest.raises(InvalidError, match="年份"):
        arrange(
            session, event.owner, event, [DayPlan(date(1, 1, 1), time(9), time(10))], minutes=20
        )


def test_setting_up_needs_no_account_of_the_owner(session: Session, event: Event) -> None:
    colleague: User = factories.make_user(session, Role.ORGANISER)

    arrange(session, colleague, event, [plan(event)], minutes=15)

    assert event.slot_minutes == 15
