"""Entries, jurors, ballots and seats, as far as a person may see them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from matchmaker.contests import policy
from matchmaker.contests.kinds import BallotState
from matchmaker.db import like_pattern
from matchmaker.errors import NotFoundError
from matchmaker.events import policy as events
from matchmaker.registration import queries as registration
from matchmaker.registration.shown import is_named, known, shown_name
from models import (
    Ballot,
    Criterion,
    Entry,
    Event,
    EventTable,
    Juror,
    Membership,
    Organisation,
    Participant,
    Posting,
    Role,
    Team,
    TeamStatus,
    User,
    Verification,
)

CANDIDATES = 20


def stands() -> ColumnElement[bool]:
    """An entry counts until it is withdrawn, and while its team is admitted (join `Team`)."""
    return and_(Entry.withdrawn_at.is_(None), Team.status == TeamStatus.APPROVED)


def standing(event: Event) -> Select[Entry]:
    """Select the entries that are judged, by number."""
    return (
        select(Entry)
        .join(Team, Team.id == Entry.team_id)
        .where(Entry.event_id == event.id, stands())
        .order_by(Entry.number)
    )


def entries(session: Session, event: Event) -> list[Entry]:
    """The entries that are judged, with their teams."""
    return list(session.scalars(standing(event).options(joinedload(Entry.team))).unique())


def count_entries(session: Session, event: Event) -> int:
    return session.scalar(counted(standing(event), Entry.id)) or 0


def counted(statement: Select[Any], column: Any) -> Select[int]:
    """Turn a selection into the number of its rows."""
    return statement.with_only_columns(func.count(column)).order_by(None)


def entries_of(session: Session, teams: Iterable[Team]) -> list[Entry]:
    """What these teams entered, withdrawn ones included."""
    ids = [team.id for team in teams]
    statement = select(Entry).where(Entry.team_id.in_(ids)).order_by(Entry.number)
    return list(session.scalars(statement.options(joinedload(Entry.team))).unique())


def all_entries(session: Session, actor: User, event: Event) -> list[Entry]:
    """What an office sees: every entry, by number.

    Raises:
        NotFoundError: the person holds no office.

    """
    if not events.is_office(actor):
        raise NotFoundError
    statement = select(Entry).where(Entry.event_id == event.id).order_by(Entry.number)
    team = joinedload(Entry.team)
    return list(session.scalars(statement.options(team.selectinload(Team.members))).unique())


def one_entry(session: Session, actor: User, event: Event, entry_id: int) -> Entry:
    """An entry of a team for which the person may speak.

    Raises:
        NotFoundError: it is not there, or not theirs.

    """
    statement = select(Entry).where(Entry.id == entry_id, Entry.event_id == event.id)
    team = joinedload(Entry.team)
    entry = session.scalar(
        statement.options(team.joinedload(Team.event), team.selectinload(Team.members))
    )
    if entry is None or not policy.can_speak_for(actor, entry.team):
        raise NotFoundError
    return entry


def entering_teams(session: Session, actor: User, event: Event) -> list[Team]:
    """The teams that the person may enter: their own, or all for organisers."""
    if events.can_manage(actor, event):
        return registration.approved(session, event)
    return own_teams(session, actor, event)


def own_teams(session: Session, actor: User, event: Event) -> list[Team]:
    """The person's admitted teams."""
    teams = registration.own_teams(session, actor, event)
    return [team for team in teams if team.status == TeamStatus.APPROVED]


def has_own_team(session: Session, actor: User, event: Event) -> bool:
    """Whether the person comes with an admitted team; cheap, for the tabs."""
    statement = select(Team.id).where(
        Team.event_id == event.id, Team.status == TeamStatus.APPROVED, registration.is_own(actor)
    )
    return session.scalar(statement.limit(1)) is not None


def criteria(session: Session, event: Event) -> list[Criterion]:
    """What entries are judged by, in their order."""
    statement = select(Criterion).where(Criterion.event_id == event.id)
    return list(session.scalars(statement.order_by(Criterion.ordinal, Criterion.id)))


def jurors(session: Session, event: Event) -> list[Juror]:
    """The jury, in the order in which people were asked."""
    statement = select(Juror).where(Juror.event_id == event.id).order_by(Juror.id)
    return list(session.scalars(statement).unique())


def one_juror(session: Session, event: Event, juror_id: int) -> Juror:
    """A juror of this event; for offices.

    Raises:
        NotFoundError: not at this event.

    """
    statement = select(Juror).where(Juror.id == juror_id, Juror.event_id == event.id)
    juror = session.scalar(statement)
    if juror is None:
        raise NotFoundError
    return juror


def find_juror(session: Session, actor: User, event: Event) -> Juror | None:
    """The person as a juror of this event; None for all others."""
    if not policy.can_judge(actor):
        return None
    statement = select(Juror).where(Juror.event_id == event.id, Juror.user_id == actor.id)
    return session.scalar(statement)


def own_seat(session: Session, actor: User, event: Event) -> Juror:
    """The person as a juror of this event.

    Raises:
        NotFoundError: they are none.

    """
    juror = find_juror(session, actor, event)
    if juror is None:
        raise NotFoundError
    return juror


def candidates(session: Session, event: Event, text: str) -> list[User]:
    """People who could be asked to judge, by e-mail address or a part of their name."""
    text = text.strip()
    if not text or "\x00" in text:
        return []
    taken = select(Juror.user_id).where(Juror.event_id == event.id)
    statement = (
        select(User)
        .join(Organisation, Organisation.id == User.organisation_id)
        .where(
            User.active,
            User.membership == Membership.CONFIRMED,
            Organisation.status == Verification.VERIFIED,
            User.role.not_in([Role.ORGANISER, Role.ADMINISTRATOR]),
            User.id.not_in(taken),
            or_(User.email == text.lower(), User.name.ilike(like_pattern(text), escape="\\")),
        )
        .order_by(User.name, User.id)
        .limit(CANDIDATES)
    )
    return list(session.scalars(statement).unique())


def involves(user_id: Any, organisation_id: Any) -> ColumnElement[bool]:
    """Tell whether an entry is a person's own business: their organisation's team or posting,
    a team of which they are a member, a posting they wrote (join `Team`).
    """  # noqa: D205 - one sentence
    member = exists().where(Participant.team_id == Entry.team_id, Participant.user_id == user_id)
    posting = exists().where(
        Posting.id == Entry.posting_id,
        or_(Posting.organisation_id == organisation_id, Posting.owner_id == user_id),
    )
    return or_(Team.organisation_id == organisation_id, member, posting)


def barred(session: Session, event: Event, juror: Juror | None = None) -> dict[int, set[int]]:
    """Which entries a juror may never score: ids of entries by id of juror."""
    statement = (
        select(Juror.id, Entry.id)
        .join(User, User.id == Juror.user_id)
        .join(Entry, Entry.event_id == Juror.event_id)
        .join(Team, Team.id == Entry.team_id)
        .where(Juror.event_id == event.id, involves(User.id, User.organisation_id))
    )
    if juror is not None:
        statement = statement.where(Juror.id == juror.id)
    found: dict[int, set[int]] = defaultdict(set)
    for juror_id, entry_id in session.execute(statement):
        found[juror_id].add(entry_id)
    return dict(found)


def ballots(session: Session, event: Event, juror: Juror | None = None) -> list[Ballot]:
    """What jurors gave and said, with their points."""
    statement = select(Ballot).join(Juror, Juror.id == Ballot.juror_id)
    statement = statement.where(Juror.event_id == event.id).order_by(Ballot.id)
    if juror is not None:
        statement = statement.where(Juror.id == juror.id)
    return list(session.scalars(statement.options(selectinload(Ballot.scores))).unique())


def ballot_of(session: Session, juror: Juror, entry: Entry) -> Ballot | None:
    statement = select(Ballot).where(Ballot.juror_id == juror.id, Ballot.entry_id == entry.id)
    return session.scalar(statement.options(selectinload(Ballot.scores)))


def has_points(session: Session, event: Event, entry: Entry | None = None) -> bool:
    """Whether a juror has handed in points: from then on nothing changes under their feet."""
    statement = (
        select(Ballot.id)
        .join(Juror, Juror.id == Ballot.juror_id)
        .where(Juror.event_id == event.id, Ballot.submitted_at.is_not(None))
    )
    if entry is not None:
        statement = statement.where(Ballot.entry_id == entry.id)
    return session.scalar(statement.limit(1)) is not None


def judged_entry(session: Session, event: Event, number: int) -> Entry:
    """An entry by its number, for jurors and for offices; its team is not loaded with it.

    Raises:
        NotFoundError: there is none, or it no longer stands.

    """
    entry = session.scalar(standing(event).where(Entry.number == number))
    if entry is None:
        raise NotFoundError
    return entry


def state_of(ballot: Ballot | None, *, is_barred: bool) -> BallotState:
    """Return what a juror has done with an entry."""
    if is_barred:
        return BallotState.BARRED
    if ballot is None:
        return BallotState.OPEN
    if ballot.conflict:
        return BallotState.ASIDE
    if ballot.submitted_at is not None:
        return BallotState.SUBMITTED
    return BallotState.DRAFT if ballot.scores or ballot.remark else BallotState.OPEN


def states(session: Session, event: Event, juror: Juror) -> list[tuple[Entry, BallotState]]:
    """Every entry that is judged, with what the juror has done with it."""
    given = {ballot.entry_id: ballot for ballot in ballots(session, event, juror)}
    own = barred(session, event, juror).get(juror.id, set())
    found = entries(session, event)
    return [(e, state_of(given.get(e.id), is_barred=e.id in own)) for e in found]


def count_left(session: Session, event: Event, juror: Juror) -> int:
    """How many entries still wait for this juror."""
    actor = juror.user
    finished = select(Ballot.entry_id).where(
        Ballot.juror_id == juror.id, or_(Ballot.conflict, Ballot.submitted_at.is_not(None))
    )
    statement = standing(event).where(
        Entry.id.not_in(finished), ~involves(actor.id, actor.organisation_id)
    )
    return session.scalar(counted(statement, Entry.id)) or 0


def points_of(ballot: Ballot | None) -> dict[int, float]:
    """Points by id of criterion."""
    return {} if ballot is None else {score.criterion_id: score.points for score in ballot.scores}


def told(session: Session, event: Event) -> list[User]:
    """People with an account who hear of the results: the members of teams that entered."""
    teams = standing(event).with_only_columns(Entry.team_id).order_by(None)
    members = select(Participant.user_id).where(Participant.team_id.in_(teams))
    writers = select(Team.registered_by_id).where(Team.id.in_(teams), ~Team.on_behalf)
    statement = select(User).where(User.active, or_(User.id.in_(members), User.id.in_(writers)))
    return list(session.scalars(statement.order_by(User.id)).unique())


def names(
    session: Session, actor: User, event: Event, teams: Iterable[int]
) -> tuple[dict[int, str], set[int]]:
    """How teams are called before the person, and which of them by their name."""
    statement = select(Team).where(Team.id.in_(set(teams))).options(*registration.loaded())
    looked_up = known(session, actor, event)
    found = list(session.scalars(statement).unique())
    called = {team.id: shown_name(session, actor, team, looked_up) for team in found}
    return called, {team.id for team in found if is_named(actor, team, looked_up)}


def group_tables(event: Event) -> list[EventTable]:
    """The tables that people can choose, in their order."""
    return [table for table in event.tables if not table.closed]


def seated(session: Session, event: Event) -> list[Participant]:
    """Everybody of admitted teams, with team and organisation, in a steady order."""
    statement = (
        select(Participant)
        .join(Team, Team.id == Participant.team_id)
        .where(Participant.event_id == event.id, Team.status == TeamStatus.APPROVED)
        .options(joinedload(Participant.team).joinedload(Team.event))
    )
    people = session.scalars(statement).unique()
    return sorted(people, key=lambda p: (p.team.full_name, p.team_id, p.ordinal, p.id))


def one_person(session: Session, actor: User, event: Event, participant_id: int) -> Participant:
    """Somebody whom the person may seat.

    Raises:
        NotFoundError: not at this event, not admitted, or not theirs.

    """
    statement = (
        select(Participant)
        .where(Participant.id == participant_id, Participant.event_id == event.id)
        .options(
            joinedload(Participant.team).options(
                joinedload(Team.event), selectinload(Team.members)
            )
        )
    )
    person = session.scalar(statement)
    if person is None or not policy.can_seat(actor, person):
        raise NotFoundError
    return person


def one_table(event: Event, table_id: int) -> EventTable:
    """A table of this event.

    Raises:
        NotFoundError: there is none.

    """
    for table in event.tables:
        if table.id == table_id:
            return table
    raise NotFoundError
