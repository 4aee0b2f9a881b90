"""Reading one's own inbox."""

from __future__ import annotations

from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker import clock
from matchmaker.errors import NotFoundError
from models import Notification, User

PAGE = 25
Ids = list[int]


def outline(session: Session, actor: User) -> list[Ids]:
    """The lines of each group: of one kind and day, unread ones first, then the newest."""
    rows = session.execute(
        select(
            Notification.id,
            Notification.kind,
            Notification.created_at,
            Notification.read_at.is_(None),
        )
        .where(Notification.user_id == actor.id)
        .order_by(Notification.read_at.is_not(None), Notification.id.desc())
    )
    groups: dict[tuple[bool, str, date], Ids] = {}
    for line_id, kind, at, unread in rows:
        day = at.astimezone(clock.LOCAL_ZONE).date()
        groups.setdefault((bool(unread), kind, day), []).append(line_id)
    return list(groups.values())


def lines_of(session: Session, groups: list[Ids]) -> list[list[Notification]]:
    """The lines themselves, as an outline has them."""
    wanted = [line_id for group in groups for line_id in group]
    rows = session.scalars(select(Notification).where(Notification.id.in_(wanted)))
    lines = {line.id: line for line in rows}
    return [[lines[line_id] for line_id in group] for group in groups]


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
