"""Teams of an event, as far as a person may see them."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from matchmaker.db import like_pattern
from matchmaker.errors import NotFoundError
from matchmaker.guard import is_verified
from matchmaker.registration import policy
from models import (
    Activity,
    Event,
    Meeting,
    MeetingStatus,
    Membership,
    Organisation,
    Participant,
    Posting,
    PostingKind,
    PostingNode,
    PostingStatus,
    Side,
    Slot,
    Talk,
    Team,
    TeamPosting,
    TeamStatus,
    Unavailability,
    User,
    Wish,
)

PAGE = 50
TABS: dict[str, tuple[TeamStatus, ...]] = {
    "pending": (TeamStatus.PENDING,),
    "approved": (TeamStatus.APPROVED,),
    "waiting": (TeamStatus.WAITING,),
    "out": (TeamStatus.REFUSED, TeamStatus.WITHDRAWN),
}


def loaded() -> tuple[Any, ...]:
    """Load with teams their event, people, when these cannot, and what they bring."""
    return (
        joinedload(Team.event),
        selectinload(Team.members).selectinload(Participant.blocks),
        selectinload(Team.posting_rows).joinedload(TeamPosting.posting),
    )


def approved(session: Session, event: Event) -> list[Team]:
    """The teams that come, by organisation and name."""
    statement = (
        select(Team)
        .where(Team.event_id == event.id, Team.status == TeamStatus.APPROVED)
        .options(*loaded())
    )
    found = session.scalars(statement).unique()
    return sorted(found, key=lambda team: (team.side != "need", team.full_name, team.id))


def is_own(actor: User) -> ColumnElement[bool]:
    """Tell which teams the person belongs to or speaks for; as `policy.is_own`."""
    if actor.membership == Membership.REFUSED:
        return false()
    member = select(Participant.team_id).where(Participant.user_id == actor.id)
    inside: list[ColumnElement[bool]] = [Team.id.in_(member)]
    if is_verified(actor):
        inside.append(Team.organisation_id == actor.organisation_id)
    return or_(*inside)


def own_teams(session: Session, actor: User, event: Event) -> list[Team]:
    """The person's teams at an event, withdrawn and refused ones included."""
    statement = (
        select(Team)
        .where(and_(Team.event_id == event.id, is_own(actor)))
        .order_by(Team.id)
        .options(*loaded())
    )
    return list(session.scalars(statement).unique())


def own_statuses(session: Session, actor: User, event: Event) -> set[TeamStatus]:
    """In which states the person's teams at an event are; cheap, for every page of the event."""
    statement = select(Team.status).where(Team.event_id == event.id, is_own(actor)).distinct()
    return set(session.scalars(statement))


def is_coming(session: Session, actor: User, event: Event) -> bool:
    """Tell whether the person is already in a team that comes, or would like to."""
    statement = (
        select(Participant.id)
        .join(Team, Team.id == Participant.team_id)
        .where(
            Participant.event_id == event.id,
            Participant.user_id == actor.id,
            Team.status.in_(policy.COMING),
        )
    )
    return session.scalar(statement) is not None


def one_team(session: Session, actor: User, event: Event, team_id: int) -> Team:
    """A team that the person may edit.

    Raises:
        NotFoundError: it is not there, or not theirs.

    """
    statement = select(Team).where(Team.id == team_id, Team.event_id == event.id)
    team = session.scalar(statement.options(*loaded()))
    if team is None or not policy.can_edit(actor, team):
        raise NotFoundError
    return team


def some_teams(session: Session, event: Event, ids: list[int]) -> list[Team]:
    """Return those of these teams that belong to the event."""
    statement = select(Team).where(Team.id.in_(ids), Team.event_id == event.id)
    return list(session.scalars(statement.options(*loaded())).unique())


def listed(event: Event, tab: str, text: str = "") -> Select[Any]:
    """The teams of a tab, first come first, found by organisation, team or person."""
    statement = select(Team).where(Team.event_id == event.id, Team.status.in_(TABS[tab]))
    words = text.strip()[:60].replace("\x00", "")
    if words:
        pattern = like_pattern(words)
        person = select(Participant.team_id).where(Participant.name.like(pattern, escape="\\"))
        organisation = select(Organisation.id).where(Organisation.name.like(pattern, escape="\\"))
        statement = statement.where(
            or_(
                Team.name.like(pattern, escape="\\"),
                Team.organisation_id.in_(organisation),
                Team.id.in_(person),
            )
        )
    return statement.order_by(Team.registered_at, Team.id)


def counts(session: Session, event: Event) -> dict[str, int]:
    """How many teams are in each tab."""
    rows = session.execute(
        select(Team.status, func.count()).where(Team.event_id == event.id).group_by(Team.status)
    )
    found = dict(rows.all())
    return {tab: sum(found.get(status, 0) for status in group) for tab, group in TABS.items()}


def count_pending(session: Session, event: Event) -> int:
    """How many teams wait for an organiser."""
    statement = select(func.count(Team.id)).where(
        Team.event_id == event.id, Team.status == TeamStatus.PENDING
    )
    return session.scalar(statement) or 0


def postings_to_bring(
    session: Session, organisation: Organisation, side: Side | None = None
) -> list[Posting]:
    """What an organisation has published, newest first: needs, achievements, or both."""
    statement = select(Posting).where(
        Posting.organisation_id == organisation.id, Posting.status == PostingStatus.PUBLISHED
    )
    if side is not None:
        statement = statement.where(Posting.kind == PostingKind(side.value))
    return list(session.scalars(statement.order_by(Posting.published_at.desc(), Posting.id)))


def ids_in_chains(session: Session, event: Event, ids: list[int]) -> set[int]:
    """Which of these postings are filed in a chain of the event."""
    nodes = [row.node_id for row in event.nodes]
    statement = select(PostingNode.posting_id).where(
        PostingNode.posting_id.in_(ids), PostingNode.node_id.in_(nodes)
    )
    return set(session.scalars(statement))


def count_wishes(session: Session, team: Team) -> int:
    """How many wishes concern a team, proposals included."""
    mine = or_(Wish.need_team_id == team.id, Wish.achievement_team_id == team.id)
    return session.scalar(select(func.count(Wish.id)).where(mine)) or 0


def count_meetings(session: Session, team: Team) -> int:
    """How many meetings of a team hold."""
    mine = or_(Wish.need_team_id == team.id, Wish.achievement_team_id == team.id)
    statement = (
        select(func.count(Meeting.id))
        .join(Wish, Wish.id == Meeting.wish_id)
        .where(mine, Meeting.status != MeetingStatus.CANCELLED)
    )
    return session.scalar(statement) or 0


def history(session: Session, event: Event, team: Team, most: int = 20) -> list[Activity]:
    """What happened to the registrations of a team's organisation at an event, newest first."""
    statement = (
        select(Activity)
        .where(
            Activity.event_id == event.id,
            Activity.organisation_id == team.organisation_id,
            Activity.action.like("team.%"),
        )
        .order_by(Activity.at.desc(), Activity.id.desc())
        .limit(most)
        .options(joinedload(Activity.actor))
    )
    return list(session.scalars(statement))


def busy_slots(session: Session, event: Event) -> dict[int, set[int]]:
    """When people cannot come: ids of slots by id of participant, talks included."""
    found: dict[int, set[int]] = defaultdict(set)
    said = (
        select(Unavailability.participant_id, Unavailability.slot_id)
        .join(Slot, Slot.id == Unavailability.slot_id)
        .where(Slot.event_id == event.id)
    )
    talking = (
        select(Talk.speaker_id, Slot.id)
        .join(Slot, Slot.event_id == Talk.event_id)
        .where(
            Talk.event_id == event.id,
            Slot.starts_at < Talk.ends_at,
            Slot.ends_at > Talk.starts_at,
        )
    )
    for statement in (said, talking):
        for participant_id, slot_id in session.execute(statement):
            found[participant_id].add(slot_id)
    return dict(found)
