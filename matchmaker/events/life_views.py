"""Announcing an event, calling it off, closing it."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from matchmaker import db, guard
from matchmaker.events import queries, service
from matchmaker.events.blueprint import Answer, bp
from matchmaker.events.forms import CancelForm
from matchmaker.events.pages import event_of, event_page
from matchmaker.events.telling import require_running
from matchmaker.guard import only
from models import Role


@bp.post("/<int:event_id>/announce")
@only(Role.ORGANISER)
def announce(event_id: int) -> Response:
    with db.transaction() as session:
        service.announce(session, guard.current_user(), event_of(event_id))
    flash(_("活动已公布。"))
    return redirect(url_for(".event", event_id=event_id))


@bp.route("/<int:event_id>/cancel", methods=["GET", "POST"])
@only(Role.ORGANISER)
def cancel(event_id: int) -> Answer:
    row = event_of(event_id)
    require_running(row)
    form = CancelForm(request.form)
    if request.method == "POST" and form.validate():
        with db.transaction() as session:
            actor, row = guard.current_user(), event_of(event_id)
            service.cancel(session, actor, row, reason=form.reason.data)
        flash(_("活动已取消，并把原因告诉了报名和受邀的人。"))
        return redirect(url_for(".event", event_id=event_id))
    told = len(queries.people_of(db.session(), row))
    page = event_page("events/cancel.html", row, form=form, told=told)
    return page if request.method == "GET" else (page, 422)


@bp.post("/<int:event_id>/close")
@only(Role.ORGANISER)
def close(event_id: int) -> Response:
    with db.transaction() as session:
        service.close(session, guard.current_user(), event_of(event_id))
    flash(_("活动已归档，不再收反馈。"))
    return redirect(url_for(".event", event_id=event_id))
