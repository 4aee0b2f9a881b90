"""Results: everything for organisers, publishing, and the page for all."""

from __future__ import annotations

from fractions import Fraction

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from matchmaker import db, guard
from matchmaker.contests import policy, queries, seats, service, tally
from matchmaker.contests.blueprint import OFFICES, Answer, bp, contest_of
from matchmaker.errors import InvalidError, NotFoundError
from matchmaker.events import policy as events
from matchmaker.events.kinds import kind_of
from matchmaker.events.pages import event_of, event_page
from matchmaker.guard import only, signed_in
from matchmaker.i18n import counted
from models import Event, Role


def hundredths(value: Fraction | None, places: int = 2) -> str:
    """86.67: an exact number as people read it, rounded half up; a dash where there is none."""
    if value is None:
        return "—"
    scaled = int(value * 10**places + Fraction(1, 2))
    whole, rest = divmod(scaled, 10**places)
    return f"{whole}.{rest:0{places}d}"


@bp.get("/results")
@signed_in
def results(event_id: int) -> str | Response:
    """The ranking, once it is published; of a salon, how many sat where."""
    session, actor = db.session(), guard.current_user()
    event = event_of(event_id)
    kind = kind_of(event.kind)
    if kind.groups:
        return _salon(event)
    if not kind.contest:
        raise NotFoundError
    if event.results_published_at is None:
        if events.is_office(actor):
            return redirect(url_for(".all_results", event_id=event_id))
        raise NotFoundError
    found = tally.of(session, event)
    own = {team.id for team in queries.own_teams(session, actor, event)}
    teams = [line.entry.team_id for line in found.ranked]
    names, _known = queries.names(session, actor, event, teams)
    return event_page("contests/results.html", event, lines=found.ranked, own=own, names=names)


def _salon(event: Event) -> str:
    session, actor = db.session(), guard.current_user()
    if not policy.shows_salon_figures(actor, event):
        raise NotFoundError
    people = queries.seated(session, event)
    rows = seats.tables(event, people)
    return event_page(
        "contests/salon.html", event, rows=rows,
        seated=[person for row in rows for person in row.people], people=len(people),
        organisations=len({p.team.organisation_id for row in rows for p in row.people}),
    )  # fmt: skip


@bp.get("/results/all")
@only(*OFFICES)
def all_results(event_id: int) -> str:
    return _all(contest_of(event_id))


def _all(event: Event, error: str = "") -> str:
    session, actor = db.session(), guard.current_user()
    found = tally.of(session, event)
    return event_page(
        "contests/all_results.html", event, counted_ballots=found, error=error,
        can_publish=policy.can_publish_now(actor, event) and event.results_published_at is None,
        told=len(queries.told(session, event)),
    )  # fmt: skip


@bp.post("/results/publish")
@only(Role.ORGANISER)
def publish(event_id: int) -> Answer:
    try:
        with db.transaction() as session:
            actor, event = guard.current_user(), contest_of(event_id)
            told = service.publish(session, actor, event, anyway="anyway" in request.form)
    except InvalidError as error:
        return _all(contest_of(event_id), str(error.fields.get("anyway", error.message))), 422
    flash(_("结果已公布。") + counted("通知了 %(n)d 人。", n=told))
    return redirect(url_for(".results", event_id=event_id))
