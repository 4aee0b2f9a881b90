"""Who is asking. Every page refuses strangers unless it is marked public.

Each view declares its rule with one decorator; an application with an undeclared route does not
start. What a role may not see answers 404, as if it were not there.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import Flask, current_app, g, request
from flask_babel import gettext as _
from flask_login import LoginManager, UserMixin
from flask_login import current_user as login_user_proxy
from flask_wtf.csrf import CSRFProtect
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker import clock, db, encoding
from matchmaker.encoding import SAFE_METHODS
from matchmaker.errors import NotFoundError
from models import LoginSession, Membership, Role, User, Verification

View = TypeVar("View", bound=Callable[..., Any])
TOUCH_AFTER = timedelta(minutes=1)

csrf = CSRFProtect()
login_manager = LoginManager()


class SignInNeededError(Exception):
    """A stranger asked for a page that is not public."""


@dataclass(frozen=True, slots=True)
class Access:
    """Who may call a view: everybody, everybody signed in, or some roles."""

    public: bool = False
    roles: frozenset[Role] = field(default_factory=frozenset)
    """Empty: every role."""

    def admits(self, user: User | None) -> bool:
        if self.public:
            return True
        return user is not None and (not self.roles or effective_role(user) in self.roles)


class Identity(UserMixin):
    """What Flask-Login keeps: the person and the session row in which they are signed in."""

    def __init__(self, login: LoginSession, token: str) -> None:
        self.login = login
        self.user = login.user
        self.token = token

    def get_id(self) -> str:
        return self.token


def public(view: View) -> View:
    """Open a view to strangers."""
    view.access = Access(public=True)  # type: ignore[attr-defined]
    return view


def signed_in(view: View) -> View:
    """Open a view to every person who is signed in."""
    view.access = Access()  # type: ignore[attr-defined]
    return view


def only(*roles: Role) -> Callable[[View], View]:
    """Open a view to some roles; for all others it does not exist."""

    def mark(view: View) -> View:
        view.access = Access(roles=frozenset(roles))  # type: ignore[attr-defined]
        return view

    return mark


def effective_role(user: User) -> Role | None:
    """Return the role in force: the powers of office begin when office and person are verified."""
    if user.role in {Role.ORGANISER, Role.ADMINISTRATOR} and not is_verified(user):
        return None
    return user.role


def is_verified(user: User) -> bool:
    """Tell whether the organisation is verified and knows this person."""
    return (
        user.organisation.status == Verification.VERIFIED
        and user.membership == Membership.CONFIRMED
    )


def current_user() -> User:
    """Return the person who is signed in; only for views that are not public."""
    user: User | None = g.get("user")
    if user is None:
        raise SignInNeededError
    return user


def current_login() -> LoginSession:
    """Return the session row of this browser."""
    login: LoginSession | None = g.get("login")
    if login is None:
        raise SignInNeededError
    return login


def token_hash(token: str) -> str:
    """Hash a token for storage; tokens are 256 random bits, so a plain hash is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


def new_token() -> str:
    """Return 256 random bits in a form that fits a cookie."""
    return secrets.token_urlsafe(32)


def find_login(session: Session, token: str) -> LoginSession | None:
    """Return the session row of a token if it is still open and its person still active."""
    row = session.scalar(select(LoginSession).where(LoginSession.token_hash == token_hash(token)))
    if row is None or row.ended_at is not None or row.expires_at <= clock.now():
        return None
    return row if row.user.active else None


def init_app(app: Flask) -> None:
    """Ask on every request, before anything else."""
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False
    app.config["WTF_CSRF_TIME_LIMIT"] = None
    login_manager.init_app(app)
    login_manager.session_protection = None  # rows can be ended; a changing address is no reason
    app.before_request(_identify)
    app.before_request(_check)
    csrf.init_app(app)


@login_manager.user_loader  # type: ignore[untyped-decorator]
def _load(token: str) -> Identity | None:
    row = find_login(db.session(), token)
    return None if row is None else Identity(row, token)


def _identify() -> None:
    g.user = g.login = None
    if request.endpoint == "static":
        return
    if login_user_proxy.is_authenticated:
        g.login = login_user_proxy.login
        g.user = login_user_proxy.user
        _touch(g.login)


def _touch(login: LoginSession) -> None:
    moment = clock.now()
    if moment - login.last_seen_at < TOUCH_AFTER or request.method not in SAFE_METHODS:
        return
    with db.transaction():
        login.last_seen_at = moment
        login.user.last_seen_at = moment


def _check() -> Response | None:
    if request.endpoint is None or request.endpoint == "static":
        return None
    if request.method not in SAFE_METHODS and _is_cross_site():
        # Without a page: making one would set a cookie, and that would sign the person out.
        words = _("这个请求来自别的网站，没有执行。请回到平台再试。")
        return Response(str(words), 400, mimetype="text/plain")
    encoding.refuse_unreadable()
    access = access_of(request.endpoint)
    if not access.admits(g.user):
        if g.user is None:
            raise SignInNeededError
        raise NotFoundError
    if request.method not in SAFE_METHODS and current_app.config["WTF_CSRF_ENABLED"]:
        csrf.protect()
    return None


def _is_cross_site() -> bool:
    """Ask the browser where the request comes from; older ones name the origin only."""
    site = request.headers.get("Sec-Fetch-Site")
    if site:
        return site not in {"same-origin", "none"}
    origin = request.headers.get("Origin")
    return origin is not None and urlsplit(origin).netloc != request.host


def access_of(endpoint: str) -> Access:
    """Return the declared rule of an endpoint.

    Raises:
        LookupError: the view declares none; `app.create_app` refuses to start then.

    """
    return declared_access(current_app, endpoint)


def declared_access(app: Flask, endpoint: str) -> Access:
    """Return the rule that the view of this endpoint carries."""
    rule: Access | None = getattr(app.view_functions[endpoint], "access", None)
    if rule is None:
        message = f"{endpoint} declares no access rule (guard.public, signed_in or only)"
        raise LookupError(message)
    return rule
