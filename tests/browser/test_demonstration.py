"""What a first start shows of events: one in every stage."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from matchmaker.db import Database
from matchmaker.events.queries import loaded, phase
from models import Event, Meeting, MeetingStatus, Timetable, TimetableStatus

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def test_the_demonstration_has_events_to_look_at_in_every_stage(platform: Flask) -> None:
    database: Database = platform.extensions["database"]
    with database.reading() as session:
        events = session.scalars(select(Event).options(*loaded())).unique()
        stages = {(event.kind, phase(event).value) for event in events}
        versions = list(session.scalars(select(Timetable.status)))
        met = list(session.scalars(select(Meeting.status)))

    assert {
        ("docking", "after"), ("docking", "wishes"), ("roadshow", "registration"),
        ("contest", "after"), ("salon", "registration"),
    } <= stages  # fmt: skip
    assert versions.count(TimetableStatus.PUBLISHED) == 2
    assert TimetableStatus.DRAFT in versions
    assert {MeetingStatus.HELD, MeetingStatus.MISSED, MeetingStatus.PLANNED} <= set(met)
