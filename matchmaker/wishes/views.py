"""Wishes of a team: who asked, who might fit, whom it wants to meet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Flask, flash, redirect, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from matchmaker import clock, db, guard
from matchmaker.errors import InvalidError, NotFoundError, NotNowError
from matchmaker.events.pages import event_page
from matchmaker.events.tabs import STEPS, TABS
from matchmaker.guard import signed_in
from matchmaker.i18n import counted
from matchmaker.paging import Page
from matchmaker.wishes import (
    board,
    exclusions,
    organiser_views,
    policy,
    queries,
    service,
    steps,
    tasks,
)
from matchmaker.wishes.blueprint import CHOICES, Answer, bp, event_with_wishes, number, text_asked
from matchmaker.wishes.board import FIRST, PAGE, PARTS, Board
from matchmaker.wishes.forms import ExpertiseForm
from matchmaker.wishes.kinds import ACTIVITY, other_side
from matchmaker.wishes.service import Pick
from models import Event, Team, User, WishChoice

__all__ = ["bp", "organiser_views", "tasks"]
PLACE = 30
TEXT_LIMIT = 60


def init_app(app: Flask) -> None:
    app.extensions["activity_words"].update(ACTIVITY)
    TABS[PLACE] = steps.tabs
    STEPS[PLACE] = steps.steps


@dataclass(frozen=True, slots=True)
class Typed:
    """What was sent and refused: it stays on the page."""

    picked: frozenset[int] = frozenset()
    expertise: Mapping[int, str] = field(default_factory=dict)
    errors: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page: its rows, and how many there are in all."""

    name: str
    ids: list[int]
    total: int


@bp.get("/wishes")
@signed_in
def index(event_id: int) -> Answer:
    """The wishes of a team, for its own people; for organisers on behalf of it."""
    event, actor = event_with_wishes(event_id), guard.current_user()
    team = _team(db.session(), actor, event)
    if team is not None:
        return _page(event, team)
    if policy.can_oversee(actor, event):
        return redirect(url_for(".overview", event_id=event.id))
    return event_page("wishes/none.html", event)


def _team(session: Session, actor: User, event: Event) -> Team | None:
    """Return the team of the address; without one, the first for which the person speaks."""
    if "team" in request.args:
        return queries.team_of(session, actor, event, number(request.args["team"]))
    own = queries.own_teams(session, actor, event)
    return queries.team_of(session, actor, event, own[0].id) if own else None


def _page(event: Event, team: Team, typed: Typed | None = None) -> str:
    session, actor, moment = db.session(), guard.current_user(), clock.now()
    seen = board.board_of(session, event, team)
    part, text = request.args.get("part", ""), text_asked(TEXT_LIMIT)
    sections, page = _sections(session, actor, seen, part if part in PARTS else "", text)
    ids = [key for section in sections for key in section.ids]
    rows = board.rows_of(session, actor, seen, [*ids, *seen.declared], moment)
    return event_page(
        "wishes/index.html", event,
        team=team, own_teams=queries.own_teams(session, actor, event), board=seen,
        sections=[(s, [rows[key] for key in s.ids if key in rows]) for s in sections],
        declared=[rows[key] for key in seen.declared if key in rows],
        sizes=board.sizes(seen), part=part, text=text, page=page, typed=typed or Typed(),
        own=policy.speaks_for(actor, team), open=policy.is_open(event, moment),
        can_choose=policy.can_choose(actor, team, moment),
        can_declare=policy.can_declare(actor, team), address=_address(event, team),
    )  # fmt: skip


def _sections(
    session: Session, actor: User, seen: Board, part: str, text: str
) -> tuple[list[Section], Page | None]:
    """Return what the page shows: three parts at once, or one of them page by page."""
    if not part and not text:
        three = [(name, list(seen.parts[name])) for name in PARTS[:3]]
        return [Section(name, ids[:FIRST], len(ids)) for name, ids in three], None
    ids = list(seen.parts[part or "all"])
    if text or part == "all":
        found, inside = board.find(session, actor, seen, text), set(ids)
        ids = [key for key in found if key in inside]
    page = Page.of(request, len(ids), PAGE)
    section = Section(part or "all", ids[page.offset : page.offset + PAGE], len(ids))
    return [section], page


def _address(event: Event, team: Team) -> Any:
    """Return a maker of addresses that stay with this team and what is shown of it."""
    shown = {name: request.args[name] for name in ("part", "q", "page") if name in request.args}

    def address(endpoint: str = "index", **changes: Any) -> str:
        values = {**shown, **changes}
        return url_for(f"wishes.{endpoint}", event_id=event.id, team=team.id, **values)

    return address


@bp.post("/wishes")
@signed_in
def choose(event_id: int) -> Answer:
    """Take one choice, or the same for everybody who is ticked, or what partners should know."""
    values = request.form
    try:
        with db.transaction() as session:
            event, actor = event_with_wishes(event_id), guard.current_user()
            team = _posted_team(session, actor, event)
            picks = _picks(session, event, team, values)
            service.choose_many(session, actor, event, team, picks)
            words = _words(picks)
    except (InvalidError, NotNowError) as error:
        return _again(event_id, error)
    flash(words, "ok" if picks else "info")
    anchor = f"t{picks[0].other.id}" if picks and "set" in values else None
    address = _address(event, team)
    return redirect(address(_anchor=anchor) if anchor else address())


def _posted_team(session: Session, actor: User, event: Event) -> Team:
    return queries.team_of(session, actor, event, number(request.args.get("team")))


def _picks(session: Session, event: Event, team: Team, values: MultiDict[str, str]) -> list[Pick]:
    """Read what the pressed button means for one row or the ticked ones, and every new text."""
    word, _colon, place = values.get("set", "").partition(":")
    ids = [number(place)] if place else []
    if values.get("all") in CHOICES:
        word, ids = values["all"], [number(text) for text in values.getlist("pick")]
    typed = _typed_expertise(values)
    wanted: dict[int, WishChoice | None] = {}
    if word in CHOICES:
        wanted = dict.fromkeys(ids, CHOICES[word])
    for key, wish in queries.wishes_of(session, team).items():
        choice = wish.choice_of(team.side)
        before = board.asked_of(wish, other_side(team.side))
        if choice and key not in wanted and typed.get(key, before) != before:
            wanted[key] = choice
    others = {row.id: row for row in queries.others_of(session, event, team, wanted)}
    if set(wanted) - set(others):
        raise NotFoundError
    return [Pick(others[key], choice, typed.get(key)) for key, choice in wanted.items()]


def _typed_expertise(values: Mapping[str, str]) -> dict[int, str]:
    """Return what partners should know, by the other team's id.

    Raises:
        InvalidError: one of them is too long or cannot be kept.

    """
    found, errors = {}, {}
    for name, text in _expertise(values).items():
        form = ExpertiseForm(MultiDict({"expertise": text}))
        if not form.validate():
            errors[str(name)] = " ".join(sentence for _field, sentence in form.failures)
        found[name] = form.expertise.data
    if errors:
        raise InvalidError(errors)
    return found


def _expertise(values: Mapping[str, str]) -> dict[int, str]:
    names = ((number(name.removeprefix("expertise-")), name) for name in values
             if name.startswith("expertise-"))  # fmt: skip
    return {key: values[name] for key, name in names if key}


def _words(picks: list[Pick]) -> str:
    if not picks:
        return str(_("没有改动。"))
    if len(picks) > 1:
        return counted("已保存 %(n)d 家的选择。", n=len(picks))
    if picks[0].choice is None:
        return str(_("已清除选择。"))
    return str(_("已保存选择。"))


def _again(event_id: int, error: InvalidError | NotNowError) -> Answer:
    """Show the page as it was sent, and why it was refused."""
    event, actor = event_with_wishes(event_id), guard.current_user()
    team = _posted_team(db.session(), actor, event)
    values = request.form
    errors = error.fields if isinstance(error, InvalidError) else {}
    flash(str(error.message) if not errors else _("有内容需要修改，见下面标出的地方。"), "warn")
    typed = Typed(
        picked=frozenset(number(text) for text in values.getlist("pick")),
        expertise=_expertise(values),
        errors={number(key): str(words) for key, words in errors.items()},
    )
    return _page(event, team, typed), 422 if errors else 409


@bp.post("/wishes/<int:other_id>/conflict")
@signed_in
def declare(event_id: int, other_id: int) -> Response:
    return _conflict(event_id, other_id, exclusions.declare, _("已申报回避，不会为你们安排洽谈。"))


@bp.post("/wishes/<int:other_id>/conflict/withdraw")
@signed_in
def withdraw(event_id: int, other_id: int) -> Response:
    return _conflict(event_id, other_id, exclusions.withdraw, _("已撤回回避。"))


def _conflict(event_id: int, other_id: int, verb: Any, words: str) -> Response:
    event, actor = event_with_wishes(event_id), guard.current_user()
    try:
        with db.transaction() as session:
            event = event_with_wishes(event_id)
            team = _posted_team(session, actor, event)
            other = queries.one_other(session, event, team, other_id)
            verb(session, actor, event, team, other)
        flash(words)
    except NotNowError as error:
        flash(str(error.message), "warn")
    return redirect(url_for(".index", event_id=event.id, team=number(request.args.get("team"))))
