"""Asking for packages, and stopping the making of one."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from matchmaker import activity, jobs
from matchmaker.errors import NotNowError, require
from matchmaker.i18n import LOCALES
from matchmaker.paper import policy, queries
from matchmaker.timetables import queries as timetables
from models import Event, Job, JobStatus, Timetable, User


def make_later(session: Session, actor: User, timetable: Timetable, *, language: str = "") -> Job:
    """Have the offline package of a published timetable made after this transaction.

    Whoever publishes calls it; the language is that of the actor. A job that waits serves as well.
    """
    language = language or (actor.locale if actor.locale in LOCALES else "zh")
    event = session.get_one(Event, timetable.event_id)
    payload = {"event_id": event.id, "language": language}
    last = queries.job(session, event)
    if last is not None and last.status == JobStatus.QUEUED and last.payload == payload:
        return last
    return jobs.enqueue(session, queries.PACKAGE, payload, actor=actor, max_attempts=2)


def ask(session: Session, actor: User, event: Event, *, language: str) -> Job:
    """Have the package made again: names or places have changed since.

    Raises:
        NotNowError: nothing is published, or it is being made.

    """
    require(policy.can_print(actor, event))
    timetable = timetables.current(session, event)
    if timetable is None:
        raise NotNowError(_l("日程还没有发布，发布以后才能制作文件包。"))
    if queries.is_busy(queries.job(session, event)):
        raise NotNowError(_l("文件包正在制作，请等它做完。"))
    activity.record(session, actor, "papers.asked", event, event=event.title)
    return make_later(session, actor, timetable, language=language)


def stop(session: Session, actor: User, event: Event) -> Job:
    """Stop the making of a package, whoever asked for it.

    Raises:
        NotNowError: nothing is being made.

    """
    require(policy.can_print(actor, event))
    job = queries.job(session, event)
    if job is None or not queries.is_busy(job):
        raise NotNowError(_l("现在没有在制作文件包。"))
    jobs.cancel(session, job)
    activity.record(session, actor, "papers.stopped", event, event=event.title)
    return job
