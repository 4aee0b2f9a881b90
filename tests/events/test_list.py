"""The list of events: its parts, its filters, its rows."""

from __future__ import annotations

from datetime import timedelta

from matchmaker import clock
from matchmaker.db import Database
from models import (
    Event,
    EventStatus,
    Membership,
    Organisation,
    Role,
    TeamStatus,
    User,
)
from tests import factories
from tests.conftest import SignedIn
from tests.events.browsing import PAST, add, add_draft, titles
from tests.events.making import make_team
from tests.pages import statements


def test_the_list_is_in_three_parts(
    signed_in: SignedIn, database: Database, organiser: User, company: User
) -> None:
    today = clock.today()
    add(database, organiser, title="后来的", day=today + timedelta(days=30))
    add(database, organiser, title="先来的", day=today)
    add(database, organiser, title="停办的", status=EventStatus.CANCELLED, cancel_reason="停电")
    add(database, organiser, title="办过的", day=today - timedelta(days=1), **PAST)
    add(database, organiser, title="归档的", status=EventStatus.CLOSED, **PAST)
    add_draft(database, organiser, title="在筹备的")

    guest, office = signed_in(company), signed_in(organiser)

    for browser in (guest, office):
        assert titles(browser) == ["先来的", "停办的", "后来的"]
        assert titles(browser, tab="past") == ["归档的", "办过的"]
    assert titles(office, tab="preparation") == ["在筹备的"]
    assert titles(guest, tab="preparation") == titles(guest)
    assert "在筹备的" not in guest.get("/events/").text


def test_the_list_is_searched_and_filtered(
    signed_in: SignedIn, database: Database, organiser: User
) -> None:
    add(database, organiser, title="示范区新材料对接会", venue="示范会展中心")
    add(database, organiser, title="百分之 50% 的沙龙", kind="salon", venue="示范宾馆")
    browser = signed_in(organiser)

    assert titles(browser, q="新材料") == ["示范区新材料对接会"]
    assert titles(browser, q="宾馆") == ["百分之 50% 的沙龙"]
    assert titles(browser, q="50%") == ["百分之 50% 的沙龙"]
    assert len(titles(browser, q="示范区500106")) == 2
    assert titles(browser, kind="salon") == ["百分之 50% 的沙龙"]
    assert titles(browser, kind="salon", q="新材料") == []
    assert "没有符合条件的活动" in browser.get("/events/?q=没有的").text
    assert len(titles(browser, q="\x00", kind="nonsense", tab="nonsense", page="²")) == 2


def test_a_row_says_how_full_it_is_and_whether_we_come(
    signed_in: SignedIn, database: Database, organiser: User, company: User, researcher: User
) -> None:
    event = add(database, organiser, capacity=300)
    with database.transaction() as session:
        row = session.get(Event, event.id)
        assert row is not None
        make_team(session, row, people=3, user=session.merge(company), status=TeamStatus.APPROVED)
        make_team(session, row, status=TeamStatus.PENDING)

    ours = signed_in(company).get("/events/").text
    theirs = signed_in(researcher).get("/events/").text
    office = signed_in(organiser).get("/events/").text

    assert "1 个团队" in ours
    assert "3 人，可容纳 300 人" in ours
    assert "报名中，还有 1 天" in ours
    assert "您的团队：已确认参会" in ours
    assert "您的团队" not in theirs
    assert "您的团队" not in office
    assert "1 个待确认" in office
    assert "待确认" not in theirs


def test_a_colleague_who_is_not_confirmed_sees_no_team_as_theirs(
    signed_in: SignedIn, database: Database, organiser: User, company: User
) -> None:
    event = add(database, organiser)
    with database.transaction() as session:
        row = session.get(Event, event.id)
        assert row is not None
        make_team(session, row, user=session.merge(company))
        stranger = factories.make_user(
            session, Role.ENTERPRISE, membership=Membership.PENDING,
            organisation=session.get(Organisation, company.organisation_id),
        )  # fmt: skip

    assert "您的团队" not in signed_in(stranger).get("/events/").text


def test_a_list_of_three_asks_as_often_as_a_list_of_one(
    signed_in: SignedIn, database: Database, organiser: User, company: User
) -> None:
    for person in (organiser, company):
        browser = signed_in(person)
        add(database, organiser)
        few = statements(database, browser, "/events/")
        for _ in range(3):
            event = add(database, organiser)
            with database.transaction() as session:
                row = session.get(Event, event.id)
                assert row is not None
                row.nodes = []
                make_team(session, row, people=2)
        assert statements(database, browser, "/events/") == few


def test_a_long_list_has_pages(signed_in: SignedIn, database: Database, organiser: User) -> None:
    for _ in range(21):
        add(database, organiser)
    browser = signed_in(organiser)

    assert [len(titles(browser, page=page)) for page in ("1", "2", "99")] == [20, 1, 1]


def test_an_empty_list_says_what_to_do(
    signed_in: SignedIn, organiser: User, company: User, administrator: User
) -> None:
    assert "新建活动" in signed_in(organiser).get("/events/").text
    for person in (company, administrator):
        assert "新建活动" not in signed_in(person).get("/events/").text
    assert "还没有结束的活动" in signed_in(company).get("/events/?tab=past").text
