"""In the evening everybody with an open report is asked once."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from matchmaker import jobs
from matchmaker.db import Database
from matchmaker.floor import tasks
from models import EventStatus, MeetingReport, MeetingStatus, Notification, Side
from tests.floor.conftest import Clock
from tests.floor.day import DAY, make_day, meet, miss, moment, user_of


def run(database: Database) -> int:
    with database.transaction() as session:
        jobs.enqueue(session, "floor.remind")
    jobs.run_due(database)
    with database.reading() as session:
        asked = select(Notification).where(Notification.kind == "report.waiting")
        return len(session.scalars(asked).all())


def test_whoever_owes_a_report_is_asked_once(own_database: Database, at: Clock) -> None:
    with own_database.transaction() as session:
        event = make_day(session)
        rows = [meet(session, event, n, status=MeetingStatus.HELD) for n in (0, 1)]
        rows[1].need_person = rows[0].need_person
        miss(session, meet(session, event, 2), Side.NEED)
        said = MeetingReport(
            meeting_id=rows[0].id, side=Side.ACHIEVEMENT, at=moment("09:30"), met=True,
            by_id=user_of(rows[0], Side.ACHIEVEMENT).id, interest=1,
        )  # fmt: skip
        session.add(said)
        need, achievement = user_of(rows[0], Side.NEED).id, user_of(rows[1], Side.ACHIEVEMENT).id
        title = event.title
    at("17:59")
    assert run(own_database) == 0, "not before the evening"
    at("18:10")
    assert run(own_database) == 2
    assert run(own_database) == 2, "asked once"

    with own_database.reading() as session:
        lines = session.scalars(select(Notification).order_by(Notification.id)).all()
        told = {line.user_id: (line.values["n"], line.values["event"]) for line in lines}
    assert told == {need: (2, title), achievement: (1, title)}


def test_nobody_is_asked_about_old_closed_or_cancelled_events(
    own_database: Database, at: Clock
) -> None:
    with own_database.transaction() as session:
        for status in (EventStatus.CLOSED, EventStatus.CANCELLED):
            event = make_day(session)
            meet(session, event, status=MeetingStatus.HELD)
            event.status, event.cancel_reason = status, "示范原因"
    at("18:10")
    assert run(own_database) == 0
    with own_database.transaction() as session:
        event = session.get_one(type(event), event.id)
        event.status = EventStatus.OPEN
    at("18:10", DAY + timedelta(days=1))
    assert run(own_database) == 0, "a day later it is too late to ask"


def test_the_reminder_runs_by_itself() -> None:
    assert "floor.remind" in jobs.REGULAR
    assert jobs.TASKS["floor.remind"] is tasks.remind


def test_who_registered_a_team_is_asked_for_people_without_account(
    own_database: Database, at: Clock
) -> None:
    with own_database.transaction() as session:
        event = make_day(session)
        row = meet(session, event, status=MeetingStatus.HELD)
        row.need_person.user_id = None
        registrant = user_of(row, Side.NEED).id
    at("18:10")
    run(own_database)
    with own_database.reading() as session:
        assert registrant in session.scalars(select(Notification.user_id)).all()
