"""Finding postings that a person may see. Lists and single ones come from the same `visible_to`."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, Select, and_, false, func, or_, select
from sqlalchemy.orm import Session, joinedload, selectin_polymorphic, selectinload

from matchmaker.catalogue import policy
from matchmaker.errors import NotFoundError
from models import (
    Achievement,
    Match,
    MatchStatus,
    Membership,
    Need,
    Organisation,
    Posting,
    PostingKind,
    PostingNode,
    PostingStatus,
    Revision,
    SchemeNode,
    User,
    Verification,
    Visibility,
)


def visible_to(actor: User, kind: PostingKind | None = None) -> Select[Any]:
    """Select the postings that a person may see.

    One's own organisation's, whatever their state; offices see everything that was submitted;
    all others see what verified organisations have published openly, and the other side of
    their accepted pairs.
    """
    statement = select(Posting).join(Organisation, Organisation.id == Posting.organisation_id)
    if kind is not None:
        statement = statement.where(Posting.kind == kind)
    own = is_own(actor)
    if policy.is_office(actor):
        return statement.where(or_(own, Posting.status != PostingStatus.DRAFT))
    return statement.where(or_(own, is_public(), Posting.id.in_(partner_ids(actor))))


def is_own(actor: User) -> ColumnElement[bool]:
    """One's own postings, and those of the organisation that has confirmed the person."""
    if actor.membership == Membership.REFUSED:
        return false()
    if actor.membership != Membership.CONFIRMED:
        return Posting.owner_id == actor.id
    return or_(Posting.owner_id == actor.id, Posting.organisation_id == actor.organisation_id)


def is_public() -> ColumnElement[bool]:
    """Published openly by a verified organisation."""
    return and_(
        Posting.status == PostingStatus.PUBLISHED,
        Posting.visibility == Visibility.LISTED,
        Organisation.status == Verification.VERIFIED,
    )


def partner_ids(actor: User) -> CompoundSelect[Any]:
    """Ids of postings that are paired, by acceptance, with one of the person's organisation."""
    own = select(Posting.id).where(is_own(actor))
    accepted = Match.status == MatchStatus.ACCEPTED
    return (
        select(Match.need_id)
        .where(accepted, Match.achievement_id.in_(own))
        .union(select(Match.achievement_id).where(accepted, Match.need_id.in_(own)))
    )


def is_partner(session: Session, actor: User, posting: Posting) -> bool:
    """Tell whether the posting is the other side of an accepted pair."""
    return posting.id in set(session.scalars(partner_ids(actor)))


def one(
    session: Session, actor: User, posting_id: int, kind: PostingKind | None = None
) -> Posting:
    """One posting that the person may see, with the nodes under which it is filed.

    Raises:
        NotFoundError: it is not there, of another kind, or not for this person.

    """
    statement = visible_to(actor, kind).where(Posting.id == posting_id).options(filed())
    found: Posting | None = session.scalar(statement)
    if found is None:
        raise NotFoundError
    return found


def filed() -> Any:
    """Load with postings their nodes, and what these correspond to in other schemes, at once."""
    nodes = selectinload(Posting.nodes).joinedload(PostingNode.node)
    return nodes.selectinload(SchemeNode.walks)


def own_postings(
    session: Session, actor: User, status: PostingStatus | None = None
) -> list[Posting]:
    """Everything of one's organisation, last changed first."""
    statement = select(Posting).where(is_own(actor))
    if status is not None:
        statement = statement.where(Posting.status == status)
    return list(session.scalars(statement.order_by(Posting.updated_at.desc()).limit(500)))


def own_counts(session: Session, actor: User) -> dict[PostingStatus, int]:
    """How many postings of one's organisation are in each state."""
    rows = session.execute(
        select(Posting.status, func.count()).where(is_own(actor)).group_by(Posting.status)
    )
    return dict(rows.all())


def submitted() -> Select[Any]:
    """Postings that wait for an organiser, oldest first, with all that their meter judges."""
    return (
        select(Posting)
        .where(Posting.status == PostingStatus.SUBMITTED)
        .order_by(Posting.submitted_at, Posting.id)
        .options(
            selectin_polymorphic(Posting, [Achievement, Need]),
            joinedload(Posting.owner),
            selectinload(Posting.nodes),
            selectinload(Posting.mode_rows),
            selectinload(Posting.indicators),
            selectinload(Posting.attachments),
            selectinload(Achievement.properties),
        )
    )


def count_submitted(session: Session) -> int:
    """How many postings wait for an organiser."""
    return (
        session.scalar(select(func.count()).where(Posting.status == PostingStatus.SUBMITTED)) or 0
    )


def revisions(session: Session, posting: Posting) -> list[Revision]:
    """The versions of a posting, newest first."""
    return list(
        session.scalars(
            select(Revision)
            .where(Revision.posting_id == posting.id)
            .order_by(Revision.number.desc())
        )
    )


def kind_class(kind: PostingKind) -> type[Achievement | Need]:
    """The table of a kind."""
    return Achievement if kind == PostingKind.ACHIEVEMENT else Need
