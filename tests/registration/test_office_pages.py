"""The organiser's pages: teams, admitting, registering on behalf, talks, invitations."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from matchmaker.db import Database
from models import (
    Activity,
    Event,
    Invitation,
    Side,
    Talk,
    Team,
    TeamStatus,
    User,
)
from tests import factories
from tests.conftest import SignedIn
from tests.events.making import make_team
from tests.pages import one, opened, parsed, statements, table_rows
from tests.registration.test_pages import a_team, address, an_event, teams
from tests.registration.typing_in import typed

PENDING = TeamStatus.PENDING


def several(database: Database, event: Event, *statuses: TeamStatus, people: int = 1) -> list[int]:
    with database.transaction() as session:
        row = session.get_one(Event, event.id)
        return [make_team(session, row, people=people, status=status,
                          reason="不合适" if status == TeamStatus.REFUSED else "").id
                for status in statuses]  # fmt: skip


def test_teams_are_listed_by_state_with_counts_and_people(
    database: Database, signed_in: SignedIn, organiser: User
) -> None:
    event = an_event(database, capacity=5)
    several(database, event, PENDING, PENDING, TeamStatus.APPROVED, TeamStatus.WAITING,
            TeamStatus.REFUSED, TeamStatus.WITHDRAWN, people=2)  # fmt: skip
    browser = signed_in(organiser)

    page = opened(browser, address(event, "teams"))

    assert [count.get_text() for count in page.select("main .mm-seg .mm-count")] == [
        "2", "1", "1", "2",
    ]  # fmt: skip
    assert "已有 2 人参会，名额 5 人，还剩 3 人" in page.get_text()
    assert len(table_rows(page)) == 2
    assert len(table_rows(opened(browser, address(event, "teams"), tab="out"))) == 2
    for strange in ("nonsense", "' OR 1=1"):
        opened(browser, address(event, "teams"), tab=strange, page="x", q="100%_\\")


def test_a_whole_page_is_ticked_without_a_script(
    database: Database, signed_in: SignedIn, organiser: User
) -> None:
    event, browser = an_event(database), signed_in(organiser)
    several(database, event, PENDING, PENDING)

    link = one(opened(browser, address(event, "teams")), ".mm-bulkbar a")
    page = opened(browser, str(link["href"]))

    assert len(page.select("input[name=team][checked]")) == 2


def test_the_list_of_teams_does_not_ask_more_for_more_rows(
    database: Database, signed_in: SignedIn, organiser: User
) -> None:
    event, browser = an_event(database), signed_in(organiser)
    several(database, event, PENDING)
    few = statements(database, browser, address(event, "teams"))
    several(database, event, PENDING, PENDING, PENDING, people=3)

    assert statements(database, browser, address(event, "teams")) == few


def test_teams_are_found_by_organisation_team_and_person(
    database: Database, signed_in: SignedIn, organiser: User, company: User
) -> None:
    event, browser = an_event(database), signed_in(organiser)
    a_team(database, event, company, name="电芯研究院", status=PENDING)
    several(database, event, PENDING)

    for words in (company.organisation.name, "电芯", company.name):
        rows = table_rows(opened(browser, address(event, "teams"), q=words))
        assert [company.organisation.name in row for row in rows] == [True], words


def test_many_are_admitted_at_once_as_far_as_there_is_room(
    database: Database, signed_in: SignedIn, organiser: User
) -> None:
    event, other = an_event(database, capacity=3), an_event(database)
    ids = several(database, event, PENDING, PENDING, people=2)
    foreign = several(database, other, PENDING)
    sent = {"team": [*map(str, [*ids, *foreign]), "x", "９" * 40]}

    answer = signed_in(organiser).post(
        address(event, "teams/admit"), data=sent, follow_redirects=True
    )

    assert "已确认 1 个团队" in answer.text
    assert "1 个团队的人数超出剩余名额" in answer.text
    assert [team.status for team in teams(database)] == [TeamStatus.APPROVED, PENDING, PENDING]


def test_one_team_is_admitted_refused_and_put_on_the_waiting_list(
    database: Database, signed_in: SignedIn, organiser: User
) -> None:
    event, browser = an_event(database), signed_in(organiser)
    first, second, third = several(database, event, PENDING, PENDING, PENDING)

    browser.post(address(event, f"teams/{first}/admit"))
    browser.post(address(event, f"teams/{second}/wait"))
    empty = browser.post(address(event, f"teams/{third}/refuse"), data={"reason": ""})
    browser.post(address(event, f"teams/{third}/refuse"), data={"reason": "不属于本场产业链"})

    assert empty.status_code == 422
    assert [team.status for team in teams(database)] == [
        TeamStatus.APPROVED, TeamStatus.WAITING, TeamStatus.REFUSED,
    ]  # fmt: skip
    assert browser.post(address(event, f"teams/{first}/admit")).status_code == 409


def test_who_is_no_organiser_does_not_find_the_organisers_pages(
    database: Database, signed_in: SignedIn, company: User, administrator: User
) -> None:
    event = an_event(database)
    (team,) = several(database, event, PENDING)
    pages = ("teams", "teams/choose", "invitations", f"teams/{team}/refuse",
             f"teams/new/{company.organisation_id}")  # fmt: skip
    acts = ("teams/admit", "teams/promote", f"teams/{team}/admit", f"teams/{team}/wait",
            f"teams/{team}/refuse", "invitations")  # fmt: skip

    for user in (company, administrator):
        browser = signed_in(user)
        assert {browser.get(address(event, page)).status_code for page in pages} == {404}
        assert {browser.post(address(event, act)).status_code for act in acts} == {404}
    assert teams(database)[0].status == PENDING


def test_a_team_of_another_event_is_not_decided_here(
    database: Database, signed_in: SignedIn, organiser: User
) -> None:
    event, other = an_event(database), an_event(database)
    (team,) = several(database, event, PENDING)

    for act in ("admit", "wait", "refuse", "withdraw"):
        answer = signed_in(organiser).post(
            address(other, f"teams/{team}/{act}"), data={"reason": "换错了活动"}
        )
        assert answer.status_code == 404


def test_after_places_were_added_who_waits_moves_up(
    database: Database, signed_in: SignedIn, organiser: User
) -> None:
    event = an_event(database, capacity=1)
    several(database, event, TeamStatus.APPROVED, TeamStatus.WAITING)
    with database.transaction() as session:
        session.get_one(Event, event.id).capacity = 2
    browser = signed_in(organiser)

    page = opened(browser, address(event, "teams"), tab="waiting")
    assert page.select(f"form[action$='{address(event, 'teams/promote')}']")
    browser.post(address(event, "teams/promote"))

    assert {team.status for team in teams(database)} == {TeamStatus.APPROVED}


def test_an_organiser_registers_an_organisation_that_calls(
    database: Database, signed_in: SignedIn, organiser: User, company: User
) -> None:
    event, browser = an_event(database), signed_in(organiser)
    found = opened(browser, address(event, "teams/choose"), q=company.organisation.name)
    link = str(one(found, f"a[href*='person={company.id}']")["href"])
    assert one(opened(browser, link), "input[name=members-0-email]")["value"] == company.email

    page = parsed(browser.post(link, data=typed(company), follow_redirects=True))

    assert "已代报名并确认参会" in page.get_text()
    assert organiser.name in one(page, ".mm-log").get_text()
    (team,) = teams(database)
    assert (team.on_behalf, team.organisation_id) == (True, company.organisation_id)
    with database.reading() as session:
        line = session.scalars(
            select(Activity).where(Activity.action == "team.registered_for")
        ).one()
        assert (line.actor_id, line.organisation_id) == (organiser.id, company.organisation_id)


@pytest.mark.parametrize("number", ["999999", "999999999"])
def test_an_organisation_that_is_not_there_is_not_registered(
    database: Database, signed_in: SignedIn, organiser: User, number: str
) -> None:
    event = an_event(database)

    assert signed_in(organiser).get(address(event, f"teams/new/{number}")).status_code == 404


def test_a_talk_is_proposed_placed_and_shown_to_everybody(
    database: Database, signed_in: SignedIn, organiser: User, researcher: User, company: User
) -> None:
    event = an_event(database)
    team = a_team(database, event, researcher, side=Side.ACHIEVEMENT)
    with database.reading() as session:
        speaker = session.get_one(Team, team.id).members[0].id
    words = {"title": "单晶正极的工程化", "speaker": str(speaker), "abstract": "三种合作方式"}
    own, office = signed_in(researcher), signed_in(organiser)

    assert own.post(address(event, f"teams/{team.id}/talk"), data=words).status_code == 302
    with database.reading() as session:
        talk = session.scalars(select(Talk)).one()
    place = {"part": "place", "day": event.days[0].day.isoformat(), "starts": "9：20",
             "minutes": "15", "room": "一号厅"}  # fmt: skip
    where = address(event, f"talks/{talk.id}/edit")
    assert office.post(where, data=place).status_code == 302

    programme = opened(signed_in(company), address(event, "talks")).get_text()
    assert "单晶正极的工程化" in programme
    assert "09:20–09:35" in programme
    assert "一号厅" in programme
    assert signed_in(company).get(where).status_code == 404
    late = office.post(where, data=place | {"starts": "23:50"})
    assert late.status_code == 422
    assert "会期" in late.text
    assert office.post(where, data=place | {"starts": "很早"}).status_code == 422
    assert own.post(where, data=place).status_code == 403
    assert own.post(address(event, f"talks/{talk.id}/remove")).status_code == 302


def test_the_words_of_a_talk_are_checked(
    database: Database, signed_in: SignedIn, researcher: User
) -> None:
    event = an_event(database)
    team = a_team(database, event, researcher, side=Side.ACHIEVEMENT)

    answer = signed_in(researcher).post(
        address(event, f"teams/{team.id}/talk"), data={"title": "示范", "speaker": "999999"}
    )

    assert answer.status_code == 422
    assert one(parsed(answer), "input[name=title]")["value"] == "示范"


def test_an_event_without_talks_has_no_programme(
    database: Database, signed_in: SignedIn, company: User
) -> None:
    event = an_event(database, kind="salon")

    assert signed_in(company).get(address(event, "talks")).status_code == 404


def test_proposals_of_teams_that_are_not_admitted_are_for_them_and_offices(
    database: Database, signed_in: SignedIn, organiser: User, researcher: User, company: User
) -> None:
    event = an_event(database)
    team = a_team(database, event, researcher, side=Side.ACHIEVEMENT, status=PENDING)
    with database.transaction() as session:
        row = session.get_one(Team, team.id)
        session.add(
            Talk(event_id=event.id, team_id=row.id, speaker_id=row.members[0].id, title="待定报告",
                 starts_at=event.slots[0].starts_at, ends_at=event.slots[0].ends_at)
        )  # fmt: skip

    seen = {
        user.id: "待定报告" in opened(signed_in(user), address(event, "talks")).get_text()
        for user in (organiser, researcher, company)
    }

    assert seen == {organiser.id: True, researcher.id: True, company.id: False}


def test_people_are_invited_and_seen_to_have_registered(
    database: Database, signed_in: SignedIn, organiser: User
) -> None:
    event, browser = an_event(database), signed_in(organiser)
    with database.transaction() as session:
        owners = [factories.make_need(session).owner for _ in range(2)]
    nobody = browser.post(address(event, "invitations"), data={})

    assert nobody.status_code == 422
    assert "请至少选择一人" in nobody.text
    assert len(table_rows(opened(browser, address(event, "invitations")))) == 2
    ids = [str(user.id) for user in owners]
    answer = browser.post(address(event, "invitations"), data={"user": ids}, follow_redirects=True)
    assert "已邀请 2 人" in answer.text
    a_team(database, event, owners[0])
    rows = table_rows(opened(browser, address(event, "invitations"), tab="invited"))
    assert ["已报名" in row for row in rows] == [user.id == owners[0].id for user in owners]
    with database.reading() as session:
        assert len(session.scalars(select(Invitation)).all()) == 2


def test_the_list_of_candidates_does_not_ask_more_for_more_rows(
    database: Database, signed_in: SignedIn, organiser: User
) -> None:
    event, browser = an_event(database), signed_in(organiser)

    def one_more() -> None:
        with database.transaction() as session:
            need = factories.make_need(session)
            achievement = factories.make_achievement(session)
            factories.make_match(session, need, achievement, status="accepted",
                                 decided_by_id=organiser.id, decided_at=need.created_at)  # fmt: skip

    one_more()
    few = statements(database, browser, address(event, "invitations"))
    one_more()
    one_more()
    assert statements(database, browser, address(event, "invitations")) == few


def test_an_invited_person_reads_so_in_the_form(
    database: Database, signed_in: SignedIn, organiser: User
) -> None:
    event = an_event(database)
    with database.transaction() as session:
        owner = factories.make_need(session).owner
    data = {"user": str(owner.id)}
    signed_in(organiser).post(address(event, "invitations"), data=data)

    page = opened(signed_in(owner), address(event, "register"))
    assert "组织方邀请您" in page.get_text()
