"""The application, assembled: the only module that knows every feature."""

from __future__ import annotations

import importlib
import logging
import secrets
from typing import Any

from flask import Flask, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException
from werkzeug.routing import IntegerConverter
from werkzeug.wrappers import Response

from config import ROOT, Settings
from matchmaker import clock, db, encoding, guard, i18n, labels
from matchmaker.errors import InvalidError, NotAllowedError, NotFoundError, NotNowError
from models import Achievement, Mode, PostingStatus, PriceKind

log = logging.getLogger(__name__)

FEATURES = (
    "accounts",
    "vocabulary",
    "notifications",
    "catalogue",
    "matching",
    "review",
    "events",
    "registration",
    "wishes",
    "timetables",
    "paper",
    "floor",
    "contests",
    "figures",
    "quality",
    "admin",
    "home",
)
WITH_TASKS = (
    "catalogue", "matching", "review", "wishes", "timetables", "paper", "floor", "quality", "admin",
)  # fmt: skip
CSP = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; media-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'; "
    "manifest-src 'self'"
)


class NumberConverter(IntegerConverter):
    """Ids in addresses; what no column holds leads nowhere."""

    regex = r"\d{1,9}"


def create_app(settings: Settings) -> Flask:
    """Build the application for these settings.

    Raises:
        LookupError: a view declares no access rule.

    """
    app = Flask("matchmaker", root_path=str(ROOT), static_folder="static")
    app.request_class = encoding.Request
    _configure(app, settings)
    app.url_map.converters["int"] = NumberConverter
    app.extensions["settings"] = settings
    app.extensions["database"] = db.open_database(settings)
    app.teardown_appcontext(db.close_session)
    guard.init_app(app)
    i18n.init_app(app)
    _register_templates(app, settings)
    _register_features(app)  # later, so that a feature may replace what every page is given
    _register_errors(app)
    app.after_request(_secure)
    for endpoint in app.view_functions:
        if endpoint != "static":
            guard.declared_access(app, endpoint)
    _connect_queue(app, settings)
    return app


def _configure(app: Flask, settings: Settings) -> None:
    app.config.update(
        SECRET_KEY=settings.secret_key,
        TESTING=settings.testing,
        MAX_CONTENT_LENGTH=settings.request_bytes,
        MAX_FORM_MEMORY_SIZE=settings.form_bytes,
        MAX_FORM_PARTS=2000,
        SESSION_COOKIE_NAME="__Host-session" if settings.secure_cookies else "session",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        REMEMBER_COOKIE_NAME="__Host-remember" if settings.secure_cookies else "remember",
        REMEMBER_COOKIE_SECURE=settings.secure_cookies,
        REMEMBER_COOKIE_HTTPONLY=True,
        REMEMBER_COOKIE_SAMESITE="Lax",
        REMEMBER_COOKIE_DURATION=settings.remember_lifetime,
        SEND_FILE_MAX_AGE_DEFAULT=3600,
    )
    app.json.ensure_ascii = False  # type: ignore[attr-defined]


def import_tasks() -> None:
    """Register what jobs of every kind do."""
    for name in WITH_TASKS:
        importlib.import_module(f"matchmaker.{name}.tasks")


def _register_features(app: Flask) -> None:
    import_tasks()
    for name in FEATURES:
        views = importlib.import_module(f"matchmaker.{name}.views")
        for blueprint in getattr(views, "BLUEPRINTS", None) or (views.bp,):
            app.register_blueprint(blueprint)
        if hasattr(views, "init_app"):
            views.init_app(app)


def _connect_queue(app: Flask, settings: Settings) -> None:
    if settings.embedded_worker:
        from matchmaker import worker

        app.extensions["database"].send_job = worker.sender(settings)


def icon(name: str, cls: str = "") -> Markup:
    """Return an icon of the sprite; it is decoration, so the words beside it must suffice."""
    address = url_for("static", filename="icons.svg")
    return Markup(
        '<svg class="ico {cls}" aria-hidden="true" focusable="false">'
        '<use href="{address}#i-{name}"></use></svg>'
    ).format(cls=cls, address=address, name=name)


def price(achievement: Achievement) -> str:
    """面议, 80 万元, 260–320 万元."""
    if achievement.price_kind == PriceKind.NEGOTIABLE:
        return str(labels.label(achievement.price_kind))
    low, high = i18n.wan(achievement.price_from), i18n.wan(achievement.price_to)
    if achievement.price_kind == PriceKind.FIXED or low == high:
        return str(_("%(wan)s 万元", wan=low))
    return str(_("%(low)s–%(high)s 万元", low=low, high=high))


def csp_nonce() -> str:
    """Return the nonce of this response."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    return str(g.csp_nonce)


def _register_templates(app: Flask, settings: Settings) -> None:
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters |= {
        "label": labels.label,
        "job_words": labels.job_words,
        "price": price,
        "zip": zip,
        "sort_by_count": lambda options, counts: sorted(
            options, key=lambda option: -counts.get(option[0], 0)
        ),
        "by_value": lambda counts: {key.value: number for key, number in counts.items()},
        "mode_options": lambda counts: [
            (mode.value, labels.label(mode)) for mode in Mode if mode in counts
        ],
    }
    app.jinja_env.globals.update(
        label_of=lambda value: labels.label(PostingStatus(value)),
        mode_words=lambda value: labels.label(Mode(value)) if value in set(Mode) else value,
        icon=icon,
        csp_nonce=csp_nonce,
        label=labels.label,
        now=clock.now,
        today=clock.today,
        site_name=settings.site_name,
        site_contact=settings.contact,
    )

    @app.context_processor
    def _common() -> dict[str, Any]:
        theme = request.cookies.get("theme", "")
        return {
            "current_user": g.get("user"),
            "locale": i18n.language(),
            "theme": theme if theme in {"light", "dark"} else "light",
            "here": request.full_path.rstrip("?") if request.method == "GET" else request.path,
            "unread_count": 0,
        }


def _secure(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", CSP.format(nonce=csp_nonce()))
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("X-Frame-Options", "DENY")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
    if request.is_secure:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
    if request.endpoint != "static":
        headers.setdefault("Cache-Control", "no-store")
    return response


def _register_errors(app: Flask) -> None:
    app.register_error_handler(guard.SignInNeededError, _sign_in)
    app.register_error_handler(NotFoundError, lambda _error: error_page(404))
    app.register_error_handler(NotAllowedError, lambda error: error_page(403, error.message))
    app.register_error_handler(NotNowError, lambda error: error_page(409, error.message))
    app.register_error_handler(StaleDataError, lambda _error: error_page(409))
    app.register_error_handler(IntegrityError, _taken)
    app.register_error_handler(InvalidError, lambda error: error_page(400, error.message or error))
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _unexpected)


PAGES = frozenset({400, 401, 403, 404, 409, 413, 429, 500, 503})


def error_page(status: int, message: Any = "") -> tuple[str, int]:
    """Answer with the page of a status, saying what happened and what can be done."""
    page = status if status in PAGES else (500 if status >= 500 else 400)
    error_id = secrets.token_hex(4)
    context = {"message": message, "error_id": error_id, "status": status}
    return render_template(f"errors/{page}.html", **context), status


def _sign_in(error: guard.SignInNeededError) -> Any:
    """Ask a stranger to sign in; what a form carried is kept (accounts.views.ask_to_sign_in)."""
    del error
    if _wants_fragment():
        return error_page(401)
    if request.method == "GET":
        return redirect(url_for("accounts.sign_in", next=request.full_path.rstrip("?")))
    try:
        request.form.get("")  # what cannot be read cannot be carried either
    except HTTPException as problem:
        return _http_error(problem)
    views = importlib.import_module("matchmaker.accounts.views")
    return views.ask_to_sign_in()


def _wants_fragment() -> bool:
    return bool(
        request.headers.get("HX-Request") or request.headers.get("X-Requested-With") == "fetch"
    )


def _taken(error: IntegrityError) -> tuple[str, int]:
    """Two wrote the same thing at once, and the database let the first one pass."""
    twice = getattr(error.orig, "sqlstate", "") == "23505" or "UNIQUE" in str(error.orig)
    if not twice:
        return _unexpected(error)
    log.warning("refused by the database on %s %s: %s", request.method, request.path, error.orig)
    db.close_session()
    return error_page(409)


def _http_error(error: HTTPException) -> Any:
    if error.response is not None or (error.code or 500) < 400:
        return error
    if isinstance(error, encoding.UnreadableError):
        return error_page(422, encoding.sentence())
    return error_page(error.code or 500)


def _unexpected(error: Exception) -> tuple[str, int]:
    log.error("unexpected error on %s %s", request.method, request.path, exc_info=error)
    db.close_session()  # whatever was half-done is undone before the page is made
    g.user = g.login = None  # the page must not need the database
    return error_page(500)
