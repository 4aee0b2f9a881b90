"""The figures of an event: what is counted is what happened."""

from __future__ import annotations

import io
import zipfile

import pytest
from sqlalchemy.orm import Session

from matchmaker import clock
from matchmaker.db import Database
from matchmaker.figures.queries import EventFigures
from matchmaker.timetables import service
from models import (
    Meeting,
    MeetingReport,
    MeetingStatus,
    Side,
    Unavailability,
    User,
)
from tests.conftest import SignedIn
from tests.pages import opened, statements
from tests.timetables.scene import Scene, make_scene


def report(session: Session, meeting: Meeting, side: Side, by: int, **values: object) -> None:
    session.add(
        MeetingReport(meeting_id=meeting.id, side=side, by_id=by, at=clock.now(), **values)
    )
    session.flush()


def figures(session: Session, scene: Scene) -> EventFigures:
    return EventFigures(session, scene.event)


def test_coverage_and_value_are_those_of_the_published_timetable(session: Session) -> None:
    scene = make_scene(session, needs=2, achievements=1, slots=1, tables=1)
    scene.publish()

    found = figures(session, scene)

    assert (found.teams_met, len(found.teams)) == (2, 3)
    assert found.value == found.bound == 50
    assert found.coverage == pytest.approx(2 / 3)


def test_the_worst_off_team_is_named_with_its_wishes(session: Session) -> None:
    scene = make_scene(session, needs=2, achievements=1, slots=1, tables=1)
    scene.publish()
    (meeting,) = scene.meetings()
    without = next(t for t in scene.needs if t.id != meeting.wish.need_team_id)

    found = figures(session, scene)

    assert found.worst_off is not None
    assert (found.worst_off.team.id, found.worst_off.wished, found.worst_off.met) == (
        without.id, 1, 0,
    )  # fmt: skip
    assert [n for _low, _high, n in found.share_groups] == [1, 0, 1, 0, 1]


def test_only_free_slots_between_meetings_count_as_idle(session: Session) -> None:
    scene = make_scene(session, needs=1, achievements=2, slots=5, tables=1)
    event = scene.event
    session.add(
        Unavailability(participant_id=scene.needs[0].members[0].id, slot_id=event.slots[1].id)
    )
    book = service.book_meeting
    book(session, scene.organiser, event, scene.wish(0, 0), scene.slots[0])
    book(session, scene.organiser, scene.event, scene.wish(0, 1), scene.slots[4])

    found = figures(session, scene)

    assert found.idle == 2
    assert found.idle_per_meeting == 1


def test_missed_meetings_and_reports_are_counted(session: Session) -> None:
    scene = make_scene(session, needs=2, achievements=2)
    scene.publish()
    held, missed, *_ = scene.meetings()
    held.status = MeetingStatus.HELD
    missed.slot_id = missed.table_id = None
    missed.status, missed.missed_by = MeetingStatus.MISSED, Side.ACHIEVEMENT
    for side in Side:
        report(session, held, side, scene.organiser.id, met=True, interest=2, next_steps=["nda"])

    found = figures(session, scene)

    assert found.by_status[MeetingStatus.MISSED] == 1
    assert (len(found.reports), found.reports_due, found.both_interested) == (2, 2, 1)
    assert found.interest == [0, 0, 2, 0]
    absent = [row.person.id for row in found.of_people if row.missed]
    assert absent == [missed.achievement_person_id]


def published(database: Database, size: int) -> int:
    with database.transaction() as session:
        scene = make_scene(session, needs=size, achievements=size)
        scene.publish()
        return scene.event_id


def test_the_page_and_the_workbook_are_for_offices(
    database: Database, organiser: User, administrator: User, researcher: User, signed_in: SignedIn
) -> None:
    event_id = published(database, 2)

    for user in (organiser, administrator):
        page = opened(signed_in(user), f"/events/{event_id}/figures")
        assert "4 / 4" in page.get_text()
    book = signed_in(organiser).get(f"/events/{event_id}/figures.xlsx")
    with zipfile.ZipFile(io.BytesIO(book.data)) as archive:
        assert len([n for n in archive.namelist() if n.startswith("xl/worksheets/")]) == 4
    for address in ("figures", "figures.xlsx"):
        assert signed_in(researcher).get(f"/events/{event_id}/{address}").status_code == 404


def test_before_publication_the_page_says_what_will_be_there(
    database: Database, organiser: User, signed_in: SignedIn
) -> None:
    with database.transaction() as session:
        event_id = make_scene(session).event_id

    assert "日程发布以后" in opened(signed_in(organiser), f"/events/{event_id}/figures").get_text()


def test_figures_of_many_teams_ask_as_often_as_those_of_few(
    database: Database, organiser: User, signed_in: SignedIn
) -> None:
    browser = signed_in(organiser)
    few, many = (published(database, size) for size in (2, 4))

    counts = [statements(database, browser, f"/events/{e}/figures") for e in (few, many)]

    assert counts[0] == counts[1]
