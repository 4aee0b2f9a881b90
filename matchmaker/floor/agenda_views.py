"""A participant's day: what comes next, and the buttons on it."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

from flask import current_app, redirect, request, url_for
from flask import session as cookie
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker import clock, db, guard
from matchmaker.errors import NotFoundError
from matchmaker.events.pages import event_of, event_page
from matchmaker.floor import report_views, service
from matchmaker.floor.agenda import Agenda, agenda_of
from matchmaker.floor.blueprint import act, bp, number_of
from matchmaker.floor.kinds import LATE_MINUTES
from matchmaker.guard import signed_in
from models import Event, Meeting, Side, User

SEEN = "agenda_seen"
"""In the cookie: until when a person has taken note of changes, by id of event."""
EVENTS_KEPT = 8
PAPERS = {"calendar": "paper.calendar", "agenda": "paper.agenda"}


@bp.get("/agenda")
@signed_in
def agenda(event_id: int) -> str:
    session, actor = db.session(), guard.current_user()
    event = event_of(event_id)
    view = agenda_of(
        session, actor, event, everybody=request.args.get("all") == "1",
        day=request.args.get("day", ""), seen=_seen(event_id),
    )  # fmt: skip
    if view is None:
        raise NotFoundError
    return event_page(
        "floor/agenda.html", event, view=view, late_minutes=LATE_MINUTES,
        asked={"all": "1" if request.args.get("all") == "1" else "",
               "day": view.day.day.isoformat() if view.day and request.args.get("day") else ""},
        papers={name: endpoint in current_app.view_functions
                for name, endpoint in PAPERS.items()},
        **_form_beside(actor, event, view),
    )  # fmt: skip


def _form_beside(actor: User, event: Event, view: Agenda) -> dict[str, Any]:
    """Return the report that waits longest; on a wide screen it stands beside the day."""
    if not view.waiting:
        return {"form": None}
    card = view.waiting[0]
    form = report_views.new_form(actor, card.meeting, card.side)
    return {"form": form, "reported": card, **report_views.context(event, card.meeting, card.side)}


def _seen(event_id: int) -> datetime | None:
    kept = cookie.get(SEEN)
    text = kept.get(str(event_id)) if isinstance(kept, dict) else None
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        return None


@bp.post("/agenda/seen")
@signed_in
def seen(event_id: int) -> Response:
    """Take note of what has changed."""
    event_of(event_id)
    kept = cookie.get(SEEN)
    others = [
        item for item in (kept.items() if isinstance(kept, dict) else ())
        if item[0] != str(event_id)
    ]  # fmt: skip
    cookie[SEEN] = dict([*others[-EVENTS_KEPT:], (str(event_id), clock.now().isoformat())])
    return redirect(url_for(".agenda", event_id=event_id))


# ---- what both sides and organisers do with a meeting


@bp.post("/meetings/<int:meeting_id>/start")
@signed_in
def start(event_id: int, meeting_id: int) -> Response:
    def verb(session: Session, actor: User, event: Event, meeting: Meeting) -> str:
        service.start(session, actor, event, meeting)
        return str(_("已签到，祝谈得顺利。"))

    return act(event_id, meeting_id, verb)


@bp.post("/meetings/<int:meeting_id>/late")
@signed_in
def late(event_id: int, meeting_id: int) -> Response:
    minutes, side = number_of(request.form.get("minutes", "")), _side()

    def verb(session: Session, actor: User, event: Event, meeting: Meeting) -> str:
        service.late(session, actor, event, meeting, minutes=minutes, side=side)
        return str(_("已告诉对方：晚到 %(n)d 分钟。", n=minutes))

    return act(event_id, meeting_id, verb)


@bp.post("/meetings/<int:meeting_id>/miss")
@signed_in
def miss(event_id: int, meeting_id: int) -> Response:
    side = _side()
    if side is None:
        raise NotFoundError

    def verb(session: Session, actor: User, event: Event, meeting: Meeting) -> str:
        service.miss(session, actor, event, meeting, by=side)
        return str(_("已记下，桌位和时间空出来了。"))

    anchor = "standby" if request.form.get("back") == "floor" else ""
    return act(event_id, meeting_id, verb, anchor=anchor)


@bp.post("/meetings/<int:meeting_id>/finish")
@signed_in
def finish(event_id: int, meeting_id: int) -> Response:
    return act(event_id, meeting_id, partial(_done, service.finish, _("这场谈完了。")))


@bp.post("/meetings/<int:meeting_id>/restore")
@signed_in
def restore(event_id: int, meeting_id: int) -> Response:
    return act(
        event_id, meeting_id, partial(_done, service.restore, _("已撤销，这场照原样进行。"))
    )


def _done(
    verb: Any, words: str, session: Session, actor: User, event: Event, meeting: Meeting
) -> str:
    verb(session, actor, event, meeting)
    return words


def _side() -> Side | None:
    """Read which side an organiser or a waiting person means."""
    text = request.form.get("side", "")
    return Side(text) if text in set(Side) else None
