"""Agendas in calendars: parsed back as a calendar program does it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import icalendar
import pytest
from sqlalchemy.orm import Session

from matchmaker import clock
from matchmaker.paper import queries
from matchmaker.paper.calendars import calendar_of
from matchmaker.timetables import service as timetables
from models import EventStatus, MeetingStatus, Participant
from tests.paper.scene import FORMULA, MARKUP, Scene

pytestmark = pytest.mark.usefixtures("in_worker")


def text_of(session: Session, scene: Scene, person: Participant) -> bytes:
    folder = queries.own_folder(session, scene.event, [person])
    return calendar_of(folder, [person], "http://localhost/events/1")


def entries(session: Session, scene: Scene, person: Participant) -> dict[str, Any]:
    calendar = icalendar.Calendar.from_ical(text_of(session, scene, person))
    return {str(entry["uid"]): entry for entry in calendar.walk("VEVENT")}


def test_each_meeting_is_one_entry_with_time_place_and_partner(
    session: Session, scene: Scene
) -> None:
    person, meeting = scene.needs[0].members[0], scene.meetings[0]

    found = entries(session, scene, person)

    assert set(found) == {f"meeting-{m.id}@matchmaker" for m in scene.meetings[::2]}
    entry = found[f"meeting-{meeting.id}@matchmaker"]
    assert meeting.slot is not None
    assert entry["dtstart"].dt == meeting.slot.starts_at
    assert entry["dtend"].dt == meeting.slot.ends_at
    assert entry["dtstart"].params["TZID"] == "Asia/Shanghai"
    assert entry["dtstamp"].dt == meeting.changed_at.replace(microsecond=0)
    assert str(entry["location"]) == "示范会展中心 蓉厅 1 桌"
    assert str(entry["summary"]) == f"与{scene.achievements[0].full_name}洽谈"
    assert "示范需求0号 — 示范成果0号" in str(entry["description"])
    assert str(entry["status"]) == "CONFIRMED"


def test_a_meeting_that_moves_keeps_its_identity_and_counts_on(
    session: Session, scene: Scene
) -> None:
    person, meeting = scene.needs[0].members[0], scene.meetings[0]
    uid = f"meeting-{meeting.id}@matchmaker"
    before = entries(session, scene, person)[uid]

    meeting.slot, meeting.sequence = scene.event.slots[5], 4
    session.flush()

    after = entries(session, scene, person)[uid]
    assert (before["sequence"], after["sequence"]) == (0, 4)
    assert after["dtstart"].dt == scene.event.slots[5].starts_at


def test_a_meeting_that_a_colleague_takes_over_goes_from_the_calendar_of_who_had_it(
    session: Session, scene: Scene
) -> None:
    meeting, slot = scene.meetings[0], scene.event.slots[0]
    had, takes = scene.needs[0].members
    uid, organiser = f"meeting-{meeting.id}@matchmaker", scene.event.owner

    def rebook(person: Participant) -> None:
        timetables.cancel_meeting(session, organiser, meeting)
        timetables.book_meeting(
            session, organiser, scene.event, meeting.wish, slot, scene.event.tables[0],
            people=(person.id, meeting.achievement_person_id),
        )  # fmt: skip

    def told(person: Participant) -> tuple[str, int]:
        entry = entries(session, scene, person)[uid]
        assert entry["dtstart"].dt == slot.starts_at
        return str(entry["status"]), entry["sequence"]

    with clock.as_of(scene.event.registration_until):
        rebook(takes)
        assert (told(had), told(takes)) == (("CANCELLED", 2), ("CONFIRMED", 2))
        met = meeting.achievement_person.name
        assert met in str(entries(session, scene, takes)[uid]["description"])
        assert met not in str(entries(session, scene, had)[uid]["description"])
        rebook(had)
        assert (told(had), told(takes)) == (("CONFIRMED", 4), ("CANCELLED", 4))


def test_a_cancelled_meeting_is_sent_as_cancelled_at_its_old_time(
    session: Session, scene: Scene
) -> None:
    meeting, slot, table = scene.meetings[0], scene.event.slots[0], scene.event.tables[0]
    meeting.status, meeting.slot, meeting.table = MeetingStatus.CANCELLED, None, None
    meeting.was, meeting.sequence = {"slot": slot.id, "table": table.id}, 1
    session.flush()

    entry = entries(session, scene, scene.needs[0].members[0])[f"meeting-{meeting.id}@matchmaker"]

    assert str(entry["status"]) == "CANCELLED"
    assert entry["sequence"] == 1
    assert entry["dtstart"].dt == slot.starts_at
    assert "1 桌" in str(entry["location"])


def test_an_event_that_is_called_off_is_sent_as_cancelled(session: Session, scene: Scene) -> None:
    person = scene.needs[0].members[0]
    before = entries(session, scene, person)

    scene.event.status, scene.event.cancel_reason = EventStatus.CANCELLED, "示范原因"
    session.flush()

    after = entries(session, scene, person)
    assert after.keys() == before.keys()
    for uid, entry in after.items():
        assert str(entry["status"]) == "CANCELLED"
        assert entry["sequence"] > before[uid]["sequence"]


def test_a_speaker_finds_the_talk(session: Session, scene: Scene) -> None:
    speaker, colleague = scene.achievements[0].members
    uid = f"talk-{scene.talk.id}@matchmaker"
    entry = entries(session, scene, speaker)[uid]
    assert str(entry["summary"]) == "讲解：压铸模具随形冷却"
    assert entry["dtstart"].dt == scene.talk.starts_at
    assert uid not in entries(session, scene, colleague)


def test_lines_are_short_and_the_zone_is_told(session: Session, scene: Scene) -> None:
    scene.achievements[0].name = "化学工程学院与新能源装备联合实验室" * 5
    session.flush()

    text = text_of(session, scene, scene.needs[0].members[0])

    assert all(len(line) <= 75 for line in text.split(b"\r\n"))
    assert b"\nMETHOD:PUBLISH\r\n" in text
    (zone,) = icalendar.Calendar.from_ical(text).walk("VTIMEZONE")
    assert str(zone["tzid"]) == str(clock.LOCAL_ZONE)
    (standard,) = zone.walk("STANDARD")
    assert standard["tzoffsetto"].td == timedelta(hours=8)


def test_what_people_wrote_breaks_no_entry(session: Session, scene: Scene) -> None:
    text = f"{MARKUP},;\r\nEND:VEVENT\r\n{FORMULA}"
    scene.event.venue = scene.achievements[0].name = text[:110]
    session.flush()

    found = entries(session, scene, scene.needs[0].members[0])

    assert len(found) == 2
    entry = found[f"meeting-{scene.meetings[0].id}@matchmaker"]
    assert MARKUP in str(entry["location"])


def test_a_calendar_holds_no_secrets(session: Session, scene: Scene) -> None:
    for team in (*scene.needs, *scene.achievements):
        for person in team.members:
            person.phone, person.email = "13800000000", "geheim@example.org"
    session.flush()
    person = scene.achievements[0].members[0]

    text = text_of(session, scene, person).replace(b"\r\n ", b"").decode()

    assert scene.needs[0].postings[0].title in text
    hidden = [scene.needs[1].postings[0].title, person.code, "13800000000", "geheim@"]
    assert not [word for word in hidden if word in text]
