"""Who is here: the list at the desk, and what the QR code of a badge opens."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker import clock, db, guard
from matchmaker.errors import NotFoundError, NotNowError
from matchmaker.events import queries as events
from matchmaker.events.pages import event_of, event_page
from matchmaker.events.queries import Phase, phase
from matchmaker.floor import policy, queries, service
from matchmaker.floor.blueprint import Answer, back, bp
from matchmaker.floor.kinds import MISSING_BEFORE
from matchmaker.guard import only, signed_in
from matchmaker.paging import Page
from models import Event, Participant, Role, User

SHOWS = ("", "missing", "here")


@bp.get("/arrivals")
@only(Role.ORGANISER, Role.ADMINISTRATOR)
def arrivals(event_id: int) -> str:
    session, actor = db.session(), guard.current_user()
    event = event_of(event_id)
    text = request.args.get("q", "").replace("\x00", "").strip()[:60]
    show = request.args.get("show", "")
    show = show if show in SHOWS else ""
    statement = queries.people(event, text=text, show=show)
    page = Page.of(request, queries.count_people(session, statement), queries.PAGE)
    rows = list(session.scalars(statement.limit(page.size).offset(page.offset)))
    firsts = queries.first_meetings(session, event, clock.now())
    return event_page(
        "floor/arrivals.html", event, rows=rows, page=page, text=text, show=show, firsts=firsts,
        counts=queries.count_arrivals(session, event), soon=_soon(session, event),
        is_here=_is_here, can_run=policy.can_run(actor, event),
        on_the_day=phase(event) == Phase.DAY,
        kept={"q": text, "show": show, "page": page.number if page.number > 1 else ""},
    )  # fmt: skip


def _is_here(person: Participant) -> bool:
    return policy.is_here(person, clock.now())


def _soon(session: Session, event: Event) -> list[tuple[Participant, queries.First]]:
    """Return who is not here and begins within a quarter of an hour, or should have begun."""
    moment = clock.now()
    firsts = queries.first_meetings(session, event, moment, ahead=True)
    due = [person for person, one in firsts.items() if one.starts_at <= moment + MISSING_BEFORE]
    if not due:
        return []
    missing = queries.people(event, show="missing").where(Participant.id.in_(due))
    found = [(person, firsts[person.id]) for person in session.scalars(missing)]
    return sorted(found, key=lambda item: item[1].starts_at)


@bp.post("/arrivals/<int:person_id>")
@only(Role.ORGANISER)
def check_in(event_id: int, person_id: int) -> Response:
    """Check somebody in, or undo it."""
    undo = request.form.get("undo") == "1"
    try:
        with db.transaction() as session:
            actor = guard.current_user()
            event = events.one(session, actor, event_id)
            person = queries.person(session, event, person_id)
            verb = service.undo_check_in if undo else service.check_in
            verb(session, actor, event, person)
            name = person.name
    except NotNowError as error:
        flash(str(error.message), "warn")
        return back(event_id)
    flash(_("已撤销 %(name)s 的签到。", name=name) if undo else _("%(name)s 已签到。", name=name))
    return back(event_id, f"p{person_id}")


@bp.route("/arrive/<code>", methods=["GET", "POST"])
@signed_in
def arrive(event_id: int, code: str) -> Answer:
    """What the QR code of a badge opens: for organisers, and for the person themself."""
    session, actor = db.session(), guard.current_user()
    event = event_of(event_id)
    person = _by_code(session, actor, event, code)
    if request.method == "POST":
        return _arrive(event_id, code)
    here = _is_here(person)
    mine = person.user_id == actor.id
    if mine and not policy.can_run(actor, event) and phase(event) != Phase.DAY:
        return redirect(url_for(".agenda", event_id=event_id))
    return event_page(
        "floor/arrive.html", event, person=person, here=here, mine=mine,
        first=queries.first_meetings(session, event, clock.now()).get(person.id),
        can_run=policy.can_run(actor, event), on_the_day=phase(event) == Phase.DAY,
        doubtful=person.id in queries.absent(session, event, clock.now()),
    )  # fmt: skip


def _by_code(session: Session, actor: User, event: Event, code: str) -> Participant:
    person = queries.person_by_code(session, event, code)
    if person.user_id != actor.id and not policy.can_run(actor, event):
        raise NotFoundError
    return person


def _arrive(event_id: int, code: str) -> Response:
    values: dict[str, Any] = {"event_id": event_id, "code": code}
    try:
        with db.transaction() as session:
            actor = guard.current_user()
            event = events.one(session, actor, event_id)
            person = _by_code(session, actor, event, code)
            service.check_in(session, actor, event, person)
            name = person.name
    except NotNowError as error:
        flash(str(error.message), "warn")
    else:
        flash(_("%(name)s 已签到。", name=name))
    return redirect(url_for(".arrive", **values))
