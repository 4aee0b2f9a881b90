"""The pages of programme and tables."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from matchmaker.db import Database
from models import Event, EventStatus, User
from tests.conftest import SignedIn
from tests.events.browsing import add, add_draft, reload
from tests.events.making import make_event, make_meeting, make_team, make_wish
from tests.pages import hidden_fields, one, opened, parsed, statements, table_rows


@pytest.fixture
def event(database: Database, organiser: User) -> Event:
    return add(database, organiser)


@pytest.fixture
def browser(signed_in: SignedIn, organiser: User) -> FlaskClient:
    return signed_in(organiser)


def hold(database: Database, event: Event, slot: int, table: int) -> None:
    with database.transaction() as session:
        row = session.get(Event, event.id)
        assert row is not None
        make_meeting(session, make_wish(session, event=row), row.slots[slot], row.tables[table])


def programme_of(browser: FlaskClient, event: Event) -> dict[str, Any]:
    form = one(opened(browser, f"/events/{event.id}/programme"), "form.mm-programme")
    fields: dict[str, Any] = dict(hidden_fields(form))
    for field in form.select("input:not([type])"):
        fields[str(field["name"])] = str(field["value"])
    fields["slot_minutes"] = str(one(form, "input[name=slot_minutes][checked]")["value"])
    return fields


def test_a_programme_is_saved_from_what_the_page_shows(
    database: Database, browser: FlaskClient, event: Event
) -> None:
    fields = programme_of(browser, event)
    assert (fields["days-0-starts"], fields["days-0-ends"]) == ("09:00", "11:00")
    fields |= {
        "days-0-breaks-0-label": "茶歇", "days-0-breaks-0-starts": "10：00",
        "days-0-breaks-0-ends": "10:20",
    }  # fmt: skip

    answer = browser.post(f"/events/{event.id}/programme", data=fields, follow_redirects=True)

    assert "已保存：保留 5 个时段、去掉 1 个时段。" in answer.text
    row = reload(database, event)
    assert len(row.slots) == 5
    assert programme_of(browser, event)["days-0-breaks-0-label"] == "茶歇"


def test_days_and_breaks_are_added_without_a_script(
    database: Database, browser: FlaskClient, event: Event
) -> None:
    address = f"/events/{event.id}/programme"
    fields = programme_of(browser, event) | {"days-0-ends": "还没想好"}

    page = parsed(browser.post(address, data=fields | {"rows": "days:add"}))
    twice = parsed(browser.post(address, data=fields | {"rows": "breaks:add:0"}))

    assert one(page, 'input[name="days-0-ends"]')["value"] == "还没想好"
    assert page.select('input[name="days-1-day"]')
    assert twice.select('input[name="days-0-breaks-0-label"]')
    assert len(reload(database, event).slots) == 6


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"days-0-day": "十二月"}, "请写成年-月-日"),
        ({"days-0-starts": ""}, "请填写“开始”"),
        ({"days-0-ends": "08:00"}, "结束时间要晚于开始时间"),
        ({"days-0-ends": "09:05"}, "一个时段也排不下"),
        ({"days-0-breaks-0-starts": "10:00"}, "请填写间歇的起止时间"),
        ({"slot_minutes": "7"}, "请从列出的选项中选择"),
        ({"slot_minutes": ""}, "请选择“每个时段”"),
    ],
)
def test_a_programme_that_cannot_be_says_why_and_loses_nothing(
    database: Database, browser: FlaskClient, event: Event, changes: dict[str, str], sentence: str
) -> None:
    fields = programme_of(browser, event) | changes

    answer = browser.post(f"/events/{event.id}/programme", data=fields)

    assert answer.status_code == 422
    assert sentence in answer.text
    for name, typed in changes.items():
        if name.startswith("days"):
            assert one(parsed(answer), f'input[name="{name}"]')["value"] == typed
    assert len(reload(database, event).slots) == 6


def test_a_form_of_nonsense_changes_nothing(
    database: Database, browser: FlaskClient, event: Event
) -> None:
    address = f"/events/{event.id}/programme"

    for fields in ({}, {"days-²-day": "x"}, {"rows": "²"}, {"days-0-day": "x" * 5000}):
        assert browser.post(address, data=fields).status_code in {200, 422}

    assert len(reload(database, event).slots) == 6


def test_meetings_in_the_way_are_said_on_the_page(
    database: Database, browser: FlaskClient, event: Event
) -> None:
    hold(database, event, slot=5, table=0)
    fields = programme_of(browser, event) | {"days-0-ends": "10:40"}

    answer = browser.post(f"/events/{event.id}/programme", data=fields)

    assert answer.status_code == 409
    assert "会消失的时段里有 1 场洽谈" in answer.text
    assert one(parsed(answer), 'input[name="days-0-ends"]')["value"] == "10:40"


def test_an_old_programme_page_overwrites_nothing(
    database: Database, browser: FlaskClient, event: Event
) -> None:
    fields = programme_of(browser, event)
    address = f"/events/{event.id}/programme"
    browser.post(address, data=fields | {"slot_minutes": "30"})

    late = browser.post(address, data=fields | {"slot_minutes": "60"})

    assert late.status_code == 409
    assert reload(database, event).slot_minutes == 30
    version = one(parsed(late), "form.mm-programme input[name=version]")["value"]
    again = fields | {"slot_minutes": "60", "version": version}
    assert browser.post(address, data=again).status_code == 302


def test_slots_are_kept_in_reserve_by_ticks(
    database: Database, browser: FlaskClient, event: Event
) -> None:
    hold(database, event, slot=5, table=0)
    ids = [str(slot.id) for slot in event.slots]

    answer = browser.post(
        f"/events/{event.id}/slots", data={"shown": [*ids, "x", "²"], "open": ids[:4]},
        follow_redirects=True,
    )  # fmt: skip

    assert "改了 2 个时段" in answer.text
    assert "留作备用的时段里还有 1 场洽谈" in answer.text
    assert [slot.open for slot in reload(database, event).slots] == [True] * 4 + [False] * 2


def test_an_event_without_a_day_begins_with_an_empty_row(
    database: Database, browser: FlaskClient, organiser: User
) -> None:
    draft = add_draft(database, organiser, slots=0)
    with database.transaction() as session:
        row = session.get(Event, draft.id)
        assert row is not None
        row.days.clear()

    page = opened(browser, f"/events/{draft.id}/programme")

    assert one(page, 'input[name="days-0-day"]')["value"] == ""
    assert "还没有时段" in page.text


def test_what_is_over_is_shown_without_buttons(
    database: Database, browser: FlaskClient, organiser: User
) -> None:
    over = add(database, organiser, status=EventStatus.CLOSED)

    for path in ("programme", "tables"):
        page = opened(browser, f"/events/{over.id}/{path}")
        assert not page.select("main form button")
    assert browser.post(f"/events/{over.id}/programme", data={}).status_code == 409
    assert browser.post(f"/events/{over.id}/tables", data={"names": "9"}).status_code == 409


# ---- tables


def test_twenty_tables_are_added_at_once(
    database: Database, browser: FlaskClient, event: Event
) -> None:
    answer = browser.post(
        f"/events/{event.id}/tables", data={"names": "４－２３", "room": "序厅"},
        follow_redirects=True,
    )  # fmt: skip

    assert "添加了 20 张桌" in answer.text
    tables = reload(database, event).tables
    assert [table.name for table in tables[2:5]] == ["3 桌", "4 桌", "5 桌"]
    assert {table.room for table in tables[3:]} == {"序厅"}


@pytest.mark.parametrize(
    ("names", "sentence"),
    [("", "请填写“桌号”"), ("20–1", "没有看懂"), ("1–2", "已经有：1 桌、2 桌"), ("1–400", "没有看懂")],
)  # fmt: skip
def test_names_that_cannot_be_are_said_at_their_field(
    database: Database, browser: FlaskClient, event: Event, names: str, sentence: str
) -> None:
    answer = browser.post(f"/events/{event.id}/tables", data={"names": names, "room": "序厅"})

    assert answer.status_code == 422
    assert sentence in answer.text
    assert one(parsed(answer), "form input[name=names]")["value"] == names
    assert len(reload(database, event).tables) == 3


def change(browser: FlaskClient, event: Event, act: str, *tables: int, **more: Any) -> Any:
    data = {"act": act, "picked": [str(n) for n in tables], **more}
    return browser.post(f"/events/{event.id}/tables/change", data=data, follow_redirects=True)


def test_ticked_tables_are_closed_moved_and_removed(
    database: Database, browser: FlaskClient, event: Event
) -> None:
    ids = [table.id for table in event.tables]
    slots = [str(slot.id) for slot in event.slots]
    hold(database, event, slot=0, table=0)

    closed = change(browser, event, "close", *ids[:2]).text
    change(browser, event, "reopen", ids[0])
    change(browser, event, "room", *ids[:2], room="序厅")
    change(browser, event, "close_in", ids[0], slot=slots[:2])
    change(browser, event, "remove", ids[2])

    assert "改了 2 张桌" in closed
    assert "停用的桌位上还有 1 场洽谈" in closed
    tables = reload(database, event).tables
    assert [(t.id, t.closed, t.room) for t in tables] == [
        (ids[0], False, "序厅"), (ids[1], True, "序厅"),
    ]  # fmt: skip
    rows = table_rows(opened(browser, f"/events/{event.id}/tables"))
    assert ["停 2 个时段" in rows[0], "停用" in rows[1]] == [True, True]


def test_a_refusal_keeps_the_ticks(database: Database, browser: FlaskClient, event: Event) -> None:
    hold(database, event, slot=0, table=0)
    ids = [table.id for table in event.tables]

    refused = change(browser, event, "remove", *ids[:2])
    nothing = change(browser, event, "close")
    no_slot = change(browser, event, "close_in", ids[0])
    nonsense = change(browser, event, "fly", ids[0])
    too_long = change(browser, event, "room", ids[0], room="长" * 61)

    assert refused.status_code == 409
    assert "请改为停用" in refused.text
    ticked = [int(str(box["value"])) for box in parsed(refused).select("[name=picked][checked]")]
    assert ticked == ids[:2]
    for answer, sentence in (
        (nothing, "请先勾选桌位"), (no_slot, "请选择时段"), (nonsense, "请选择要做什么"),
        (too_long, "最多 60 字"),
    ):  # fmt: skip
        assert answer.status_code == 422
        assert sentence in answer.text
    assert len(reload(database, event).tables) == 3


def test_tables_of_another_event_are_out_of_reach(
    database: Database, browser: FlaskClient, event: Event, organiser: User
) -> None:
    other = add(database, organiser)
    foreign = other.tables[0].id

    assert browser.get(f"/events/{event.id}/tables/{foreign}").status_code == 404
    answer = browser.post(f"/events/{event.id}/tables/{foreign}", data={"name": "x"})
    assert answer.status_code == 404
    change(browser, event, "close", foreign)
    change(browser, event, "remove", foreign)

    assert [table.closed for table in reload(database, other).tables] == [False] * 3


def test_one_table_becomes_a_booth(database: Database, browser: FlaskClient, event: Event) -> None:
    with database.transaction() as session:
        row = session.get(Event, event.id)
        assert row is not None
        team = make_team(session, row)
        foreign = make_team(session, make_event(session))
    table = event.tables[0]
    address = f"/events/{event.id}/tables/{table.id}"
    values = {"name": "展位 1", "fixed_for": str(team.id), "closures": [str(event.slots[0].id)]}

    done = browser.post(address, data=values)
    taken = browser.post(address, data=values | {"name": "2 桌"})
    stranger = browser.post(address, data=values | {"fixed_for": str(foreign.id)})

    assert done.location == f"/events/{event.id}/tables"
    assert taken.status_code == stranger.status_code == 422
    assert "已经有一张叫这个名称的桌" in taken.text
    page = opened(browser, address)
    assert one(page, "select option[selected]")["value"] == str(team.id)
    assert one(page, "input[name=closures][checked]")["value"] == str(event.slots[0].id)
    assert team.full_name in opened(browser, f"/events/{event.id}/tables").text


def test_a_salon_has_topics_and_seats_and_a_contest_no_tables(
    database: Database, browser: FlaskClient, organiser: User
) -> None:
    salon = add(database, organiser, kind="salon", tables=0)
    contest = add(database, organiser, kind="contest")
    browser.post(
        f"/events/{salon.id}/tables", data={"names": "1–2", "topic": "固态电池", "seats": "８"}
    )

    rows = table_rows(opened(browser, f"/events/{salon.id}/tables"))
    assert "固态电池" in rows[0]
    assert "8" in rows[0]
    assert browser.get(f"/events/{contest.id}/tables").status_code == 404
    assert "桌位" not in opened(browser, f"/events/{contest.id}").select_one(".mm-tabs").text  # type: ignore[union-attr]


def test_many_tables_ask_as_often_as_few(
    database: Database, browser: FlaskClient, organiser: User
) -> None:
    few, many = (add(database, organiser, tables=n) for n in (2, 40))
    for event in (few, many):
        with database.transaction() as session:
            row = session.get(Event, event.id)
            assert row is not None
            for table in row.tables:
                table.fixed_for_id = make_team(session, row).id

    for path in ("tables", "programme", ""):
        addresses = [f"/events/{event.id}/{path}".rstrip("/") for event in (few, many)]
        numbers = {statements(database, browser, address) for address in addresses}
        assert len(numbers) == 1, path


def test_a_shorter_day_is_told_to_who_comes(
    database: Database, browser: FlaskClient, event: Event
) -> None:
    fields = programme_of(browser, event)
    day = event.days[0].day + timedelta(days=1)

    browser.post(f"/events/{event.id}/programme", data=fields | {"days-0-day": str(day)})

    assert [row.day for row in reload(database, event).days] == [day]
