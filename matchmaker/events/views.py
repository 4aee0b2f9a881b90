"""Events: the list, and the front page of one."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Flask, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from matchmaker import db, guard
from matchmaker.events import (
    life_views,
    listing,
    policy,
    programme_views,
    queries,
    setup_views,
    table_views,
)
from matchmaker.events.blueprint import bp
from matchmaker.events.checklist import checklist, missing
from matchmaker.events.kinds import ACTIVITY, KINDS, kind_of
from matchmaker.events.overview import dates_words, now_words, phase_words, windows_of
from matchmaker.events.pages import event_of, event_page
from matchmaker.events.tabs import STEPS, TABS, Step, Tab, steps_of
from matchmaker.guard import signed_in
from matchmaker.i18n import counted, listed
from matchmaker.paging import Page
from matchmaker.vocabulary import queries as vocabulary
from models import Event, EventStatus, User

__all__ = ["bp", "life_views", "programme_views", "setup_views", "table_views"]


def init_app(app: Flask) -> None:
    """Register the words, tabs and steps of setting up; templates get the words of an event."""
    app.extensions["activity_words"].update(ACTIVITY)
    TABS[10] = _tabs
    STEPS[10] = _steps
    app.jinja_env.globals.update(
        event_kind=kind_of, event_dates=dates_words, event_phase=queries.phase,
        event_phase_words=phase_words,
    )  # fmt: skip


def _tabs(session: Session, actor: User, event: Event) -> Iterable[Tab]:
    del session
    yield Tab(
        "events.event", _("概况"), also=("events.edit", "events.cancel", "events.copy_event")
    )
    if policy.is_office(actor):
        kind = kind_of(event.kind)
        yield Tab("events.programme", _("时间安排"), also=("events.arrange",))
        if kind.meetings or kind.groups:
            also = ("events.add_tables", "events.table", "events.change_table")
            yield Tab("events.tables", _("桌位安排"), also=also)


def _steps(session: Session, actor: User, event: Event) -> Iterable[Step]:
    """Setting up, then announcing; both are done once the event is announced."""
    del session
    if not policy.can_change(actor, event):
        return
    draft, lacks = event.status == EventStatus.DRAFT, missing(event)
    values = {"event_id": event.id}
    words = "".join(str(sentence) for sentence in lacks)
    yield Step(
        _("设定活动"), words if draft and lacks else _set_up(event), "events.edit", values,
        done=not (draft and lacks), waiting=draft and bool(lacks), act=_("修改设置"),
    )  # fmt: skip
    yield Step(
        _("公布活动"), _("公布以后所有登录的人都能看到，并按报名时间报名。"), "events.event",
        {**values, "_anchor": "announce"}, done=not draft, waiting=draft and not lacks,
        act=_("看核对单") if draft else "",
    )  # fmt: skip


def _set_up(event: Event) -> str:
    facts = [
        counted("%(n)d 天", n=len(event.days)),
        counted("%(n)d 个时段", n=len(event.slots)),
    ]
    kind = kind_of(event.kind)
    if kind.meetings or kind.groups:
        facts.append(counted("%(n)d 张桌", n=len(event.tables)))
    return listed(facts)


@bp.get("/")
@signed_in
def index() -> str:
    session, actor = db.session(), guard.current_user()
    filters = listing.Filters.of(actor, request.args)
    statement = listing.found(actor, filters)
    page = Page.of(request, listing.count(session, statement), listing.PAGE)
    counts = listing.counts(session, actor)
    return render_template(
        "events/index.html",
        rows=listing.page_of(session, actor, statement, page.offset), page=page,
        filters=filters, narrowed=bool(filters.kind or filters.text),
        tabs=[
            (name, listing.TABS[name], counts[name], url_for(".index", tab=name))
            for name in counts
        ],
        kinds=KINDS, region_path=vocabulary.region_path,
        office=policy.is_office(actor), can_create=policy.can_create(actor),
    )  # fmt: skip


@bp.get("/<int:event_id>")
@signed_in
def event(event_id: int) -> str:
    session, actor = db.session(), guard.current_user()
    row = event_of(event_id)
    office = policy.is_office(actor)
    draft = row.status == EventStatus.DRAFT
    steps = steps_of(session, actor, row)
    return event_page(
        "events/event.html", row,
        step_url=lambda step: url_for(step.endpoint, **{"event_id": row.id, **step.values}),
        now_text=now_words(row),
        steps=steps, next_step=next((step for step in steps if step.waiting), None),
        office=office, windows=windows_of(row), region=vocabulary.region_path(row.region),
        admitted=queries.admitted(session, [row.id])[row.id],
        checklist=checklist(row) if office and draft else [],
        ready=policy.can_change(actor, row) and draft and not missing(row),
        can_close=_can_close(actor, row), can_copy=policy.can_create(actor),
        history=queries.activity_of(session, row) if office else [],
    )  # fmt: skip


def _can_close(actor: User, row: Event) -> bool:
    over = queries.phase(row) == queries.Phase.AFTER
    return policy.can_change(actor, row) and row.status == EventStatus.OPEN and over
