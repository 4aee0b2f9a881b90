"""Finding organisations, people and sessions that a person may see."""

from __future__ import annotations

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from matchmaker import clock
from matchmaker.accounts import policy
from matchmaker.db import like_pattern
from matchmaker.errors import NotFoundError
from models import (
    LoginSession,
    Membership,
    Organisation,
    OrganisationKind,
    Role,
    University,
    User,
    Verification,
)

LIST_LIMIT = 200


def user_by_email(session: Session, email: str) -> User | None:
    """The person of an e-mail address, however it is written."""
    return session.scalar(select(User).where(User.email == email.strip().lower()))


def organisation(session: Session, actor: User, organisation_id: int) -> Organisation:
    """An organisation that the person may see.

    Raises:
        NotFoundError: it is not there, or not for this person.

    """
    row = session.get(Organisation, organisation_id)
    if row is None or not policy.can_see_organisation(actor, row):
        raise NotFoundError
    return row


def person(session: Session, actor: User, user_id: int) -> User:
    """A colleague, or anybody for an office.

    Raises:
        NotFoundError: as above.

    """
    row = session.get(User, user_id)
    if row is None or not (
        row.organisation_id == actor.organisation_id or policy.is_office(actor)
    ):
        raise NotFoundError
    return row


def people_of(session: Session, organisation_id: int) -> list[User]:
    """Everybody of an organisation, waiting ones first."""
    return list(
        session.scalars(
            select(User)
            .where(User.organisation_id == organisation_id)
            .order_by(User.membership != Membership.PENDING, User.name)
        )
    )


def waiting(actor: User) -> Select[tuple[Organisation]]:
    """Organisations that wait for this person's verification, oldest first."""
    statement = select(Organisation).where(
        Organisation.status == Verification.PENDING, Organisation.id != actor.organisation_id
    )
    if actor.role != Role.ADMINISTRATOR:
        statement = statement.where(Organisation.kind != OrganisationKind.GOVERNMENT)
    return statement.order_by(Organisation.created_at)


def count_waiting(session: Session, actor: User) -> int:
    """How many organisations wait."""
    return session.scalar(select(func.count()).select_from(waiting(actor).subquery())) or 0


def organisations(
    session: Session, *, status: str = "", kind: str = "", text: str = ""
) -> list[Organisation]:
    """Organisations by filter, newest first; for offices."""
    statement = select(Organisation).order_by(Organisation.created_at.desc()).limit(LIST_LIMIT)
    if status in set(Verification):
        statement = statement.where(Organisation.status == status)
    if kind in set(OrganisationKind):
        statement = statement.where(Organisation.kind == kind)
    if text.strip():
        pattern = like_pattern(text.strip())
        statement = statement.where(
            or_(
                Organisation.name.like(pattern, escape="\\"),
                Organisation.uscc.like(pattern.upper(), escape="\\"),
            )
        )
    return list(session.scalars(statement))


def similar_names(session: Session, row: Organisation) -> list[Organisation]:
    """Other organisations whose name contains this one's core, or the other way round."""
    core = row.name.replace("有限公司", "").replace("有限责任公司", "")[:12]
    return list(
        session.scalars(
            select(Organisation)
            .where(
                Organisation.id != row.id,
                Organisation.name.like(like_pattern(core), escape="\\"),
            )
            .limit(5)
        )
    )


def names_to_offer(session: Session) -> list[str]:
    """Names for the list in the sign-up form: organisations here, universities of the region."""
    names = set(session.scalars(select(Organisation.name).limit(1000)))
    names |= set(session.scalars(select(University.name)))
    return sorted(names)


def open_logins(session: Session, user: User) -> list[LoginSession]:
    """The browsers in which a person is signed in, last used first."""
    return list(
        session.scalars(
            select(LoginSession)
            .where(
                LoginSession.user_id == user.id,
                LoginSession.ended_at.is_(None),
                LoginSession.expires_at > clock.now(),
            )
            .order_by(LoginSession.last_seen_at.desc())
        )
    )
