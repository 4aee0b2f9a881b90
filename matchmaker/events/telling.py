"""What the verbs of events share: is it still running, is this its last version, who is told."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from matchmaker.errors import NotNowError
from matchmaker.events import queries
from matchmaker.notifications.service import notify
from models import Event, EventStatus, User

OVER = {
    EventStatus.CANCELLED: _l("活动已取消，不能再改。"),
    EventStatus.CLOSED: _l("活动已结束并归档，不能再改。"),
}


def require_running(event: Event) -> None:
    """Let only what is not over be changed.

    Raises:
        NotNowError: it is over or called off.

    """
    if event.status in OVER:
        raise NotNowError(OVER[event.status])


class ChangedMeanwhileError(NotNowError):
    """Somebody else saved it first; what was typed is shown again."""


def check_version(event: Event, version: int | None) -> None:
    """Let nobody overwrite what they have not seen; None asks nothing.

    Raises:
        ChangedMeanwhileError: it was changed after the form was opened.

    """
    if version is not None and version != event.version:
        raise ChangedMeanwhileError(_l("刚刚有人改过这个活动，您的修改没有保存。"))


def tell_of_change(session: Session, actor: User, event: Event) -> None:
    """Tell the people of an announced event that its time or place is another."""
    if event.status == EventStatus.OPEN:
        tell(session, actor, event, "event.changed")


def tell(session: Session, actor: User, event: Event, kind: str, **values: str) -> None:
    """Tell everybody who comes or was asked to come, in the inbox and by mail."""
    for person in queries.people_of(session, event):
        if person.id != actor.id:
            notify(
                session, person, kind, endpoint="events.event",
                endpoint_values={"event_id": event.id}, by_mail=True, event=event.title, **values,
            )  # fmt: skip
