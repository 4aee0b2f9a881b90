"""Pages of the day: tabs and steps of an event, and the views of each part."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Flask
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from matchmaker.events import policy as events
from matchmaker.events.kinds import kind_of
from matchmaker.events.queries import Phase, phase
from matchmaker.events.tabs import STEPS, TABS, Step, Tab
from matchmaker.floor import agenda_views, arrival_views, floor_views, queries, report_views
from matchmaker.floor.blueprint import bp
from matchmaker.floor.kinds import ACTIVITY, INTEREST
from matchmaker.i18n import counted
from models import Event, EventStatus, User

__all__ = ["agenda_views", "arrival_views", "bp", "floor_views", "init_app", "report_views"]
PLACE, FIRST = 60, 5
"""On the day itself these pages stand before all others."""


def init_app(app: Flask) -> None:
    app.extensions["activity_words"].update(ACTIVITY)
    app.jinja_env.globals["interest_words"] = INTEREST.get
    TABS[FIRST], TABS[PLACE] = _tabs_on_the_day, _tabs
    STEPS[PLACE] = _steps


def _tabs_on_the_day(session: Session, actor: User, event: Event) -> Iterable[Tab]:
    return _all_tabs(session, actor, event) if phase(event) == Phase.DAY else []


def _tabs(session: Session, actor: User, event: Event) -> Iterable[Tab]:
    return [] if phase(event) == Phase.DAY else _all_tabs(session, actor, event)


def _all_tabs(session: Session, actor: User, event: Event) -> Iterable[Tab]:
    if event.status in {EventStatus.DRAFT, EventStatus.CANCELLED}:
        return
    if events.is_office(actor):
        if kind_of(event.kind).meetings:
            yield Tab("floor.floor", _("现场"))
        yield Tab("floor.arrivals", _("签到"), also=("floor.arrive",))
        return
    if queries.own_team_ids(session, actor, event):
        waiting = queries.count_unreported(session, actor, event)
        yield Tab(
            "floor.agenda", _("我的日程"), count=waiting, also=("floor.report", "floor.arrive")
        )


def _steps(session: Session, actor: User, event: Event) -> Iterable[Step]:
    if event.status in {EventStatus.DRAFT, EventStatus.CANCELLED}:
        return
    if events.is_office(actor):
        yield _step_of_office(session, event)
    elif queries.own_team_ids(session, actor, event):
        yield _step_of_participant(session, actor, event)


def _step_of_office(session: Session, event: Event) -> Step:
    now = phase(event)
    counts = queries.count_arrivals(session, event)
    return Step(
        _("签到和现场"),
        _("已到 %(here)d 人，应到 %(expected)d 人。", here=counts.here, expected=counts.expected)
        if now == Phase.DAY
        else _("当天签到，看每张桌开始了没有，有人没来就现场补排。"),
        "floor.floor" if kind_of(event.kind).meetings and now == Phase.DAY else "floor.arrivals",
        done=now == Phase.AFTER,
        waiting=now == Phase.DAY,
        act=_("打开现场页") if now == Phase.DAY else _("看签到名单"),
    )


def _step_of_participant(session: Session, actor: User, event: Event) -> Step:
    now = phase(event)
    waiting = queries.count_unreported(session, actor, event)
    words = (
        counted("有 %(n)d 场洽谈等您填反馈，每场约 20 秒。", n=waiting) if waiting
        else _("当天看下一场在哪张桌，到桌签到，谈完填反馈。")
    )  # fmt: skip
    return Step(
        _("参加洽谈，填反馈"), words, "floor.agenda",
        done=now == Phase.AFTER and not waiting,
        waiting=now == Phase.DAY or bool(waiting),
        act=_("看我的日程"),
    )  # fmt: skip
