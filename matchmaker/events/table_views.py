"""The tables of an event: many at once, or one by one."""

from __future__ import annotations

from collections.abc import Sequence

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from matchmaker import db, guard
from matchmaker.errors import InvalidError, NotFoundError, NotNowError
from matchmaker.events import queries
from matchmaker.events import tables as service
from matchmaker.events.blueprint import OFFICES, Answer, bp, posted_ids
from matchmaker.events.forms import NewTablesForm, TableForm
from matchmaker.events.kinds import kind_of
from matchmaker.events.pages import event_of, event_page
from matchmaker.events.telling import require_running
from matchmaker.guard import only
from matchmaker.i18n import counted, datetime_text
from matchmaker.text import tidy, unusable
from models import Event, EventTable, Role

ROOM_LIMIT = 60


def _event(event_id: int) -> Event:
    """Return an event that has tables."""
    row = event_of(event_id)
    kind = kind_of(row.kind)
    if not (kind.meetings or kind.groups):
        raise NotFoundError
    return row


@bp.get("/<int:event_id>/tables")
@only(*OFFICES)
def tables(event_id: int) -> str:
    return _page(_event(event_id), NewTablesForm())


@bp.post("/<int:event_id>/tables")
@only(Role.ORGANISER)
def add_tables(event_id: int) -> Answer:
    require_running(_event(event_id))
    form = NewTablesForm(request.form)
    if form.validate():
        try:
            n = _add(event_id, form)
        except InvalidError as error:
            form.show(error)
        else:
            flash(counted("添加了 %(n)d 张桌。", n=n))
            return redirect(url_for(".tables", event_id=event_id))
    return _page(_event(event_id), form), 422


def _add(event_id: int, form: NewTablesForm) -> int:
    try:
        names = service.names_of(form.names.data)
    except ValueError:
        sentence = _("没有看懂。请写范围或名称，例如 1–20，或者 主桌、A1–A12。")
        raise InvalidError({"names": sentence}) from None
    with db.transaction() as session:
        made = service.add_tables(
            session, guard.current_user(), _event(event_id), names,
            room=form.room.data, topic=form.topic.data, seats=form.seats.data,
        )  # fmt: skip
        return len(made)


def _page(row: Event, form: NewTablesForm) -> str:
    session = db.session()
    teams = {team.id: team for team in queries.approved_teams(session, row)}
    return event_page(
        "events/tables.html", row, form=form, teams=teams,
        held=service.meetings_by_table(session, row),
        usable=sum(not table.closed for table in row.tables),
        picked=posted_ids("picked"), slots_picked=posted_ids("slot"),
    )  # fmt: skip


@bp.post("/<int:event_id>/tables/change")
@only(Role.ORGANISER)
def change_tables(event_id: int) -> Answer:
    """Do one thing with all tables that are ticked."""
    picked, act = posted_ids("picked"), request.form.get("act", "")
    try:
        with db.transaction() as session:
            row = _event(event_id)
            chosen = [table for table in row.tables if table.id in picked]
            words, held = _act(session, row, chosen, act)
    except (InvalidError, NotNowError) as error:
        flash(str(error.message), "bad")
        status = 409 if isinstance(error, NotNowError) else 422
        return _page(_event(event_id), NewTablesForm()), status
    flash(words)
    if held:
        _warn(held)
    return redirect(url_for(".tables", event_id=event_id))


def _act(session: Session, row: Event, chosen: Sequence[EventTable], act: str) -> tuple[str, int]:
    """Do it; return what to say, and how many meetings stand where it is now closed."""
    actor, held, n = guard.current_user(), 0, len(chosen)
    if not chosen:
        raise InvalidError(message=_("请先勾选桌位。"))
    if act in {"close", "reopen"}:
        held = service.set_closed(session, actor, row, chosen, closed=act == "close")
    elif act in {"close_in", "reopen_in"}:
        slots, closed = posted_ids("slot"), act == "close_in"
        held = service.set_closed_in(session, actor, row, chosen, slots, closed=closed)
    elif act == "room":
        service.set_room(session, actor, row, chosen, _room())
    elif act == "remove":
        service.remove_tables(session, actor, row, chosen)
        return counted("删除了 %(n)d 张桌。", n=n), 0
    else:
        raise InvalidError(message=_("请选择要做什么。"))
    return counted("改了 %(n)d 张桌。", n=n), held


def _room() -> str:
    room = tidy(request.form.get("room", ""))
    if problem := unusable(room, multiline=False):
        raise InvalidError(message=problem)
    if len(room) > ROOM_LIMIT:
        raise InvalidError(message=counted("房间最多 %(n)d 字。", n=ROOM_LIMIT))
    return room


def _warn(held: int) -> None:
    flash(counted("停用的桌位上还有 %(n)d 场洽谈，请改排或重新排期。", n=held), "warn")


@bp.get("/<int:event_id>/tables/<int:table_id>")
@only(*OFFICES)
def table(event_id: int, table_id: int) -> str:
    row = _event(event_id)
    found = _one(row, table_id)
    data = {
        "name": found.name, "room": found.room, "topic": found.topic, "seats": found.seats,
        "closed": found.closed, "fixed_for": found.fixed_for_id and str(found.fixed_for_id),
        "closures": [str(closure.slot_id) for closure in found.closures],
    }  # fmt: skip
    form = TableForm(data=data)
    _offer(row, found, form)
    return _table_page(row, found, form)


@bp.post("/<int:event_id>/tables/<int:table_id>")
@only(Role.ORGANISER)
def change_table(event_id: int, table_id: int) -> Answer:
    row = _event(event_id)
    require_running(row)
    form = TableForm(request.form)
    _offer(row, _one(row, table_id), form)
    if form.validate():
        try:
            held = _change(event_id, table_id, form)
        except InvalidError as error:
            form.show(error)
        else:
            flash(_("已保存。"))
            if held:
                _warn(held)
            return redirect(url_for(".tables", event_id=event_id))
    row = _event(event_id)
    return _table_page(row, _one(row, table_id), form), 422


def _change(event_id: int, table_id: int, form: TableForm) -> int:
    with db.transaction() as session:
        row = _event(event_id)
        found, values = _one(row, table_id), form.values()
        return service.change_table(session, guard.current_user(), row, found, values)


def _one(row: Event, table_id: int) -> EventTable:
    for found in row.tables:
        if found.id == table_id:
            return found
    raise NotFoundError


def _offer(row: Event, found: EventTable, form: TableForm) -> None:
    teams = queries.approved_teams(db.session(), row)
    form.fixed_for.choices = [(str(team.id), team.full_name) for team in teams]
    if found.fixed_for_id and found.fixed_for_id not in {team.id for team in teams}:
        gone = (str(found.fixed_for_id), _("不再参会的团队"))
        form.fixed_for.choices.append(gone)
    form.closures.choices = [(str(slot.id), datetime_text(slot.starts_at)) for slot in row.slots]


def _table_page(row: Event, found: EventTable, form: TableForm) -> str:
    held = service.meetings_at(db.session(), [found])
    return event_page("events/table.html", row, table=found, form=form, held=held)
