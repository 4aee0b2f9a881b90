"""Who may decide on a pair, and who may see what was decided."""

from __future__ import annotations

from matchmaker.catalogue import policy as catalogue
from matchmaker.guard import effective_role
from models import NEXT_MATCH_STATUSES, Match, MatchStatus, Role, User


def can_review(actor: User) -> bool:
    """Organisers work the queue; administrators see it but do not decide."""
    return effective_role(actor) in {Role.ORGANISER, Role.ADMINISTRATOR}


def can_decide(actor: User, match: Match) -> bool:
    """An organiser whose own organisation is not a party."""
    return effective_role(actor) == Role.ORGANISER and not is_party(actor, match)


def can_pick(actor: User, match: Match) -> bool:
    """Tell whether the pair may be part of a decision on several."""
    return MatchStatus.ACCEPTED in NEXT_MATCH_STATUSES[match.status] and can_decide(actor, match)


def is_party(actor: User, match: Match) -> bool:
    """Tell whether the pair concerns a posting of the person's own organisation."""
    parties = {match.need.organisation_id, match.achievement.organisation_id}
    return actor.organisation_id in parties


def can_see(actor: User, match: Match) -> bool:
    """Organisers see every pair; owners the accepted ones of their own postings."""
    if can_review(actor):
        return True
    if match.status != MatchStatus.ACCEPTED:
        return False
    return any(catalogue.is_own(actor, side) for side in (match.need, match.achievement))
