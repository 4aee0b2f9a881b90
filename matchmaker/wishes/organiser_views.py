"""Wishes as organisers see them: figures, every wish, on behalf, promises, exclusions."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker import clock, db, guard
from matchmaker.errors import InvalidError, NotFoundError, NotNowError
from matchmaker.events import policy as events
from matchmaker.events.pages import event_page
from matchmaker.guard import only
from matchmaker.i18n import counted
from matchmaker.paging import Page
from matchmaker.registration import queries as registration
from matchmaker.wishes import exclusions as rules
from matchmaker.wishes import overview as seen
from matchmaker.wishes import policy, queries, service
from matchmaker.wishes.blueprint import (
    CHOICES,
    Answer,
    bp,
    event_with_wishes,
    number,
    text_asked,
)
from matchmaker.wishes.forms import AgainForm, ExclusionForm, RemarkForm
from matchmaker.wishes.kinds import answer_of, value_of
from matchmaker.wishes.service import Pick
from models import Event, Role, Side, Team, Wish

IDLE = "idle"
FOUND_PAGE = 50


@bp.get("/wishes/all")
@only(Role.ORGANISER)
def overview(event_id: int) -> str:
    """Figures, and the wishes of one filter page by page; or the teams that chose nobody."""
    event, session = event_with_wishes(event_id), db.session()
    excluded = seen.excluded_wishes(session, event)
    wanted, text = request.args.get("show", ""), text_asked(seen.TEXT_LIMIT)
    shown = wanted if wanted in (*seen.FILTERS, IDLE) else "all"
    statement = (
        seen.idle(event) if shown == IDLE else seen.listed(event, shown, text, list(excluded))
    )
    total = session.scalar(select(func.count()).select_from(statement.subquery())) or 0
    page = Page.of(request, total, seen.PAGE)
    ids = list(session.scalars(statement.limit(seen.PAGE).offset(page.offset)))
    moment = clock.now()
    return event_page(
        "wishes/overview.html", event,
        figures=seen.figures(session, event, list(excluded)), shown=shown, text=text, page=page,
        rows=[] if shown == IDLE else seen.load(session, ids), excluded=excluded,
        idle=seen.load_idle(session, event, ids) if shown == IDLE else [],
        answer_of=answer_of, value_of=value_of, open=policy.is_open(event, moment),
    )  # fmt: skip


@bp.get("/wishes/<int:wish_id>")
@only(Role.ORGANISER)
def wish(event_id: int, wish_id: int) -> str:
    """One wish: what both sides said, and what organisers can do about it."""
    event, session = event_with_wishes(event_id), db.session()
    row = queries.one_wish(session, event, wish_id)
    pair = (row.need_team_id, row.achievement_team_id)
    return event_page(
        "wishes/wish.html", event,
        wish=row, answer=answer_of(row), value=value_of(row), sides=list(Side),
        reason=queries.excluded_pairs(session, event).get(pair),
    )  # fmt: skip


@bp.post("/wishes/<int:wish_id>/answer")
@only(Role.ORGANISER)
def answer(event_id: int, wish_id: int) -> Response:
    """Say for one side what it told the organisers."""
    side, choice = request.form.get("side", ""), request.form.get("choice", "")
    if side not in set(Side) or choice not in CHOICES:
        raise NotFoundError

    def act(session: Session, event: Event, row: Wish) -> str:
        team = row.team_of(Side(side))
        opposite = next(row.team_of(other) for other in Side if other != side)
        picks = [Pick(opposite, CHOICES[choice])]
        service.choose_many(session, guard.current_user(), event, team, picks)
        return str(_("已替%(team)s保存选择。", team=team.full_name))

    return _on_wish(event_id, wish_id, act)


@bp.post("/wishes/<int:wish_id>/promise")
@only(Role.ORGANISER)
def promise(event_id: int, wish_id: int) -> Response:
    def act(session: Session, _event: Event, row: Wish) -> str:
        service.promise(session, guard.current_user(), row)
        return str(_("已承诺，排期时最先安排。"))

    return _on_wish(event_id, wish_id, act)


@bp.post("/wishes/<int:wish_id>/release")
@only(Role.ORGANISER)
def release(event_id: int, wish_id: int) -> Response:
    def act(session: Session, _event: Event, row: Wish) -> str:
        service.release(session, guard.current_user(), row)
        return str(_("已收回承诺。"))

    return _on_wish(event_id, wish_id, act)


def _on_wish(event_id: int, wish_id: int, act: Any) -> Response:
    try:
        with db.transaction() as session:
            event = event_with_wishes(event_id)
            words = act(session, event, queries.one_wish(session, event, wish_id))
        flash(words)
    except NotNowError as error:
        flash(str(error.message), "warn")
    return redirect(url_for(".wish", event_id=event_id, wish_id=wish_id))


@bp.post("/wishes/suggest")
@only(Role.ORGANISER)
def suggest(event_id: int) -> Response:
    with db.transaction() as session:
        service.suggest_again(session, guard.current_user(), event_with_wishes(event_id))
    flash(_("正在重新推荐，一两分钟后刷新本页就能看到。各方的选择不受影响。"))
    return redirect(url_for(".overview", event_id=event_id))


@bp.post("/wishes/remind")
@only(Role.ORGANISER)
def remind(event_id: int) -> Response:
    try:
        with db.transaction() as session:
            event = event_with_wishes(event_id)
            n = service.remind_all(session, guard.current_user(), event)
        flash(_reminded(n), "ok" if n else "info")
    except NotNowError as error:
        flash(str(error.message), "warn")
    return redirect(url_for(".overview", event_id=event_id))


def _reminded(n: int) -> str:
    if n:
        return counted("已提醒 %(n)d 个团队。", n=n)
    return str(_("没有需要提醒的团队：都已答复，或者一小时内刚提醒过。"))


# ---- exclusions


@bp.route("/exclusions", methods=["GET", "POST"])
@only(Role.ORGANISER)
def exclusions(event_id: int) -> Answer:
    """Pairs that do not meet: what was declared, what was found; and the form for another one."""
    event, session = event_with_wishes(event_id), db.session()
    teams = registration.approved(session, event)
    form = _exclusion_form(teams)
    if request.method == "GET":
        return _exclusions_page(event, teams, form)
    if form.validate() and _excluded(event_id, form):
        flash(_("已排除，不会为这两个团队安排洽谈。"))
        return redirect(url_for(".exclusions", event_id=event_id))
    event = event_with_wishes(event_id)
    return _exclusions_page(event, registration.approved(db.session(), event), form), 422


def _exclusion_form(teams: list[Team]) -> ExclusionForm:
    form = ExclusionForm(request.form or request.args)
    for side in Side:
        form[f"{side.value}_team"].choices = [
            (team.id, team.full_name) for team in teams if team.side == side
        ]
    return form


def _excluded(event_id: int, form: ExclusionForm) -> bool:
    try:
        with db.transaction() as session:
            event = event_with_wishes(event_id)
            need, achievement = _pair(
                session, event, *(number(form[f"{side.value}_team"].data) for side in Side)
            )
            rules.exclude(
                session, guard.current_user(), event, need, achievement,
                remark=form.remark.data or "",
            )  # fmt: skip
    except (InvalidError, NotNowError) as error:
        form.show(
            error if isinstance(error, InvalidError) else InvalidError(message=error.message)
        )
        return False
    return True


def _exclusions_page(event: Event, teams: list[Team], form: ExclusionForm) -> str:
    session = db.session()
    by_id = {team.id: team for team in teams}
    declared = queries.exclusions(session, event)
    stored = {(row.need_team_id, row.achievement_team_id) for row in declared}
    found = [
        (by_id[a], by_id[b], reason)
        for (a, b), reason in sorted(queries.excluded_pairs(session, event).items())
        if (a, b) not in stored and a in by_id and b in by_id
    ]
    page = Page.of(request, len(found), FOUND_PAGE)
    return event_page(
        "wishes/exclusions.html", event,
        declared=declared, found=found[page.offset : page.offset + FOUND_PAGE], page=page,
        form=form, reunions=queries.reunions(session, event),
        can_exclude=events.can_change(guard.current_user(), event),
    )  # fmt: skip


@bp.route("/exclusions/<int:exclusion_id>/lift", methods=["GET", "POST"])
@only(Role.ORGANISER)
def lift(event_id: int, exclusion_id: int) -> Answer:
    """Let two teams meet again; asks why."""
    event, form = event_with_wishes(event_id), RemarkForm(request.form)
    if request.method == "POST" and form.validate():
        try:
            with db.transaction() as session:
                event = event_with_wishes(event_id)
                row = queries.one_exclusion(session, event, exclusion_id)
                rules.lift(session, guard.current_user(), event, row, form.remark.data)
            flash(_("已解除，这两个团队可以洽谈了。"))
            return redirect(url_for(".exclusions", event_id=event_id))
        except InvalidError as error:
            form.show(error)
    row = queries.one_exclusion(db.session(), event, exclusion_id)
    page = event_page("wishes/lift.html", event, row=row, form=form)
    return page if request.method == "GET" else (page, 422)


@bp.route("/exclusions/again/<int:need_id>-<int:achievement_id>", methods=["GET", "POST"])
@only(Role.ORGANISER)
def allow_again(event_id: int, need_id: int, achievement_id: int) -> Answer:
    """Let two teams that met before meet once more; asks why."""
    form = AgainForm(request.form)
    if request.method == "POST" and form.validate():
        try:
            with db.transaction() as session:
                event = event_with_wishes(event_id)
                need, achievement = _pair(session, event, need_id, achievement_id)
                rules.allow_again(
                    session, guard.current_user(), event, need, achievement, form.remark.data
                )
            flash(_("这两个团队可以再见，现在能互相选择。"))
            return redirect(url_for(".exclusions", event_id=event_id))
        except NotNowError as error:
            flash(str(error.message), "warn")
            return redirect(url_for(".exclusions", event_id=event_id))
        except InvalidError as error:
            form.show(error)
    event = event_with_wishes(event_id)
    pair = _pair(db.session(), event, need_id, achievement_id)
    page = event_page("wishes/again.html", event, pair=pair, form=form)
    return page if request.method == "GET" else (page, 422)


def _pair(session: Session, event: Event, *ids: int) -> list[Team]:
    actor = guard.current_user()
    return [registration.one_team(session, actor, event, team_id) for team_id in ids]


@bp.post("/exclusions/again/<int:reunion_id>/forbid")
@only(Role.ORGANISER)
def forbid_again(event_id: int, reunion_id: int) -> Response:
    with db.transaction() as session:
        event = event_with_wishes(event_id)
        row = queries.one_reunion(session, event, reunion_id)
        rules.forbid_again(session, guard.current_user(), event, row)
    flash(_("已收回，不会再为这两个团队安排洽谈。"))
    return redirect(url_for(".exclusions", event_id=event_id))
