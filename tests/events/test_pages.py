"""Pages of events: setting up, the front page."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from matchmaker import clock
from matchmaker.db import Database
from matchmaker.events import service
from models import (
    Event,
    EventStatus,
    Notification,
    User,
)
from tests.conftest import SignedIn
from tests.events.browsing import PAST, add, add_draft, form_of, reload
from tests.events.making import make_team
from tests.pages import one, parsed

# ---- setting up


def test_a_new_event_is_set_up_on_one_page(
    signed_in: SignedIn, database: Database, organiser: User
) -> None:
    browser = signed_in(organiser)
    day = (clock.today() + timedelta(days=40)).isoformat()
    fields = form_of(browser, "/events/new?kind=release") | {
        "title": "示范区成果发布会", "day": day, "ends": "１２：００", "tables": "12",
        "capacity": "400", "venue": "示范会展中心",
    }  # fmt: skip
    assert fields["kind"] == ["release"]
    assert fields["region_code"] == organiser.organisation.region_code

    answer = browser.post("/events/new", data=fields)

    assert answer.status_code == 302
    with database.reading() as session:
        event = session.scalars(select(Event)).one()
        assert (event.kind, event.status, event.capacity) == ("release", EventStatus.DRAFT, 400)
        assert (len(event.slots), len(event.tables)) == (12, 12)
        assert answer.location == f"/events/{event.id}"
    page = browser.get(answer.location).text
    assert "公布以前" in page
    assert "公布活动" in page


def test_a_new_event_may_lack_all_but_its_name(
    signed_in: SignedIn, database: Database, organiser: User
) -> None:
    browser = signed_in(organiser)
    answer = browser.post("/events/new", data=form_of(browser, "/events/new") | {"title": "示范"})

    page = parsed(browser.get(answer.location))

    assert [line.get_text() for line in page.select(".mm-checklist .half small")] == [
        "还没有定日期。 定日期", "还没有定报名的开始和截止。 定报名时间",
        "还没有定意愿截止时间。 定意愿时间", "还没有开放的时段。 排时段", "还没有可用的桌位。 摆桌位",
    ]  # fmt: skip
    assert not page.select("form[action$=announce]")


@pytest.mark.parametrize(
    ("name", "typed", "sentence"),
    [
        ("title", "", "请填写“活动名称”"),
        ("title", "长" * 121, "最多 120 字"),
        ("kind", "nonsense", "请从列出的选项中选择"),
        ("region_code", "999999", "请从列出的选项中选择"),
        ("chains", "999999", "请从列出的选项中选择"),
        ("day", "下周五", "请写成年-月-日"),
        ("day", "0001-01-01", "请检查年份"),
        ("starts", "早上", "请写成时:分"),
        ("ends", "08:00", "结束时间要晚于开始时间"),
        ("registration_until", "12月12日", "例如 2026-12-12 18:00"),
        ("registration_until", "2090-01-01 18:00", "报名截止要在活动开始以前"),
        ("capacity", "０", "1 到 20000"),
        ("tables", "9999", "1 到 300"),
        ("must_tokens", "三", "0 到 20"),
    ],
)
def test_what_cannot_be_used_is_said_at_its_field_and_nothing_is_lost(
    signed_in: SignedIn, database: Database, organiser: User, name: str, typed: str, sentence: str
) -> None:
    browser = signed_in(organiser)
    day = (clock.today() + timedelta(days=40)).isoformat()
    fields = form_of(browser, "/events/new") | {"title": "示范", "day": day, "venue": "厅<3>"}

    answer = browser.post("/events/new", data=fields | {name: typed})

    assert answer.status_code == 422
    assert sentence in answer.text
    page = parsed(answer)
    assert one(page, "input[name=venue]")["value"] == "厅<3>"
    if page.select(f"input[name={name}]:not([type=radio]):not([type=checkbox])"):
        assert one(page, f"input[name={name}]")["value"] == typed
    with database.reading() as session:
        assert session.scalars(select(Event)).all() == []


def test_windows_are_proposed_while_the_day_is_typed(signed_in: SignedIn, organiser: User) -> None:
    browser = signed_in(organiser)
    day = clock.today() + timedelta(days=40)

    found = browser.get(f"/events/proposals?day={day:%Y年%m月%d日}&kind=docking").get_json()
    salon = browser.get(f"/events/proposals?day={day}&kind=salon").get_json()

    assert found["registration_until"] == f"{day - timedelta(days=14)} 18:00"
    assert found["wishes_until"] == f"{day - timedelta(days=5)} 18:00"
    assert salon["wishes_until"] == ""
    for nonsense in ("", "?day=x", "?day=0001-01-01", "?day=9999-12-31&kind=x"):
        assert browser.get(f"/events/proposals{nonsense}").get_json() == {}


def test_settings_are_changed_and_shown_as_they_were(
    signed_in: SignedIn, database: Database, organiser: User
) -> None:
    event = add(database, organiser)
    browser = signed_in(organiser)
    address = f"/events/{event.id}/edit"
    fields = form_of(browser, address)

    same = browser.post(address, data=fields)
    fields = form_of(browser, address)
    browser.post(address, data=fields | {"title": "新名称", "admission": "room", "team_most": "8"})

    assert same.location == f"/events/{event.id}"
    row = reload(database, event)
    assert (row.title, row.approval, row.team_most) == ("新名称", False, 8)
    minute = timedelta(minutes=1)  # the form shows no seconds
    assert event.registration_until is not None
    assert row.registration_until is not None
    assert timedelta() <= event.registration_until - row.registration_until < minute


def test_a_colleague_who_was_faster_is_not_overwritten(
    signed_in: SignedIn, database: Database, organiser: User
) -> None:
    event = add(database, organiser)
    browser = signed_in(organiser)
    address = f"/events/{event.id}/edit"
    fields = form_of(browser, address)
    browser.post(address, data=fields | {"title": "先存的"})

    late = browser.post(address, data=fields | {"title": "后存的"})

    assert late.status_code == 409
    assert "刚刚有人改过这个活动" in late.text
    page = parsed(late)
    assert one(page, "input[name=title]")["value"] == "后存的"
    again = fields | {"title": "后存的", "version": one(page, "input[name=version]")["value"]}
    assert browser.post(address, data=again).status_code == 302
    assert reload(database, event).title == "后存的"


@pytest.mark.parametrize("version", ["", "x", "-1", "99999999999999999999", "²"])
def test_a_form_without_a_version_saves_nothing(
    signed_in: SignedIn, database: Database, organiser: User, version: str
) -> None:
    event = add(database, organiser)
    browser = signed_in(organiser)
    fields = form_of(browser, f"/events/{event.id}/edit") | {"title": "新", "version": version}

    assert browser.post(f"/events/{event.id}/edit", data=fields).status_code == 409
    assert reload(database, event).title == event.title


def test_a_copy_asks_for_its_day(signed_in: SignedIn, database: Database, organiser: User) -> None:
    event = add(database, organiser)
    browser = signed_in(organiser)
    address = f"/events/{event.id}/copy"

    empty = browser.post(address, data={"title": "", "day": "明年"})
    done = browser.post(address, data={"title": "第二届", "day": "2027-03-05"})

    assert empty.status_code == 422
    assert "请写成年-月-日" in empty.text
    assert done.status_code == 302
    assert "从“" + event.title + "”复制出活动“第二届”" in browser.get(done.location).text


# ---- the front page


def test_the_front_page_says_all_that_guests_need(
    signed_in: SignedIn, database: Database, organiser: User, company: User
) -> None:
    event = add(database, organiser, summary="第一行\n第二行 <b>", address="示范路 1 号",
                capacity=200, venue="示范会展中心 3 号厅")  # fmt: skip

    page = signed_in(company).get(f"/events/{event.id}").text

    for words in (
        event.title, "示范会展中心 3 号厅", "示范路 1 号", "第二行 &lt;b&gt;", "可容纳 200 人",
        "现在可以报名", "09:00–11:00", "每个团队 3 次", organiser.organisation.name,
    ):  # fmt: skip
        assert words in page
    for words in ("最近动态", "修改设置", "取消活动", "复制活动", "办会进度", "时间安排"):
        assert words not in page


def test_the_office_sees_history_and_progress(
    signed_in: SignedIn, database: Database, organiser: User, administrator: User
) -> None:
    event = add_draft(database, organiser)
    browser = signed_in(organiser)
    browser.post(f"/events/{event.id}/announce")

    page = browser.get(f"/events/{event.id}").text
    looking = signed_in(administrator).get(f"/events/{event.id}").text

    assert f"公布了活动“{event.title}”" in page
    assert "设定活动" in page
    assert "1 天、6 个时段、3 张桌" in page
    assert f"公布了活动“{event.title}”" in looking
    for words in ("修改设置", "取消活动", "复制活动"):
        assert words in page
        assert words not in looking


def test_an_event_that_lacks_something_is_not_announced(
    signed_in: SignedIn, database: Database, organiser: User
) -> None:
    event = add_draft(database, organiser, tables=0)
    browser = signed_in(organiser)

    answer = browser.post(f"/events/{event.id}/announce")

    assert answer.status_code == 409
    assert "还没有可用的桌位。" in answer.text
    assert reload(database, event).status == EventStatus.DRAFT


def test_calling_off_says_how_many_will_hear_of_it(
    signed_in: SignedIn, database: Database, organiser: User, company: User
) -> None:
    event = add(database, organiser)
    with database.transaction() as session:
        row = session.get(Event, event.id)
        assert row is not None
        make_team(session, row, user=session.merge(company))
    browser = signed_in(organiser)
    address = f"/events/{event.id}/cancel"

    asked = browser.get(address).text
    empty = browser.post(address, data={"reason": " "})
    browser.post(address, data={"reason": "场地停电"})

    assert "取消活动，通知 1 人" in asked
    assert empty.status_code == 422
    page = signed_in(company).get(f"/events/{event.id}").text
    assert "活动已取消。" in page
    assert "场地停电" in page
    with database.reading() as session:
        line = session.scalars(select(Notification)).one()
        assert (line.user_id, line.kind) == (company.id, "event.cancelled")
        assert line.endpoint_values == {"event_id": event.id}
    for path in ("edit", "cancel"):
        assert browser.get(f"/events/{event.id}/{path}").status_code == 409
    assert browser.get(f"/events/{event.id}/copy").status_code == 200


def test_an_event_that_is_over_is_closed_by_a_button(
    signed_in: SignedIn, database: Database, organiser: User
) -> None:
    event = add(database, organiser, day=clock.today() - timedelta(days=1), **PAST)
    browser = signed_in(organiser)

    assert "归档活动" in browser.get(f"/events/{event.id}").text
    assert browser.post(f"/events/{event.id}/close").status_code == 302
    assert browser.post(f"/events/{event.id}/close").status_code == 409
    page = browser.get(f"/events/{event.id}").text
    assert "归档活动" not in page
    assert "修改设置" not in page


def test_a_draft_does_not_exist_for_guests(
    signed_in: SignedIn, database: Database, organiser: User, company: User
) -> None:
    event = add_draft(database, organiser)

    assert signed_in(company).get(f"/events/{event.id}").status_code == 404
    assert signed_in(organiser).get(f"/events/{event.id}").status_code == 200


def test_guests_find_no_page_of_the_office(
    signed_in: SignedIn, database: Database, organiser: User, company: User, administrator: User
) -> None:
    event = add(database, organiser)
    table = event.tables[0].id
    reads = ["edit", "cancel", "copy", "programme", "tables", f"tables/{table}"]
    writes = ["edit", "announce", "cancel", "close", "copy", "programme", "slots", "tables",
              "tables/change", f"tables/{table}"]  # fmt: skip
    guest, admin = signed_in(company), signed_in(administrator)

    for path in reads:
        assert guest.get(f"/events/{event.id}/{path}").status_code == 404, path
        may_look = path.startswith(("programme", "tables"))
        assert admin.get(f"/events/{event.id}/{path}").status_code == (200 if may_look else 404)
    for path in writes:
        for browser in (guest, admin):
            assert browser.post(f"/events/{event.id}/{path}").status_code == 404, path
    for browser in (guest, admin):
        assert browser.get("/events/new").status_code == 404
        assert browser.get("/events/proposals").status_code == 404


def test_pages_are_english_for_readers_of_english(
    signed_in: SignedIn, database: Database, organiser: User
) -> None:
    event = add_draft(database, organiser, title="Fair", venue="Hall")
    browser = signed_in(organiser)
    browser.set_cookie("locale", "en")

    for path in ("", "new", f"{event.id}", f"{event.id}/edit", f"{event.id}/programme",
                 f"{event.id}/tables", f"{event.id}/copy"):  # fmt: skip
        assert browser.get(f"/events/{path}").status_code == 200


def test_numbers_that_lead_nowhere_are_not_found(signed_in: SignedIn, organiser: User) -> None:
    browser = signed_in(organiser)

    for path in ("/events/999999999", "/events/9999999999999", "/events/0", "/events/1/tables/1"):
        assert browser.get(path).status_code == 404


def test_every_setting_stands_in_the_form(signed_in: SignedIn, organiser: User) -> None:
    page = signed_in(organiser).get("/events/new").text

    for name in set(service.SETTINGS) - {"approval"}:
        assert re.search(rf'name="{name}"', page), name
