"""Registration: a person's own teams, who comes, and what earlier pages show of it."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Flask, flash, redirect, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker import db, guard
from matchmaker.errors import InvalidError, NotFoundError, NotNowError
from matchmaker.events import policy as events
from matchmaker.events.kinds import kind_of
from matchmaker.events.pages import event_of, event_page
from matchmaker.events.tabs import STEPS, TABS, Step, Tab
from matchmaker.guard import signed_in
from matchmaker.paging import Page
from matchmaker.registration import (
    door,
    invitation_views,
    places,
    policy,
    queries,
    service,
    shown,
    steps,
    talk_views,
    team_views,
)
from matchmaker.registration.blueprint import Answer, bp, posted_version
from matchmaker.registration.forms import TeamForm
from matchmaker.registration.kinds import ACTIVITY
from matchmaker.registration.team_forms import context_of, new_form, rows_changed, team_form
from models import Event, Team, TeamStatus, User

__all__ = ["bp", "invitation_views", "talk_views", "team_views"]
PLACE = 20
PEOPLE_PAGE = 60


def init_app(app: Flask) -> None:
    app.extensions["activity_words"].update(ACTIVITY)
    TABS[PLACE] = _tabs
    STEPS[PLACE] = _steps


def _tabs(session: Session, actor: User, event: Event) -> Iterable[Tab]:
    if events.can_manage(actor, event):
        yield Tab(
            "registration.teams", _("参会团队"), queries.count_pending(session, event),
            ("registration.team", "registration.edit", "registration.refuse",
             "registration.choose_organisation", "registration.register_for",
             "registration.people"),
        )  # fmt: skip
        yield Tab("registration.invitations", _("邀请"))
    elif events.is_office(actor):
        yield Tab("registration.people", _("参会名单"))
    else:
        also = ("registration.team", "registration.edit", "registration.people")
        yield Tab("registration.register", _("报名"), also=also)
    if kind_of(event.kind).talks:
        words = _("路演") if event.kind == "roadshow" else _("成果发布")
        yield Tab(
            "registration.talks", words,
            also=("registration.propose_talk", "registration.edit_talk"),
        )  # fmt: skip


def _steps(session: Session, actor: User, event: Event) -> Iterable[Step]:
    if events.can_manage(actor, event):
        return steps.of_organiser(session, event)
    if events.is_office(actor):
        return []
    return steps.of_participant(session, actor, event)


@bp.route("/register", methods=["GET", "POST"])
@signed_in
def register(event_id: int) -> Answer:
    """One's own teams at the event; while registration is open, the form for another one."""
    event, actor = event_of(event_id), guard.current_user()
    teams = queries.own_teams(db.session(), actor, event)
    obstacle = door.obstacle(actor, event)
    coming = any(team.status in policy.COMING for team in teams)
    asked = request.method == "GET"
    if asked and (obstacle is not None or (coming and "new" not in request.args)):
        return _own_page(event, teams, obstacle)
    if not policy.can_register(actor):
        return _own_page(event, teams, obstacle), 403
    first = None if queries.is_coming(db.session(), actor, event) else actor
    form = new_form(event, actor.organisation, first)
    if asked or rows_changed(form, event):
        return _form_page(form, event)
    team = _registered(form, event_id) if form.validate() else None
    if team is None:
        return _form_page(form, event_of(event_id)), 422
    flash(_told(team))
    return redirect(url_for(".team", event_id=event_id, team_id=team.id))


def _registered(form: TeamForm, event_id: int) -> Team | None:
    try:
        with db.transaction() as session:
            event, actor = event_of(event_id), guard.current_user()
            return service.register(session, actor, event, form.clean())
    except (InvalidError, NotNowError) as error:
        form.show(
            error if isinstance(error, InvalidError) else InvalidError(message=error.message)
        )
    return None


def _told(team: Team) -> str:
    words = {
        TeamStatus.PENDING: _("已报名，等组织方确认。结果会通知您。"),
        TeamStatus.APPROVED: _("已报名，并已确认参会。"),
        TeamStatus.WAITING: _("已报名。名额满了，先列入候补，有空位就通知您。"),
    }
    return str(words[team.status])


def _own_page(event: Event, teams: list[Team], obstacle: door.Obstacle | None) -> str:
    actor = guard.current_user()
    return event_page(
        "registration/own.html", event,
        teams=teams, obstacle=obstacle, can_see_people=policy.can_see_people(actor, teams),
    )  # fmt: skip


def _form_page(form: TeamForm, event: Event) -> str:
    actor = guard.current_user()
    return event_page(
        "registration/form.html", event,
        organisation=actor.organisation, team=None, on_behalf=False,
        invited=steps.was_invited(db.session(), actor, event),
        left=places.free(db.session(), event), **context_of(form, event),
    )  # fmt: skip


@bp.get("/teams/<int:team_id>")
@signed_in
def team(event_id: int, team_id: int) -> str:
    """One team with its people, for these and for organisers."""
    session, actor, event = db.session(), guard.current_user(), event_of(event_id)
    row = queries.one_team(session, actor, event, team_id)
    office = events.can_manage(actor, event)
    over = door.is_over(event)
    busy = queries.busy_slots(session, event)
    return event_page(
        "registration/team.html", event,
        team=row, office=office, meetings=kind_of(event.kind).meetings,
        wishes=queries.count_wishes(session, row), planned=queries.count_meetings(session, row),
        history=queries.history(session, event, row) if office else [],
        can_edit=row.status in policy.COMING and not over,
        can_rejoin=row.status == TeamStatus.WITHDRAWN and not over
        and (office or door.is_open(event)),
        can_admit=policy.can_admit(actor, event), missing=steps.missing(row),
        days=steps.calendar(event), busy=busy,
        away=any(busy.get(person.id) for person in row.members),
    )  # fmt: skip


@bp.route("/teams/<int:team_id>/edit", methods=["GET", "POST"])
@signed_in
def edit(event_id: int, team_id: int) -> Answer:
    event = event_of(event_id)
    row = queries.one_team(db.session(), guard.current_user(), event, team_id)
    form = team_form(row)
    if request.method == "GET" or rows_changed(form, event):
        return _edit_page(form, row)
    if form.validate() and _saved(form, event_id, team_id):
        flash(_("已保存。"))
        return redirect(url_for(".team", event_id=event_id, team_id=team_id))
    row = queries.one_team(db.session(), guard.current_user(), event_of(event_id), team_id)
    return _edit_page(form, row), 422


def _saved(form: TeamForm, event_id: int, team_id: int) -> bool:
    try:
        with db.transaction() as session:
            actor = guard.current_user()
            row = queries.one_team(session, actor, event_of(event_id), team_id)
            service.change(session, actor, row, form.clean(), version=posted_version())
    except (InvalidError, NotNowError) as error:
        form.show(
            error if isinstance(error, InvalidError) else InvalidError(message=error.message)
        )
        return False
    return True


def _edit_page(form: TeamForm, row: Team) -> str:
    event = row.event
    return event_page(
        "registration/form.html", event,
        organisation=row.organisation, team=row, left=places.free(db.session(), event),
        on_behalf=not policy.is_own(guard.current_user(), row), **context_of(form, event),
    )  # fmt: skip


@bp.post("/teams/<int:team_id>/withdraw")
@signed_in
def withdraw(event_id: int, team_id: int) -> Response:
    with db.transaction() as session:
        actor = guard.current_user()
        row = queries.one_team(session, actor, event_of(event_id), team_id)
        service.withdraw(session, actor, row)
    flash(_("已退出。空出的名额给候补的团队；报名截止以前可以重新报名。"))
    return redirect(url_for(".team", event_id=event_id, team_id=team_id))


@bp.post("/teams/<int:team_id>/rejoin")
@signed_in
def rejoin(event_id: int, team_id: int) -> Response:
    with db.transaction() as session:
        actor = guard.current_user()
        row = queries.one_team(session, actor, event_of(event_id), team_id)
        service.rejoin(session, actor, row)
        told = _told(row)
    flash(told)
    return redirect(url_for(".team", event_id=event_id, team_id=team_id))


@bp.get("/people")
@signed_in
def people(event_id: int) -> str:
    """Who comes, for those who come: no telephones, no addresses, and names as far as shown."""
    session, actor, event = db.session(), guard.current_user(), event_of(event_id)
    if not policy.can_see_people(actor, queries.own_teams(session, actor, event)):
        raise NotFoundError
    looked_up = shown.known(session, actor, event)
    rows = [
        (shown.shown_name(session, actor, row, looked_up), row,
         shown.shown_postings(actor, row, looked_up))
        for row in queries.approved(session, event)
    ]  # fmt: skip
    text = request.args.get("q", "").strip()
    side = request.args.get("side", "")
    found = [
        row for row in rows
        if side in {"", row[1].side.value}
        and text.lower() in " ".join([row[0], *(posting.title for posting in row[2])]).lower()
    ]  # fmt: skip
    found.sort(key=lambda row: (row[1].side.value != "need", row[0], row[1].id))
    page = Page.of(request, len(found), PEOPLE_PAGE)
    return event_page(
        "registration/people.html", event,
        rows=found[page.offset : page.offset + page.size], page=page, text=text, side=side,
        total=len(rows),
    )  # fmt: skip
