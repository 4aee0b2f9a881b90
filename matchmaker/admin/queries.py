"""Jobs, mail and people, for administrators."""

from __future__ import annotations

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from matchmaker.db import like_pattern
from models import Job, JobStatus, Mail, Match, MatchStatus, User

PAGE = 50


def jobs(session: Session, status: str = "", kind: str = "", *, offset: int = 0) -> list[Job]:
    """Jobs, newest first."""
    statement = select(Job).order_by(Job.id.desc()).limit(PAGE).offset(offset)
    if status in set(JobStatus):
        statement = statement.where(Job.status == status)
    if kind:
        statement = statement.where(Job.kind == kind)
    return list(session.scalars(statement).unique())


def count_jobs(session: Session, status: str = "", kind: str = "") -> int:
    """How many jobs there are of a status and kind."""
    statement = select(func.count(Job.id))
    if status in set(JobStatus):
        statement = statement.where(Job.status == status)
    if kind:
        statement = statement.where(Job.kind == kind)
    return session.scalar(statement) or 0


def job_counts(session: Session) -> dict[JobStatus, int]:
    """How many jobs are in each state."""
    rows = session.execute(select(Job.status, func.count()).group_by(Job.status))
    return dict(rows.all())


def count_failed(session: Session) -> int:
    """How many jobs have failed for good."""
    return session.scalar(select(func.count(Job.id)).where(Job.status == JobStatus.FAILED)) or 0


def mails(session: Session, *, offset: int = 0) -> list[Mail]:
    """The outbox, newest first."""
    return list(session.scalars(select(Mail).order_by(Mail.id.desc()).limit(PAGE).offset(offset)))


def count_mails(session: Session) -> int:
    """How many mails there are."""
    return session.scalar(select(func.count(Mail.id))) or 0


def count_unsent(session: Session) -> int:
    """How many mails have not left."""
    return session.scalar(select(func.count(Mail.id)).where(Mail.sent_at.is_(None))) or 0


def people(session: Session, text: str = "", *, offset: int = 0) -> list[User]:
    """People by name or address."""
    statement = select(User).order_by(User.id.desc()).limit(PAGE).offset(offset)
    return list(session.scalars(_named(statement, text)).unique())


def count_people(session: Session, text: str = "") -> int:
    """How many people there are of a name or address."""
    return session.scalar(_named(select(func.count(User.id)), text)) or 0


def _named(statement, text: str):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    text = text.replace("\x00", "").strip()
    if not text:
        return statement
    pattern = like_pattern(text)
    return statement.where(
        or_(User.name.like(pattern, escape="\\"), User.email.like(pattern.lower(), escape="\\"))
    )


def count_accepted(session: Session) -> int:
    """How many pairs are accepted."""
    return session.scalar(
        select(func.count(Match.id)).where(Match.status == MatchStatus.ACCEPTED)
    ) or 0  # fmt: skip
