"""The offline package: one zip with every paper, calendar and the workbook, readable anywhere.

Packages lie in the instance folder, one per version and language; a new one takes its place in one
step, and only the last few versions are kept.
"""

from __future__ import annotations

import re
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask_babel import gettext as _
from jinja2 import Environment, FileSystemLoader

from config import ROOT, Settings
from matchmaker import clock
from matchmaker.catalogue.files import safe_name
from matchmaker.i18n import datetime_text, is_english
from matchmaker.labels import label
from matchmaker.paper.addresses import Addresses
from matchmaker.paper.agenda import agendas, named, parts_in
from matchmaker.paper.calendars import calendar
from matchmaker.paper.contents import contents, summary, version_words
from matchmaker.paper.kinds import PAPERS, Paper
from matchmaker.paper.press import press_apart
from matchmaker.paper.queries import Folder
from matchmaker.paper.workbook import Left, workbook
from models import Event, Participant

KEEP = 3
PORTION = 250
"""People in one PDF: more of them take typst over 300 MB."""
NAME = re.compile(r"(\d+)\.(\d+)\.(zh|en)\.zip")
Report = Callable[[float, str], None]


@dataclass(frozen=True, slots=True)
class Package:
    """A zip that is there."""

    path: Path
    version: tuple[int, int]
    language: str
    size: int
    made_at: datetime


def folder_of(settings: Settings, event_id: int) -> Path:
    return settings.instance / "papers" / str(event_id)


def packages(settings: Settings, event: Event) -> list[Package]:
    """Return the packages of an event, newest version first."""
    place = folder_of(settings, event.id)
    found = []
    for path in place.iterdir() if place.is_dir() else ():
        if (name := NAME.fullmatch(path.name)) and path.is_file():
            state = path.stat()
            made_at = datetime.fromtimestamp(state.st_mtime, UTC)
            version = (int(name[1]), int(name[2]))
            found.append(Package(path, version, name[3], state.st_size, made_at))
    return sorted(found, key=lambda package: (package.version, package.made_at), reverse=True)


def make(
    settings: Settings, folder: Folder, left_out: Left, addresses: Addresses, report: Report
) -> Path:
    """Make the package of a folder; a broken attempt leaves nothing behind."""
    place = folder_of(settings, folder.event.id)
    place.mkdir(parents=True, exist_ok=True)
    number, changes = folder.version
    language = "en" if is_english() else "zh"
    target = place / f"{number}.{changes}.{language}.zip"
    part = place / f"{target.name}.{clock.now().timestamp()}.part"
    try:
        with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
            _fill(archive, folder, left_out, addresses, report)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    _tidy(settings, folder.event)
    return target


def _tidy(settings: Settings, event: Event) -> None:
    """Keep the last versions."""
    found = packages(settings, event)
    kept = sorted({package.version for package in found}, reverse=True)[:KEEP]
    for package in found:
        if package.version not in kept:
            package.path.unlink(missing_ok=True)


def remove(settings: Settings, event_id: int) -> None:
    """Remove the packages of an event that is gone."""
    shutil.rmtree(folder_of(settings, event_id), ignore_errors=True)


@dataclass(frozen=True, slots=True)
class Part:
    """A paper, or a portion of one, with the name of its file."""

    kind: str
    paper: Paper
    name: str
    people: list[Participant]


def parts_of(folder: Folder) -> list[Part]:
    """Return the PDFs of a package, papers of many people in portions."""
    found = []
    for kind, paper in PAPERS.items():
        portions = [folder.people]
        if paper.people and len(folder.people) > PORTION:
            starts = range(0, len(folder.people), PORTION)
            portions = [folder.people[start : start + PORTION] for start in starts]
        for number, people in enumerate(portions, start=1):
            name = f"{kind}-{number}.pdf" if len(portions) > 1 else f"{kind}.pdf"
            found.append(Part(kind, paper, name, people))
    return found


def _fill(
    archive: zipfile.ZipFile, folder: Folder, left_out: Left, addresses: Addresses, report: Report
) -> None:
    parts = parts_of(folder)
    for done, part in enumerate(parts):
        report(done / (len(parts) + 1), part.name)
        values = contents(part.kind, folder.with_people(part.people), addresses)
        archive.writestr(part.name, press_apart(part.kind, values))
    report(len(parts) / (len(parts) + 1), "agenda.ics")
    files = {person.id: _calendar_name(person) for person in folder.people}
    known = parts_in(folder)
    for person in folder.people:
        archive.writestr(files[person.id], calendar(folder, [person], known[person.id]))
    archive.writestr("meetings.xlsx", workbook(folder, left_out))
    archive.writestr("index.html", _index(folder, parts, files))


def _calendar_name(person: Participant) -> str:
    return f"calendars/{person.id}-{safe_name(person.name)}.ics"


def _index(folder: Folder, parts: list[Part], files: dict[int, str]) -> str:
    """Return a page that needs nothing but itself: where the files are, and every agenda."""
    lines = agendas(folder)
    page = Environment(
        loader=FileSystemLoader(ROOT / "templates" / "paper"), autoescape=True,
        trim_blocks=True, lstrip_blocks=True,
    ).get_template("package.html")  # fmt: skip
    people: list[dict[str, Any]] = [
        {
            "name": named(person), "organisation": person.team.full_name,
            "side": label(person.team.side), "file": files[person.id],
            "lines": lines[person.id], "summary": summary(lines[person.id]),
        }
        for person in folder.people
    ]  # fmt: skip
    return page.render(
        event=folder.event, version=version_words(folder.version), parts=parts, people=people,
        printed=datetime_text(clock.now()), lang="en" if is_english() else "zh-Hans-CN", _=_,
    )  # fmt: skip
