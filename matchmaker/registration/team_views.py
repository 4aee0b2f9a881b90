"""Teams, for organisers: who asks to come, who does, whom to register on behalf."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker import db, guard
from matchmaker.accounts import queries as accounts
from matchmaker.errors import InvalidError, NotFoundError, NotNowError
from matchmaker.events.pages import event_of, event_page
from matchmaker.guard import only
from matchmaker.i18n import counted
from matchmaker.paging import Page
from matchmaker.registration import places, policy, queries, service
from matchmaker.registration.blueprint import Answer, bp, number_of, posted_ids
from matchmaker.registration.forms import RefuseForm, TeamForm
from matchmaker.registration.team_forms import context_of, new_form, rows_changed
from models import Membership, Organisation, Role, Team, TeamStatus, User, Verification

FOUND = 20
"""So many organisations a search for one shows."""


@bp.get("/teams")
@only(Role.ORGANISER)
def teams(event_id: int) -> str:
    """The teams by state, with the people that fit in."""
    session, actor, event = db.session(), guard.current_user(), event_of(event_id)
    counts = queries.counts(session, event)
    tab = request.args.get("tab", "")
    if tab not in queries.TABS:
        tab = "pending" if counts["pending"] else "approved"
    text = request.args.get("q", "")
    statement = queries.listed(event, tab, text)
    page = Page.of(request, accounts.count_rows(session, statement), queries.PAGE)
    shown = statement.options(*queries.loaded()).limit(page.size).offset(page.offset)
    rows = list(session.scalars(shown).unique())
    return event_page(
        "registration/teams.html", event,
        rows=rows, page=page, tab=tab, tabs_of_teams=list(queries.TABS), counts=counts, text=text,
        people=places.people(session, event), left=places.free(session, event),
        can_admit=policy.can_admit(actor, event),
    )  # fmt: skip


@bp.post("/teams/admit")
@only(Role.ORGANISER)
def admit_many(event_id: int) -> Response:
    with db.transaction() as session:
        event, actor = event_of(event_id), guard.current_user()
        chosen = queries.some_teams(session, event, posted_ids("team"))
        result = service.admit_many(session, actor, event, chosen)
        done, no_room, decided = len(result.done), len(result.no_room), len(result.decided)
    if done:
        flash(counted("已确认 %(n)d 个团队，并通知了对方。", n=done))
    if no_room:
        flash(counted("%(n)d 个团队的人数超出剩余名额，没有确认。", n=no_room))
    if decided:
        flash(counted("%(n)d 个团队已由别人处理或自己退出。", n=decided))
    if not (done or no_room or decided):
        flash(_("请先勾选团队。"))
    return _back(event_id)


@bp.post("/teams/<int:team_id>/admit")
@only(Role.ORGANISER)
def admit(event_id: int, team_id: int) -> Response:
    _decide(event_id, team_id, service.admit)
    flash(_("已确认，并通知了对方。"))
    return _back(event_id)


@bp.post("/teams/<int:team_id>/wait")
@only(Role.ORGANISER)
def put_on_waiting_list(event_id: int, team_id: int) -> Response:
    _decide(event_id, team_id, service.put_on_waiting_list)
    flash(_("已放入候补，并通知了对方。"))
    return _back(event_id)


@bp.post("/teams/promote")
@only(Role.ORGANISER)
def promote(event_id: int) -> Response:
    """Give free places to those who wait, after places were added."""
    with db.transaction() as session:
        moved = service.promote_now(session, guard.current_user(), event_of(event_id))
        n = len(moved)
    flash(counted("%(n)d 个团队从候补转为参会，并通知了对方。", n=n) if n else
          _("没有候补的团队放得进剩余名额。"))  # fmt: skip
    return _back(event_id)


@bp.route("/teams/<int:team_id>/refuse", methods=["GET", "POST"])
@only(Role.ORGANISER)
def refuse(event_id: int, team_id: int) -> Answer:
    event = event_of(event_id)
    row = queries.one_team(db.session(), guard.current_user(), event, team_id)
    form = RefuseForm(request.form)
    if request.method == "POST" and form.validate():
        reason = form.reason.data
        _decide(
            event_id, team_id,
            lambda session, actor, team: service.refuse(session, actor, team, reason=reason),
        )  # fmt: skip
        flash(_("已谢绝，并把原因告诉了对方。"))
        return _back(event_id)
    page = event_page("registration/refuse.html", event, form=form, team=row)
    return page if request.method == "GET" else (page, 422)


def _decide(event_id: int, team_id: int, verb: Callable[[Session, User, Team], None]) -> None:
    with db.transaction() as session:
        actor = guard.current_user()
        verb(session, actor, queries.one_team(session, actor, event_of(event_id), team_id))


def _back(event_id: int) -> Response:
    """Return to the list, in the tab and on the page from which the act came."""
    kept = {name: request.form[name] for name in ("tab", "q", "page") if request.form.get(name)}
    return redirect(url_for(".teams", event_id=event_id, **kept))  # type: ignore[arg-type]


@bp.get("/teams/choose")
@only(Role.ORGANISER)
def choose_organisation(event_id: int) -> str:
    """Find the organisation that is to be registered, and whom to call there."""
    session, event = db.session(), event_of(event_id)
    text = request.args.get("q", "")
    statement = accounts.organisations(status=Verification.VERIFIED, text=text)
    rows = list(session.scalars(statement.limit(FOUND))) if text.strip() else []
    people = accounts.people_by_organisation(session, [row.id for row in rows])
    total = accounts.count_rows(session, statement) if text.strip() else 0
    return event_page(
        "registration/choose.html", event,
        text=text, total=total,
        rows=[(row, [p for p in people.get(row.id, []) if _may_be_contact(p)]) for row in rows],
    )  # fmt: skip


def _may_be_contact(person: User) -> bool:
    return person.active and person.membership == Membership.CONFIRMED


@bp.route("/teams/new/<int:organisation_id>", methods=["GET", "POST"])
@only(Role.ORGANISER)
def register_for(event_id: int, organisation_id: int) -> Answer:
    """Register a team of another organisation, on its behalf."""
    event, organisation = event_of(event_id), _verified(organisation_id)
    form = new_form(event, organisation, _contact(organisation))
    if request.method == "GET" or rows_changed(form, event):
        return _page_for(form, event_id, organisation_id)
    team = _registered(form, event_id, organisation_id) if form.validate() else None
    if team is None:
        return _page_for(form, event_id, organisation_id), 422
    waits = team.status == TeamStatus.WAITING
    flash(_("已代报名；名额不够，先列入候补。") if waits else _("已代报名并确认参会。"))
    return redirect(url_for(".team", event_id=event_id, team_id=team.id))


def _verified(organisation_id: int) -> Organisation:
    row = db.session().get(Organisation, organisation_id)
    if row is None or row.status != Verification.VERIFIED:
        raise NotFoundError
    return row


def _contact(organisation: Organisation) -> User | None:
    person = db.session().get(User, number_of(request.args.get("person", "")))
    inside = person is not None and person.organisation_id == organisation.id
    return person if inside and person is not None and _may_be_contact(person) else None


def _registered(form: TeamForm, event_id: int, organisation_id: int) -> Team | None:
    try:
        with db.transaction() as session:
            return service.register(
                session, guard.current_user(), event_of(event_id), form.clean(),
                on_behalf=True, organisation=_verified(organisation_id),
            )  # fmt: skip
    except (InvalidError, NotNowError) as error:
        form.show(
            error if isinstance(error, InvalidError) else InvalidError(message=error.message)
        )
    return None


def _page_for(form: TeamForm, event_id: int, organisation_id: int) -> str:
    event = event_of(event_id)
    values: dict[str, Any] = context_of(form, event)
    return event_page(
        "registration/form.html", event,
        organisation=_verified(organisation_id), team=None, on_behalf=True,
        left=places.free(db.session(), event), **values,
    )  # fmt: skip
