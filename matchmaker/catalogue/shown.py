"""What of a posting a person is shown: the name of the organisation, contacts, contributors."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from matchmaker.catalogue import policy, queries
from matchmaker.labels import label
from matchmaker.vocabulary import queries as vocabulary
from models import Achievement, NameVisibility, Posting, User


@dataclass(frozen=True, slots=True)
class Shown:
    """The line under the title, and whether contacts and contributors may be read."""

    organisation: str
    organisation_id: int | None
    region: str
    contact: bool
    contributors: bool


def shown(
    session: Session,
    actor: User,
    posting: Posting,
    *,
    partners: set[int] | None = None,
    sectors: dict[str, str] | None = None,
) -> Shown:
    """Decide for one person and one posting; a list gives what it looked up once."""
    hidden = posting.name_visibility != NameVisibility.EVERYONE
    may_skip = policy.is_own(actor, posting) or policy.is_office(actor)
    if may_skip:
        partner = False
    elif partners is not None:
        partner = posting.id in partners
    else:
        partner = queries.is_partner(session, actor, posting)
    named = not hidden or policy.can_see_name(actor, posting, partner=partner)
    inside = policy.can_see_contact(actor, posting, partner=partner)
    people = isinstance(posting, Achievement) and (posting.contributors_public or may_skip)
    name = " ".join(part for part in (posting.organisation.name, posting.department) if part)
    return Shown(
        organisation=name if named else veiled(session, posting, sectors),
        organisation_id=posting.organisation_id if named else None,
        region=vocabulary.region_path(posting.region) if named else "",
        contact=inside,
        contributors=people,
    )


def veiled(session: Session, posting: Posting, sectors: dict[str, str] | None = None) -> str:
    """Describe an organisation without naming it: 汽车制造业企业，中型，重庆."""
    organisation = posting.organisation
    code = organisation.sector_code or ""
    if sectors is not None:
        sector = sectors.get(code, "")
    else:
        node = vocabulary.node_by_code(session, "gbt4754", code)
        sector = node.name if node else ""
    parts = [
        _("%(sector)s企业", sector=sector) if sector else str(label(organisation.kind)),
        str(label(organisation.size)) if organisation.size else "",
        vocabulary.region_path(posting.region).split(" ")[0],
    ]
    return str(_("，")).join(part for part in parts if part)
