"""The browsers in which people are signed in."""

from __future__ import annotations

from datetime import timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy import update
from sqlalchemy.orm import Session

from config import Settings
from matchmaker import clock
from matchmaker.accounts import passwords, queries
from matchmaker.errors import InvalidError, NotFoundError
from matchmaker.guard import new_token, token_hash
from models import LoginSession, User

REAUTHENTICATE_AFTER = timedelta(minutes=15)


def sign_in(
    session: Session,
    settings: Settings,
    email: str,
    password: str,
    *,
    remember: bool = False,
    address: str = "",
    browser: str = "",
) -> tuple[User, str]:
    """Check the password and open a session row; return the person and the token.

    Raises:
        InvalidError: no such person, wrong password or closed account, in the same words.

    """
    user = queries.user_by_email(session, email)
    if not passwords.matches(user, password) or user is None or not user.active:
        raise InvalidError(message=_l("邮箱或密码不对。"))
    return user, open_login(
        session, settings, user, remember=remember, address=address, browser=browser
    )


def open_login(
    session: Session,
    settings: Settings,
    user: User,
    *,
    remember: bool = False,
    address: str = "",
    browser: str = "",
) -> str:
    """Open a session row and return its token, which is stored nowhere."""
    token = new_token()
    moment = clock.now()
    lifetime = settings.remember_lifetime if remember else settings.session_lifetime
    session.add(
        LoginSession(
            token_hash=token_hash(token),
            user_id=user.id,
            created_at=moment,
            last_seen_at=moment,
            authenticated_at=moment,
            expires_at=moment + lifetime,
            remembered=remember,
            address=address[:45],
            browser=browser[:300],
        )
    )
    user.last_seen_at = moment
    return token


def end_login(session: Session, actor: User, login_id: int) -> None:
    """End one of one's own sessions.

    Raises:
        NotFoundError: it is somebody else's, or not there.

    """
    row = session.get(LoginSession, login_id)
    if row is None or row.user_id != actor.id:
        raise NotFoundError
    row.ended_at = row.ended_at or clock.now()


def end_other_logins(session: Session, user: User, keep: LoginSession | None) -> None:
    """End every session of a person but one."""
    session.execute(
        update(LoginSession)
        .where(
            LoginSession.user_id == user.id,
            LoginSession.ended_at.is_(None),
            LoginSession.id != (keep.id if keep else -1),
        )
        .values(ended_at=clock.now())
        .execution_options(synchronize_session="fetch")
    )


def sign_out(login: LoginSession) -> None:
    """End the session of this browser."""
    login.ended_at = login.ended_at or clock.now()


def is_fresh(login: LoginSession) -> bool:
    """Tell whether the password was given lately; dangerous changes ask again otherwise."""
    return clock.now() - login.authenticated_at < REAUTHENTICATE_AFTER


def confirm_password(user: User, login: LoginSession, password: str) -> None:
    """Note that the person gave the password again.

    Raises:
        InvalidError: it is wrong.

    """
    if not passwords.matches(user, password):
        raise InvalidError({"password": _l("密码不对。")})
    login.authenticated_at = clock.now()
