"""The hall for organisers, and the screen on its wall."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from matchmaker import clock
from matchmaker.db import Database
from matchmaker.floor import board
from models import Meeting, MeetingStatus, Side, User
from tests import factories
from tests.conftest import SignedIn
from tests.events.making import make_event, make_team, make_wish
from tests.floor.conftest import Clock
from tests.floor.day import arrive, make_day, make_pair, meet, miss, moment, user_of
from tests.pages import one, opened, statements

NEED, ACHIEVEMENT = Side.NEED, Side.ACHIEVEMENT


def test_this_slot_and_the_next_are_shown(session: Session, at: Clock) -> None:
    event = make_day(session)
    rows = [meet(session, event, n) for n in range(4)]

    def slots(asked: int = 0) -> list[str]:
        parts = board.floor_of(session, event, asked).parts
        return [clock.time_of_day(part.slot.starts_at) for part in parts]

    assert slots() == ["09:00", "09:20"]
    at("09:45")
    assert slots() == ["09:40", "10:00"]
    assert slots(event.slots[1].id) == ["09:20", "09:40"]
    assert slots(999_999) == ["09:40", "10:00"]
    at("15:00")
    assert slots() == ["10:40"]
    assert rows[0].slot == event.slots[0]


def test_a_table_says_whether_its_people_are_here_and_have_begun(
    session: Session, at: Clock
) -> None:
    event = make_day(session, tables=5)
    waiting = meet(session, event, 0, 0, wish=make_pair(session, event, here=False))
    meet(session, event, 0, 1)
    meet(session, event, 0, 2, status=MeetingStatus.RUNNING)
    late = meet(session, event, 0, 3)
    late.late_side, late.late_minutes = NEED, 10
    arrive(session, waiting.wish.need_team)

    def states() -> list[str]:
        return [line.state for line in board.floor_of(session, event).parts[0].lines]

    at("09:00")
    assert states() == ["waiting", "ready", "running", "ready"]
    seats = board.floor_of(session, event).parts[0].lines[0].seats
    assert [seat.here for seat in seats] == [True, False]
    at("09:05")
    assert states() == ["overdue", "overdue", "running", "ready"], "who said so may be late"
    at("09:13")
    assert states()[3] == "overdue"


def test_later_meetings_of_who_did_not_come_are_in_doubt(session: Session, at: Clock) -> None:
    event = make_day(session)
    first, later = meet(session, event, 0), meet(session, event, 4)
    later.need_person = first.need_person
    session.flush()
    miss(session, first, NEED)
    at("09:06")

    view = board.floor_of(session, event)
    assert [line.meeting for line in view.doubtful] == [later]
    assert [one_.meeting for one_ in view.missed] == [first]
    assert (view.missed[0].slot, view.missed[0].table) == (event.slots[0], event.tables[0])


# ---- pages


def test_a_no_show_leads_to_standby_in_two_taps(
    database: Database, signed_in: SignedIn, organiser: User, at: Clock
) -> None:
    with database.transaction() as session:
        event = make_day(session, tables=1)
        row = meet(session, event)
        partner = make_team(session, event, ACHIEVEMENT)
        arrive(session, partner)
        wish = make_wish(session, row.wish.need_team, partner)
    at("09:04")
    browser, url = signed_in(organiser), f"/events/{event.id}/floor"
    line = one(opened(browser, url), f"#m{row.id}")
    form = one(line, "form[action$=miss]:has(input[value=achievement])")
    data = {str(f["name"]): str(f["value"]) for f in form.select("input")}

    answer = browser.post(str(form["action"]), data=data)
    assert answer.location == f"{url}#standby"
    page = opened(browser, url)
    offer = one(page, f"#standby form[action$='/standby/{wish.id}']")
    answer = browser.post(str(offer["action"]), data={"back": "floor"})
    page = opened(browser, answer.location)
    assert "已安排在 09:00，1 桌，并通知了双方。" in page.text
    with database.reading() as session:
        made = session.query(Meeting).filter_by(wish_id=wish.id).one()
        assert (made.standby, made.slot_id) == (True, event.slots[0].id)
    again = browser.post(str(offer["action"]), data={"back": "floor"})
    assert "这两方现在不能见了" in opened(browser, again.location).text


def test_organisers_begin_end_and_restore_meetings(
    database: Database, signed_in: SignedIn, organiser: User, at: Clock
) -> None:
    with database.transaction() as session:
        event = make_day(session)
        row, gone = meet(session, event), meet(session, event, 0, 1)
    at("09:06")
    browser, url = signed_in(organiser), f"/events/{event.id}/meetings"
    back = {"back": "floor", "slot": str(event.slots[0].id)}
    assert browser.post(f"{url}/{row.id}/start", data=back).location == (
        f"/events/{event.id}/floor?slot={event.slots[0].id}#m{row.id}"
    )
    browser.post(f"{url}/{row.id}/finish", data=back)
    browser.post(f"{url}/{gone.id}/miss", data={**back, "side": "need"})
    browser.post(f"{url}/{gone.id}/restore", data=back)
    with database.reading() as session:
        states = [session.get_one(Meeting, i).status for i in (row.id, gone.id)]
    assert states == [MeetingStatus.HELD, MeetingStatus.PLANNED]


def test_disagreements_are_shown_to_organisers(
    database: Database, signed_in: SignedIn, organiser: User, at: Clock
) -> None:
    with database.transaction() as session:
        event = make_day(session)
        row = meet(session, event, status=MeetingStatus.RUNNING)
        people = [user_of(row, side) for side in Side]
    at("09:25")
    report = f"/events/{event.id}/meetings/{row.id}/report"
    signed_in(people[0]).post(report, data={"met": "yes", "interest": "1"})
    signed_in(people[1]).post(report, data={"met": "no"})

    page = opened(signed_in(organiser), f"/events/{event.id}/floor")
    assert "一方说见到了，一方说没有" in page.text


@pytest.mark.parametrize("page", ["floor", "wall"])
def test_the_hall_is_for_offices(
    database: Database, signed_in: SignedIn, administrator: User, page: str
) -> None:
    with database.transaction() as session:
        event = make_day(session)
        row = meet(session, event)
        salon = make_event(session, kind="salon")
    assert signed_in(user_of(row, NEED)).get(f"/events/{event.id}/{page}").status_code == 404
    browser = signed_in(administrator)
    assert browser.get(f"/events/{event.id}/{page}").status_code == 200
    assert not opened(browser, f"/events/{event.id}/{page}").select("main form")
    assert browser.get(f"/events/{salon.id}/{page}").status_code == 404
    fill = f"/events/{event.id}/standby/{row.wish_id}"
    assert browser.post(fill).status_code == 404


def test_an_event_without_slots_has_an_empty_hall(
    database: Database, signed_in: SignedIn, organiser: User
) -> None:
    with database.transaction() as session:
        event = make_event(session, slots=0, tables=0)
    browser = signed_in(organiser)
    assert "还没有时段" in opened(browser, f"/events/{event.id}/floor").text
    for odd in ("x", "-1", "9" * 20):
        assert (
            browser.get(f"/events/{event.id}/floor", query_string={"slot": odd}).status_code == 200
        )
        assert (
            browser.get(f"/events/{event.id}/wall", query_string={"page": odd}).status_code == 200
        )


def test_a_full_hall_asks_the_database_no_more_often(
    database: Database, signed_in: SignedIn, organiser: User, at: Clock
) -> None:
    for page in ("floor", "wall"):
        counts = []
        for n in (1, 4):
            with database.transaction() as session:
                event = make_day(session, tables=9)
                for table in range(n):
                    meet(session, event, 0, table)
                    miss(session, meet(session, event, 1, table), NEED)
                    make_pair(session, event)
            at("09:06")
            counts.append(statements(database, signed_in(organiser), f"/events/{event.id}/{page}"))
        assert counts[0] == counts[1], page


# ---- the wall


def test_the_wall_turns_its_pages_by_itself(
    database: Database, signed_in: SignedIn, organiser: User, at: Clock
) -> None:
    with database.transaction() as session:
        event = make_day(session, tables=12)
        for table in range(10):
            row = meet(session, event, 0, table)
        row.need_person.phone = "13900000000"
    at("09:05")
    browser, url = signed_in(organiser), f"/events/{event.id}/wall"
    page = opened(browser, url)
    refresh = str(one(page, "meta[http-equiv=refresh]")["content"])
    assert refresh == f"15;url={url}?page=2"
    assert len(page.select("tbody tr")) == 8
    assert page.html is not None
    assert page.html["data-bs-theme"] == "dark"
    second = opened(browser, url, page="2")
    assert len(second.select("tbody tr")) == 2
    assert str(one(second, "meta[http-equiv=refresh]")["content"]).endswith("page=1")
    assert "13900000000" not in page.text + second.text


def test_the_wall_tells_what_changed_within_the_hour(session: Session, at: Clock) -> None:
    event = make_day(session)
    new, old, moved, gone = (meet(session, event, n, 0) for n in range(4))
    moved.was = {"slot": event.slots[5].id, "table": event.tables[1].id}
    gone.was = {"slot": gone.slot_id, "table": gone.table_id}
    gone.status, gone.slot_id, gone.table_id = MeetingStatus.CANCELLED, None, None
    for row, time in ((new, "08:10"), (moved, "08:20"), (gone, "08:30"), (old, "07:20")):
        row.changed_at = moment(time)
    session.flush()
    session.expire_all()
    at("08:40")

    assert [change.kind for change in board.wall_of(session, event, 1).changes] == [
        "cancelled", "moved", "new",
    ]  # fmt: skip
    at("09:25")
    assert [change.kind for change in board.wall_of(session, event, 1).changes] == ["cancelled"]


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("示范轻合金（重庆）有限公司", "示范轻合金（重庆）"), ("示范整车股份有限公司", "示范整车"),
        ("示范电池有限责任公司", "示范电池"), ("示范大学", "示范大学"), ("有限公司", "有限公司"),
    ],
)  # fmt: skip
def test_names_on_the_wall_are_short(session: Session, name: str, short: str) -> None:
    owner = factories.make_organisation(session, name=name)
    team = make_team(session, make_day(session), organisation=owner, name="研发部")
    assert board.short_name(team) == f"{short} 研发部"
