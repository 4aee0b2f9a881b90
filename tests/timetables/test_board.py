"""Cells of the board: what stands in them, and how wide a page is."""

from __future__ import annotations

from datetime import time, timedelta

import pytest
from sqlalchemy.orm import Session

from matchmaker.timetables import board, changes
from matchmaker.timetables.board import Content
from matchmaker.timetables.instances import draft_seats
from models import Event, EventBreak, Side, TableClosure, Talk, Timetable
from tests.events.making import make_event, make_meeting, make_team, make_timetable, make_wish
from tests.timetables.scene import make_scene


@pytest.mark.parametrize(
    ("columns", "lines", "shown"),
    [(3, 24, 3), (12, 24, 12), (13, 24, 7), (24, 24, 8), (120, 24, 8), (8, 1000, 3), (0, 24, 1)],
)
def test_a_page_is_as_wide_as_a_screen_and_never_too_large(
    columns: int, lines: int, shown: int
) -> None:
    found = board.columns_to_a_page(columns, lines)

    assert found == shown
    assert found * lines <= board.CELLS


def content_of(session: Session, event: Event, draft: Timetable) -> Content:
    seats = {seat.wish_id: seat for seat in draft_seats(session, draft)}
    pairs = board.pairs_of(session, event, seats)
    return Content(event, seats, pairs, {}, changes.of(session, draft))


def test_a_cancelled_meeting_stays_visible_while_its_place_is_empty(session: Session) -> None:
    scene = make_scene(session)
    event = scene.event
    make_meeting(session, scene.wish(0, 0), event.slots[0], event.tables[0])
    draft = make_timetable(session, event)

    (first, *_rest) = board.by_table(
        content_of(session, event, draft), event.days[0], event.tables, ()
    )

    assert [cell.kind for cell in first.cells] == ["gone", "free"]
    assert first.cells[0].was == "原来在 09:00\u30001 桌"


def test_a_table_is_closed_in_some_slots(session: Session) -> None:
    scene = make_scene(session)
    event = scene.event
    session.add(TableClosure(table_id=event.tables[1].id, slot_id=event.slots[0].id))
    event = scene.event
    draft = make_timetable(session, event)

    lines = board.by_table(content_of(session, event, draft), event.days[0], event.tables, ())

    assert [[cell.kind for cell in line.cells] for line in lines[:2]] == [
        ["free", "closed"], ["free", "free"],
    ]  # fmt: skip


def test_breaks_and_talks_stand_between_the_slots(session: Session) -> None:
    event = make_event(session, slots=2, tables=1)
    event.slots[1].starts_at += timedelta(minutes=20)
    event.slots[1].ends_at += timedelta(minutes=20)
    event.days[0].breaks.append(EventBreak(starts=time(9, 20), ends=time(9, 40), label="茶歇"))
    team = make_team(session, event, Side.NEED)
    for title, starts in (
        ("示范路演", event.slots[0].ends_at),
        ("示范开场", event.slots[0].starts_at),
    ):
        session.add(
            Talk(
                event_id=event.id, team_id=team.id, speaker_id=team.members[0].id, title=title,
                room="二层", starts_at=starts, ends_at=starts + timedelta(minutes=10),
            )
        )  # fmt: skip
    draft = make_timetable(session, event)
    session.flush()

    lines = board.by_table(
        content_of(session, event, draft), event.days[0], event.tables,
        board.talks_of(session, event),
    )  # fmt: skip

    words = [line.words for line in lines]
    assert [bool(text) for text in words] == [True, False, True, False]
    assert words[0] == f"报告：示范开场 {team.full_name}（二层）"
    assert words[2] == f"茶歇，到 09:40；报告：示范路演 {team.full_name}（二层）"


def test_a_booth_names_its_team(session: Session) -> None:
    scene = make_scene(session, tables=3)
    event = scene.event
    event.tables[0].fixed_for_id = scene.needs[0].id
    event.tables[1].closed = True

    notes = [column.note for column in board.table_columns(session, event.tables)]

    assert notes == [f"{scene.needs[0].full_name} 驻桌", "停用", "轮换"]


def test_names_of_another_event_are_not_found(session: Session) -> None:
    scene, other = make_scene(session), make_wish(session)

    assert board.pairs_of(session, scene.event, [other.id]) == {}
    assert board.people_of(session, scene.event, [other.need_team.members[0].id]) == {}
