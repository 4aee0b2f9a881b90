"""Who is here: at the desk, by the QR code of the badge, and who is missed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker import clock
from matchmaker.db import Database
from matchmaker.errors import NotAllowedError, NotNowError
from matchmaker.floor import policy, queries, service
from models import Activity, EventDay, Participant, Role, Side, TeamStatus, User
from tests import factories
from tests.conftest import SignedIn
from tests.events.making import make_team
from tests.floor.conftest import Clock
from tests.floor.day import DAY, arrive, make_day, make_pair, meet, moment, user_of
from tests.pages import one, opened, statements


def test_checking_in_twice_is_once_and_is_undone(session: Session, at: Clock) -> None:
    event = make_day(session)
    person = make_team(session, event).members[0]
    service.check_in(session, event.owner, event, person)
    at("08:45")
    service.check_in(session, event.owner, event, person)
    assert (person.checked_in_at, person.checked_in_by_id) == (moment("08:30"), event.owner_id)
    session.flush()
    assert queries.count_arrivals(session, event) == queries.Arrivals(1, 1)

    service.undo_check_in(session, event.owner, event, person)
    session.flush()
    assert person.checked_in_at is None
    assert queries.count_arrivals(session, event) == queries.Arrivals(0, 1)
    lines = session.scalars(select(Activity.action).order_by(Activity.id)).all()
    assert lines == ["participant.arrived", "participant.arrival_undone"]


def test_one_checks_in_on_the_day_only(session: Session, at: Clock) -> None:
    event = make_day(session)
    team = make_team(session, event, people=2)
    at("23:59", DAY - timedelta(days=1))
    with pytest.raises(NotNowError):
        service.check_in(session, event.owner, event, team.members[0])
    at("00:01")
    service.check_in(session, team.registered_by, event, team.members[0])
    with pytest.raises(NotAllowedError):
        service.check_in(session, team.registered_by, event, team.members[1])
    with pytest.raises(NotAllowedError):
        service.undo_check_in(session, team.registered_by, event, team.members[0])


def test_on_the_second_day_one_comes_anew(session: Session, at: Clock) -> None:
    event = make_day(session)
    first = event.days[0]
    event.days.append(EventDay(day=DAY + timedelta(days=1), starts=first.starts, ends=first.ends))
    session.flush()
    team = make_team(session, event)
    arrive(session, team)
    assert queries.count_arrivals(session, event).here == 1
    at("08:30", DAY + timedelta(days=1))
    assert queries.count_arrivals(session, event).here == 0
    assert not policy.is_here(team.members[0], clock.now())
    service.check_in(session, event.owner, event, team.members[0])
    assert policy.is_here(team.members[0], clock.now())


def test_only_people_of_admitted_teams_are_expected(session: Session) -> None:
    event = make_day(session)
    make_team(session, event, people=2)
    make_team(session, event, status=TeamStatus.WAITING)
    make_team(session, make_day(session))
    assert queries.count_arrivals(session, event) == queries.Arrivals(0, 2)


# ---- pages


def test_people_are_found_by_name_and_organisation(
    database: Database, signed_in: SignedIn, organiser: User
) -> None:
    with database.transaction() as session:
        event = make_day(session)
        for name, unit in (("韩静", "示范科学院"), ("赵磊", "示范轻合金（重庆）有限公司")):
            owner = factories.make_organisation(session, name=unit)
            user = factories.make_user(session, name=name, organisation=owner)
            team = make_team(session, event, user=user)
            if name == "韩静":
                arrive(session, team)
    browser = signed_in(organiser)

    def names(**query: str) -> list[str]:
        page = opened(browser, f"/events/{event.id}/arrivals", **query)
        return [item.text for item in page.select(".mm-people .who b")]

    assert names() == ["韩静", "赵磊"]
    assert names(q="轻合金") == names(show="missing") == ["赵磊"]
    assert names(q="科学院 韩") == names(show="here") == ["韩静"]
    for nothing in ("%", "没有", "_"):
        assert names(q=nothing) == []
    for odd in ({"page": "-4"}, {"page": "x" * 40}, {"show": "?"}, {"q": "\x00"}):
        assert names(**odd) == ["韩静", "赵磊"]


def test_one_tap_checks_in_and_keeps_the_search(
    database: Database, signed_in: SignedIn, organiser: User
) -> None:
    with database.transaction() as session:
        event = make_day(session)
        person = make_team(session, event).members[0]
    browser = signed_in(organiser)
    url = f"/events/{event.id}/arrivals"
    form = one(opened(browser, url, q=person.name), ".mm-people form")
    data = {str(f["name"]): str(f["value"]) for f in form.select("input")}

    answer = browser.post(str(form["action"]), data=data)
    assert answer.location.startswith(url)
    assert answer.location.endswith(f"#p{person.id}")
    assert "q=" in answer.location
    page = opened(browser, url)
    assert "已到 08:30" in page.text
    browser.post(f"{url}/{person.id}", data={"undo": "1", "back": "arrivals"})
    with database.reading() as session:
        assert session.get_one(Participant, person.id).checked_in_at is None


def test_who_begins_soon_and_is_not_here_is_pointed_out(
    database: Database, signed_in: SignedIn, organiser: User, at: Clock
) -> None:
    with database.transaction() as session:
        event = make_day(session)
        soon = meet(session, event, 0, wish=make_pair(session, event, here=False))
        meet(session, event, 2, wish=make_pair(session, event, here=False))
        arrive(session, soon.wish.need_team)
    browser, url = signed_in(organiser), f"/events/{event.id}/arrivals"
    at("08:44")
    assert not opened(browser, url).select(".mm-sheet--due")
    at("08:45")
    due = one(opened(browser, url), ".mm-sheet--due")
    assert [item.text for item in due.select(".who b")] == [soon.achievement_person.name]


def test_the_badge_opens_a_persons_arrival_for_organisers_and_themself(
    database: Database, signed_in: SignedIn, organiser: User, company: User,
    administrator: User, client: object, at: Clock,
) -> None:  # fmt: skip
    with database.transaction() as session:
        event, other = make_day(session), make_day(session)
        row = meet(session, event)
        who, code = row.need_person, row.need_person.code
        who.checked_in_at = None
        colleague = factories.make_user(
            session, Role.ENTERPRISE, organisation=row.wish.need_team.organisation
        )
        user = user_of(row, Side.NEED)
    url = f"/events/{event.id}/arrive/{code}"
    for stranger in (company, colleague, administrator, user_of(row, Side.ACHIEVEMENT)):
        browser = signed_in(stranger)
        assert (browser.get(url).status_code, browser.post(url).status_code) == (404, 404)
    office = signed_in(organiser)
    for wrong in (f"/events/{other.id}/arrive/{code}", f"/events/{event.id}/arrive/{'x' * 80}"):
        assert office.get(wrong).status_code == 404
    assert user.name in opened(office, url).text

    own = signed_in(user)
    assert one(opened(own, url), "main form button").get_text(strip=True) == "我到了，签到"
    assert own.post(url).status_code == 302
    assert "已到 08:30" in opened(office, url).text
    at("08:30", DAY - timedelta(days=1))
    early = signed_in(user)
    assert early.get(url).location == f"/events/{event.id}/agenda"
    early.post(url)
    assert signed_in(organiser).get(url).status_code == 200


def test_a_stranger_who_scans_a_badge_is_asked_to_sign_in(app: Flask, database: Database) -> None:
    with database.transaction() as session:
        event = make_day(session)
        code = make_team(session, event).members[0].code
    answer = app.test_client().get(f"/events/{event.id}/arrive/{code}")
    assert answer.location.startswith("/sign-in")


def test_the_list_is_for_offices_and_administrators_only_look(
    database: Database, signed_in: SignedIn, administrator: User
) -> None:
    with database.transaction() as session:
        event, elsewhere = make_day(session), make_day(session)
        team = make_team(session, event)
        person, theirs = team.members[0], make_team(session, elsewhere).members[0]
    url = f"/events/{event.id}/arrivals"
    assert signed_in(team.registered_by).get(url).status_code == 404
    assert signed_in(team.registered_by).post(f"{url}/{person.id}").status_code == 404
    browser = signed_in(administrator)
    assert not opened(browser, url).select(".mm-people form")
    assert browser.post(f"{url}/{person.id}").status_code == 404
    office = signed_in(event.owner)
    assert office.post(f"{url}/{theirs.id}").status_code == 404


def test_a_long_list_asks_the_database_no_more_often(
    database: Database, signed_in: SignedIn, organiser: User
) -> None:
    counts = []
    for people in (1, 4):
        with database.transaction() as session:
            event = make_day(session, slots=8)
            for n in range(people):
                meet(session, event, n)
        counts.append(statements(database, signed_in(organiser), f"/events/{event.id}/arrivals"))
    assert counts[0] == counts[1]
