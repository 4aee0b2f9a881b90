"""The first page, and the small choices of every visitor: language, theme."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, redirect, render_template, request
from flask_wtf.csrf import generate_csrf
from werkzeug.wrappers import Response as BaseResponse

from matchmaker import guard, i18n
from matchmaker.paths import local_path

bp = Blueprint("home", __name__)
preferences = Blueprint("preferences", __name__)
BLUEPRINTS = (bp, preferences)
YEAR = 365 * 24 * 3600


@bp.get("/")
@guard.signed_in
def index() -> str:
    return render_template("home/index.html")


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
