"""Tables: many at once, renamed, given to a team, closed, removed."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.errors import InvalidError, NotAllowedError, NotFoundError, NotNowError
from matchmaker.events import tables
from models import Activity, Event, EventStatus, EventTable, Placement, Role, TeamStatus
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
    return make_event(session, tables=3)


def values_of(table: EventTable, **values: Any) -> dict[str, Any]:
    return {
        "name": table.name, "room": table.room, "topic": table.topic, "seats": table.seats,
        "closed": table.closed, "fixed_for_id": table.fixed_for_id,
        "slot_ids": {closure.slot_id for closure in table.closures}, **values,
    }  # fmt: skip


def test_a_hundred_and_twenty_tables_are_one_line(session: Session, event: Event) -> None:
    made = tables.add_tables(
        session, event.owner, event, tables.names_of("A1–A120"), room="一楼大厅"
    )

    assert len(made) == 120
    assert [table.name for table in event.tables][-1] == "A120"
    assert [table.ordinal for table in event.tables] == list(range(1, 124))
    lines = session.scalars(select(Activity.values).where(Activity.action == "table.added")).all()
    assert [line["table"] for line in lines] == ["A1, A2, A3, A4 +116"]


@pytest.mark.parametrize(
    ("names", "words"),
    [(["2 桌", "9 桌"], "已经有：2 桌"), (["长" * 31], "最多 30 字"),
     ([f"T{n}" for n in range(298)], "最多 300 张")],
)  # fmt: skip
def test_tables_that_cannot_be_are_refused_as_a_whole(
    session: Session, event: Event, names: list[str], words: str
) -> None:
    with pytest.raises(InvalidError) as error:
        tables.add_tables(session, event.owner, event, names)

    assert words in str(error.value.fields["names"])
    assert len(event.tables) == 3


def test_a_table_changes_wholly(session: Session, event: Event) -> None:
    team = make_team(session, event)
    table, slots = event.tables[0], [slot.id for slot in event.slots]
    values = values_of(
        table, name="展位 1", room="序厅", fixed_for_id=team.id, slot_ids={slots[0], slots[5]}
    )

    tables.change_table(session, event.owner, event, table, values)
    tables.change_table(session, event.owner, event, table, {**values, "slot_ids": {slots[5], 0}})

    assert (table.name, table.room, table.fixed_for_id) == ("展位 1", "序厅", team.id)
    assert [closure.slot_id for closure in table.closures] == [slots[5]]


def test_a_name_stands_once_in_an_event(session: Session, event: Event) -> None:
    other = make_event(session)

    with pytest.raises(InvalidError):
        tables.change_table(
            session, event.owner, event, event.tables[0], values_of(event.tables[0], name="2 桌")
        )
    assert other.tables[1].name == "2 桌"


def test_a_booth_is_for_a_team_that_comes_to_this_event(session: Session, event: Event) -> None:
    waiting = make_team(session, event, status=TeamStatus.WAITING)
    foreign = make_team(session, make_event(session))
    table = event.tables[0]

    for team in (waiting, foreign):
        with pytest.raises(NotFoundError):
            tables.change_table(
                session, event.owner, event, table, values_of(table, fixed_for_id=team.id)
            )
    table.fixed_for_id = waiting.id  # it came once; its booth can be kept, or given up
    tables.change_table(session, event.owner, event, table, values_of(table, room="序厅"))
    tables.change_table(session, event.owner, event, table, values_of(table, fixed_for_id=None))
    assert table.fixed_for_id is None


def test_a_table_with_meetings_is_closed_instead_of_removed(
    session: Session, event: Event
) -> None:
    make_meeting(session, make_wish(session, event=event), event.slots[0], event.tables[1])
    chosen = event.tables[:2]

    with pytest.raises(NotNowError, match="1 场洽谈"):
        tables.remove_tables(session, event.owner, event, chosen)
    assert len(event.tables) == 3

    held = tables.set_closed(session, event.owner, event, chosen, closed=True)
    assert (held, [table.closed for table in event.tables]) == (1, [True, True, False])
    assert tables.set_closed(session, event.owner, event, chosen, closed=False) == 0
    assert not any(table.closed for table in event.tables)


def test_a_table_where_people_chose_a_seat_is_not_removed(session: Session) -> None:
    salon = make_event(session, kind="salon")
    make_team(session, salon).members[0].group_table_id = salon.tables[0].id
    session.flush()

    with pytest.raises(NotNowError, match="1 人选了座"):
        tables.remove_tables(session, salon.owner, salon, salon.tables[:1])


def test_a_removed_table_takes_the_placements_of_drafts_with_it(
    session: Session, event: Event
) -> None:
    timetable = make_timetable(session, event)
    for number in range(2):
        wish = make_wish(session, event=event)
        make_placement(session, timetable, wish, event.slots[0], event.tables[number])

    tables.remove_tables(session, event.owner, event, [event.tables[0]])

    session.expire_all()
    left = [row.table_id for row in session.scalars(select(Placement))]
    assert left == [event.tables[0].id]


def test_many_tables_are_closed_in_some_slots_and_reopened(session: Session, event: Event) -> None:
    slots = [slot.id for slot in event.slots]
    make_meeting(session, make_wish(session, event=event), event.slots[1], event.tables[1])
    make_meeting(session, make_wish(session, event=event), event.slots[2], event.tables[1])

    def closed() -> list[list[int]]:
        return [sorted(closure.slot_id for closure in table.closures) for table in event.tables]

    held = tables.set_closed_in(
        session, event.owner, event, event.tables[:2], slots[:2], closed=True
    )
    assert (held, closed()) == (1, [slots[:2], slots[:2], []])
    tables.set_closed_in(session, event.owner, event, event.tables, slots[:1], closed=False)
    assert closed() == [slots[1:2], slots[1:2], []]


def test_slots_of_another_event_are_no_choice(session: Session, event: Event) -> None:
    foreign = [slot.id for slot in make_event(session).slots]

    with pytest.raises(InvalidError):
        tables.set_closed_in(session, event.owner, event, event.tables, foreign, closed=True)


def test_a_room_is_given_to_many(session: Session, event: Event) -> None:
    tables.set_room(session, event.owner, event, event.tables[1:], "二楼")

    assert [table.room for table in event.tables] == ["", "二楼", "二楼"]


def test_only_organisers_move_tables_and_only_while_the_event_runs(session: Session) -> None:
    event = make_event(session)
    over = make_event(session, status=EventStatus.CLOSED)
    administrator = factories.make_user(session, Role.ADMINISTRATOR)

    for actor, row, refusal in (
        (administrator, event, NotAllowedError), (over.owner, over, NotNowError),
    ):  # fmt: skip
        with pytest.raises(refusal):
            tables.add_tables(session, actor, row, ["新"])
        with pytest.raises(refusal):
            tables.change_table(session, actor, row, row.tables[0], values_of(row.tables[0]))
        with pytest.raises(refusal):
            tables.set_closed(session, actor, row, row.tables, closed=True)
        with pytest.raises(refusal):
            tables.set_closed_in(session, actor, row, row.tables, [], closed=True)
        with pytest.raises(refusal):
            tables.set_room(session, actor, row, row.tables, "")
        with pytest.raises(refusal):
            tables.remove_tables(session, actor, row, row.tables)
