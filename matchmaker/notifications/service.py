"""Writing notifications with the change that they tell of, and marking them read."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from matchmaker import clock, mail
from matchmaker.i18n import LOCALES
from matchmaker.notifications.kinds import KINDS, sentence
from models import Membership, Notification, Role, User


def notify(
    session: Session,
    user: User,
    kind: str,
    *,
    endpoint: str = "",
    endpoint_values: dict[str, Any] | None = None,
    by_mail: bool = False,
    **values: Any,
) -> Notification:
    """Put a line into somebody's inbox, and mail it for decisions.

    Raises:
        KeyError: the kind is not registered in `kinds`.

    """
    if kind not in KINDS:
        raise KeyError(kind)
    line = Notification(
        user_id=user.id,
        kind=kind,
        values=values,
        endpoint=endpoint,
        endpoint_values=endpoint_values or {},
        created_at=clock.now(),
    )
    session.add(line)
    session.flush()
    if by_mail:
        _post(session, user, line)
    return line


def _post(session: Session, user: User, line: Notification) -> None:
    with force_locale(LOCALES.get(user.locale, LOCALES["zh"])):
        text = sentence(line.kind, line.values)
        mail.post(
            session,
            key=f"notification:{line.id}",
            recipient=user.email,
            subject=text[:200],
            body=_(
                "%(name)s，您好：\n\n%(text)s。\n\n请登录平台查看。", name=user.name, text=text
            ),
        )


def notify_offices(session: Session, kind: str, **values: Any) -> None:
    """Tell every organiser and administrator."""
    people = session.scalars(
        select(User).where(
            User.role.in_([Role.ORGANISER, Role.ADMINISTRATOR]),
            User.membership == Membership.CONFIRMED,
            User.active,
        )
    )
    for person in people.all():
        notify(session, person, kind, **values)


def mark_read(session: Session, actor: User, notification_id: int | None = None) -> None:
    """Mark one of one's own lines, or all, as read."""
    one = [] if notification_id is None else [Notification.id == notification_id]
    _mark(session, actor, *one)


def mark_group_read(session: Session, actor: User, kind: str, day: date, *, newest: int) -> None:
    """Mark one's own lines of a kind and day as read, up to the newest that was on the page."""
    start = datetime.combine(day, time(), clock.LOCAL_ZONE)
    _mark(
        session, actor, Notification.kind == kind, Notification.id <= newest,
        Notification.created_at >= start, Notification.created_at < start + timedelta(days=1),
    )  # fmt: skip


def _mark(session: Session, actor: User, *which: ColumnElement[bool]) -> None:
    statement = update(Notification).where(
        Notification.user_id == actor.id, Notification.read_at.is_(None), *which
    )
    session.execute(
        statement.values(read_at=clock.now()).execution_options(synchronize_session=False)
    )
