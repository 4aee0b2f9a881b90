"""Whose name stands beside a team before people have met.

A need may keep the name of its organisation back until a pair is accepted. A team that brings only
such postings is not named either; the name of the department goes with it. It is named to its own
people, to offices, to partners of an accepted pair, and to those with whom it has agreed to meet.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from matchmaker.catalogue import queries as catalogue
from matchmaker.catalogue.shown import veiled
from matchmaker.events import policy as events
from matchmaker.registration import policy, queries
from matchmaker.vocabulary import queries as vocabulary
from models import (
    Event,
    Meeting,
    NameVisibility,
    Posting,
    PostingStatus,
    Team,
    User,
    Visibility,
    Wish,
    WishChoice,
)

AGREED = (WishChoice.MUST, WishChoice.MEET)


@dataclass(frozen=True, slots=True)
class Known:
    """What a person knows of the teams of an event; a list looks it up once."""

    partners: frozenset[int] = frozenset()
    """Postings on the other side of the person's accepted pairs."""
    acquainted: frozenset[int] = frozenset()
    """Teams with whom a team of the person has a meeting, or both chose to meet."""
    sectors: dict[str, str] = field(default_factory=dict)


def known(session: Session, actor: User, event: Event) -> Known:
    """Look up what `shown_name` must know, once for all teams of an event."""
    if events.is_office(actor):
        return Known()
    return Known(
        partners=frozenset(session.scalars(catalogue.partner_ids(actor))),
        acquainted=acquainted(session, actor, event),
        sectors={node.code: node.name for node in vocabulary.sectors(session)},
    )


def acquainted(session: Session, actor: User, event: Event) -> frozenset[int]:
    """Ids of teams that met, or agreed to meet, one of the person's teams."""
    own = set(
        session.scalars(select(Team.id).where(Team.event_id == event.id, queries.is_own(actor)))
    )
    if not own:
        return frozenset()
    told = select(Meeting.wish_id).where(Meeting.event_id == event.id)
    agreed = Wish.need_choice.in_(AGREED) & Wish.achievement_choice.in_(AGREED)
    pairs = session.execute(
        select(Wish.need_team_id, Wish.achievement_team_id).where(
            Wish.event_id == event.id,
            or_(Wish.need_team_id.in_(own), Wish.achievement_team_id.in_(own)),
            or_(agreed, Wish.id.in_(told)),
        )
    )
    return frozenset({team for pair in pairs for team in pair} - own)


def shown_name(session: Session, actor: User, team: Team, looked_up: Known | None = None) -> str:
    """Name a team for a person, or describe its organisation: 汽车制造业企业，中型，重庆.

    A list gives what `known` looked up. The team's event, people and postings must be loaded.
    """
    looked_up = looked_up or known(session, actor, team.event)
    if is_named(actor, team, looked_up):
        return team.full_name
    return veiled(session, team.postings[0], looked_up.sectors)


def is_named(actor: User, team: Team, looked_up: Known) -> bool:
    """Whether the person may read the team's name. Pure."""
    brought = team.postings
    if not brought or any(not _hides(posting) for posting in brought):
        return True
    return _knows(actor, team, looked_up) or any(row.id in looked_up.partners for row in brought)


def shown_postings(actor: User, team: Team, looked_up: Known) -> list[Posting]:
    """What of a team's postings may stand beside its shown name. Pure.

    One that keeps its organisation's name back is left out where the team is named for another
    one's sake: beside the name it would give the secret away.
    """
    if events.is_office(actor) or policy.is_own(actor, team):
        return team.postings
    free = _knows(actor, team, looked_up) or not is_named(actor, team, looked_up)
    return [
        row
        for row in team.postings
        if row.id in looked_up.partners or (_is_public(row) and (free or not _hides(row)))
    ]


def _knows(actor: User, team: Team, looked_up: Known) -> bool:
    return events.is_office(actor) or policy.is_own(actor, team) or team.id in looked_up.acquainted


def _hides(posting: Posting) -> bool:
    return posting.name_visibility != NameVisibility.EVERYONE


def _is_public(posting: Posting) -> bool:
    return posting.status == PostingStatus.PUBLISHED and posting.visibility == Visibility.LISTED
