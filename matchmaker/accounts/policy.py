"""Who may do what with organisations and people. Pure; nothing is read or written here."""

from __future__ import annotations

from matchmaker.guard import effective_role
from models import Membership, Organisation, OrganisationKind, Role, User, Verification

ROLE_KINDS: dict[Role, frozenset[OrganisationKind]] = {
    Role.RESEARCHER: frozenset({OrganisationKind.UNIVERSITY, OrganisationKind.INSTITUTE}),
    Role.ENTERPRISE: frozenset({OrganisationKind.ENTERPRISE}),
    Role.TRANSFER_MANAGER: frozenset({OrganisationKind.AGENCY, OrganisationKind.UNIVERSITY}),
    Role.ORGANISER: frozenset({OrganisationKind.GOVERNMENT}),
    Role.ADMINISTRATOR: frozenset({OrganisationKind.GOVERNMENT, OrganisationKind.AGENCY}),
}
"""The kinds of organisation in which a role makes sense."""
NEEDS_USCC = frozenset({OrganisationKind.ENTERPRISE, OrganisationKind.AGENCY})
OFFICE = frozenset({Role.ORGANISER, Role.ADMINISTRATOR})


def is_office(actor: User) -> bool:
    """Tell whether the person holds an office in force: organiser or administrator."""
    return effective_role(actor) in OFFICE


def can_verify(actor: User, organisation: Organisation) -> bool:
    """Organisers verify; government offices are verified by administrators only."""
    if organisation.id == actor.organisation_id:
        return False
    if organisation.kind == OrganisationKind.GOVERNMENT:
        return effective_role(actor) == Role.ADMINISTRATOR
    return is_office(actor)


def can_see_organisation(actor: User, organisation: Organisation) -> bool:
    """Verified organisations are known to all; others to their people and to offices."""
    if organisation.status == Verification.VERIFIED or is_office(actor):
        return True
    return organisation.id == actor.organisation_id


def can_edit_organisation(actor: User, organisation: Organisation) -> bool:
    """Its confirmed people."""
    return organisation.id == actor.organisation_id and actor.membership == Membership.CONFIRMED


def can_confirm(actor: User, person: User) -> bool:
    """A confirmed colleague or an office; nobody confirms themselves."""
    if person.id == actor.id:
        return False
    colleague = can_edit_organisation(actor, person.organisation)
    if person.role in OFFICE:
        return effective_role(actor) == Role.ADMINISTRATOR
    return colleague or is_office(actor)


def can_see_people(actor: User, organisation: Organisation) -> bool:
    """Confirmed colleagues and offices; who only says to belong sees nobody's address."""
    return can_edit_organisation(actor, organisation) or is_office(actor)


def keeps_standing(actor: User) -> bool:
    """An administrator may rename the own office without locking everybody out."""
    return effective_role(actor) == Role.ADMINISTRATOR
