"""Each side says how it was; the other does not see it, and two stories both stay."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from matchmaker import clock
from matchmaker.db import Database
from matchmaker.errors import InvalidError, NotAllowedError, NotNowError
from matchmaker.floor import policy, queries, reporting
from matchmaker.floor.reporting import Said
from models import EventStatus, Meeting, MeetingReport, MeetingStatus, Side, User
from tests.conftest import SignedIn
from tests.floor.conftest import Clock
from tests.floor.day import make_day, meet, miss, moment, user_of
from tests.pages import hidden_fields, one, opened, parsed

NEED, ACHIEVEMENT = Side.NEED, Side.ACHIEVEMENT
MET = Said(met=True, interest=2, next_steps=("sample",), owner_name="赵磊", due=date(2027, 5, 25))
NOT_MET = Said(met=False)


def say(session: Session, meeting: Meeting, side: Side, said: Said) -> MeetingReport:
    event = meeting.wish.need_team.event
    return reporting.report(session, user_of(meeting, side), event, meeting, side=side, said=said)


def test_a_report_says_that_the_meeting_was_held(session: Session, at: Clock) -> None:
    meeting = meet(session, make_day(session))
    at("09:20")

    row = say(session, meeting, NEED, MET)

    assert meeting.status == MeetingStatus.HELD
    assert (row.interest, row.next_steps, row.owner_name) == (2, ["sample"], "赵磊")
    assert (row.by_id, row.at) == (user_of(meeting, NEED).id, moment("09:20"))


def test_each_side_has_one_report_and_can_change_it(session: Session, at: Clock) -> None:
    event = make_day(session)
    meeting = meet(session, event)
    at("09:20")
    say(session, meeting, NEED, MET)
    say(session, meeting, ACHIEVEMENT, MET)
    say(
        session, meeting, NEED, Said(met=True, interest=0, next_steps=("none",), owner_name="赵磊")
    )

    said = {row.side: (row.interest, row.next_steps, row.owner_name) for row in meeting.reports}
    assert said == {NEED: (0, ["none"], ""), ACHIEVEMENT: (2, ["sample"], "赵磊")}
    with pytest.raises(NotAllowedError):
        reporting.report(
            session, user_of(meeting, NEED), event, meeting, side=ACHIEVEMENT, said=MET
        )


def test_who_was_not_met_has_missed_the_meeting(session: Session, at: Clock) -> None:
    meeting = meet(session, make_day(session))
    at("09:02")
    with pytest.raises(NotNowError):
        say(session, meeting, NEED, NOT_MET)
    at("09:30")

    row = say(session, meeting, NEED, Said(met=False, interest=3, remark="等了 20 分钟"))

    assert (meeting.status, meeting.missed_by) == (MeetingStatus.MISSED, ACHIEVEMENT)
    assert (row.interest, row.next_steps, row.remark) == (None, [], "等了 20 分钟")


def test_a_meeting_that_ran_is_not_missed_because_one_says_so(session: Session, at: Clock) -> None:
    meeting = meet(session, make_day(session), status=MeetingStatus.RUNNING)
    at("09:30")

    say(session, meeting, NEED, NOT_MET)
    assert meeting.status == MeetingStatus.RUNNING
    say(session, meeting, ACHIEVEMENT, MET)

    assert meeting.status == MeetingStatus.HELD
    assert policy.disagrees(meeting)
    assert {row.met for row in meeting.reports} == {True, False}


def test_two_stories_both_stay(session: Session, at: Clock) -> None:
    meeting = meet(session, make_day(session))
    at("09:30")
    say(session, meeting, NEED, NOT_MET)
    say(session, meeting, ACHIEVEMENT, MET)

    assert (meeting.status, len(meeting.reports)) == (MeetingStatus.MISSED, 2)
    assert policy.disagrees(meeting)


def test_who_takes_it_back_puts_the_meeting_back(session: Session, at: Clock) -> None:
    event = make_day(session)
    meeting, taken = (meet(session, event, table=table) for table in (0, 1))
    at("09:30")
    for row in (meeting, taken):
        say(session, row, NEED, NOT_MET)
    meet(session, event, table=1)
    for row in (meeting, taken):
        say(session, row, NEED, MET)

    assert (meeting.status, meeting.table) == (MeetingStatus.HELD, event.tables[0])
    assert taken.status == MeetingStatus.MISSED, "somebody else sits there by now"
    assert policy.disagrees(taken)


def test_what_cannot_be_meant_is_said_at_its_field(session: Session, at: Clock) -> None:
    meeting = meet(session, make_day(session))
    at("09:30")
    wrong = Said(met=True, next_steps=("none", "visit"), due=date(1999, 1, 1))
    with pytest.raises(InvalidError) as refused:
        say(session, meeting, NEED, wrong)
    assert set(refused.value.fields) == {"interest", "next_steps", "due"}
    assert meeting.reports == []


def test_reports_come_between_the_beginning_and_the_closing(session: Session, at: Clock) -> None:
    event = make_day(session)
    meeting = meet(session, event)
    at("08:59")
    with pytest.raises(NotNowError):
        say(session, meeting, NEED, MET)
    at("20:00", clock.today() + timedelta(days=20))
    say(session, meeting, NEED, MET)
    event.status = EventStatus.CLOSED
    session.flush()
    with pytest.raises(NotNowError):
        say(session, meeting, ACHIEVEMENT, MET)


def test_organisers_write_down_what_a_side_tells_them(session: Session, at: Clock) -> None:
    event = make_day(session)
    meeting = meet(session, event)
    at("09:30")
    reporting.report(session, event.owner, event, meeting, side=ACHIEVEMENT, said=MET)
    assert [row.side for row in meeting.reports] == [ACHIEVEMENT]


# ---- the page


def made(database: Database, **values: Any) -> tuple[int, int, User, User]:
    with database.transaction() as session:
        event = make_day(session)
        row = meet(session, event, **values)
        return event.id, row.id, user_of(row, NEED), user_of(row, ACHIEVEMENT)


def address(event_id: int, meeting_id: int) -> str:
    return f"/events/{event_id}/meetings/{meeting_id}/report"


def send(browser: FlaskClient, url: str, **typed: Any) -> Any:
    return browser.post(url, data={"met": "yes", "interest": "2", **typed})


def test_the_form_proposes_what_most_would_say(
    database: Database, signed_in: SignedIn, at: Clock
) -> None:
    event_id, meeting_id, who, _other = made(database, status=MeetingStatus.HELD)
    at("09:20")
    page = opened(signed_in(who), address(event_id, meeting_id))

    assert one(page, "input[name=met][checked]")["value"] == "yes"
    assert one(page, "input[name=owner_name]")["value"] == who.name
    assert one(page, "input[name=due]")["value"] == "2027-05-25"
    assert not page.select("input[name=interest][checked]")


def test_after_a_report_the_next_that_waits_is_asked_for(
    database: Database, signed_in: SignedIn, at: Clock
) -> None:
    with database.transaction() as session:
        event = make_day(session)
        first, second = (meet(session, event, n) for n in (0, 1))
        second.need_person = first.need_person
        second.wish.need_team = first.wish.need_team
        who, ids = user_of(first, NEED), (event.id, first.id, second.id)
    at("09:50")
    browser = signed_in(who)
    tabs = one(opened(browser, f"/events/{ids[0]}/agenda"), ".mm-tabs [aria-current]")
    assert one(tabs, ".mm-count").text == "2"

    answer = send(browser, address(*ids[:2]))
    assert answer.location == address(ids[0], ids[2])
    answer = send(browser, answer.location)
    assert answer.location == f"/events/{ids[0]}/agenda"


def test_a_refused_report_loses_nothing(
    database: Database, signed_in: SignedIn, at: Clock
) -> None:
    event_id, meeting_id, who, _other = made(database)
    at("09:20")
    answer = send(
        signed_in(who), address(event_id, meeting_id), interest="", remark="模温曲线要原始数据",
        next_steps=["visit", "quote"], due="2027-06-01", owner_name="韩静",
    )  # fmt: skip
    page = parsed(answer)

    assert answer.status_code == 422
    assert "请选择合作意愿" in answer.text
    kept = {str(box["value"]) for box in page.select("input[name=next_steps][checked]")}
    assert kept == {"visit", "quote"}
    for name, value in (
        ("remark", "模温曲线要原始数据"),
        ("due", "2027-06-01"),
        ("owner_name", "韩静"),
    ):
        assert one(page, f"input[name={name}]")["value"] == value


@pytest.mark.parametrize(
    "typed",
    [
        {"met": ""}, {"met": "maybe"}, {"interest": "9"}, {"interest": "x"}, {"due": "soon"},
        {"next_steps": "marry"}, {"remark": "长" * 501}, {"owner_name": "\x01"},
    ],
)  # fmt: skip
def test_nonsense_is_refused(
    database: Database, signed_in: SignedIn, at: Clock, typed: dict[str, str]
) -> None:
    event_id, meeting_id, who, _other = made(database)
    at("09:20")
    assert send(signed_in(who), address(event_id, meeting_id), **typed).status_code == 422
    with database.reading() as session:
        assert session.query(MeetingReport).count() == 0


def test_the_other_side_does_not_see_what_was_said(
    database: Database, signed_in: SignedIn, at: Clock
) -> None:
    event_id, meeting_id, who, partner = made(database)
    at("09:20")
    send(signed_in(who), address(event_id, meeting_id), remark="价格太高", owner_name="秘密")

    browser = signed_in(partner)
    for page in (address(event_id, meeting_id), f"/events/{event_id}/agenda"):
        text = browser.get(page).text
        assert "价格太高" not in text
        assert "秘密" not in text
    url = address(event_id, meeting_id)
    assert browser.get(url, query_string={"side": "need"}).status_code == 404
    assert send(browser, url, side="need").status_code == 404


def test_strangers_and_other_events_do_not_find_the_report(
    database: Database, signed_in: SignedIn, at: Clock, organiser: User, administrator: User
) -> None:
    event_id, meeting_id, who, _partner = made(database)
    other_id, _other_meeting, stranger, _other = made(database)
    at("09:20")
    for person in (stranger, administrator):
        browser = signed_in(person)
        assert browser.get(address(event_id, meeting_id)).status_code == 404
        assert send(browser, address(event_id, meeting_id)).status_code == 404
    assert signed_in(who).get(address(other_id, meeting_id)).status_code == 404
    office = signed_in(organiser)
    assert office.get(address(event_id, meeting_id)).status_code == 404, "for which side?"
    page = opened(office, address(event_id, meeting_id), side="achievement")
    assert hidden_fields(one(page, ".mm-report"))["side"] == ["achievement"]
    answer = send(office, address(event_id, meeting_id), side="achievement", back="floor")
    assert answer.location == f"/events/{event_id}/floor"


def test_what_waits_for_a_report_is_what_took_place(session: Session, at: Clock) -> None:
    event = make_day(session)
    done = meet(session, event, 0, 0)
    for row in (miss(session, meet(session, event, 1), NEED), meet(session, event, 5)):
        row.need_person = done.need_person
        row.wish.need_team = done.wish.need_team
    session.flush()
    who = user_of(done, NEED)
    at("09:25")
    assert [row for row, _side in queries.unreported(session, who, event)] == [done]
    assert queries.count_unreported(session, who, event) == 1
