"""What the pages of accounts share: the blueprint, the counter of tries, small readers."""

from __future__ import annotations

import hashlib
import secrets
import unicodedata
from collections.abc import Callable
from typing import Any, TypeVar, cast

from flask import Blueprint, Flask, current_app, g, make_response, render_template, request
from flask_limiter import Limiter, RateLimitExceeded
from flask_limiter.util import get_remote_address
from werkzeug.wrappers import Response

from config import Settings
from matchmaker import clock, db
from matchmaker.i18n import counted
from matchmaker.text import tidy
from matchmaker.vocabulary import queries as vocabulary

bp = Blueprint("accounts", __name__)
Answer = str | Response | tuple[str, int]
View = TypeVar("View", bound=Callable[..., Any])
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
        message=counted("尝试得太频繁了。为了账户安全，请在 %(n)d 分钟以后再试。", n=minutes),
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


def limit_wrong_passwords(view: View) -> View:
    """Count wrong passwords for each account and from each address; right ones cost nobody."""
    per_address = limiter.limit(
        lambda: settings().address_limit, methods=["POST"], deduct_when=_was_wrong
    )
    per_account = limiter.limit(
        lambda: settings().sign_in_limit,
        methods=["POST"],
        key_func=_account_key,
        deduct_when=_was_wrong,
    )
    return cast("View", per_account(per_address(view)))


def note_wrong_password() -> None:
    """Let the try that is being answered count."""
    g.wrong_password = True


def _was_wrong(_response: Response) -> bool:
    return bool(g.get("wrong_password", False))


def _account_key() -> str:
    """Name the account as the form will: other ways to write an address are no other account."""
    if request.endpoint != "accounts.sign_in":
        return f"person:{g.user.id}"
    email = unicodedata.normalize("NFC", tidy(request.form.get("email", ""))).strip().lower()
    return "email:" + hashlib.sha256(email.encode("utf-8", "replace")).hexdigest()


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
