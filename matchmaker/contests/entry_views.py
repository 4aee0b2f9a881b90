"""What teams enter: the list, the form, taking back."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from matchmaker import db, guard
from matchmaker.contests import policy, queries, service
from matchmaker.contests.blueprint import Answer, asked_number, bp, contest_of, posted_number
from matchmaker.contests.forms import EntryForm
from matchmaker.contests.service import ChangedError
from matchmaker.errors import InvalidError, NotFoundError, NotNowError
from matchmaker.events import policy as events
from matchmaker.events.pages import event_page
from matchmaker.guard import signed_in
from models import Entry, Event, Posting, Team, TeamStatus


@bp.get("/entries")
@signed_in
def entries(event_id: int) -> str:
    """What one's teams entered; for offices, everything."""
    session, actor = db.session(), guard.current_user()
    event = contest_of(event_id)
    teams = queries.entering_teams(session, actor, event)
    if events.is_office(actor):
        rows = queries.all_entries(session, actor, event)
    elif teams:
        rows = queries.entries_of(session, teams)
    else:
        raise NotFoundError
    return event_page(
        "contests/entries.html", event,
        rows=[_row(event, entry) for entry in rows], teams=teams,
        office=events.is_office(actor), open=policy.can_enter_now(actor, event),
        unpublished=policy.is_unpublished(event),
    )  # fmt: skip


def _row(event: Event, entry: Entry) -> dict[str, Any]:
    stands = entry.withdrawn_at is None and entry.team.status == TeamStatus.APPROVED
    text = f"{entry.title}\n{entry.summary}"
    names = service.named_people(entry.team, text) if event.blind and stands else []
    return {"entry": entry, "stands": stands, "names": names}


@bp.route("/entries/new", methods=["GET", "POST"])
@signed_in
def enter(event_id: int) -> Answer:
    """Enter a project for `?team=`; the only posting of a team fills the form."""
    event = contest_of(event_id)
    team = _team(event, asked_number("team"))
    form = EntryForm(request.form, data=_proposed(team))
    form.offer(team.postings)
    if request.method == "POST" and form.validate():
        try:
            with db.transaction() as session:
                actor = guard.current_user()
                team = _team(contest_of(event_id), asked_number("team"))
                entry = service.enter(session, actor, team, **form.values())
                number = entry.number
        except InvalidError as error:
            form.show(error)
        except NotNowError as error:
            form.show(InvalidError(message=error.message))
        else:
            flash(_("已参赛，编号 %(n)d。", n=number))
            return redirect(url_for(".entries", event_id=event_id))
    return _form_page(event_id, form, team.id)


def _team(event: Event, team_id: int) -> Team:
    for team in queries.entering_teams(db.session(), guard.current_user(), event):
        if team.id == team_id:
            return team
    raise NotFoundError


def _proposed(team: Team) -> dict[str, Any]:
    """Start from the posting of the address, or from the only one that the team brings."""
    wanted = asked_number("posting")
    found = [p for p in team.postings if p.id == wanted or len(team.postings) == 1]
    if not found:
        return {}
    posting: Posting = found[0]
    text = "\n\n".join(part for part in (posting.summary, posting.problem) if part)
    return {"posting_id": str(posting.id), "title": posting.title[:120], "summary": text[:3000]}


@bp.route("/entries/<int:entry_id>/edit", methods=["GET", "POST"])
@signed_in
def edit(event_id: int, entry_id: int) -> Answer:
    session, actor = db.session(), guard.current_user()
    event = contest_of(event_id)
    entry = queries.one_entry(session, actor, event, entry_id)
    if entry.withdrawn_at is not None or not policy.can_enter_now(actor, event):
        raise NotNowError(_("这个项目不能再改。"))
    form = EntryForm(request.form, data=_typed_before(entry))
    form.offer(entry.team.postings)
    seen = posted_number("version") if request.form else entry.version
    if request.method == "POST" and form.validate():
        try:
            with db.transaction() as session:
                actor = guard.current_user()
                entry = queries.one_entry(session, actor, contest_of(event_id), entry_id)
                service.edit(session, actor, entry, version=seen, **form.values())
        except InvalidError as error:
            form.show(error)
        except NotNowError as error:
            form.show(InvalidError(message=error.message))
            seen = entry.version if isinstance(error, ChangedError) else seen
        else:
            flash(_("已保存。"))
            return redirect(url_for(".entries", event_id=event_id))
    return _form_page(event_id, form, entry.team_id, entry_id, seen)


def _typed_before(entry: Entry) -> dict[str, Any]:
    chosen = str(entry.posting_id) if entry.posting_id else None
    return {"posting_id": chosen, "title": entry.title, "summary": entry.summary}


def _form_page(
    event_id: int, form: EntryForm, team_id: int, entry_id: int | None = None, version: int = 0
) -> Answer:
    event = contest_of(event_id)
    page = event_page(
        "contests/entry.html", event,
        form=form, team=_team(event, team_id), entry_id=entry_id, version=version,
    )  # fmt: skip
    return page if request.method == "GET" else (page, 422)


@bp.post("/entries/<int:entry_id>/withdraw")
@signed_in
def withdraw(event_id: int, entry_id: int) -> Response:
    with db.transaction() as session:
        actor = guard.current_user()
        entry = queries.one_entry(session, actor, contest_of(event_id), entry_id)
        service.withdraw(session, actor, entry, version=posted_number("version"))
    flash(_("已撤回。编号不再使用。"))
    return redirect(url_for(".entries", event_id=event_id))
