"""Who is here, who is missing, and the meetings that a person may touch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session, contains_eager, joinedload

from matchmaker import clock
from matchmaker.catalogue import queries as catalogue
from matchmaker.db import like_pattern
from matchmaker.errors import NotFoundError
from matchmaker.floor import policy
from matchmaker.registration import queries as registration
from matchmaker.timetables import queries as timetables
from models import (
    Event,
    Meeting,
    MeetingReport,
    MeetingStatus,
    Organisation,
    Participant,
    Posting,
    PostingStatus,
    Side,
    Slot,
    Team,
    TeamPosting,
    TeamStatus,
    User,
    Wish,
)

PAGE = 60
PERSON_OF = {Side.NEED: Meeting.need_person_id, Side.ACHIEVEMENT: Meeting.achievement_person_id}
TEAM_OF = {Side.NEED: Wish.need_team_id, Side.ACHIEVEMENT: Wish.achievement_team_id}


def own_team_ids(session: Session, actor: User, event: Event) -> set[int]:
    """The teams for which the person speaks."""
    statement = select(Team.id).where(Team.event_id == event.id, registration.is_own(actor))
    return set(session.scalars(statement))


def meeting(session: Session, actor: User, event: Event, meeting_id: int) -> Meeting:
    """A meeting of the person's own team; organisers have all.

    Raises:
        NotFoundError: it is not there, or none of theirs.

    """
    statement = select(Meeting).where(Meeting.id == meeting_id, Meeting.event_id == event.id)
    row = session.scalar(statement.options(*timetables.shown()))
    if row is None:
        raise NotFoundError
    if not policy.can_run(actor, event) and not sides(session, actor, event, row):
        raise NotFoundError
    return row


def sides(session: Session, actor: User, event: Event, row: Meeting) -> list[Side]:
    """The sides of a meeting for which the person speaks."""
    return policy.sides(actor, row, own_team_ids(session, actor, event))


def own_meetings(
    session: Session, actor: User, event: Event, *, everybody: bool = False
) -> list[tuple[Meeting, Side]]:
    """The person's meetings, or those of everybody in their teams, each with the own side."""
    own = own_team_ids(session, actor, event)
    people = list(session.scalars(select(Participant).where(Participant.team_id.in_(own))))
    mine = [person for person in people if person.user_id == actor.id]
    chosen = people if everybody or not mine else mine
    ids = {person.id for person in chosen}
    found = []
    for row in timetables.agenda(session, event, chosen):
        for side in policy.sides(actor, row, own):
            if row.person_of(side).id in ids:
                found.append((row, side))
                break
    return found


def unreported(session: Session, actor: User, event: Event) -> list[tuple[Meeting, Side]]:
    """The person's meetings that wait for a report, the oldest first."""
    moment = clock.now()
    return [
        (row, side)
        for row, side in own_meetings(session, actor, event)
        if policy.may_report(event, row, moment) and policy.waits_for_report(row, side, moment)
    ]


def count_unreported(session: Session, actor: User, event: Event) -> int:
    """Count what waits for a report of a participant; cheap, because every page asks."""
    moment = clock.now()
    mine = select(Participant.id).where(
        Participant.event_id == event.id, Participant.user_id == actor.id
    )
    return sum(
        session.scalar(
            select(func.count(Meeting.id))
            .join(Slot, Slot.id == Meeting.slot_id)
            .where(
                Meeting.event_id == event.id,
                PERSON_OF[side].in_(mine),
                or_(Slot.ends_at <= moment, Meeting.status == MeetingStatus.HELD),
                ~_reported(side),
            )
        )
        or 0
        for side in Side
    )


def _reported(side: Side) -> ColumnElement[bool]:
    return (
        select(MeetingReport.id)
        .where(MeetingReport.meeting_id == Meeting.id, MeetingReport.side == side)
        .exists()
    )


def topics(
    session: Session, actor: User, event: Event, teams: Iterable[int]
) -> dict[int, list[str]]:
    """What teams bring, as far as the person may read it: titles of postings that are public,
    or of an accepted pair with their own.
    """  # noqa: D205 - one sentence
    seen = or_(catalogue.is_public(), Posting.id.in_(catalogue.partner_ids(actor)))
    statement = (
        select(TeamPosting.team_id, Posting.title)
        .join(Posting, Posting.id == TeamPosting.posting_id)
        .join(Organisation, Organisation.id == Posting.organisation_id)
        .join(Team, Team.id == TeamPosting.team_id)
        .where(
            Team.event_id == event.id,
            TeamPosting.team_id.in_(set(teams)),
            Posting.status == PostingStatus.PUBLISHED,
            seen,
        )
        .order_by(TeamPosting.posting_id)
    )
    found: dict[int, list[str]] = {}
    for team_id, title in session.execute(statement):
        found.setdefault(team_id, []).append(title)
    return found


# ---- who is here


def midnight(moment: datetime) -> datetime:
    """Return when the local day of a moment began."""
    return datetime.combine(moment.astimezone(clock.LOCAL_ZONE).date(), time(), clock.LOCAL_ZONE)


def here_today(moment: datetime) -> ColumnElement[bool]:
    """As `policy.is_here`."""
    begin = midnight(moment)
    return and_(
        Participant.checked_in_at.is_not(None),
        Participant.checked_in_at >= begin,
        Participant.checked_in_at < begin + timedelta(days=1),
    )


def expected(event: Event) -> Select[Participant]:
    """Select the people of admitted teams."""
    return (
        select(Participant)
        .join(Team, Team.id == Participant.team_id)
        .join(Organisation, Organisation.id == Team.organisation_id)
        .where(Participant.event_id == event.id, Team.status == TeamStatus.APPROVED)
        .options(contains_eager(Participant.team).contains_eager(Team.organisation))
    )


@dataclass(frozen=True, slots=True)
class Arrivals:
    """How many are here, and how many were to come."""

    here: int
    expected: int


def count_arrivals(session: Session, event: Event) -> Arrivals:
    everybody = expected(event)
    here = everybody.where(here_today(clock.now()))
    return Arrivals(count_people(session, here), count_people(session, everybody))


def count_people(session: Session, statement: Select[Participant]) -> int:
    counted = statement.with_only_columns(func.count(Participant.id)).order_by(None)
    return session.scalar(counted) or 0


def people(event: Event, *, text: str = "", show: str = "") -> Select[Participant]:
    """Select people by name, organisation or team; `show`: here, missing, or everybody."""
    statement = expected(event)
    for word in text.split()[:5]:
        pattern = like_pattern(word)
        columns = (Participant.name, Organisation.name, Team.name)
        statement = statement.where(or_(*(c.ilike(pattern, escape="\\") for c in columns)))
    here = here_today(clock.now())
    if show in {"here", "missing"}:
        statement = statement.where(here if show == "here" else ~func.coalesce(here, False))
    return statement.order_by(Organisation.name, Team.id, Participant.ordinal, Participant.id)


def person(session: Session, event: Event, person_id: int) -> Participant:
    """One of the people who are to come.

    Raises:
        NotFoundError: there is none of this number at this event.

    """
    return _one_person(session, event, Participant.id == person_id)


def person_by_code(session: Session, event: Event, code: str) -> Participant:
    """Whose badge says this.

    Raises:
        NotFoundError: nobody's at this event.

    """
    return _one_person(session, event, Participant.code == code[:32])


def _one_person(session: Session, event: Event, which: ColumnElement[bool]) -> Participant:
    row = session.scalar(expected(event).where(which))
    if row is None:
        raise NotFoundError
    return row


@dataclass(frozen=True, slots=True)
class First:
    """The first meeting that somebody still has on a day."""

    starts_at: datetime
    table: str


def first_meetings(
    session: Session, event: Event, moment: datetime, *, ahead: bool = False
) -> dict[int, First]:
    """When and where each person begins today, by id of participant; `ahead`: is not over."""
    begin = midnight(moment)
    found: dict[int, First] = {}
    rows = session.scalars(
        select(Meeting)
        .join(Slot, Slot.id == Meeting.slot_id)
        .where(
            Meeting.event_id == event.id,
            Slot.starts_at >= begin,
            Slot.starts_at < begin + timedelta(days=1),
            Slot.ends_at > (moment if ahead else begin),
        )
        .options(joinedload(Meeting.slot), joinedload(Meeting.table))
        .order_by(Slot.starts_at.desc())
    )
    for row in rows:
        assert row.slot is not None
        assert row.table is not None
        first = First(row.slot.starts_at, row.table.name)
        found[row.need_person_id] = found[row.achievement_person_id] = first
    return found


def absent(session: Session, event: Event, moment: datetime) -> set[int]:
    """Who missed a meeting today and has not come since; their later ones are in doubt."""
    begin = midnight(moment)
    rows = session.execute(
        select(Meeting.missed_by, Meeting.need_person_id, Meeting.achievement_person_id,
               Meeting.changed_at)
        .where(
            Meeting.event_id == event.id,
            Meeting.status == MeetingStatus.MISSED,
            Meeting.changed_at >= begin,
        )
    )  # fmt: skip
    since: dict[int, datetime] = {}
    for side, need, achievement, at in rows:
        who = need if side == Side.NEED else achievement
        since[who] = max(at, since.get(who, at))
    came = session.execute(
        select(Participant.id, Participant.checked_in_at).where(Participant.id.in_(since))
    )
    return {who for who, at in came if at is None or at < since[who]} if since else set()


def no_shows(session: Session, organisation_ids: Iterable[int]) -> dict[int, int]:
    """How many meetings each organisation has missed, at all events; without those of none."""
    ids = set(organisation_ids)
    found: Counter[int] = Counter()
    for side in Side:
        statement = (
            select(Team.organisation_id, func.count(Meeting.id))
            .join(Wish, Wish.id == Meeting.wish_id)
            .join(Team, Team.id == TEAM_OF[side])
            .where(
                Meeting.status == MeetingStatus.MISSED,
                Meeting.missed_by == side,
                Team.organisation_id.in_(ids),
            )
            .group_by(Team.organisation_id)
        )
        for organisation_id, n in session.execute(statement):
            found[organisation_id] += n
    return dict(found)


def user_of(session: Session, team: Team, who: Participant) -> User | None:
    """Whom to tell of somebody's meeting: themself, else who registered the team."""
    return session.get(User, who.user_id or team.registered_by_id)
