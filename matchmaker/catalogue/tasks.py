"""Postings run out: a word 30 and 7 days before, then the archive. The index goes to its files."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker import clock, jobs
from matchmaker.catalogue import service
from matchmaker.catalogue.index import index_of
from matchmaker.jobs import JobRun
from matchmaker.notifications.service import notify
from models import Notification, Posting, PostingStatus

WARN_DAYS = (30, 7)


@jobs.task("catalogue.expire", regular=True)
def expire(run: JobRun) -> Mapping[str, Any]:
    """Archive what has run out and warn owners; running it again changes nothing."""
    with run.database.transaction() as session:
        archived = _archive_expired(session)
        warned = sum(_warn(session, days) for days in WARN_DAYS)
    return {"archived": archived, "warned": warned}


@jobs.task("catalogue.keep_index")
def keep_index(run: JobRun) -> Mapping[str, Any]:
    """Write the index to the files that all processes share, fitted anew where that is due."""
    return index_of(run.database).keep(run.report)


def _archive_expired(session: Session) -> int:
    rows = session.scalars(
        select(Posting).where(
            Posting.status == PostingStatus.PUBLISHED, Posting.valid_until < clock.today()
        )
    ).all()
    for posting in rows:
        service.archive(session, None, posting)
        notify(session, posting.owner, "posting.archived", title=posting.title, by_mail=True,
               **_link(posting))  # fmt: skip
    return len(rows)


def _warn(session: Session, days: int) -> int:
    last = clock.today() + timedelta(days=days)
    rows = session.scalars(
        select(Posting).where(
            Posting.status == PostingStatus.PUBLISHED,
            Posting.valid_until >= clock.today(),
            Posting.valid_until <= last,
        )
    ).all()
    return sum(_warn_once(session, posting, days) for posting in rows)


def _warn_once(session: Session, posting: Posting, days: int) -> bool:
    assert posting.valid_until is not None
    mark: dict[str, Any] = {
        "posting": posting.id,
        "until": posting.valid_until.isoformat(),
        "stage": days,
    }
    told = session.scalars(
        select(Notification.values).where(
            Notification.user_id == posting.owner_id, Notification.kind == "posting.expiring"
        )
    )
    if any(all(values.get(key) == value for key, value in mark.items()) for values in told):
        return False
    left = (posting.valid_until - clock.today()).days
    notify(session, posting.owner, "posting.expiring", title=posting.title, by_mail=True,
           **_link(posting), **mark, days=left)  # fmt: skip
    return True


def _link(posting: Posting) -> dict[str, Any]:
    return {
        "endpoint": f"catalogue.{posting.kind.value}",
        "endpoint_values": {"posting_id": posting.id},
    }
