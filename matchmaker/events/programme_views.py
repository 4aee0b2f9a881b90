"""The days of an event, its breaks and its slots."""

from __future__ import annotations

from itertools import groupby

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from matchmaker import clock, db, guard
from matchmaker.errors import InvalidError, NotNowError
from matchmaker.events import programme as service
from matchmaker.events.blueprint import (
    OFFICES,
    Answer,
    bp,
    posted_ids,
    posted_version,
    shown_version,
)
from matchmaker.events.forms import ProgrammeForm
from matchmaker.events.pages import event_of, event_page
from matchmaker.events.telling import ChangedMeanwhileError, require_running
from matchmaker.guard import only
from matchmaker.i18n import counted, listed
from models import Event, Role


@bp.get("/<int:event_id>/programme")
@only(*OFFICES)
def programme(event_id: int) -> str:
    row = event_of(event_id)
    data = {
        "slot_minutes": str(row.slot_minutes),
        "days": [
            {"day": day.day, "starts": day.starts, "ends": day.ends, "breaks": day.breaks}
            for day in row.days
        ],
    }
    form = ProgrammeForm(data=data)
    form.offer_minutes(row.slot_minutes)
    if not form.days.entries:
        form.days.append_entry()
    return _page(row, form)


@bp.post("/<int:event_id>/programme")
@only(Role.ORGANISER)
def arrange(event_id: int) -> Answer:
    row = event_of(event_id)
    require_running(row)
    form = ProgrammeForm(request.form)
    form.offer_minutes(row.slot_minutes)
    if "rows" in request.form:
        form.change_rows(request.form["rows"])
        return _page(row, form)
    if form.validate():
        try:
            result = _arrange(event_id, form)
        except InvalidError as error:
            form.show(error)
        except NotNowError as error:
            form.form_errors.append(str(error.message))
            stale = isinstance(error, ChangedMeanwhileError)
            return _page(event_of(event_id), form, stale=stale), 409
        else:
            flash(_changes(result))
            return redirect(url_for(".programme", event_id=event_id))
    return _page(event_of(event_id), form), 422


def _arrange(event_id: int, form: ProgrammeForm) -> service.Arranged:
    with db.transaction() as session:
        return service.arrange(
            session, guard.current_user(), event_of(event_id), form.plans(),
            minutes=form.minutes(), version=posted_version(),
        )  # fmt: skip


def _changes(result: service.Arranged) -> str:
    words = [
        counted("保留 %(n)d 个时段", n=result.kept) if result.kept else "",
        counted("新增 %(n)d 个时段", n=result.added) if result.added else "",
        counted("去掉 %(n)d 个时段", n=result.removed) if result.removed else "",
    ]
    return str(
        _("已保存：%(words)s。", words=listed(word for word in words if word) or _("没有时段"))
    )


def _page(row: Event, form: ProgrammeForm, *, stale: bool = False) -> str:
    days = groupby(row.slots, key=lambda slot: slot.starts_at.astimezone(clock.LOCAL_ZONE).date())
    return event_page(
        "events/programme.html", row, form=form,
        version=shown_version(row, stale=stale),
        slots=[(day, list(slots)) for day, slots in days],
        held=service.meetings_by_slot(db.session(), row),
    )  # fmt: skip


@bp.post("/<int:event_id>/slots")
@only(Role.ORGANISER)
def choose_slots(event_id: int) -> Response:
    with db.transaction() as session:
        changed, held = service.choose_slots(
            session, guard.current_user(), event_of(event_id),
            shown=posted_ids("shown"), opened=posted_ids("open"),
        )  # fmt: skip
        n = len(changed)
    flash(counted("改了 %(n)d 个时段。", n=n) if n else _("没有改动。"))
    if held:
        flash(counted("留作备用的时段里还有 %(n)d 场洽谈，请改排或重新排期。", n=held), "warn")
    return redirect(url_for(".programme", event_id=event_id, _anchor="slots"))
