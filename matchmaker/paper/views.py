"""Pages of papers: what there is to print, for which version, and the files themselves."""

from __future__ import annotations

import io

from flask import Blueprint, Flask, current_app, flash, redirect, send_file, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

import matchmaker.paper.tasks  # noqa: F401 - registers what the job does
from config import Settings
from matchmaker import db, guard, i18n
from matchmaker.errors import NotFoundError, NotNowError
from matchmaker.events.pages import event_of, event_page
from matchmaker.events.tabs import STEPS, TABS
from matchmaker.guard import only, signed_in
from matchmaker.paper import calendars, package, policy, queries, service, steps
from matchmaker.paper import workbook as books
from matchmaker.paper.addresses import Addresses
from matchmaker.paper.contents import contents, version_words
from matchmaker.paper.kinds import ACTIVITY, PAPERS, offered
from matchmaker.paper.press import press, press_apart
from matchmaker.paper.sheets import MIME as XLSX
from matchmaker.timetables import queries as timetables
from matchmaker.timetables.service import AFTER_PUBLICATION
from models import Event, Participant, Role, Timetable, User

bp = Blueprint("paper", __name__, url_prefix="/events/<int:event_id>")
PDF, ZIP = "application/pdf", "application/zip"
SOON = 5
"""Seconds after which the page of a package in the making looks again."""


def init_app(app: Flask) -> None:
    app.extensions["activity_words"].update(ACTIVITY)
    TABS[50] = steps.tabs
    STEPS[50] = lambda session, actor, event: steps.steps(session, actor, event, _settings())
    if _after_publication not in AFTER_PUBLICATION:
        AFTER_PUBLICATION.append(_after_publication)


def _after_publication(session: Session, actor: User, timetable: Timetable) -> None:
    service.make_later(session, actor, timetable)


def _settings() -> Settings:
    found: Settings = current_app.extensions["settings"]
    return found


@bp.get("/papers")
@signed_in
def papers(event_id: int) -> str:
    """Everything for organisers; for others their own agenda."""
    session, actor = db.session(), guard.current_user()
    event = event_of(event_id)
    own = queries.own_people(session, actor, event)
    office = policy.can_print(actor, event)
    if not own and not office:
        raise NotFoundError
    timetable = timetables.current(session, event)
    version = queries.version_of(event, timetable)
    return event_page(
        "paper/papers.html", event, office=office, own=own, timetable=timetable,
        version=version_words(version), **(_for_office(session, event, version) if office else {}),
    )  # fmt: skip


def _for_office(session: Session, event: Event, version: tuple[int, int]) -> dict[str, object]:
    found = package.packages(_settings(), event)
    job = queries.job(session, event)
    return {
        "kinds": offered(event.kind), "people": queries.count_people(session, event),
        "portion": package.PORTION, "packages": found, "version_words": version_words,
        "fresh": bool(found) and found[0].version == version,
        "job": job, "busy": queries.is_busy(job), "soon": SOON,
    }  # fmt: skip


@bp.get("/papers/<any(agendas, tables, doors, people, badges):kind>.pdf")
@only(Role.ORGANISER)
def sheets(event_id: int, kind: str) -> Response:
    """One kind of paper for the whole event."""
    session = db.session()
    event = _printable(event_id)
    if kind not in offered(event.kind):
        raise NotFoundError
    if PAPERS[kind].timetable and timetables.current(session, event) is None:
        raise NotNowError(_("日程还没有发布，发布以后才能打印。"))
    if PAPERS[kind].people and queries.count_people(session, event) > package.PORTION:
        words = _("超过 %(n)d 人，请下载离线文件包，里面分成了几份。", n=package.PORTION)
        raise NotNowError(words)
    folder = queries.folder(session, event)
    values = contents(kind, folder, Addresses(_settings()))
    db.close_session()  # others may write while this prints
    return _file(press_apart(kind, values), PDF, f"{event.title} {PAPERS[kind].label}.pdf")


def _printable(event_id: int) -> Event:
    event = event_of(event_id)
    if not policy.can_print(guard.current_user(), event):
        raise NotFoundError
    return event


@bp.get("/papers/people/<int:person_id>.pdf")
@signed_in
def person(event_id: int, person_id: int) -> Response:
    """The agenda of one person: for organisers, and for that person."""
    session, actor = db.session(), guard.current_user()
    event = event_of(event_id)
    return _agenda(session, event, [queries.one_person(session, actor, event, person_id)])


@bp.get("/agenda.pdf")
@signed_in
def agenda(event_id: int) -> Response:
    session = db.session()
    event = event_of(event_id)
    return _agenda(session, event, _own(session, event))


def _own(session: Session, event: Event) -> list[Participant]:
    """Whom the reader is at this event; somebody else finds nothing here."""
    found = queries.own_people(session, guard.current_user(), event)
    if not found:
        raise NotFoundError
    return found


def _agenda(session: Session, event: Event, people: list[Participant]) -> Response:
    folder = queries.own_folder(session, event, people)
    if folder.timetable is None:
        raise NotNowError(_("日程还没有发布，发布以后才能打印。"))
    values = contents("agendas", folder, Addresses(_settings()))
    name = f"{event.title} {people[0].name}.pdf"
    return _file(press("agendas", values), PDF, name)


@bp.get("/agenda.ics")
@signed_in
def calendar(event_id: int) -> Response:
    """The reader's agenda for their calendar; imported again it replaces what has changed."""
    session = db.session()
    event = event_of(event_id)
    people = _own(session, event)
    page = f"{_settings().base_url}{url_for('events.event', event_id=event.id)}"
    folder = queries.own_folder(session, event, people)
    content = calendars.calendar_of(folder, people, page)
    return _file(content, calendars.MIME, f"{event.title}.ics")


@bp.get("/papers/meetings.xlsx")
@only(Role.ORGANISER)
def workbook(event_id: int) -> Response:
    session = db.session()
    event = _printable(event_id)
    folder = queries.folder(session, event)
    content = books.workbook(folder, queries.unscheduled(session, folder.timetable))
    return _file(content, XLSX, f"{event.title}.xlsx")


@bp.get("/papers/package/<int:number>.<int:changes>.<any(zh, en):language>.zip")
@only(Role.ORGANISER)
def download(event_id: int, number: int, changes: int, language: str) -> Response:
    event = _printable(event_id)
    wanted = ((number, changes), language)
    for found in package.packages(_settings(), event):
        if (found.version, found.language) == wanted:
            name = f"{event.title} v{number}.{changes}.zip"
            return send_file(found.path, mimetype=ZIP, as_attachment=True, download_name=name)
    raise NotFoundError


@bp.post("/papers/package")
@only(Role.ORGANISER)
def make(event_id: int) -> Response:
    """Have the package made again."""
    return _change(event_id, stop=False)


@bp.post("/papers/package/stop")
@only(Role.ORGANISER)
def stop(event_id: int) -> Response:
    return _change(event_id, stop=True)


def _change(event_id: int, *, stop: bool) -> Response:
    try:
        with db.transaction() as session:
            actor = guard.current_user()
            event = _printable(event_id)
            if stop:
                service.stop(session, actor, event)
            else:
                service.ask(session, actor, event, language=i18n.language())
    except NotNowError as error:
        flash(str(error.message), "warn")
    else:
        flash(_("已停止制作。") if stop else _("已开始制作，可以离开这一页。"))
    return redirect(url_for(".papers", event_id=event_id))


def _file(content: bytes, mime: str, name: str) -> Response:
    """Send a file that was made for this reader."""
    response = send_file(
        io.BytesIO(content), mimetype=mime, as_attachment=True, download_name=name.strip()
    )
    response.headers["Cache-Control"] = "private, no-store"
    return response
