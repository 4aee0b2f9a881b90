"""An earlier event as the beginning of a new one."""

from __future__ import annotations

from datetime import time, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker.errors import NotAllowedError
from matchmaker.events.copying import copy
from matchmaker.events.service import SETTINGS
from models import (
    Activity,
    Criterion,
    EventBreak,
    EventNode,
    EventStatus,
    Meeting,
    Role,
    TableClosure,
    Team,
    Timetable,
    Wish,
)
from tests import factories
from tests.events.making import make_event, make_meeting, make_team, make_timetable, make_wish


def test_all_that_was_set_up_is_copied_to_the_new_day(session: Session) -> None:
    chain = factories.make_node(session)
    source = make_event(
        session, capacity=300, approval=False, team_most=8, must_tokens=5, blind=True,
        minutes=30, address="示范路 1 号", results_published_at=None,
    )  # fmt: skip
    source.nodes = [EventNode(node_id=chain.id)]
    source.days[0].breaks = [EventBreak(starts=time(10), ends=time(10, 30), label="茶歇")]
    source.slots[2].open = False
    source.tables[0].closures = [TableClosure(slot_id=source.slots[1].id)]
    source.tables[1].closed, source.tables[1].topic, source.tables[1].seats = True, "电池", 8
    session.add(Criterion(event_id=source.id, ordinal=1, name="创新", weight=40, most=10))
    session.flush()
    actor = factories.make_user(session, Role.ORGANISER)
    shift = timedelta(days=35)

    new = copy(session, actor, source, title="明年再来", day=source.days[0].day + shift)

    kept = set(SETTINGS) - {"title", "registration_from", "registration_until", "wishes_until"}
    assert {name: getattr(new, name) for name in kept} == {
        name: getattr(source, name) for name in kept
    }
    assert new.registration_until == source.registration_until + shift  # type: ignore[operator]
    assert new.wishes_until == source.wishes_until + shift  # type: ignore[operator]
    assert [(row.day, row.breaks[0].label) for row in new.days] == [
        (source.days[0].day + shift, "茶歇")
    ]
    assert [(slot.starts_at - shift, slot.open) for slot in new.slots] == [
        (slot.starts_at, slot.open) for slot in source.slots
    ]
    assert [slot.day_id for slot in new.slots] == [new.days[0].id] * 6
    assert [(t.name, t.closed, t.topic, t.seats) for t in new.tables] == [
        (t.name, t.closed, t.topic, t.seats) for t in source.tables
    ]
    assert new.tables[0].closures[0].slot_id == new.slots[1].id
    assert new.chains == [chain]
    assert session.scalars(select(Criterion.name).filter_by(event_id=new.id)).all() == ["创新"]


def test_who_came_and_what_was_planned_stay_behind(session: Session) -> None:
    source = make_event(session, meetings_version=4)
    team = make_team(session, source)
    source.tables[0].fixed_for_id = team.id
    wish = make_wish(session, team)
    make_meeting(session, wish, source.slots[0], source.tables[0])
    make_timetable(session, source)

    new = copy(session, source.owner, source, title="新的", day=source.days[0].day)

    for model in (Team, Wish, Meeting, Timetable):
        counted = select(func.count()).select_from(model).where(model.event_id == new.id)
        assert session.scalar(counted) == 0
    assert [table.fixed_for_id for table in new.tables] == [None] * 3
    assert (new.status, new.opened_at, new.meetings_version) == (EventStatus.DRAFT, None, 0)
    assert new.copied_from_id == source.id
    (line,) = session.scalars(select(Activity).where(Activity.event_id == new.id))
    assert (line.action, line.values) == (
        "event.copied", {"event": "新的", "source": source.title},
    )  # fmt: skip


def test_an_event_without_a_day_can_be_copied(session: Session) -> None:
    source = make_event(session, slots=0, tables=1)
    source.days.clear()
    session.flush()

    new = copy(session, source.owner, source, title="新的", day=source.created_at.date())

    assert (new.days, new.slots, len(new.tables)) == ([], [], 1)
    assert new.registration_until == source.registration_until


def test_a_cancelled_event_can_be_copied(session: Session) -> None:
    source = make_event(session, status=EventStatus.CANCELLED, cancel_reason="停电")

    new = copy(session, source.owner, source, title="新的", day=source.days[0].day)

    assert (new.status, new.cancel_reason) == (EventStatus.DRAFT, "")


def test_only_organisers_copy(session: Session) -> None:
    source = make_event(session)

    for role in (Role.ADMINISTRATOR, Role.RESEARCHER):
        actor = factories.make_user(session, role)
        with pytest.raises(NotAllowedError):
            copy(session, actor, source, title="新的", day=source.days[0].day)
