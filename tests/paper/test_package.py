"""The offline package: made in the background, whole or not at all, the last few kept."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import icalendar
import pytest
from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy import select

from matchmaker import jobs
from matchmaker.db import Database
from matchmaker.paper import package, policy, queries, service, views
from matchmaker.paper.kinds import PAPERS
from matchmaker.timetables.service import AFTER_PUBLICATION
from models import Event, Job, JobStatus, Side, Timetable, User
from tests.events import making
from tests.paper.reading import pages
from tests.paper.scene import Scene


@pytest.fixture(autouse=True)
def context(app: Flask) -> Iterator[None]:
    with app.app_context():
        yield


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Print nothing; note what would be printed for how many people."""
    seen: list[tuple[str, int]] = []

    def note(kind: str, data: dict[str, Any]) -> bytes:
        seen.append((kind, len(data.get("people", []))))
        return b"%PDF"

    monkeypatch.setattr(package, "press_apart", note)
    return seen


def ask(database: Database, scene: Scene, actor: User, language: str = "zh") -> int:
    with database.transaction() as session:
        event = session.get_one(Event, scene.event.id)
        return service.ask(session, actor, event, language=language).id


def files(database: Database, scene: Scene) -> list[str]:
    folder = package.folder_of(database.settings, scene.event.id)
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def set_version(database: Database, scene: Scene, changes: int) -> None:
    with database.transaction() as session:
        session.get_one(Event, scene.event.id).meetings_version = changes


def test_a_package_holds_every_paper_calendar_and_the_workbook(
    database: Database, shown: Scene, organiser: User
) -> None:
    ask(database, shown, organiser)
    jobs.run_due(database)

    assert files(database, shown) == ["3.7.zh.zip"]
    (found,) = package.packages(database.settings, shown.event)
    assert (found.version, found.language) == ((3, 7), "zh")
    with zipfile.ZipFile(found.path) as archive:
        people = [p for team in (*shown.needs, *shown.achievements) for p in team.members]
        calendars = {f"calendars/{p.id}-{p.name}.ics" for p in people}
        assert set(archive.namelist()) == {
            "index.html", "meetings.xlsx", *(f"{kind}.pdf" for kind in PAPERS), *calendars,
        }  # fmt: skip
        assert len(pages(archive.read("agendas.pdf"))) == 8
        first = people[0]
        text = archive.read(f"calendars/{first.id}-{first.name}.ics")
        assert len(icalendar.Calendar.from_ical(text).walk("VEVENT")) == 2
        page = BeautifulSoup(archive.read("index.html").decode(), "html.parser")
    links = {str(link["href"]) for link in page.select("a")}
    assert links == set(archive.namelist()) - {"index.html"}
    assert not page.select("script, link, img")
    assert "09:00–09:20" in page.get_text()


def test_names_in_the_page_are_text(
    database: Database, shown: Scene, organiser: User, quick: list[Any]
) -> None:
    with database.transaction() as session:
        team = session.merge(shown.needs[0])
        team.members[0].name = "<script>alert(1)</script>/../x"
    ask(database, shown, organiser)
    jobs.run_due(database)

    (found,) = package.packages(database.settings, shown.event)
    with zipfile.ZipFile(found.path) as archive:
        page = archive.read("index.html").decode()
        assert "<script" not in page
        assert all(".." not in name and name.count("/") <= 1 for name in archive.namelist())


def test_only_the_last_three_versions_are_kept(
    database: Database, shown: Scene, organiser: User, quick: list[Any]
) -> None:
    for changes in (7, 8, 9, 10):
        set_version(database, shown, changes)
        ask(database, shown, organiser)
        jobs.run_due(database)
    assert files(database, shown) == ["3.10.zh.zip", "3.8.zh.zip", "3.9.zh.zip"]
    newest = package.packages(database.settings, shown.event)[0]
    assert newest.version == (3, 10)


def test_a_package_made_again_takes_the_place_of_the_old_one(
    database: Database, shown: Scene, organiser: User, quick: list[Any]
) -> None:
    for _time in range(2):
        ask(database, shown, organiser)
        jobs.run_due(database)
    assert files(database, shown) == ["3.7.zh.zip"]


def test_what_breaks_leaves_the_old_package_and_nothing_else(
    database: Database, shown: Scene, organiser: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = package.folder_of(database.settings, shown.event.id)
    place.mkdir(parents=True)
    (place / "3.7.zh.zip").write_bytes(b"old")

    def fail(*_arguments: Any) -> bytes:
        raise RuntimeError("out of paper")

    monkeypatch.setattr(package, "press_apart", fail)
    job_id = ask(database, shown, organiser)
    jobs.run(database, job_id)

    assert files(database, shown) == ["3.7.zh.zip"]
    assert (place / "3.7.zh.zip").read_bytes() == b"old"


def test_a_job_that_is_stopped_stops_between_two_papers(
    database: Database, shown: Scene, organiser: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def stop_then(kind: str, _data: Any) -> bytes:
        seen.append(kind)
        with database.transaction() as session:
            service.stop(session, organiser, session.get_one(Event, shown.event.id))
        return b"%PDF"

    monkeypatch.setattr(package, "press_apart", stop_then)
    job_id = ask(database, shown, organiser)
    jobs.run(database, job_id)

    with database.reading() as session:
        assert session.get_one(Job, job_id).status == JobStatus.CANCELLED
    assert seen == ["agendas"]
    assert files(database, shown) == []


def test_many_people_are_printed_in_portions(
    database: Database, shown: Scene, organiser: User, quick: list[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(package, "PORTION", 3)
    ask(database, shown, organiser)
    jobs.run_due(database)

    assert [n for kind, n in quick if kind == "agendas"] == [3, 3, 2]
    (found,) = package.packages(database.settings, shown.event)
    with zipfile.ZipFile(found.path) as archive:
        assert {"agendas-1.pdf", "agendas-3.pdf", "badges-2.pdf"} <= set(archive.namelist())


def test_publication_has_a_package_made(
    database: Database, shown: Scene, organiser: User, quick: list[Any]
) -> None:
    assert views._after_publication in AFTER_PUBLICATION
    with database.transaction() as session:
        assert shown.timetable is not None
        timetable = session.get_one(Timetable, shown.timetable.id)
        views._after_publication(session, organiser, timetable)
        views._after_publication(session, organiser, timetable)

    with database.reading() as session:
        (job,) = session.scalars(select(Job).where(Job.kind == queries.PACKAGE)).unique()
    assert job.payload == {"event_id": shown.event.id, "language": "zh"}
    jobs.run_due(database)
    assert files(database, shown) == ["3.7.zh.zip"]


def test_what_is_no_longer_published_makes_nothing(
    database: Database, shown: Scene, organiser: User, quick: list[Any]
) -> None:
    job_id = ask(database, shown, organiser)
    with database.transaction() as session:
        session.delete(session.get_one(Timetable, shown.timetable.id))  # type: ignore[union-attr]
    assert jobs.run(database, job_id)
    assert files(database, shown) == []
    assert quick == []


def test_a_package_in_english_lies_beside_the_chinese_one(
    database: Database, shown: Scene, organiser: User, quick: list[Any]
) -> None:
    for language in ("zh", "en"):
        ask(database, shown, organiser, language)
        jobs.run_due(database)
    assert files(database, shown) == ["3.7.en.zip", "3.7.zh.zip"]


def test_files_that_are_no_packages_are_not_offered(database: Database, shown: Scene) -> None:
    place = package.folder_of(database.settings, shown.event.id)
    place.mkdir(parents=True)
    for name in ("3.7.zh.zip.1.part", "notes.txt", "3.7.fr.zip"):
        (place / name).write_bytes(b"")
    assert package.packages(database.settings, shown.event) == []


def test_the_package_of_an_event_that_is_gone_goes_too(
    database: Database, shown: Scene, organiser: User, tmp_path: Path, quick: list[Any]
) -> None:
    place = package.folder_of(database.settings, 999_999)
    place.mkdir(parents=True)
    with database.transaction() as session:
        payload = {"event_id": 999_999, "language": "zh"}
        jobs.enqueue(session, queries.PACKAGE, payload, actor=organiser)
    jobs.run_due(database)
    assert not place.exists()


def test_only_organisers_print_everything(
    database: Database, shown: Scene, organiser: User, administrator: User, company: User
) -> None:
    allowed = [
        policy.can_print(actor, shown.event) for actor in (organiser, administrator, company)
    ]
    assert allowed == [True, False, False]


def test_people_without_meetings_have_a_calendar_too(
    database: Database, shown: Scene, organiser: User, quick: list[Any]
) -> None:
    with database.transaction() as session:
        event = session.get_one(Event, shown.event.id)
        making.make_team(session, event, Side.NEED, people=1)
    ask(database, shown, organiser)
    jobs.run_due(database)
    (found,) = package.packages(database.settings, shown.event)
    with zipfile.ZipFile(found.path) as archive:
        assert sum(name.endswith(".ics") for name in archive.namelist()) == 9
