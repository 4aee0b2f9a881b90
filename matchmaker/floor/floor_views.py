"""The hall for organisers: this slot and the next, standby, and the screen on the wall."""

from __future__ import annotations

from flask import flash, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from matchmaker import clock, db, guard
from matchmaker.errors import NotFoundError, NotNowError
from matchmaker.events import queries as events
from matchmaker.events.kinds import kind_of
from matchmaker.events.pages import event_of, event_page
from matchmaker.floor import board, policy, queries, service, standby
from matchmaker.floor.blueprint import back, bp, number_of
from matchmaker.floor.kinds import LATE_MINUTES, WALL_SECONDS
from matchmaker.guard import only
from matchmaker.i18n import time_text
from models import Event, Role


def _with_meetings(event_id: int) -> Event:
    event = event_of(event_id)
    if not kind_of(event.kind).meetings:
        raise NotFoundError
    return event


@bp.get("/floor")
@only(Role.ORGANISER, Role.ADMINISTRATOR)
def floor(event_id: int) -> str:
    session, actor = db.session(), guard.current_user()
    event, moment = _with_meetings(event_id), clock.now()
    asked = number_of(request.args.get("slot", ""))
    runs = policy.can_run(actor, event)
    chosen = board.chosen_slots(event, asked, moment)
    return event_page(
        "floor/floor.html", event, view=board.floor_of(session, event, asked),
        offers=standby.offers(session, event, moment) if runs else [],
        moment=moment, can_run=runs, late_minutes=LATE_MINUTES, counts=queries.count_arrivals(session, event),
        chosen=chosen[0] if chosen else None,
        asked=asked if chosen and chosen[0].id == asked else "",
        standby_slots=standby.slots_for(event, moment),
        day_slots=[s for s in event.slots if chosen and s.day_id == chosen[0].day_id],
    )  # fmt: skip


@bp.post("/standby/<int:wish_id>")
@only(Role.ORGANISER)
def fill(event_id: int, wish_id: int) -> Response:
    """Let two who are here and free meet now."""
    try:
        with db.transaction() as session:
            actor = guard.current_user()
            event = events.one(session, actor, event_id)
            row = service.fill(session, actor, event, wish_id)
            assert row.slot is not None
            assert row.table is not None
            at, table, anchor = time_text(row.slot.starts_at), row.table.name, f"m{row.id}"
    except NotNowError as error:
        flash(str(error.message), "warn")
        return back(event_id, "standby")
    flash(_("已安排在 %(at)s，%(table)s，并通知了双方。", at=at, table=table))
    return back(event_id, anchor)


@bp.get("/wall")
@only(Role.ORGANISER, Role.ADMINISTRATOR)
def wall(event_id: int) -> str:
    """Show the screen in the hall; it turns its pages by itself, also without script."""
    event = _with_meetings(event_id)
    view = board.wall_of(db.session(), event, number_of(request.args.get("page", "1")))
    return render_template(
        "floor/wall.html",
        event=event,
        view=view,
        moment=clock.now(),
        seconds=WALL_SECONDS,
        theme="dark",
    )
