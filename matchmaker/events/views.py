"""Events: the list, the front page of one, setting up, announcing, copying, calling off."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Blueprint, Flask, render_template
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from matchmaker import db, guard
from matchmaker.events import policy, queries
from matchmaker.events.kinds import ACTIVITY, kind_of
from matchmaker.events.pages import event_of, event_page
from matchmaker.events.tabs import TABS, Tab, steps_of
from matchmaker.guard import signed_in
from models import Event, User

bp = Blueprint("events", __name__, url_prefix="/events")


def init_app(app: Flask) -> None:
    app.extensions["activity_words"].update(ACTIVITY)
    TABS[10] = _tabs
    app.jinja_env.globals["event_kind"] = kind_of


def _tabs(_session: Session, _actor: User, _event: Event) -> Iterable[Tab]:
    yield Tab("events.event", _("概况"))


@bp.get("/")
@signed_in
def index() -> str:
    session, actor = db.session(), guard.current_user()
    rows = session.scalars(queries.visible_to(actor).options(*queries.loaded())).unique()
    return render_template(
        "events/index.html", rows=list(rows), can_create=policy.can_create(actor)
    )


@bp.get("/<int:event_id>")
@signed_in
def event(event_id: int) -> str:
    session, actor = db.session(), guard.current_user()
    row = event_of(event_id)
    return event_page("events/event.html", row, steps=steps_of(session, actor, row))
