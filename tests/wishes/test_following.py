"""What time does: reminders every two days and on the last one, then an end."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker import clock, jobs
from matchmaker.db import Database
from matchmaker.errors import NotAllowedError, NotNowError
from matchmaker.wishes import following, queries, service
from models import (
    Activity,
    EventStatus,
    Exclusion,
    ExclusionReason,
    Job,
    Mail,
    Role,
    Wish,
    WishChoice,
)
from tests import factories
from tests.events.making import make_event, make_wish
from tests.wishes.making import lines, person, two_teams

NOON = datetime(2026, 11, 16, 12, tzinfo=clock.LOCAL_ZONE)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def asked(session: Session, *, ends: datetime = NOON + 7 * DAY, **values: Any) -> Wish:
    """Make a wish of the need side, said at noon of the first day, that waits for an answer."""
    need, achievement = two_teams(session, wishes_until=ends)
    wish = make_wish(session, need, achievement, achievement_choice=None, **values)
    wish.need_chosen_at = NOON
    session.flush()
    return wish


def reminders(session: Session, wish: Wish, moment: datetime) -> int:
    return following.remind_due(session, wish.need_team.event, moment)


def test_who_has_not_answered_is_reminded_every_two_days_and_on_the_last(session: Session) -> None:
    wish = asked(session)
    hours = [NOON + n * HOUR for n in range(8 * 24)]

    told = [hour for hour in hours if reminders(session, wish, hour)]

    assert told == [NOON + 2 * DAY, NOON + 4 * DAY, NOON + 6 * DAY]
    found = lines(session, person(wish.achievement_team), "wishes.closing")
    assert len(found) == 3
    assert found[0].values == {
        "event": wish.need_team.event.title, "n": 1, "until": "2026-11-23 12:00",
    }  # fmt: skip
    assert session.scalar(select(func.count(Mail.id))) == 3


def test_a_reminder_takes_the_place_of_the_unread_line(session: Session) -> None:
    wish = asked(session)
    for day in (2, 4):
        reminders(session, wish, NOON + day * DAY)

    found = lines(session, person(wish.achievement_team), "wishes.closing")

    assert [line.read_at is None for line in found] == [False, True]


def test_the_same_hour_twice_reminds_once(session: Session) -> None:
    wish = asked(session)

    assert [reminders(session, wish, NOON + 2 * DAY) for _ in range(2)] == [1, 0]


def test_nobody_is_reminded_at_night(session: Session) -> None:
    wish = asked(session)

    assert reminders(session, wish, NOON + 2 * DAY + 11 * HOUR) == 0
    assert reminders(session, wish, NOON + 2 * DAY + 20 * HOUR) == 1


def test_a_wish_of_the_last_day_is_reminded_the_same_day(session: Session) -> None:
    wish = asked(session, ends=NOON + 6 * HOUR)

    assert reminders(session, wish, NOON + HOUR) == 1


@pytest.mark.parametrize("answer", list(WishChoice))
def test_who_has_answered_is_not_reminded(session: Session, answer: WishChoice) -> None:
    wish = asked(session)
    wish.achievement_choice, wish.achievement_chosen_at = answer, NOON
    session.flush()

    assert reminders(session, wish, NOON + 2 * DAY) == 0


def test_who_opted_in_and_who_is_excluded_is_not_reminded(session: Session) -> None:
    passive, excluded = asked(session), asked(session)
    passive.achievement_team.opted_in = True
    session.add(
        Exclusion(
            event_id=excluded.event_id, need_team_id=excluded.need_team_id,
            achievement_team_id=excluded.achievement_team_id, at=NOON,
            reason=ExclusionReason.ORGANISER, declared_by_id=excluded.need_team.registered_by_id,
        )
    )  # fmt: skip
    session.flush()

    assert [reminders(session, wish, NOON + 2 * DAY) for wish in (passive, excluded)] == [0, 0]


def test_suggestions_that_nobody_chose_remind_nobody(session: Session) -> None:
    need, achievement = two_teams(session, wishes_until=NOON + 7 * DAY)
    wish = make_wish(session, need, achievement, need_choice=None, achievement_choice=None,
                     suggested=True)  # fmt: skip

    assert reminders(session, wish, NOON + 6 * DAY) == 0


# ---- the end


def test_what_nobody_answered_ends_with_the_deadline_once(session: Session) -> None:
    wish = asked(session)
    event = wish.need_team.event
    end = NOON + 7 * DAY

    assert following.expire(session, event, end - HOUR) == 0
    assert following.expire(session, event, end) == 1
    assert following.expire(session, event, end + HOUR) == 0
    session.refresh(wish)
    assert wish.expired_at == end


def test_answered_and_passive_wishes_do_not_end(session: Session) -> None:
    wish = asked(session, ends=NOON)
    event = wish.need_team.event
    wish.achievement_team.opted_in = True
    session.flush()
    assert following.expire(session, event, NOON) == 0

    wish.achievement_team.opted_in = False
    wish.achievement_choice, wish.achievement_chosen_at = WishChoice.NO, NOON
    session.flush()
    assert following.expire(session, event, NOON) == 0


def test_a_later_deadline_brings_ended_wishes_back(session: Session) -> None:
    wish = asked(session, ends=NOON)
    event = wish.need_team.event
    following.expire(session, event, NOON)

    event.wishes_until = NOON + 2 * DAY
    session.flush()

    assert following.expire(session, event, NOON + HOUR) == 1
    assert wish.expired_at is None


def test_only_announced_events_with_meetings_and_a_deadline_are_followed(session: Session) -> None:
    wanted = make_event(session)
    make_event(session, kind="salon")
    make_event(session, wishes_until=None)
    make_event(session, status=EventStatus.CLOSED)

    assert following.events_to_follow(session) == [wanted]


def test_the_hourly_job_can_run_twice(app: Flask, database: Database) -> None:
    with database.transaction() as session:
        past = clock.now() - HOUR
        need, achievement = two_teams(session, wishes_until=past)
        make_wish(session, need, achievement, achievement_choice=None)
        for _ in range(2):
            jobs.enqueue(session, "wishes.follow")

    with app.app_context():
        jobs.run_due(database)

    assert "wishes.follow" in jobs.REGULAR
    with database.reading() as session:
        results = [job.result for job in session.scalars(select(Job).order_by(Job.id))]
    assert results == [{"reminded": 0, "expired": 1}, {"reminded": 0, "expired": 0}]


# ---- by hand


def test_an_organiser_reminds_everybody_now_but_not_twice(session: Session) -> None:
    need, achievement = two_teams(session)
    make_wish(session, need, achievement, achievement_choice=None)
    office = factories.make_user(session, Role.ORGANISER)

    assert service.remind_all(session, office, need.event) == 1
    assert service.remind_all(session, office, need.event) == 0

    assert len(lines(session, person(achievement), "wishes.closing")) == 1
    assert [line.action for line in session.scalars(select(Activity))] == ["wishes.reminded"]
    assert queries.count_unanswered(session, need.event, [achievement]) == 1


def test_only_organisers_remind_and_only_in_time(session: Session) -> None:
    need, _achievement = two_teams(session)
    late, _other = two_teams(session, wishes_until=clock.now() - HOUR)

    with pytest.raises(NotAllowedError):
        service.remind_all(session, person(need), need.event)
    with pytest.raises(NotNowError):
        service.remind_all(session, factories.make_user(session, Role.ORGANISER), late.event)
