"""Contests and salons: what they add to every page of an event; their pages stand beside."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Flask
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from matchmaker.contests import (
    entry_views,
    group_views,
    jury_views,
    policy,
    queries,
    result_views,
    steps,
)
from matchmaker.contests.blueprint import bp
from matchmaker.contests.kinds import ACTIVITY
from matchmaker.events import policy as events
from matchmaker.events.kinds import kind_of
from matchmaker.events.tabs import STEPS, TABS, Tab
from models import Event, User

__all__ = ["bp", "entry_views", "group_views", "jury_views", "result_views"]
PLACE = 70


def init_app(app: Flask) -> None:
    app.extensions["activity_words"].update(ACTIVITY)
    app.add_template_filter(result_views.hundredths)
    TABS[PLACE] = tabs
    STEPS[PLACE] = steps.of


def tabs(session: Session, actor: User, event: Event) -> Iterable[Tab]:
    kind = kind_of(event.kind)
    if kind.contest:
        yield from _contest_tabs(session, actor, event)
    if kind.groups:
        yield Tab("contests.groups", _("主题桌"))
        if policy.shows_salon_figures(actor, event):
            yield Tab("contests.results", _("结果"))


def _contest_tabs(session: Session, actor: User, event: Event) -> Iterable[Tab]:
    office = events.is_office(actor)
    if office or queries.has_own_team(session, actor, event):
        yield Tab("contests.entries", _("参赛"), also=("contests.enter", "contests.edit"))
    if office:
        yield Tab("contests.jurors", _("评审"), also=("contests.criteria", "contests.juror"))
        yield Tab("contests.all_results", _("结果"), also=("contests.results", "contests.publish"))
        return
    juror = queries.find_juror(session, actor, event)
    if juror is not None:
        left = queries.count_left(session, event, juror) if policy.is_judging(event) else 0
        yield Tab("contests.jury", _("评审"), left, also=("contests.ballot",))
    if event.results_published_at is not None:
        yield Tab("contests.results", _("结果"))
