"""Talks: the programme that everybody sees, proposals, and their place and time."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from matchmaker import clock, db, guard
from matchmaker.errors import InvalidError, NotFoundError, NotNowError
from matchmaker.events import policy as events
from matchmaker.events.kinds import kind_of
from matchmaker.events.pages import event_of, event_page
from matchmaker.forms import Form
from matchmaker.guard import signed_in
from matchmaker.i18n import date_text
from matchmaker.registration import policy, queries, shown
from matchmaker.registration import talks as service
from matchmaker.registration.blueprint import Answer, bp
from matchmaker.registration.forms import PlaceForm, TalkForm
from models import Event, Talk, Team, TeamStatus, User


@bp.get("/talks")
@signed_in
def talks(event_id: int) -> str:
    """The programme; organisers also see what is proposed by teams that are not admitted yet."""
    session, actor, event = db.session(), guard.current_user(), _event_with_talks(event_id)
    own = queries.own_teams(session, actor, event)
    mine = {team.id for team in own}
    found = [
        talk for talk in service.programme(session, event, proposed=True)
        if talk.team.status == TeamStatus.APPROVED or events.is_office(actor)
        or talk.team_id in mine
    ]  # fmt: skip
    return event_page(
        "registration/talks.html", event,
        days=_by_day(_shown(actor, event, found)), total=len(found),
        teams=[team for team in own if service.can_propose(actor, team)],
    )  # fmt: skip


def _shown(actor: User, event: Event, found: list[Talk]) -> list[dict[str, Any]]:
    session = db.session()
    looked_up = shown.known(session, actor, event)
    return [
        {
            "talk": talk,
            "name": shown.shown_name(session, actor, talk.team, looked_up),
            "named": shown.is_named(actor, talk.team, looked_up),
            "can_edit": service.can_propose(actor, talk.team),
        }
        for talk in found
    ]


def _by_day(rows: list[dict[str, Any]]) -> list[tuple[date, list[dict[str, Any]]]]:
    found: dict[date, list[dict[str, Any]]] = {}
    for row in rows:
        moment = row["talk"].starts_at.astimezone(clock.LOCAL_ZONE)
        found.setdefault(moment.date(), []).append(row)
    return list(found.items())


def _event_with_talks(event_id: int) -> Event:
    event = event_of(event_id)
    if not kind_of(event.kind).talks:
        raise NotFoundError
    return event


@bp.route("/teams/<int:team_id>/talk", methods=["GET", "POST"])
@signed_in
def propose_talk(event_id: int, team_id: int) -> Answer:
    team = _team(event_id, team_id)
    form = TalkForm(request.form)
    _offer(form, team)
    if request.method == "POST" and form.validate() and _proposed(form, event_id, team_id):
        flash(_("已申报，并排了一个空的时间；组织方可能再调整。"))
        return redirect(url_for(".talks", event_id=event_id))
    team = _team(event_id, team_id)
    page = event_page("registration/talk.html", team.event, form=form, team=team, talk=None)
    return page if request.method == "GET" else (page, 422)


def _team(event_id: int, team_id: int) -> Team:
    event = _event_with_talks(event_id)
    return queries.one_team(db.session(), guard.current_user(), event, team_id)


def _proposed(form: TalkForm, event_id: int, team_id: int) -> bool:
    try:
        with db.transaction() as session:
            team = _team(event_id, team_id)
            service.propose(session, guard.current_user(), team, form.clean())
    except (InvalidError, NotNowError) as error:
        return _refused(form, error)
    return True


def _refused(form: Form, error: InvalidError | NotNowError) -> bool:
    form.show(error if isinstance(error, InvalidError) else InvalidError(message=error.message))
    return False


def _offer(form: TalkForm, team: Team) -> None:
    form.speaker.choices = [(str(member.id), member.name) for member in team.members]
    form.posting.choices = [(str(row.id), row.title) for row in team.postings]


@bp.route("/talks/<int:talk_id>/edit", methods=["GET", "POST"])
@signed_in
def edit_talk(event_id: int, talk_id: int) -> Answer:
    """Change the words of a talk; organisers also its place, in a form of its own."""
    talk = _talk(event_id, talk_id)
    form = TalkForm(_sent("words"), data=_data(talk))
    _offer(form, talk.team)
    place = _place_form(talk)
    if request.method == "POST" and _done(form, place, event_id, talk_id):
        flash(_("已保存。"))
        return redirect(url_for(".talks", event_id=event_id))
    talk = _talk(event_id, talk_id)
    event = talk.team.event
    page = event_page(
        "registration/talk.html", event, form=form, team=talk.team, talk=talk,
        place=place if policy.can_admit(guard.current_user(), event) else None,
        rooms=[room for room in service.rooms(db.session(), event) if room],
    )  # fmt: skip
    return page if request.method == "GET" else (page, 422)


def _talk(event_id: int, talk_id: int) -> Talk:
    event = _event_with_talks(event_id)
    return service.one(db.session(), guard.current_user(), event, talk_id)


def _sent(part: str) -> Any:
    """What was typed, for the form that was sent; the other one shows what is stored."""
    return request.form if request.form.get("part", "words") == part else None


def _data(talk: Talk) -> dict[str, Any]:
    return {
        "title": talk.title, "abstract": talk.abstract, "speaker": str(talk.speaker_id),
        "posting": str(talk.posting_id) if talk.posting_id else None,
    }  # fmt: skip


def _place_form(talk: Talk) -> PlaceForm:
    begin = talk.starts_at.astimezone(clock.LOCAL_ZONE)
    minutes = int((talk.ends_at - talk.starts_at).total_seconds() // 60)
    form = PlaceForm(
        _sent("place"),
        data={"day": begin.date().isoformat(), "starts": f"{begin:%H:%M}", "minutes": minutes,
              "room": talk.room},
    )  # fmt: skip
    form.day.choices = [(day.day.isoformat(), date_text(day.day)) for day in talk.team.event.days]
    return form


def _done(form: TalkForm, place: PlaceForm, event_id: int, talk_id: int) -> bool:
    moves = request.form.get("part") == "place"
    sent: Form = place if moves else form
    if not sent.validate():
        return False
    try:
        with db.transaction() as session:
            actor, talk = guard.current_user(), _talk(event_id, talk_id)
            if moves:
                service.move(
                    session, actor, talk, room=place.room.data, starts_at=_moment(place),
                    minutes=place.minutes.data,
                )  # fmt: skip
            else:
                service.change(session, actor, talk, form.clean())
    except (InvalidError, NotNowError) as error:
        return _refused(sent, error)
    return True


def _moment(place: PlaceForm) -> datetime:
    day, starts = date.fromisoformat(place.day.data), time.fromisoformat(place.starts.data)
    return datetime.combine(day, starts, clock.LOCAL_ZONE)


@bp.post("/talks/<int:talk_id>/remove")
@signed_in
def remove_talk(event_id: int, talk_id: int) -> Response:
    with db.transaction() as session:
        service.remove(session, guard.current_user(), _talk(event_id, talk_id))
    flash(_("已撤下。"))
    return redirect(url_for(".talks", event_id=event_id))
