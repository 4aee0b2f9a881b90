"""Finding organisations, people and sessions that a person may see."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from matchmaker import clock
from matchmaker.accounts import policy
from matchmaker.db import like_pattern
from matchmaker.errors import NotFoundError, require
from models import (
    LoginSession,
    Membership,
    NameVisibility,
    Organisation,
    OrganisationKind,
    Posting,
    PostingKind,
    PostingStatus,
    Role,
    University,
    User,
    Verification,
    Visibility,
)

LIST_PAGE = 50
WAITING_PAGE = 50
SHORTEST_CORE = 3
SIMILAR_SHOWN = 5
PLACE = re.compile(r"^(?:重庆市?|四川省?|成都市?|绵阳市?)")
LEGAL_FORM = re.compile(r"(?:股份有限公司|有限责任公司|有限公司|（[^）]*）|\([^)]*\))")


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


def editable_organisation(session: Session, actor: User, organisation_id: int) -> Organisation:
    """One's own organisation, for who may change it.

    Raises:
        NotFoundError: it is not there, or not for this person.
        NotAllowedError: the person is not confirmed yet, or of another organisation.

    """
    row = organisation(session, actor, organisation_id)
    require(policy.can_edit_organisation(actor, row))
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


def people_by_organisation(session: Session, ids: list[int]) -> dict[int, list[User]]:
    """The people of several organisations, in one go."""
    found: dict[int, list[User]] = defaultdict(list)
    for row in session.scalars(
        select(User).where(User.organisation_id.in_(ids)).order_by(User.id)
    ):
        found[row.organisation_id].append(row)
    return found


def has_administrator(session: Session, organisation_id: int) -> bool:
    """Tell whether administrators belong to this organisation."""
    statement = select(User.id).where(
        User.organisation_id == organisation_id, User.role == Role.ADMINISTRATOR, User.active
    )
    return session.scalar(statement.limit(1)) is not None


def visible_organisations(actor: User) -> Select[Any]:
    """Verified ones and one's own; all for offices."""
    statement = select(Organisation)
    if policy.is_office(actor):
        return statement
    return statement.where(
        or_(
            Organisation.status == Verification.VERIFIED,
            Organisation.id == actor.organisation_id,
        )
    )


def waiting(actor: User) -> Select[Any]:
    """Organisations that wait for this person's verification, oldest first."""
    statement = select(Organisation).where(
        Organisation.status == Verification.PENDING, Organisation.id != actor.organisation_id
    )
    if actor.role != Role.ADMINISTRATOR:
        statement = statement.where(Organisation.kind != OrganisationKind.GOVERNMENT)
    return statement.order_by(Organisation.created_at, Organisation.id)


def count_waiting(session: Session, actor: User) -> int:
    """How many organisations wait."""
    return count_rows(session, waiting(actor))


def count_rows(session: Session, statement: Select[Any]) -> int:
    """How many rows a list has."""
    return (
        session.scalar(select(func.count()).select_from(statement.order_by(None).subquery())) or 0
    )


def organisations(*, status: str = "", kind: str = "", text: str = "") -> Select[Any]:
    """Organisations by filter, newest first; for offices."""
    statement = select(Organisation).order_by(
        Organisation.created_at.desc(), Organisation.id.desc()
    )
    if status in set(Verification):
        statement = statement.where(Organisation.status == status)
    if kind in set(OrganisationKind):
        statement = statement.where(Organisation.kind == kind)
    if text.strip():
        pattern = like_pattern(text.strip()[:120].replace("\x00", ""))
        by_name = Organisation.name.like(pattern, escape="\\")
        by_code = Organisation.uscc.like(pattern.upper(), escape="\\")
        statement = statement.where(or_(by_name, by_code))
    return statement


def similar_names(session: Session, rows: list[Organisation]) -> dict[int, list[Organisation]]:
    """For each organisation, others whose name contains the core of its own."""
    cores = {row.id: core_name(row.name) for row in rows}
    wanted = {core for core in cores.values() if len(core) >= SHORTEST_CORE}
    if not wanted:
        return {}
    patterns = [Organisation.name.like(like_pattern(core), escape="\\") for core in wanted]
    found = list(session.scalars(select(Organisation).where(or_(*patterns)).limit(LIST_PAGE * 4)))
    return {
        id_: [row for row in found if row.id != id_ and core in row.name][:SIMILAR_SHOWN]
        for id_, core in cores.items()
        if core in wanted
    }


def core_name(name: str) -> str:
    """What is left of a name without place and legal form: 重庆示范电池有限公司 → 示范电池."""
    return LEGAL_FORM.sub("", PLACE.sub("", name)).strip()


def count_published(session: Session, organisation_id: int) -> dict[PostingKind, int]:
    """How many postings everybody may see under the name of an organisation."""
    rows = session.execute(
        select(Posting.kind, func.count(Posting.id))
        .where(
            Posting.organisation_id == organisation_id,
            Posting.status == PostingStatus.PUBLISHED,
            Posting.visibility == Visibility.LISTED,
            Posting.name_visibility == NameVisibility.EVERYONE,
        )
        .group_by(Posting.kind)
    )
    return {PostingKind(kind): int(count) for kind, count in rows}


def names_to_offer(session: Session) -> list[str]:
    """Names for the list in the sign-up form: verified organisations, universities of the region."""
    verified = Organisation.status == Verification.VERIFIED
    names = set(session.scalars(select(Organisation.name).where(verified).limit(1000)))
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


def names_of(session: Session, ids: Iterable[int]) -> dict[int, str]:
    """Names of organisations by their ids, in the order given."""
    wanted = list(dict.fromkeys(ids))
    rows = session.execute(
        select(Organisation.id, Organisation.name).where(Organisation.id.in_(wanted))
    )
    names: dict[int, str] = dict(rows.all())
    return {number: names[number] for number in wanted if number in names}
