"""Which records take part in matching, and who may put a pair on the review desk by hand."""

from __future__ import annotations

from matchmaker.catalogue import policy as catalogue
from matchmaker.guard import effective_role
from models import Posting, PostingKind, PostingStatus, Role, User, Verification


def takes_part(posting: Posting) -> bool:
    """Published, by a verified organisation."""
    verified = posting.organisation.status == Verification.VERIFIED
    return posting.status == PostingStatus.PUBLISHED and verified


def can_rank(actor: User, posting: Posting) -> bool:
    """Offices see all that is ranked for a need."""
    return catalogue.is_office(actor) and posting.kind == PostingKind.NEED and takes_part(posting)


def can_pick(actor: User, need: Posting, achievement: Posting) -> bool:
    """An organiser whose own organisation is not a party, as with decisions."""
    parties = {need.organisation_id, achievement.organisation_id}
    return effective_role(actor) == Role.ORGANISER and actor.organisation_id not in parties


def can_teach(actor: User, need: Posting) -> bool:
    """An organiser of another organisation says whether decisions move the list of a need."""
    return (
        effective_role(actor) == Role.ORGANISER and actor.organisation_id != need.organisation_id
    )
