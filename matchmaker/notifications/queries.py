"""Reading one's own inbox."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker.errors import NotFoundError
from models import Notification, User

PAGE = 50


def inbox(session: Session, actor: User, page: int = 1) -> list[Notification]:
    """One page of the inbox: unread lines first, each half newest first."""
    return list(
        session.scalars(
            select(Notification)
            .where(Notification.user_id == actor.id)
            .order_by(Notification.read_at.is_not(None), Notification.id.desc())
            .limit(PAGE)
            .offset((page - 1) * PAGE)
        )
    )


def count(session: Session, actor: User, *, unread: bool = False) -> int:
    """How many lines there are, or how many are unread."""
    statement = select(func.count(Notification.id)).where(Notification.user_id == actor.id)
    if unread:
        statement = statement.where(Notification.read_at.is_(None))
    return session.scalar(statement) or 0


def one(session: Session, actor: User, notification_id: int) -> Notification:
    """One of one's own lines.

    Raises:
        NotFoundError: it is somebody else's, or not there.

    """
    line = session.get(Notification, notification_id)
    if line is None or line.user_id != actor.id:
        raise NotFoundError
    return line
