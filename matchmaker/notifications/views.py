"""The inbox."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, Flask, g, redirect, render_template, request, url_for
from werkzeug.routing import BuildError
from werkzeug.wrappers import Response

from matchmaker import clock, db, guard
from matchmaker.errors import NotFoundError
from matchmaker.notifications import queries, service
from matchmaker.notifications.kinds import KINDS, sentence, summary
from matchmaker.paging import Page

bp = Blueprint("notifications", __name__, url_prefix="/notifications")


def init_app(app: Flask) -> None:
    """Show the number of unread lines in the bar of every page."""

    @app.context_processor
    def _unread() -> dict[str, Any]:
        user = g.get("user")
        return {"unread_count": queries.count(db.session(), user, unread=True) if user else 0}


@bp.get("/")
@guard.signed_in
def inbox() -> str:
    actor, session = guard.current_user(), db.session()
    outline = queries.outline(session, actor)
    page = Page.of(request, len(outline), queries.PAGE)
    shown = outline[page.offset : page.offset + page.size]
    return render_template(
        "notifications/inbox.html",
        groups=queries.lines_of(session, shown),
        page=page,
        sentence=sentence,
        summary=summary,
        local_day=lambda at: at.astimezone(clock.LOCAL_ZONE).date(),
    )


@bp.get("/<int:notification_id>")
@guard.signed_in
def open_line(notification_id: int) -> Response:
    """Go to what the line tells of, and mark it read."""
    with db.transaction() as session:
        actor = guard.current_user()
        line = queries.one(session, actor, notification_id)
        service.mark_read(session, actor, line.id)
        target = (line.endpoint, dict(line.endpoint_values))
    try:
        return redirect(url_for(target[0], **target[1]) if target[0] else url_for(".inbox"))
    except BuildError:
        return redirect(url_for(".inbox"))


@bp.post("/<int:notification_id>/read")
@guard.signed_in
def read_one(notification_id: int) -> Response:
    with db.transaction() as session:
        actor = guard.current_user()
        service.mark_read(session, actor, queries.one(session, actor, notification_id).id)
    return redirect(url_for(".inbox"))


@bp.post("/read/<notice>/<day>/<int:newest>")
@guard.signed_in
def read_group(notice: str, day: str, newest: int) -> Response:
    if notice not in KINDS:
        raise NotFoundError
    try:
        when = date.fromisoformat(day)
    except ValueError:
        raise NotFoundError from None
    with db.transaction() as session:
        service.mark_group_read(session, guard.current_user(), notice, when, newest=newest)
    return redirect(url_for(".inbox"))


@bp.post("/read")
@guard.signed_in
def read_all() -> Response:
    with db.transaction() as session:
        service.mark_read(session, guard.current_user())
    return redirect(url_for(".inbox"))
