"""The report of a meeting, and on to the next that waits for one."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker import clock, db, guard
from matchmaker.errors import InvalidError, NotFoundError, NotNowError
from matchmaker.events import queries as events
from matchmaker.events.pages import event_page
from matchmaker.floor import policy, queries, reporting
from matchmaker.floor.blueprint import Answer, bp
from matchmaker.floor.forms import ReportForm
from matchmaker.guard import signed_in
from matchmaker.i18n import counted
from models import Event, Meeting, MeetingStatus, Side, User


@bp.route("/meetings/<int:meeting_id>/report", methods=["GET", "POST"])
@signed_in
def report(event_id: int, meeting_id: int) -> Answer:
    session, actor = db.session(), guard.current_user()
    event, meeting, side = _asked(session, actor, event_id, meeting_id)
    form = new_form(actor, meeting, side)
    if request.method == "POST":
        form = ReportForm(request.form)
        if form.validate() and _is_saved(event_id, meeting_id, form):
            return _onwards(event_id)
        session = db.session()
        event, meeting, side = _asked(session, actor, event_id, meeting_id)
    page = event_page(
        "floor/report.html", event, form=form, meeting=meeting, side=side,
        open=policy.may_report(event, meeting, clock.now()), before=policy.report_of(meeting, side),
        **context(event, meeting, side),
    )  # fmt: skip
    return page if request.method == "GET" else (page, 422)


def _asked(
    session: Session, actor: User, event_id: int, meeting_id: int
) -> tuple[Event, Meeting, Side]:
    event = events.one(session, actor, event_id)
    meeting = queries.meeting(session, actor, event, meeting_id)
    side = reporting.side_for(session, actor, event, meeting, request.values.get("side", ""))
    if side is None:
        raise NotFoundError
    return event, meeting, side


def _is_saved(event_id: int, meeting_id: int, form: ReportForm) -> bool:
    """Save; a refusal stands on the form, with everything that was typed."""
    try:
        with db.transaction() as session:
            actor = guard.current_user()
            event, meeting, side = _asked(session, actor, event_id, meeting_id)
            reporting.report(session, actor, event, meeting, side=side, said=form.said())
    except InvalidError as error:
        form.show(error)
        return False
    except NotNowError as error:
        form.form_errors.append(str(error.message))
        return False
    return True


def _onwards(event_id: int) -> Response:
    """Go to the next meeting that waits for a report, else back to the day."""
    session, actor = db.session(), guard.current_user()
    event = events.one(session, actor, event_id)
    if request.form.get("back") == "floor" and policy.can_run(actor, event):
        flash(_("反馈已保存。"))
        return redirect(url_for(".floor", event_id=event_id))
    waiting = queries.unreported(session, actor, event)
    if not waiting:
        flash(_("反馈已保存，没有别的要填了。"))
        return redirect(url_for(".agenda", event_id=event_id))
    flash(counted("反馈已保存，还有 %(n)d 场。", n=len(waiting)))
    return redirect(url_for(".report", event_id=event_id, meeting_id=waiting[0][0].id))


def new_form(actor: User, meeting: Meeting, side: Side) -> ReportForm:
    """Return the form with what was said before, else with what most people would say."""
    form = ReportForm()
    said = policy.report_of(meeting, side)
    if said is not None:
        form.show_report(said)
    else:
        names = names_of(meeting, side)
        happened = meeting.status in {MeetingStatus.RUNNING, MeetingStatus.HELD}
        form.met.data = "yes" if happened else None
        form.owner_name.data = actor.name if actor.name in names else names[0]
        form.due.data = reporting.proposed_due()
        form.next_steps.data = []
    return form


def names_of(meeting: Meeting, side: Side) -> list[str]:
    """Return who may see to the next step: the one who sat there first, then the others."""
    first = meeting.person_of(side)
    members = meeting.wish.team_of(side).members
    return list(dict.fromkeys([first.name, *(person.name for person in members)]))


def context(event: Event, meeting: Meeting, side: Side) -> dict[str, Any]:
    """Return what the fields of the form need besides."""
    place = meeting.slot
    if place is None and meeting.was:
        place = next((s for s in event.slots if s.id == meeting.was.get("slot")), None)
    return {
        "report_meeting": meeting, "report_side": side, "names": names_of(meeting, side),
        "report_slot": place, "partner": meeting.wish.team_of(policy.OTHER[side]),
    }  # fmt: skip
