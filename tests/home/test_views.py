"""The first page: what waits for whoever opens it, and nothing of what waits for others."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import pytest
from flask.testing import FlaskClient

from matchmaker import clock
from matchmaker.db import Database
from models import (
    Job,
    JobStatus,
    Mail,
    MatchStatus,
    Membership,
    Organisation,
    OrganisationKind,
    PostingStatus,
    Role,
    Side,
    User,
    Verification,
)
from tests import factories
from tests.conftest import SignedIn
from tests.events.making import make_event, make_team
from tests.pages import one, opened, statements


def waiting(browser: FlaskClient) -> list[tuple[str, int]]:
    """Return what the page says is waiting: the address that it leads to, and how many."""
    page = opened(browser, "/")
    return [
        (str(link["href"]), int(number.get_text()))
        for line in page.select(".mm-home .mm-sheet:first-child .mm-todo li")
        for link, number in zip(line.select("a.btn"), line.select(".mm-todo__n"), strict=True)
    ]


@pytest.fixture
def world(database: Database) -> dict[Role, User]:
    """People of every role, and something that waits for each of them."""
    with database.transaction() as session:
        people = {role: factories.make_user(session, role) for role in Role}
        company, lab = people[Role.ENTERPRISE], people[Role.RESEARCHER]
        need = factories.make_need(
            session, company, title="快到期的", valid_until=clock.today() + timedelta(days=30)
        )
        factories.make_need(
            session, company, title="还早的", valid_until=clock.today() + timedelta(days=31)
        )
        factories.make_need(session, company, title="草稿", status=PostingStatus.DRAFT)
        factories.make_need(
            session,
            company,
            title="退回的",
            status=PostingStatus.DRAFT,
            returned_reason="请补指标",
        )
        factories.make_need(session, company, title="提交的", status=PostingStatus.SUBMITTED)
        factories.make_user(
            session,
            Role.ENTERPRISE,
            organisation=company.organisation,
            membership=Membership.PENDING,
        )
        for _n in range(2):
            factories.make_match(session, need, factories.make_achievement(session, lab))
        factories.make_match(
            session, need, factories.make_achievement(session, lab), status=MatchStatus.ACCEPTED,
            decided_by_id=people[Role.ORGANISER].id, decided_at=clock.now(),
        )  # fmt: skip
        factories.make_organisation(session, status=Verification.PENDING)
        factories.make_organisation(
            session, kind=OrganisationKind.GOVERNMENT, status=Verification.PENDING
        )
        moment = clock.now()
        session.add(
            Job(kind="mail.send", status=JobStatus.FAILED, created_at=moment, run_after=moment)
        )
        session.add(
            Mail(key="k", recipient="a@example.org", subject="s", body="b", created_at=moment)
        )
        return people  # fmt: skip


def test_a_company_sees_what_waits_for_it(signed_in: SignedIn, world: dict[Role, User]) -> None:
    company = world[Role.ENTERPRISE]

    found = waiting(signed_in(company))

    assert found == [
        ("/mine?status=draft", 1),  # what was returned
        ("/pairings", 1),
        ("/mine?status=published", 1),
        ("/mine?status=draft", 1),
        (f"/organisations/{company.organisation_id}", 1),
    ]


def test_a_researcher_sees_the_accepted_pair_and_nothing_of_others(
    signed_in: SignedIn, world: dict[Role, User]
) -> None:
    browser = signed_in(world[Role.RESEARCHER])

    assert waiting(browser) == [("/pairings", 1)]
    page = browser.get("/").text
    assert "快到期的" in page
    for title in ("还早的", "草稿", "退回的", "提交的"):
        assert f">{title}<" not in page


def test_an_organiser_sees_submissions_suggestions_and_organisations(
    signed_in: SignedIn, world: dict[Role, User]
) -> None:
    assert waiting(signed_in(world[Role.ORGANISER])) == [
        ("/submissions", 1), ("/review", 2), ("/organisations/verification", 1),
    ]  # fmt: skip


def test_an_administrator_sees_offices_failed_jobs_and_mail(
    signed_in: SignedIn, world: dict[Role, User]
) -> None:
    assert waiting(signed_in(world[Role.ADMINISTRATOR])) == [
        ("/organisations/verification", 2), ("/admin/jobs?status=failed", 1), ("/admin/mail", 1),
    ]  # fmt: skip


def test_a_transfer_manager_with_nothing_waiting_is_offered_both_forms(
    signed_in: SignedIn, world: dict[Role, User]
) -> None:
    browser = signed_in(world[Role.TRANSFER_MANAGER])

    assert waiting(browser) == []
    page = opened(browser, "/")
    offered = {a["href"] for a in page.select(".mm-home .mm-state a")}
    assert offered == {"/needs/new", "/achievements/new"}


@pytest.mark.parametrize(
    ("role", "words"),
    [
        (Role.RESEARCHER, "我的成果"),
        (Role.ENTERPRISE, "我的需求"),
        (Role.TRANSFER_MANAGER, "我的发布"),
    ],
)
def test_the_bar_names_what_a_person_may_post(
    signed_in: SignedIn, world: dict[Role, User], role: Role, words: str
) -> None:
    page = opened(signed_in(world[role]), "/")

    assert {a.get_text(strip=True) for a in page.select('nav a[href="/mine"]')} == {words}


def test_every_number_of_the_page_leads_to_a_page_that_opens(
    signed_in: SignedIn, world: dict[Role, User]
) -> None:
    led: dict[Role, int] = {}
    for role, person in world.items():
        browser = signed_in(person)
        lines = waiting(browser)
        for address, _number in lines:
            opened(browser, address)
        led[role] = len(lines)

    assert led == {
        Role.RESEARCHER: 1, Role.ENTERPRISE: 5, Role.TRANSFER_MANAGER: 0,
        Role.ORGANISER: 3, Role.ADMINISTRATOR: 3,
    }  # fmt: skip


def test_offices_see_how_much_there_is_and_what_happened(
    signed_in: SignedIn, world: dict[Role, User], database: Database
) -> None:
    with database.transaction() as session:
        chain = factories.make_node(session, "动力电池")
        factories.make_need(session, nodes=[chain])
        factories.make_achievement(session, nodes=[chain])
        factories.make_achievement(session, nodes=[chain], status=PostingStatus.DRAFT)

    page = opened(signed_in(world[Role.ORGANISER]), "/")

    numbers = [part.find(string=True) for part in page.select(".mm-flow dd")]
    assert numbers[:3] == ["3", "4", "1"]
    (row,) = page.select("table[data-chart] tbody tr")
    assert [cell.get_text() for cell in row.select("th, td")] == ["动力电池", "1", "1"]
    owner = opened(signed_in(world[Role.ENTERPRISE]), "/")
    assert owner.select("table[data-chart], .mm-flow") == []


def test_who_is_not_verified_yet_reads_why_and_an_office_has_no_powers(
    signed_in: SignedIn, world: dict[Role, User], database: Database
) -> None:
    with database.transaction() as session:
        office = session.get_one(Organisation, world[Role.ORGANISER].organisation_id)
        office.status, office.verified_at = Verification.PENDING, None
        company = session.get_one(Organisation, world[Role.ENTERPRISE].organisation_id)
        company.status, company.refusal_reason = Verification.REFUSED, "示范原因"

    organiser, owner = (signed_in(world[role]) for role in (Role.ORGANISER, Role.ENTERPRISE))

    assert "单位正在核验" in organiser.get("/").text
    assert waiting(organiser) == []
    assert 'href="/review"' not in organiser.get("/").text
    assert "单位未通过核验：示范原因" in owner.get("/").text


def test_an_organisation_that_has_not_confirmed_the_person_stays_closed(
    signed_in: SignedIn, world: dict[Role, User], database: Database
) -> None:
    company = world[Role.ENTERPRISE]
    with database.transaction() as session:
        joining = factories.make_user(
            session, Role.ENTERPRISE, membership=Membership.PENDING,
            organisation=session.get_one(Organisation, company.organisation_id),
        )  # fmt: skip
    browser = signed_in(joining)

    assert waiting(browser) == []
    page = browser.get("/").text
    assert "您的身份还没有被单位同事确认" in page
    assert "退回的" not in page


def test_the_page_asks_as_often_for_three_rows_as_for_one(
    signed_in: SignedIn, database: Database
) -> None:
    people = {role: factories.add_user(database, role) for role in Role}
    browsers = {role: signed_in(person) for role, person in people.items()}
    numbers: dict[Role, list[int]] = {role: [] for role in Role}
    for rows in (1, 2):
        with database.transaction() as session:
            owners = [session.get_one(User, people[role].id) for role in people]
            company, lab = (
                next(user for user in owners if user.role == role)
                for role in (Role.ENTERPRISE, Role.RESEARCHER)
            )
            for _n in range(rows):
                chain = factories.make_node(session)
                need = factories.make_need(session, company, nodes=[chain])
                achievement = factories.make_achievement(session, lab, nodes=[chain])
                factories.make_match(session, need)
                factories.make_match(
                    session, need, achievement, status=MatchStatus.ACCEPTED,
                    decided_by_id=people[Role.ORGANISER].id, decided_at=clock.now(),
                )  # fmt: skip
                factories.make_need(session, company, status=PostingStatus.SUBMITTED)
                factories.make_organisation(session, status=Verification.PENDING)
        for role, browser in browsers.items():
            numbers[role].append(statements(database, browser, "/"))

    for role, (few, many) in numbers.items():
        assert few == many, role


def test_a_stranger_is_asked_to_sign_in_and_may_read_how_it_works(client: FlaskClient) -> None:
    assert client.get("/").location.startswith("/sign-in")
    assert client.get("/about").status_code == 200


def test_the_choice_of_a_language_and_of_a_theme_stays_and_leads_nowhere_else(
    client: FlaskClient,
) -> None:
    for address, field, chosen in (
        ("/preferences/theme", "theme", "dark"),
        ("/preferences/locale", "locale", "en"),
    ):
        answer = client.post(address, data={field: chosen, "next": "//evil.example/"})
        assert answer.location == "/"
        assert client.post(address, data={field: chosen, "next": "/about"}).location == "/about"
    page = one(opened(client, "/about"), "html")
    assert (page["lang"], page["data-bs-theme"]) == ("en", "dark")

    client.post("/preferences/locale", data={"locale": "nonsense"})

    assert one(opened(client, "/about"), "html")["lang"] == "zh-Hans-CN"


def test_on_the_day_of_an_event_the_first_page_leads_to_ones_own_agenda(
    database: Database, researcher: User, signed_in: SignedIn
) -> None:
    with database.transaction() as session:
        event = make_event(session)
        user = session.get_one(User, researcher.id)
        brought = [factories.make_achievement(session, user)]
        team = make_team(session, event, Side.ACHIEVEMENT, user=user, postings=brought)
        team.members[0].phone, team.members[0].expertise = "023-60000000", ["材料"]
        event_id, day = event.id, event.days[0].day
    with clock.as_of(datetime.combine(day, time(8, 30), clock.LOCAL_ZONE)):
        page = opened(signed_in(researcher), "/")

    assert page.select(f'main a[href="/events/{event_id}/agenda"]')
