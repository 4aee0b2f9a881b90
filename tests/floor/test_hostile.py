"""What the page of the day must not tell, and two who write one report at once."""

from __future__ import annotations

import threading

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker import clock
from matchmaker.db import Database
from matchmaker.floor import reporting
from matchmaker.floor.agenda import agenda_of
from matchmaker.floor.reporting import Said
from models import (
    Event,
    MatchStatus,
    Meeting,
    MeetingReport,
    Role,
    Side,
    Talk,
    TeamPosting,
    TeamStatus,
    User,
    Visibility,
)
from tests import factories
from tests.events.making import make_team
from tests.floor.conftest import Clock
from tests.floor.day import make_day, meet, user_of
from tests.races import at_once

MET = Said(met=True, interest=2)


def topics(session: Session, meeting: Meeting) -> list[str]:
    """Return what the need side reads of the other one on its card."""
    event = meeting.wish.need_team.event
    view = agenda_of(session, user_of(meeting, Side.NEED), event)
    assert view is not None
    return next(row.card.topics for row in view.rows if row.card)


def test_a_posting_for_few_is_not_named_on_the_card_of_a_meeting(session: Session) -> None:
    meeting = meet(session, make_day(session))
    team = meeting.wish.achievement_team
    open_one = factories.make_achievement(session, team.registered_by, title="公开的成果")
    few = factories.make_achievement(
        session, team.registered_by, title="定向的成果", visibility=Visibility.TARGETED
    )
    team.posting_rows = [
        TeamPosting(team_id=team.id, posting_id=row.id, posting=row) for row in (open_one, few)
    ]
    session.flush()

    assert topics(session, meeting) == ["公开的成果"]

    need = factories.make_need(session, user_of(meeting, Side.NEED))
    factories.make_match(
        session, need, few, status=MatchStatus.ACCEPTED, decided_at=clock.now(),
        decided_by_id=factories.make_user(session, Role.ORGANISER).id,
    )  # fmt: skip
    assert topics(session, meeting) == ["公开的成果", "定向的成果"]


def test_a_talk_that_was_not_admitted_is_not_announced_in_a_free_stretch(
    session: Session,
) -> None:
    event = make_day(session)
    meeting = meet(session, event)
    for status, title in ((TeamStatus.APPROVED, "要作的"), (TeamStatus.PENDING, "没有获准的")):
        team = make_team(session, event, status=status)
        session.add(
            Talk(
                event_id=event.id, team_id=team.id, speaker_id=team.members[0].id, title=title,
                starts_at=event.slots[3].starts_at, ends_at=event.slots[3].ends_at,
            )
        )  # fmt: skip
    session.flush()

    view = agenda_of(session, user_of(meeting, Side.NEED), event)

    assert view is not None
    assert {talk.title for row in view.rows for talk in row.talks} == {"要作的"}


def test_two_colleagues_who_report_at_once_write_one_report(
    own_database: Database, at: Clock
) -> None:
    with own_database.transaction() as session:
        meeting = meet(session, make_day(session))
        event_id, meeting_id = meeting.event_id, meeting.id
        user_id = user_of(meeting, Side.NEED).id
    at("09:20")
    read = threading.Barrier(4)

    def report(session: Session, interest: int) -> None:
        event = session.get_one(Event, event_id)
        row, user = session.get_one(Meeting, meeting_id), session.get_one(User, user_id)
        if session.get_bind().dialect.name == "postgresql":
            assert row.reports == []  # all have read that there is none
            read.wait()
        said = Said(met=True, interest=interest)
        reporting.report(session, user, event, row, side=Side.NEED, said=said)

    failures = at_once(own_database, report, range(4))

    assert failures == []
    with own_database.reading() as session:
        assert len(session.scalars(select(MeetingReport)).all()) == 1
