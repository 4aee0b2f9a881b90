"""The page of papers and its downloads: everything for organisers, one's own for others."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import icalendar
import pytest
from sqlalchemy import select

from matchmaker import jobs
from matchmaker.db import Database
from matchmaker.paper import package, queries
from models import Event, Job, JobStatus, Role, Side, TeamStatus, User
from tests import factories
from tests.conftest import SignedIn
from tests.events import making
from tests.pages import one, opened, parsed, statements
from tests.paper.reading import pages
from tests.paper.scene import Scene, make_scene

OFFICE = ["papers/agendas.pdf", "papers/tables.pdf", "papers/doors.pdf", "papers/people.pdf",
          "papers/badges.pdf", "papers/meetings.xlsx"]  # fmt: skip
OWN = ["agenda.pdf", "agenda.ics"]


def place(scene: Scene, name: str = "papers") -> str:
    return f"/events/{scene.event.id}/{name}"


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package, "press_apart", lambda *_arguments: b"%PDF")


def make_package(database: Database, signed_in: SignedIn, scene: Scene, organiser: User) -> None:
    assert signed_in(organiser).post(place(scene, "papers/package")).status_code == 302
    with signed_in.app.app_context():
        jobs.run_due(database)


@pytest.mark.parametrize("name", OFFICE)
def test_an_organiser_downloads_every_paper(
    signed_in: SignedIn, shown: Scene, organiser: User, name: str
) -> None:
    answer = signed_in(organiser).get(place(shown, name))
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.data[:4] in {b"%PDF", b"PK\x03\x04"}


@pytest.mark.parametrize("name", OFFICE)
@pytest.mark.parametrize("who", ["company", "stranger", "administrator"])
def test_the_papers_of_all_are_for_organisers_only(
    signed_in: SignedIn, database: Database, shown: Scene, company: User, administrator: User,
    name: str, who: str,
) -> None:  # fmt: skip
    stranger = factories.add_user(database)
    actor = {"company": company, "stranger": stranger, "administrator": administrator}[who]
    assert signed_in(actor).get(place(shown, name)).status_code == 404


def test_who_comes_has_their_own_agenda_and_calendar(
    signed_in: SignedIn, shown: Scene, company: User
) -> None:
    browser = signed_in(company)

    page = opened(browser, place(shown))

    links = {str(link["href"]) for link in page.select(".mm-attach a")}
    assert links == {place(shown, name) for name in OWN}
    (sheet,) = pages(browser.get(place(shown, "agenda.pdf")).data)
    assert company.name in sheet
    answer = browser.get(place(shown, "agenda.ics"))
    assert answer.mimetype == "text/calendar"
    assert len(icalendar.Calendar.from_ical(answer.data).walk("VEVENT")) == 2


@pytest.mark.parametrize("name", ["papers", *OWN])
def test_who_does_not_come_finds_nothing(
    signed_in: SignedIn, database: Database, shown: Scene, name: str
) -> None:
    stranger = factories.add_user(database, Role.ENTERPRISE)
    assert signed_in(stranger).get(place(shown, name)).status_code == 404


@pytest.mark.parametrize("status", [TeamStatus.WITHDRAWN, TeamStatus.PENDING, TeamStatus.WAITING])
def test_who_is_not_admitted_finds_nothing(
    signed_in: SignedIn, database: Database, shown: Scene, company: User, status: TeamStatus
) -> None:
    with database.transaction() as session:
        session.merge(shown.needs[0]).status = status
    for name in ("papers", *OWN):
        assert signed_in(company).get(place(shown, name)).status_code == 404


def test_an_organiser_prints_the_agenda_of_one_person(
    signed_in: SignedIn, shown: Scene, organiser: User, company: User
) -> None:
    person = shown.needs[0].members[0]
    address = place(shown, f"papers/people/{person.id}.pdf")
    assert person.name in pages(signed_in(organiser).get(address).data)[0]
    assert signed_in(company).get(address).status_code == 200


def test_nobody_has_the_agenda_of_somebody_else(
    signed_in: SignedIn, database: Database, shown: Scene, company: User, organiser: User
) -> None:
    with database.transaction() as session:
        other = make_scene(session, company=None)
    colleague, partner = shown.needs[0].members[1], shown.achievements[0].members[0]
    for person in (colleague, partner):
        address = place(shown, f"papers/people/{person.id}.pdf")
        assert signed_in(company).get(address).status_code == 404
    elsewhere = place(shown, f"papers/people/{other.needs[0].members[0].id}.pdf")
    assert signed_in(organiser).get(elsewhere).status_code == 404
    assert signed_in(company).get(place(other)).status_code == 404


def test_before_publication_organisers_print_names_and_others_wait(
    signed_in: SignedIn, database: Database, organiser: User, company: User
) -> None:
    with database.transaction() as session:
        scene = make_scene(session, organiser, company=company, published=False)

    office = opened(signed_in(organiser), place(scene))
    links = {str(link["href"]) for link in office.select(".mm-attach a")}
    ready = ["doors.pdf", "people.pdf", "badges.pdf", "meetings.xlsx"]
    assert links == {place(scene, f"papers/{name}") for name in ready}
    assert "日程还没有发布" in office.get_text()

    for name in ready:
        assert signed_in(organiser).get(place(scene, f"papers/{name}")).status_code == 200
    for name in ("agendas", "tables"):
        assert signed_in(organiser).get(place(scene, f"papers/{name}.pdf")).status_code == 409
    assert "日程还没有发布" in opened(signed_in(company), place(scene)).get_text()
    assert signed_in(company).get(place(scene, "agenda.pdf")).status_code == 409


def test_an_event_without_teams_has_nothing_to_print(
    signed_in: SignedIn, database: Database, organiser: User
) -> None:
    with database.transaction() as session:
        event = making.make_event(session, organiser)
    page = opened(signed_in(organiser), f"/events/{event.id}/papers")
    assert "还没有可以打印的" in page.get_text()


def test_an_event_without_meetings_prints_no_agendas(
    signed_in: SignedIn, database: Database, organiser: User
) -> None:
    with database.transaction() as session:
        event = making.make_event(session, organiser, kind="salon")
        person = making.make_team(session, event, people=1).members[0]
        person.group_table_id = event.tables[1].id
    browser, front = signed_in(organiser), f"/events/{event.id}"

    page = opened(browser, f"{front}/papers")

    names = [str(link["href"]).rsplit("/", 1)[1] for link in page.select(".mm-attach a")]
    assert names == ["doors.pdf", "people.pdf", "badges.pdf", "meetings.xlsx"]
    assert "离线文件包" not in page.get_text()
    assert browser.get(f"{front}/papers/agendas.pdf").status_code == 404
    assert "沙龙" in opened(browser, front).get_text()
    assert "2桌" in pages(browser.get(f"{front}/papers/people.pdf").data)[0]


def test_tabs_lead_to_papers_only_who_has_some(
    signed_in: SignedIn, database: Database, shown: Scene, organiser: User, company: User
) -> None:
    stranger = factories.add_user(database, Role.ENTERPRISE)
    front = f"/events/{shown.event.id}"
    found = [
        place(shown)
        in {str(a["href"]) for a in opened(signed_in(user), front).select(".mm-tabs a")}
        for user in (organiser, company, stranger)
    ]
    assert found == [True, True, False]


@pytest.mark.usefixtures("quick")
def test_a_package_is_made_shown_and_downloaded(
    signed_in: SignedIn, database: Database, shown: Scene, organiser: User, company: User
) -> None:
    browser = signed_in(organiser)
    assert "这一版还没有文件包" in opened(browser, place(shown)).get_text()

    make_package(database, signed_in, shown, organiser)

    address = place(shown, "papers/package/3.7.zh.zip")
    page = opened(browser, place(shown))
    assert one(page, f'a[href="{address}"]').get_text() == "日程 v3.7"
    answer = browser.get(address)
    assert zipfile.ZipFile(io.BytesIO(answer.data)).testzip() is None
    assert signed_in(company).get(address).status_code == 404
    for wrong in ("3.8.zh", "3.7.en", "999999999.7.zh"):
        assert browser.get(place(shown, f"papers/package/{wrong}.zip")).status_code == 404


@pytest.mark.usefixtures("quick")
def test_a_package_grows_old_when_meetings_change(
    signed_in: SignedIn, database: Database, shown: Scene, organiser: User
) -> None:
    make_package(database, signed_in, shown, organiser)
    with database.transaction() as session:
        session.get_one(Event, shown.event.id).meetings_version = 8
    text = opened(signed_in(organiser), place(shown)).get_text()
    assert "现在是日程 v3.8，最新的文件包还是日程 v3.7" in text


def test_the_page_shows_work_and_stops_it(
    signed_in: SignedIn, database: Database, shown: Scene, organiser: User
) -> None:
    browser = signed_in(organiser)
    browser.post(place(shown, "papers/package"))
    page = opened(browser, place(shown))
    assert page.select('meta[http-equiv="refresh"]')
    again = browser.post(place(shown, "papers/package"), follow_redirects=True)
    assert "正在制作" in again.text

    stopped = browser.post(place(shown, "papers/package/stop"), follow_redirects=True)

    assert "已停止制作" in stopped.text
    assert not parsed(stopped).select('meta[http-equiv="refresh"]')
    with database.reading() as session:
        (job,) = session.scalars(select(Job).where(Job.kind == queries.PACKAGE)).unique()
        assert job.status == JobStatus.CANCELLED
    idle = browser.post(place(shown, "papers/package/stop"), follow_redirects=True)
    assert "现在没有在制作文件包" in idle.text


def test_a_package_that_failed_says_so(
    signed_in: SignedIn, database: Database, shown: Scene, organiser: User
) -> None:
    browser = signed_in(organiser)
    browser.post(place(shown, "papers/package"))
    with database.transaction() as session:
        job = session.scalars(select(Job).where(Job.kind == queries.PACKAGE)).unique().one()
        job.status, job.error = JobStatus.FAILED, "RuntimeError: out of paper"
    assert "文件包没有做成" in opened(browser, place(shown)).get_text()


@pytest.mark.parametrize("name", ["papers/package", "papers/package/stop"])
def test_only_organisers_have_packages_made_or_stopped(
    signed_in: SignedIn, shown: Scene, company: User, administrator: User, name: str
) -> None:
    for actor in (company, administrator):
        assert signed_in(actor).post(place(shown, name)).status_code == 404


def test_before_publication_no_package_is_made(
    signed_in: SignedIn, database: Database, organiser: User
) -> None:
    with database.transaction() as session:
        scene = make_scene(session, organiser, published=False)
    answer = signed_in(organiser).post(place(scene, "papers/package"), follow_redirects=True)
    assert "日程还没有发布，发布以后才能制作文件包" in answer.text


def test_papers_of_too_many_people_are_in_the_package(
    signed_in: SignedIn, shown: Scene, organiser: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(package, "PORTION", 3)
    answer = signed_in(organiser).get(place(shown, "papers/badges.pdf"))
    assert answer.status_code == 409
    assert "离线文件包" in answer.text
    assert (
        place(shown, "papers/badges.pdf")
        not in opened(signed_in(organiser), place(shown)).decode()
    )


def test_the_page_of_a_large_event_asks_no_more(
    signed_in: SignedIn, database: Database, shown: Scene, organiser: User
) -> None:
    before = statements(database, signed_in(organiser), place(shown))
    with database.transaction() as session:
        event = session.get_one(Event, shown.event.id)
        for _n in range(3):
            making.make_team(session, event, Side.NEED, people=2)
    assert statements(database, signed_in(organiser), place(shown)) == before


def test_the_page_is_english_for_readers_of_english(
    signed_in: SignedIn, shown: Scene, company: User
) -> None:
    browser = signed_in(company)
    browser.set_cookie("locale", "en")
    assert browser.get(place(shown)).status_code == 200
    sheet: Any = pages(browser.get(place(shown, "agenda.pdf")).data)
    assert str(shown.event.days[0].day.year) in sheet[0]
