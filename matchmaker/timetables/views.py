"""The organiser's board, its versions and changes, and how far the planner is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import Flask, jsonify, render_template, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker import db, guard
from matchmaker.events.kinds import kind_of
from matchmaker.events.pages import event_page
from matchmaker.events.queries import Phase, phase
from matchmaker.events.tabs import STEPS, TABS, Step, Tab
from matchmaker.guard import only
from matchmaker.i18n import counted
from matchmaker.paging import Page
from matchmaker.timetables import (
    board_views,
    changes,
    conflicts,
    diff,
    left_out,
    policy,
    queries,
)
from matchmaker.timetables.blueprint import (
    OFFICES,
    Answer,
    Asked,
    asked,
    bp,
    event_with_meetings,
    one,
)
from matchmaker.timetables.kinds import ACTIVITY, TIME_LIMITS, gap_words, stage_words
from matchmaker.timetables.scene import Scene
from models import Event, Timetable, TimetableStatus, User

__all__ = ["board_views", "bp"]
CHANGES_PAGE = 300
WORKING = {TimetableStatus.PLANNING, TimetableStatus.DRAFT}


def init_app(app: Flask) -> None:
    app.extensions["activity_words"].update(ACTIVITY)
    app.jinja_env.globals.update(
        stage_words=stage_words, gap_words=gap_words, failure_words=queries.failure
    )
    TABS[40] = _tabs
    STEPS[40] = _steps


def _tabs(_session: Session, actor: User, event: Event) -> Iterable[Tab]:
    if kind_of(event.kind).meetings and policy.can_see(actor, event):
        also = ("timetables.versions", "timetables.changed")
        yield Tab("timetables.board", _("日程"), also=also)


def _steps(session: Session, actor: User, event: Event) -> Iterable[Step]:
    if not (kind_of(event.kind).meetings and policy.can_see(actor, event)):
        return
    working, holds = queries.draft(session, event), queries.current(session, event)
    is_draft = working is not None and working.status == TimetableStatus.DRAFT
    can_act, values = policy.can_plan(actor, event), {"event_id": event.id}
    yield Step(
        _("排日程"), _planned_words(working, holds), "timetables.board", values,
        done=is_draft or holds is not None,
        waiting=can_act and working is None and holds is None and phase(event) == Phase.PLANNING,
        act=_("看日程") if working or holds or not can_act else _("排日程"),
    )  # fmt: skip
    yield Step(
        _("发布日程"),
        _("已发布 v%(n)d", n=holds.number) if holds else _("发布后，参会人看到各自的日程"),
        "timetables.board", values, done=holds is not None and not is_draft,
        waiting=can_act and is_draft, act=_("看草案") if is_draft else "",
    )  # fmt: skip


def _planned_words(working: Timetable | None, holds: Timetable | None) -> str:
    if working is not None and working.status == TimetableStatus.PLANNING:
        return str(_("正在排 v%(n)d", n=working.number))
    found = working or holds
    if found is None:
        return str(_("根据意愿、空闲时间和桌位排出洽谈"))
    n = int(found.figures.get("meetings", 0))
    if working is None:
        return counted("v%(version)d 排了 %(n)d 场", n=n, version=found.number)
    return counted("草案 v%(version)d 排了 %(n)d 场", n=n, version=found.number)


@bp.get("/timetable")
@only(*OFFICES)
def board(event_id: int) -> Answer:
    """The board of one version: the one asked for, else the draft, else what is published."""
    session, actor, event = db.session(), guard.current_user(), event_with_meetings(event_id)
    wanted, versions = asked(), queries.versions(session, event)
    draft = _first(versions, *WORKING)
    holds = _first(versions, TimetableStatus.PUBLISHED)
    shown = draft or holds
    if wanted.version:
        shown = queries.one(session, actor, event, wanted.version)
    failed = versions[0] if versions and versions[0].status == TimetableStatus.FAILED else None
    common = {
        "draft": draft, "holds": holds, "failed": failed, "versions": versions,
        "can_plan": policy.can_plan(actor, event), "time_limits": TIME_LIMITS, "asked": wanted,
        "address": lambda **changed: wanted.url(event.id, **changed),
    }  # fmt: skip
    if shown is None or shown.status == TimetableStatus.FAILED:
        ready = left_out.ready(session, event)
        return event_page("timetables/nothing.html", event, ready=ready, **common)
    if shown.status == TimetableStatus.PLANNING:
        return event_page("timetables/planning.html", event, timetable=shown, **common)
    return _board(session, event, shown, wanted, common)


def _board(
    session: Session, event: Event, shown: Timetable, wanted: Asked, common: dict[str, Any]
) -> str:
    workable = common["can_plan"] and policy.is_workable(shown)
    scene = Scene(session, event, shown, wanted, workable)
    return event_page("timetables/board.html", event, **(common | scene.context()))


def _first(versions: list[Timetable], *statuses: TimetableStatus) -> Timetable | None:
    return next((row for row in versions if row.status in statuses), None)


@bp.get("/timetable/versions")
@only(*OFFICES)
def versions(event_id: int) -> str:
    """Every version: who made it, what the planner says, what it changed."""
    event = event_with_meetings(event_id)
    rows = queries.versions(db.session(), event)
    return event_page(
        "timetables/versions.html", event,
        rows=[(row, diff.totals_of(None, row.changes)) for row in rows],
    )  # fmt: skip


@bp.get("/timetable/<int:version>/changes")
@only(*OFFICES)
def changed(event_id: int, version: int) -> str:
    """All that a version changes, to be read or printed."""
    session, _actor, event, timetable = one(event_id, version)
    if timetable.status == TimetableStatus.DRAFT:
        found = changes.of(session, timetable)
        rows, totals = diff.rows_of(event, found), diff.totals_of(found, {})
    else:
        rows = diff.stored_rows(session, event, timetable.changes)
        totals = diff.totals_of(None, timetable.changes)
    page = Page.of(request, len(rows), CHANGES_PAGE)
    shown = rows[page.offset : page.offset + CHANGES_PAGE]
    return event_page(
        "timetables/changes.html", event, timetable=timetable, rows=shown, totals=totals, page=page
    )


@bp.get("/timetable/<int:version>/progress")
@only(*OFFICES)
def progress(event_id: int, version: int) -> Answer:
    """Say how far the planner is; nothing any more when it has ended."""
    _session, _actor, event, timetable = one(event_id, version)
    if timetable.status != TimetableStatus.PLANNING:
        return Response(status=204)
    return render_template("timetables/_progress.html", event=event, timetable=timetable)


@bp.get("/timetable/<int:version>/places/<int:wish_id>")
@only(*OFFICES)
def places(event_id: int, version: int, wish_id: int) -> Response:
    """Say where a meeting may go: for each place the sentence that forbids it, or nothing."""
    session, _actor, _event, timetable = one(event_id, version)
    found = conflicts.places(session, timetable, wish_id)
    return jsonify(
        {f"{slot}:{table}": " ".join(map(str, why)) for (slot, table), why in found.items()}
    )
