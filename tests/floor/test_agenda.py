"""A participant's day: in order, with now, what is next, what has changed, what can be done."""

from __future__ import annotations

from datetime import time, timedelta
from typing import Any

import pytest
from bs4 import Tag
from sqlalchemy.orm import Session

from matchmaker import clock
from matchmaker.db import Database
from matchmaker.floor.agenda import Agenda, agenda_of
from models import (
    EventBreak,
    EventDay,
    EventStatus,
    Meeting,
    MeetingStatus,
    Participant,
    Side,
    Slot,
    Talk,
    TeamStatus,
    Unavailability,
    User,
)
from tests import factories
from tests.conftest import SignedIn
from tests.events.making import make_event, make_team, make_wish
from tests.floor.conftest import Clock
from tests.floor.day import DAY, make_day, meet, miss, moment, user_of
from tests.pages import one, opened, statements

NEED, ACHIEVEMENT = Side.NEED, Side.ACHIEVEMENT


def shown(session: Session, actor: User, meeting: Meeting, **values: Any) -> Agenda:
    view = agenda_of(session, actor, meeting.wish.need_team.event, **values)
    assert view is not None
    return view


def join(one_: Meeting, *others: Meeting) -> None:
    """Let the need side of several meetings be the same person."""
    for row in others:
        row.wish.need_team = one_.wish.need_team
        row.need_person = one_.need_person


def test_a_day_has_meetings_talks_breaks_and_free_time_in_order(
    session: Session, at: Clock
) -> None:
    event = make_day(session, slots=6)
    first, second = meet(session, event, 0), meet(session, event, 4)
    join(first, second)
    event.days[0].breaks.append(EventBreak(starts=time(11), ends=time(12), label="午餐"))
    speaker = first.need_person
    session.add(
        Talk(event_id=event.id, team_id=speaker.team_id, speaker_id=speaker.id, title="三个难题",
             starts_at=moment("09:40"), ends_at=moment("10:00"))
    )  # fmt: skip
    session.flush()
    session.expire_all()
    at("09:05")

    rows = shown(session, user_of(first, NEED), first).rows
    assert [(row.kind, clock.time_of_day(row.starts)) for row in rows] == [
        ("now", "09:05"), ("meeting", "09:00"), ("free", "09:20"), ("talk", "09:40"),
        ("free", "10:00"), ("meeting", "10:20"), ("free", "10:40"), ("break", "11:00"),
    ]  # fmt: skip


def test_free_time_says_when_one_cannot_come_and_what_one_could_hear(session: Session) -> None:
    event = make_day(session, slots=4)
    row = meet(session, event, 0)
    session.add(Unavailability(participant_id=row.need_person_id, slot_id=event.slots[1].id))
    other = make_team(session, event)
    session.add(
        Talk(event_id=event.id, team_id=other.id, speaker_id=other.members[0].id, title="发布",
             starts_at=moment("09:45"), ends_at=moment("09:55"))
    )  # fmt: skip
    event.slots[3].open = False
    session.flush()
    session.expire_all()

    found = shown(session, user_of(row, NEED), row).rows
    assert [(r.kind, r.minutes, [t.title for t in r.talks]) for r in found] == [
        ("now", 0, []), ("meeting", 20, []), ("away", 20, []), ("free", 20, ["发布"]),
    ]  # fmt: skip


def test_the_next_meeting_stands_out_until_it_is_over(session: Session, at: Clock) -> None:
    event = make_day(session)
    first, second = meet(session, event, 0), meet(session, event, 2)
    join(first, second)
    session.flush()
    who = user_of(first, NEED)

    at("08:52")
    view = shown(session, who, first)
    assert view.next is not None
    assert (view.next.meeting, view.minutes) == (first, 8)
    at("09:20")
    view = shown(session, who, first)
    assert view.next is not None
    assert (view.next.meeting, view.minutes) == (second, 20)
    assert [card.meeting for card in view.waiting] == [first]


@pytest.mark.parametrize(
    ("now", "acts"),
    [
        ("08:44", {"late"}), ("08:45", {"late", "start"}), ("09:03", {"late", "start", "miss"}),
        ("09:20", {"miss", "report"}),
    ],
)  # fmt: skip
def test_what_can_be_done_depends_on_the_time(
    session: Session, at: Clock, now: str, acts: set[str]
) -> None:
    row = meet(session, make_day(session))
    at(now)
    (card,) = [r.card for r in shown(session, user_of(row, NEED), row).rows if r.card]
    assert card.acts == acts


def test_everybodys_meetings_are_shown_when_asked_for(session: Session) -> None:
    event = make_day(session)
    team = make_team(session, event, people=2)
    rows = []
    for n, person in enumerate(team.members):
        partner = make_team(session, event, ACHIEVEMENT)
        wish = make_wish(session, team, partner)
        rows.append(meet(session, event, n, wish=wish, need_person=person))
    who = team.registered_by
    colleague = factories.make_user(session, organisation=team.organisation)
    outsider = user_of(meet(session, event, 3), NEED)

    def meetings(actor: User, **values: Any) -> list[Meeting]:
        return [r.card.meeting for r in shown(session, actor, rows[0], **values).rows if r.card]

    assert meetings(who) == rows[:1]
    assert meetings(who, everybody=True) == rows
    assert meetings(colleague) == rows, "who only speaks for the team sees all of it"
    assert set(meetings(outsider, everybody=True)).isdisjoint(rows)


# ---- changes


def test_what_changed_since_one_looked_is_told(session: Session, at: Clock) -> None:
    event = make_day(session)
    rows = [meet(session, event, n) for n in range(5)]
    join(*rows)
    kept, moved, cancelled, new, missed = rows
    moved.was, moved.sequence = {"slot": event.slots[5].id, "table": event.tables[2].id}, 1
    cancelled.was = {"slot": cancelled.slot_id, "table": cancelled.table_id}
    cancelled.slot_id, cancelled.table_id = None, None
    cancelled.status = MeetingStatus.CANCELLED
    for row in (moved, cancelled, new):
        row.changed_at = moment("08:20")
    miss(session, missed, ACHIEVEMENT, at="08:25")
    session.flush()
    session.expire_all()
    who = user_of(kept, NEED)

    found = {card.meeting: card.change for card in shown(session, who, kept).changes}
    assert found == {moved: "moved", cancelled: "cancelled", new: "new"}
    (card,) = [c for c in shown(session, who, kept).changes if c.change == "moved"]
    assert card.before == (event.slots[5], event.tables[2])
    assert shown(session, who, kept, seen=moment("08:21")).changes == []
    at("12:00")
    assert shown(session, who, kept).changes == [], "what is over is no news"


def test_who_has_taken_note_is_not_told_again(
    database: Database, signed_in: SignedIn, at: Clock
) -> None:
    with database.transaction() as session:
        event = make_day(session)
        row = meet(session, event)
        row.changed_at = moment("08:20")
        who = user_of(row, NEED)
    browser, url = signed_in(who), f"/events/{event.id}/agenda"
    assert "日程有 1 处改动" in opened(browser, url).text
    assert browser.post(f"{url}/seen").location == url
    assert "处改动" not in opened(browser, url).text


# ---- before, after, and for whom


def test_before_a_timetable_is_published_the_page_says_what_happens(
    database: Database, signed_in: SignedIn
) -> None:
    with database.transaction() as session:
        event = make_event(session, day=DAY)
        approved = make_team(session, event)
        pending = make_team(session, event, status=TeamStatus.PENDING)
    url = f"/events/{event.id}/agenda"
    assert "日程还没发布" in opened(signed_in(approved.registered_by), url).text
    assert "报名还没有确认" in opened(signed_in(pending.registered_by), url).text


def test_only_participants_have_an_agenda(
    database: Database, signed_in: SignedIn, organiser: User, company: User
) -> None:
    with database.transaction() as session:
        event = make_day(session)
        row = meet(session, event)
        draft = make_day(session, status=EventStatus.DRAFT, opened_at=None)
        hidden = meet(session, draft)
    url = f"/events/{event.id}/agenda"
    for person in (organiser, company):
        assert signed_in(person).get(url).status_code == 404
    page = opened(signed_in(user_of(row, NEED)), url)
    assert row.wish.achievement_team.full_name in page.text
    assert signed_in(user_of(hidden, NEED)).get(f"/events/{draft.id}/agenda").status_code == 404


def test_an_event_of_several_days_opens_at_the_right_one(
    database: Database, signed_in: SignedIn, at: Clock
) -> None:
    with database.transaction() as session:
        event = make_day(session)
        row = meet(session, event)
        later = DAY + timedelta(days=1)
        day = EventDay(event_id=event.id, day=later, starts=time(9), ends=time(10))
        session.add(day)
        session.flush()
        slot = Slot(event_id=event.id, day_id=day.id, starts_at=moment("09:00", later),
                    ends_at=moment("09:20", later))  # fmt: skip
        session.add(slot)
        session.flush()
        second = meet(session, event, 1)
        second.slot_id = slot.id
        join(row, second)
        who = user_of(row, NEED)

    def heading(**query: str) -> str:
        return one(
            opened(signed_in(who), f"/events/{event.id}/agenda", **query), ".mm-dayhead h2"
        ).text

    at("10:00", DAY - timedelta(days=5))
    assert heading() == "2027年5月18日 周二"
    assert heading(day="2027-05-19") == "2027年5月19日 周三"
    for nonsense in ("x", "2030-01-01", "0"):
        assert heading(day=nonsense) == "2027年5月18日 周二"
    at("10:00", later)
    assert heading() == "2027年5月19日 周三"
    at("10:00", DAY + timedelta(days=9))
    assert heading() == "2027年5月19日 周三"


def card_of(page: Any, meeting: Meeting) -> Tag:
    return one(page, f"#m{meeting.id}")


def test_checking_in_at_the_table_takes_two_taps(
    database: Database, signed_in: SignedIn, at: Clock
) -> None:
    with database.transaction() as session:
        event = make_day(session)
        row = meet(session, event)
        who, partner = user_of(row, NEED), user_of(row, ACHIEVEMENT)
    at("08:55")
    browser, url = signed_in(who), f"/events/{event.id}/agenda"
    card = card_of(opened(browser, url), row)
    folded = one(card, "details:has(form[action$=start])")
    assert not folded.has_attr("open")
    assert one(folded, "summary").get_text(strip=True) == "到桌签到"

    answer = browser.post(str(one(folded, "form")["action"]))
    assert answer.location == f"{url}#m{row.id}"
    for person in (who, partner):
        assert "正在洽谈" in card_of(opened(signed_in(person), url), row).text


def test_being_late_and_a_partner_who_does_not_come(
    database: Database, signed_in: SignedIn, at: Clock
) -> None:
    with database.transaction() as session:
        event = make_day(session)
        row = meet(session, event)
        who, partner = user_of(row, NEED), user_of(row, ACHIEVEMENT)
    at("08:55")
    url = f"/events/{event.id}/meetings/{row.id}"
    signed_in(partner).post(f"{url}/late", data={"minutes": "10", "side": "achievement"})
    agenda = f"/events/{event.id}/agenda"
    assert "对方要晚到 10 分钟" in opened(signed_in(who), agenda).text

    browser = signed_in(who)
    browser.post(f"{url}/miss", data={"side": "achievement"})
    assert "开场 3 分钟后才能报告" in opened(browser, agenda).text
    at("09:12")
    browser.post(f"{url}/miss", data={"side": "achievement"})
    assert "没有见成" in card_of(opened(browser, agenda), row).text
    assert "记录为您这边没到" in opened(signed_in(partner), agenda).text


@pytest.mark.parametrize("verb", ["start", "late", "miss", "finish", "restore"])
def test_strangers_cannot_touch_a_meeting(
    database: Database, signed_in: SignedIn, administrator: User, at: Clock, verb: str
) -> None:
    with database.transaction() as session:
        event, other = make_day(session), make_day(session)
        row, elsewhere = meet(session, event), meet(session, other)
        stranger, who = user_of(meet(session, event, 1), NEED), user_of(row, NEED)
    at("09:05")
    data = {"side": "need", "minutes": "5"}
    for person in (stranger, administrator, user_of(elsewhere, NEED)):
        url = f"/events/{event.id}/meetings/{row.id}/{verb}"
        assert signed_in(person).post(url, data=data).status_code == 404
    crossed = f"/events/{event.id}/meetings/{elsewhere.id}/{verb}"
    assert signed_in(who).post(crossed, data=data).status_code == 404
    with database.reading() as session:
        found = session.get_one(Meeting, row.id)
        assert (found.status, found.late_side) == (MeetingStatus.PLANNED, None)


def test_nonsense_in_a_form_is_no_error_of_ours(
    database: Database, signed_in: SignedIn, at: Clock
) -> None:
    with database.transaction() as session:
        event = make_day(session)
        row = meet(session, event)
    at("09:05")
    url = f"/events/{event.id}/meetings/{row.id}"
    assert signed_in(user_of(row, NEED)).post(f"{url}/miss", data={"side": "x"}).status_code == 404
    for minutes in ("", "-5", "九", "9" * 30):
        browser = signed_in(user_of(row, NEED))
        assert browser.post(f"{url}/late", data={"minutes": minutes}).status_code == 400
    assert browser.post(f"{url}/start", data={"back": "//evil", "day": "x"}).location == (
        f"/events/{event.id}/agenda?day=x#m{row.id}"
    )


def test_on_the_day_the_agenda_is_the_first_tab(
    database: Database, signed_in: SignedIn, organiser: User, at: Clock
) -> None:
    with database.transaction() as session:
        event = make_day(session)
        row = meet(session, event)
        who = user_of(row, NEED)

    def tabs(person: User) -> list[str]:
        own = "agenda" if person == who else "arrivals"
        page = opened(signed_in(person), f"/events/{event.id}/{own}")
        return [link.contents[0].strip() for link in page.select(".mm-tabs a")]

    assert tabs(who)[0] == "我的日程"
    assert tabs(organiser)[:2] == ["现场", "签到"]
    at("10:00", DAY - timedelta(days=3))
    assert tabs(who)[0] != "我的日程"
    assert {"现场", "签到"} <= set(tabs(organiser))


def test_a_full_day_asks_the_database_no_more_often(
    database: Database, signed_in: SignedIn, at: Clock
) -> None:
    counts = []
    for n in (1, 5):
        with database.transaction() as session:
            event = make_day(session)
            rows = [meet(session, event, slot) for slot in range(n)]
            join(*rows)
            who = user_of(rows[0], NEED)
        at("08:50")
        counts.append(statements(database, signed_in(who), f"/events/{event.id}/agenda"))
    assert counts[0] == counts[1]


def test_people_without_a_team_member_account_see_what_they_registered(session: Session) -> None:
    event = make_day(session)
    row = meet(session, event)
    row.need_person.user_id = None
    session.flush()
    view = shown(session, user_of(row, NEED), row)
    assert view.everybody
    assert [p.id for p in view.people] == [row.need_person_id]
    assert isinstance(view.people[0], Participant)
