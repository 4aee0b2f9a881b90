"""What the pages of accounts share: the blueprint, the counter of tries, small readers."""

from __future__ import annotations

import secrets
from typing import Any

from flask import Blueprint, Flask, current_app, make_response, render_template, request
from flask_babel import gettext as _
from flask_limiter import Limiter, RateLimitExceeded
from flask_limiter.util import get_remote_address
from werkzeug.wrappers import Response

from config import Settings
from matchmaker import clock, db
from matchmaker.vocabulary import queries as vocabulary

bp = Blueprint("accounts", __name__)
Answer = str | Response | tuple[str, int]
limiter = Limiter(get_remote_address, storage_uri="memory://")
MINUTE = 60


def init_app(app: Flask) -> None:
    """Count tries to sign in; who tries too often is told when to come back."""
    limiter.init_app(app)
    app.register_error_handler(RateLimitExceeded, _too_many)


def _too_many(error: RateLimitExceeded) -> Response:
    del error
    limit = limiter.current_limit
    wait = max(1, round(limit.reset_at - clock.now().timestamp())) if limit else MINUTE
    minutes = -(-wait // MINUTE)
    page = render_template(
        "errors/429.html",
        message=_("尝试得太频繁了。为了账户安全，请在 %(n)d 分钟以后再试。", n=minutes),
        error_id=secrets.token_hex(4),
        status=429,
    )
    answer = make_response(page, 429)
    answer.headers["Retry-After"] = str(wait)
    return answer


def settings() -> Settings:
    """Return the settings of the application at work."""
    value: Settings = current_app.extensions["settings"]
    return value


def sign_in_limit() -> str:
    """Return how often a password may be tried."""
    return settings().sign_in_limit


def is_test() -> bool:
    """Tell whether hourly limits are off."""
    return settings().testing


def posted_version() -> int:
    """Return the version that the form was made from; -1 never matches."""
    text = request.form.get("version", "")
    return int(text) if text.isdecimal() and len(text) < 10 else -1


def offer_places(form: Any) -> None:
    """Fill in the regions of today and the sectors."""
    session = db.session()
    form.region_code.choices = [
        (region.code, vocabulary.region_path(region))
        for region in vocabulary.regions(session, clock.today())
    ]
    form.sector_code.choices = [
        (node.code, f"{node.code} {node.name}") for node in vocabulary.sectors(session)
    ]
