"""The first page, and the small choices of every visitor: language, theme."""

from __future__ import annotations

from typing import Any

from flask import (
    Blueprint,
    Flask,
    Response,
    g,
    jsonify,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_wtf.csrf import generate_csrf
from werkzeug.wrappers import Response as BaseResponse

from matchmaker import db, guard, i18n
from matchmaker.catalogue import policy
from matchmaker.catalogue import queries as catalogue
from matchmaker.events.overview import phase_words
from matchmaker.home import queries
from matchmaker.paths import local_path
from matchmaker.review import queries as review
from models import PostingKind

bp = Blueprint("home", __name__)
preferences = Blueprint("preferences", __name__)
BLUEPRINTS = (bp, preferences)
YEAR = 365 * 24 * 3600
OF_EVENTS = frozenset(
    {"events", "registration", "wishes", "timetables", "paper", "floor", "contests", "figures"}
)
"""Features whose pages stand under 活动 in the bar."""


def init_app(app: Flask) -> None:
    """Put the bar of each role on every page."""

    @app.context_processor
    def _navigation() -> dict[str, Any]:
        user = g.get("user")
        if user is None:
            return {"navigation": []}
        here = request.endpoint or ""
        return {
            "navigation": [
                {
                    "url": url_for(item.endpoint, **dict(item.values)), "label": item.label,
                    "icon": item.icon, "count": item.count, "active": _is_active(item, here),
                }
                for item in queries.navigation(db.session(), user)
            ]
        }  # fmt: skip


def _is_active(item: queries.NavigationItem, here: str) -> bool:
    groups = {"catalogue.need": "catalogue.needs", "catalogue.achievement": "catalogue.achievements",
              "review.pairing": "review.pairings", "catalogue.new": "catalogue.mine",
              "catalogue.edit": "catalogue.mine"}  # fmt: skip
    if here.split(".", maxsplit=1)[0] in OF_EVENTS:
        return item.endpoint == "events.index"
    return groups.get(here, here) == item.endpoint


@bp.get("/")
@guard.signed_in
def index() -> str:
    """What waits for me."""
    session, actor = db.session(), guard.current_user()
    office = policy.is_office(actor)
    todo = queries.waiting_for(session, actor)
    return render_template(
        "home/index.html",
        todo=todo, figures=queries.figures(session), office=office,
        verified=guard.is_verified(actor),
        kinds=[kind for kind in PostingKind if policy.can_post(actor, kind)],
        balance=queries.chain_balance(session) if office else [],
        history=review.recent_activity(session, size=8) if office else [],
        pairings=[] if office else review.accepted_of(session, actor)[:5],
        own=[] if office else catalogue.own_postings(session, actor)[:6],
        coming=queries.coming_events(session, actor), phase_words=phase_words,
    )  # fmt: skip


@bp.get("/about")
@guard.public
def about() -> str:
    """How the platform is used, in one page."""
    return render_template("home/about.html")


@preferences.post("/preferences/theme")
@guard.public
def set_theme() -> BaseResponse:
    value = request.form.get("theme", "")
    return _remember("theme", value if value in {"light", "dark"} else "light")


@preferences.post("/preferences/locale")
@guard.public
def set_locale() -> BaseResponse:
    value = request.form.get("locale", "")
    return _remember(i18n.LOCALE_COOKIE, value if value in i18n.LOCALES else "zh")


@preferences.get("/session/token")
@guard.signed_in
def token() -> Response:
    """Give a page whose session was renewed in another window a fresh CSRF token."""
    return jsonify(token=generate_csrf())


def _remember(name: str, value: str) -> BaseResponse:
    response = redirect(local_path(request.form.get("next", "")))
    response.set_cookie(
        name, value, max_age=YEAR, samesite="Lax", httponly=True, secure=request.is_secure
    )
    return response
