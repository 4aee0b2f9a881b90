"""Setting up an event: a new one, its settings, a copy of an earlier one."""

from __future__ import annotations

from datetime import time
from typing import Any

from flask import Response as JsonResponse
from flask import flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _

from matchmaker import clock, db, guard, i18n
from matchmaker.errors import InvalidError
from matchmaker.events import copying, service
from matchmaker.events.blueprint import Answer, bp, posted_version, shown_version
from matchmaker.events.forms import CopyForm, DateTime, EventForm, NewEventForm
from matchmaker.events.kinds import KINDS
from matchmaker.events.pages import event_of, event_page
from matchmaker.events.slots import DayPlan, with_lunch
from matchmaker.events.tables import names_of
from matchmaker.events.telling import ChangedMeanwhileError, require_running
from matchmaker.events.windows import propose
from matchmaker.guard import only
from matchmaker.vocabulary import queries as vocabulary
from models import Event, EventStatus, Role

FIRST = {"admission": "approval", "team_least": 1, "must_tokens": 3, "met_before_months": 24}
"""What a new form has filled in already."""


@bp.route("/new", methods=["GET", "POST"])
@only(Role.ORGANISER)
def new() -> Answer:
    kind = request.args.get("kind", "")
    first = {
        **FIRST, "kind": kind if kind in KINDS else "docking", "starts": time(9), "ends": time(17),
        "region_code": guard.current_user().organisation.region_code,
    }  # fmt: skip
    form = NewEventForm(request.form, data=first)
    _offer(form, None)
    if request.method == "POST" and form.validate():
        try:
            event_id = _draft(form)
        except InvalidError as error:
            form.show(error)
        else:
            flash(_("活动已建好，还没有公布。请照核对单补齐。"))
            return redirect(url_for(".event", event_id=event_id))
    page = render_template("events/new.html", form=form, kinds=KINDS)
    return page if request.method == "GET" else (page, 422)


def _draft(form: NewEventForm) -> int:
    number = form.tables.data
    with db.transaction() as session:
        row = service.draft(
            session, guard.current_user(), form.values(),
            first=_first_day(form), tables=names_of(f"1-{number}") if number else (),
        )  # fmt: skip
        return row.id


def _first_day(form: NewEventForm) -> DayPlan | None:
    given = form.first_day()
    return with_lunch(*given, _("午休")) if given else None


@bp.get("/proposals")
@only(Role.ORGANISER)
def proposals() -> JsonResponse:
    """Propose the windows for a first day, as they are typed; nothing for what is no day."""
    form = NewEventForm(data={})
    form.day.process_formdata([request.args.get("day", "")])
    if not form.day.validate(form) or form.day.data is None:
        return jsonify({})
    kind = KINDS.get(request.args.get("kind", ""), KINDS["docking"])
    windows = propose(form.day.data, clock.now(), meetings=kind.meetings)
    fields: list[DateTime] = [form.registration_from, form.registration_until, form.wishes_until]
    found = {}
    for field in fields:
        field.data = getattr(windows, field.name)
        found[field.name] = field.written() if field.data else ""
    return jsonify(found)


@bp.route("/<int:event_id>/edit", methods=["GET", "POST"])
@only(Role.ORGANISER)
def edit(event_id: int) -> Answer:
    row = event_of(event_id)
    require_running(row)
    form = EventForm(request.form, data=_settings(row))
    _offer(form, row)
    if request.method == "GET":
        return _edit_page(row, form)
    if form.validate():
        try:
            _save(event_id, form)
        except InvalidError as error:
            form.show(error)
        except ChangedMeanwhileError as error:
            form.form_errors.append(str(error.message))
            return _edit_page(event_of(event_id), form, stale=True), 409
        else:
            flash(_("已保存。"))
            return redirect(url_for(".event", event_id=event_id))
    return _edit_page(event_of(event_id), form), 422


def _save(event_id: int, form: EventForm) -> None:
    with db.transaction() as session:
        row = event_of(event_id)
        version = posted_version()
        service.edit(session, guard.current_user(), row, form.values(), version=version)


def _edit_page(row: Event, form: EventForm, *, stale: bool = False) -> str:
    return event_page(
        "events/edit.html", row, form=form, kinds=KINDS, stale=stale,
        version=shown_version(row, stale=stale),
    )  # fmt: skip


def _settings(row: Event) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in ("kind", *service.SETTINGS)}
    values["admission"] = "approval" if row.approval else "room"
    values["chains"] = [str(node.node_id) for node in row.nodes]
    return values


def _offer(form: EventForm, row: Event | None) -> None:
    """Fill in the regions and chains of today; what has ended stays for who has it."""
    session = db.session()
    chains = vocabulary.chains(session)
    places = {
        region.code: vocabulary.region_path(region)
        for region in vocabulary.regions(session, clock.today())
    }
    if row is not None:
        places.setdefault(row.region_code, vocabulary.region_path(row.region))
        chains += [node for node in row.chains if node not in chains]
        if row.status != EventStatus.DRAFT:
            form.kind.choices = [(row.kind, KINDS[row.kind].label)]
    form.region_code.choices = list(places.items())
    form.chains.choices = [(str(node.id), i18n.named(node)) for node in chains]


@bp.route("/<int:event_id>/copy", methods=["GET", "POST"])
@only(Role.ORGANISER)
def copy_event(event_id: int) -> Answer:
    row = event_of(event_id)
    form = CopyForm(request.form, data={"title": row.title})
    if request.method == "POST" and form.validate():
        with db.transaction() as session:
            made = copying.copy(
                session, guard.current_user(), event_of(event_id),
                title=form.title.data, day=form.day.data,
            )  # fmt: skip
            new_id = made.id
        flash(_("已复制，还没有公布。请照核对单补齐。"))
        return redirect(url_for(".event", event_id=new_id))
    page = event_page("events/copy.html", row, form=form)
    return page if request.method == "GET" else (page, 422)
