"""Who may do what with a posting. Pure; relations must be loaded."""

from __future__ import annotations

from matchmaker.guard import effective_role, is_verified
from models import (
    Membership,
    NameVisibility,
    Posting,
    PostingKind,
    PostingStatus,
    Role,
    User,
    Verification,
)

POSTERS: dict[PostingKind, frozenset[Role]] = {
    PostingKind.ACHIEVEMENT: frozenset({Role.RESEARCHER, Role.TRANSFER_MANAGER}),
    PostingKind.NEED: frozenset({Role.ENTERPRISE, Role.TRANSFER_MANAGER}),
}
OFFICE = frozenset({Role.ORGANISER, Role.ADMINISTRATOR})
OPEN = frozenset({PostingStatus.PUBLISHED, PostingStatus.WITHDRAWN, PostingStatus.SUBMITTED})


def is_office(actor: User) -> bool:
    """Organiser or administrator, in force."""
    return effective_role(actor) in OFFICE


def is_organiser(actor: User) -> bool:
    """An organiser in force: the one who publishes."""
    return effective_role(actor) == Role.ORGANISER


def can_post(actor: User, kind: PostingKind) -> bool:
    """Researchers post achievements, enterprises needs, transfer managers both."""
    return actor.role in POSTERS[kind] and actor.membership != Membership.REFUSED


def is_owner(actor: User, posting: Posting) -> bool:
    """The one who wrote it, unless the organisation has said that the person is not one of theirs."""
    return posting.owner_id == actor.id and actor.membership != Membership.REFUSED


def is_own(actor: User, posting: Posting) -> bool:
    """One's own posting, or one of the organisation that has confirmed the person."""
    if is_owner(actor, posting):
        return True
    colleague = posting.organisation_id == actor.organisation_id
    return colleague and actor.membership == Membership.CONFIRMED


def can_edit(actor: User, posting: Posting) -> bool:
    """The owner and confirmed colleagues; organisers may correct what is submitted or open."""
    if posting.status == PostingStatus.ARCHIVED:
        return False
    if is_owner(actor, posting):
        return True
    if is_own(actor, posting):
        return actor.membership == Membership.CONFIRMED and can_post(actor, posting.kind)
    return is_organiser(actor) and posting.status in OPEN


def can_submit(actor: User, posting: Posting) -> bool:
    """Hand a draft to the organisers."""
    return (
        is_own(actor, posting)
        and can_edit(actor, posting)
        and posting.status == PostingStatus.DRAFT
    )


def can_publish(actor: User, posting: Posting) -> bool:
    """An organiser of another organisation, for a verified organisation."""
    return (
        is_organiser(actor)
        and not is_own(actor, posting)
        and posting.status == PostingStatus.SUBMITTED
        and posting.organisation.status == Verification.VERIFIED
        and posting.owner.membership == Membership.CONFIRMED
    )


def can_send_back(actor: User, posting: Posting) -> bool:
    """An organiser returns a submitted posting with a reason; its owner takes it back without."""
    if posting.status != PostingStatus.SUBMITTED:
        return False
    return (is_organiser(actor) and not is_own(actor, posting)) or can_edit(actor, posting)


def can_withdraw(actor: User, posting: Posting) -> bool:
    """Its people, or an organiser."""
    return posting.status == PostingStatus.PUBLISHED and can_edit(actor, posting)


def can_republish(actor: User, posting: Posting) -> bool:
    """Its people open a withdrawn posting again."""
    return (
        posting.status == PostingStatus.WITHDRAWN
        and can_edit(actor, posting)
        and is_verified(posting.owner)
    )


def can_archive(actor: User, posting: Posting) -> bool:
    """Its people, or an organiser; a submitted one is taken back first."""
    allowed = {PostingStatus.DRAFT, PostingStatus.PUBLISHED, PostingStatus.WITHDRAWN}
    return posting.status in allowed and can_edit(actor, posting)


def can_renew(actor: User, posting: Posting) -> bool:
    """Give a published posting another year."""
    return can_withdraw(actor, posting)


def can_see_name(actor: User, posting: Posting, *, partner: bool = False) -> bool:
    """Whether the name of the organisation is shown."""
    if posting.name_visibility == NameVisibility.EVERYONE or partner:
        return True
    return is_own(actor, posting) or is_office(actor)


def can_see_contact(actor: User, posting: Posting, *, partner: bool = False) -> bool:
    """Contact data: its own people, offices, and the other side of an accepted pair."""
    return partner or is_own(actor, posting) or is_office(actor)
