"""Passwords and addresses: how they change, and the links that are mailed for it."""

from __future__ import annotations

from typing import Any

from flask_babel import force_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from config import Settings
from matchmaker import activity, clock, mail, validators
from matchmaker.accounts import passwords, queries
from matchmaker.accounts.passwords import Links
from matchmaker.accounts.sessions import end_other_logins
from matchmaker.errors import InvalidError, NotNowError
from matchmaker.i18n import LOCALES
from models import LoginSession, User


def normal_email(text: str) -> str:
    """Return the address in its normal form.

    Raises:
        InvalidError: it is no address.

    """
    try:
        return validators.parse_email(text)
    except ValueError as error:
        raise InvalidError({"email": error.args[0]}) from None


def _write(session: Session, user: User, kind: str, recipient: str, **values: Any) -> None:
    """Mail one of the letters below in the person's language, at most once a second."""
    with force_locale(LOCALES.get(user.locale, LOCALES["zh"])):
        subject, body = _letter(kind)
        mail.post(
            session,
            key=f"{kind}:{user.id}:{clock.now().timestamp():.0f}",
            recipient=recipient,
            subject=subject,
            body=_("%(name)s，您好：", name=user.name) + "\n\n" + body % values,
        )


def _letter(kind: str) -> tuple[str, str]:
    letters: dict[str, tuple[Any, Any]] = {
        "reset": (
            _l("设置新密码"),
            _l("请在 %(hours)d 小时内打开下面的链接设置新密码：\n%(link)s\n\n"
               "如果不是您本人操作，请忽略这封邮件，密码不会改变。"),
        ),
        "changed": (
            _l("密码已经修改"),
            _l("您的密码刚刚修改，其他设备上的登录都已结束。如果不是您本人操作，"
               "请立即用“忘记密码”重新设置，并联系管理员。"),
        ),
        "confirm": (
            _l("确认邮箱"),
            _l("请打开下面的链接，确认这是您的邮箱：\n%(link)s\n\n不确认也可以使用平台。"),
        ),
        "email": (
            _l("确认新邮箱"),
            _l("请打开下面的链接，确认把登录邮箱改成这个地址：\n%(link)s"),
        ),
        "notice": (
            _l("有人申请修改登录邮箱"),
            _l("您的账号申请把登录邮箱改为 %(email)s。如果不是您本人操作，请立即修改密码。"),
        ),
        "taken": (
            _l("您已经有账号"),
            _l("有人用这个邮箱注册。您已经有账号，请直接登录：\n%(link)s\n\n"
               "忘记密码时可以在登录页重新设置。如果不是您本人操作，请忽略这封邮件。"),
        ),
    }  # fmt: skip
    subject, body = letters[kind]
    return str(subject), str(body)


def request_reset(session: Session, settings: Settings, email: str) -> None:
    """Mail a link for a new password; nothing tells whether the address is known."""
    user = queries.user_by_email(session, email)
    if user is None or not user.active:
        return
    token = Links(settings).make("reset", user)
    hours = settings.link_lifetime.total_seconds() / 3600
    link = f"{settings.base_url}/reset/{token}"
    _write(session, user, "reset", user.email, hours=hours, link=link)


def request_confirmation(session: Session, settings: Settings, user: User) -> None:
    """Mail a link that confirms the address of a new account."""
    token = Links(settings).make("email", user, email=user.email)
    link = f"{settings.base_url}/account/email/{token}"
    _write(session, user, "confirm", user.email, link=link)


def tell_of_taken_email(session: Session, settings: Settings, email: str) -> None:
    """Somebody signed up with an address that has an account: only its owner learns of it."""
    user = queries.user_by_email(session, email)
    if user is not None:
        _write(session, user, "taken", user.email, link=f"{settings.base_url}/sign-in")


def reset_password(session: Session, settings: Settings, token: str, password: str) -> User:
    """Set a new password by a mailed link; every session of the person ends.

    Raises:
        NotNowError: the link is forged, too old or already used.
        InvalidError: the password is too weak.

    """
    user = user_of_link(session, settings, "reset", token)
    passwords.check_strength(password, email=user.email, name=user.name)
    _set_password(session, user, password, keep=None)
    return user


def user_of_link(session: Session, settings: Settings, purpose: str, token: str) -> User:
    """Return the person of a link that is still good.

    Raises:
        NotNowError: it is not.

    """
    carried = Links(settings).read(purpose, token)
    user = session.get(User, int(carried["id"])) if carried else None
    current = carried is not None and user is not None and passwords.is_current(user, carried)
    if user is None or not current or not user.active:
        raise NotNowError(_l("这个链接已经失效或用过了，请重新申请一个。"))
    return user


def change_password(
    session: Session, user: User, login: LoginSession, current: str, password: str
) -> None:
    """Change one's password; other sessions end.

    Raises:
        InvalidError: the current one is wrong, or the new one too weak.

    """
    if not passwords.matches(user, current):
        raise InvalidError({"current": _l("现在的密码不对。")})
    passwords.check_strength(password, email=user.email, name=user.name)
    _set_password(session, user, password, keep=login)


def _set_password(session: Session, user: User, password: str, keep: LoginSession | None) -> None:
    user.password_hash = passwords.hash_password(password)
    end_other_logins(session, user, keep)
    activity.record(session, user, "user.password_changed", user)
    _write(session, user, "changed", user.email)


def request_email_change(session: Session, settings: Settings, user: User, email: str) -> None:
    """Mail a link to the new address and a word to the old one; opening the link changes it.

    Raises:
        InvalidError: it is no address, or the one that the account has.

    """
    email = normal_email(email)
    if email == user.email:
        raise InvalidError({"email": _l("这就是现在的登录邮箱。")})
    if queries.user_by_email(session, email) is None:
        token = Links(settings).make("email", user, email=email)
        link = f"{settings.base_url}/account/email/{token}"
        _write(session, user, "email", email, link=link)
    _write(session, user, "notice", user.email, email=email)


def confirm_email(session: Session, settings: Settings, token: str) -> User:
    """Change the address to the one that the link was sent to.

    Raises:
        NotNowError: the link is not good any more.

    """
    user = user_of_link(session, settings, "email", token)
    carried = Links(settings).read("email", token) or {}
    if queries.user_by_email(session, carried["email"]) not in {None, user}:
        raise NotNowError(_l("这个邮箱已经被别的账号使用。"))
    if user.email != carried["email"]:
        activity.record(session, user, "user.email_changed", user)
    user.email = carried["email"]
    user.email_confirmed_at = clock.now()
    session.flush()
    return user
