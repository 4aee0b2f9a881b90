"""Wishes of an event, who waits for an answer, and which pairs must not meet."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased, contains_eager, joinedload, selectinload

from matchmaker import clock
from matchmaker.errors import NotFoundError
from matchmaker.events import queries as events
from matchmaker.registration import queries as registration
from matchmaker.wishes.kinds import AGREES, other_side
from models import (
    Event,
    Exclusion,
    ExclusionReason,
    Meeting,
    MeetingReport,
    MeetingStatus,
    Participant,
    Reunion,
    Side,
    Slot,
    Team,
    TeamPosting,
    TeamStatus,
    User,
    Wish,
    WishChoice,
)

PairOfTeams = tuple[int, int]
"""Ids of the need team and of the achievement team."""
Pair = TypeVar("Pair", Exclusion, Reunion)


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of one side of a wish."""

    team: Any
    choice: Any
    chosen_at: Any


OF: dict[Side, Columns] = {
    Side.NEED: Columns(Wish.need_team_id, Wish.need_choice, Wish.need_chosen_at),
    Side.ACHIEVEMENT: Columns(
        Wish.achievement_team_id, Wish.achievement_choice, Wish.achievement_chosen_at
    ),
}


def for_plan(session: Session, event: Event) -> list[Wish]:
    """The wishes between teams that come, with both teams; excluded pairs included."""
    need, achievement = aliased(Team), aliased(Team)
    statement = (
        select(Wish)
        .join(need, Wish.need_team.of_type(need))
        .join(achievement, Wish.achievement_team.of_type(achievement))
        .where(
            Wish.event_id == event.id,
            need.status == TeamStatus.APPROVED,
            achievement.status == TeamStatus.APPROVED,
        )
        .order_by(Wish.id)
        .options(
            contains_eager(Wish.need_team.of_type(need)),
            contains_eager(Wish.achievement_team.of_type(achievement)),
        )
    )
    return list(session.scalars(statement).unique())


def approved(event: Event, side: Side | None = None) -> Select[int]:
    """Select the ids of the teams that come, perhaps of one side."""
    statement = select(Team.id).where(
        Team.event_id == event.id, Team.status == TeamStatus.APPROVED
    )
    return statement if side is None else statement.where(Team.side == side)


def is_excluded() -> ColumnElement[bool]:
    """Tell whether somebody declared that the pair of a wish must not meet."""
    return exists().where(
        Exclusion.need_team_id == Wish.need_team_id,
        Exclusion.achievement_team_id == Wish.achievement_team_id,
    )


def is_unanswered(event: Event, side: Side) -> ColumnElement[bool]:
    """Tell which wishes wait for this side: the other one, which comes, has asked."""
    here, there = OF[side], OF[other_side(side)]
    return and_(
        Wish.event_id == event.id,
        here.choice.is_(None),
        there.choice.in_(AGREES),
        there.team.in_(approved(event, other_side(side))),
        here.team.in_(approved(event, side)),
        ~is_excluded(),
    )


def count_unanswered(session: Session, event: Event, teams: Iterable[Team]) -> int:
    """How many others wait for an answer of these teams."""
    parts = [
        and_(is_unanswered(event, side), OF[side].team.in_(ids))
        for side in Side
        if (ids := [team.id for team in teams if team.side == side])
    ]
    if not parts:
        return 0
    return session.scalar(select(func.count(Wish.id)).where(or_(*parts))) or 0


def count_musts(session: Session, event: Event, team: Team, *, but: Iterable[int] = ()) -> int:
    """How many must-meets a team has spent on others than these; who left gives one back."""
    here, there = OF[team.side], OF[other_side(team.side)]
    statement = select(func.count(Wish.id)).where(
        here.team == team.id,
        here.choice == WishChoice.MUST,
        there.team.in_(approved(event, other_side(team.side))),
        there.team.not_in(list(but)),
    )
    return session.scalar(statement) or 0


def own_teams(session: Session, actor: User, event: Event) -> list[Team]:
    """The teams that come for which the person speaks; cheap, for tabs and steps."""
    statement = (
        select(Team)
        .where(Team.id.in_(approved(event)), registration.is_own(actor))
        .order_by(Team.id)
    )
    return list(session.scalars(statement).unique())


def team_of(session: Session, actor: User, event: Event, team_id: int) -> Team:
    """A team that comes, for its own people and for organisers.

    Raises:
        NotFoundError: it does not come, or is not theirs.

    """
    team = registration.one_team(session, actor, event, team_id)
    if team.status != TeamStatus.APPROVED:
        raise NotFoundError
    return team


def others_of(
    session: Session, event: Event, team: Team, ids: Iterable[int] | None = None
) -> list[Team]:
    """The teams of the other side that come, with people and what they bring."""
    statement = select(Team).where(Team.id.in_(approved(event, other_side(team.side))))
    if ids is not None:
        statement = statement.where(Team.id.in_(list(ids)))
    return list(session.scalars(statement.options(*registration.loaded())).unique())


def one_other(session: Session, event: Event, team: Team, team_id: int) -> Team:
    """A team of the other side that comes.

    Raises:
        NotFoundError: there is none of this number.

    """
    for found in others_of(session, event, team, [team_id]):
        return found
    raise NotFoundError


def wishes_of(session: Session, team: Team) -> dict[int, Wish]:
    """The wishes of a team by the other team's id."""
    rows = session.scalars(select(Wish).where(OF[team.side].team == team.id))
    if team.side == Side.NEED:
        return {row.achievement_team_id: row for row in rows}
    return {row.need_team_id: row for row in rows}


def one_wish(session: Session, event: Event, wish_id: int) -> Wish:
    """A wish of this event with both teams and what they bring; for organisers.

    Raises:
        NotFoundError: there is none of this number here.

    """
    sides = [
        selectinload(side).options(
            joinedload(Team.event),
            selectinload(Team.members),
            selectinload(Team.posting_rows).joinedload(TeamPosting.posting),
        )
        for side in (Wish.need_team, Wish.achievement_team)
    ]
    statement = select(Wish).where(Wish.id == wish_id, Wish.event_id == event.id)
    wish = session.scalar(statement.options(*sides, joinedload(Wish.match)))
    if wish is None:
        raise NotFoundError
    return wish


def pair_of(team: Team, opposite: Team) -> PairOfTeams:
    """Return two teams of opposite sides in the order in which a wish has them."""
    ids = (team.id, opposite.id)
    return ids if team.side == Side.NEED else (ids[1], ids[0])


# ---- pairs that must not meet


def excluded_pairs(session: Session, event: Event) -> dict[PairOfTeams, ExclusionReason]:
    """Every pair of teams that does not meet here, and why; what was declared says so first."""
    return {
        **_met_before(session, event),
        **_of_one_organisation(session, event),
        **_declared(session, event),
    }


def _declared(session: Session, event: Event) -> dict[PairOfTeams, ExclusionReason]:
    rows = session.execute(
        select(
            Exclusion.need_team_id, Exclusion.achievement_team_id, Exclusion.reason
        ).where(Exclusion.event_id == event.id)
    )  # fmt: skip
    return {(need, achievement): reason for need, achievement, reason in rows}


def _of_one_organisation(session: Session, event: Event) -> dict[PairOfTeams, ExclusionReason]:
    need, achievement = aliased(Team), aliased(Team)
    rows = session.execute(
        select(need.id, achievement.id)
        .join(achievement, achievement.organisation_id == need.organisation_id)
        .where(*_sides(event, need, achievement))
    )
    return dict.fromkeys(rows, ExclusionReason.SAME_ORGANISATION)


def _met_before(session: Session, event: Event) -> dict[PairOfTeams, ExclusionReason]:
    """Find the pairs that met at another event, whichever side each was on then."""
    if not event.met_before_months:
        return {}
    found: dict[PairOfTeams, ExclusionReason] = {}
    for sides in (
        (Wish.need_team_id, Wish.achievement_team_id),
        (Wish.achievement_team_id, Wish.need_team_id),
    ):
        rows = session.execute(_meetings_before(event, *sides))
        found |= dict.fromkeys(rows, ExclusionReason.MET_BEFORE)
    allowed = {(row.need_team_id, row.achievement_team_id) for row in reunions(session, event)}
    return {pair: reason for pair, reason in found.items() if pair not in allowed}


def _meetings_before(event: Event, need_was: Any, achievement_was: Any) -> Any:
    need, achievement, need_then, achievement_then = (aliased(Team) for _ in range(4))
    when = func.coalesce(Slot.starts_at, Meeting.changed_at)
    reported = exists().where(MeetingReport.meeting_id == Meeting.id, MeetingReport.met)
    return (
        select(need.id, achievement.id)
        .distinct()
        .select_from(Meeting)
        .join(Wish, Wish.id == Meeting.wish_id)
        .outerjoin(Slot, Slot.id == Meeting.slot_id)
        .join(need_then, need_then.id == need_was)
        .join(achievement_then, achievement_then.id == achievement_was)
        .join(need, _is_same(need, need_then))
        .join(achievement, _is_same(achievement, achievement_then))
        .where(
            *_sides(event, need, achievement),
            Meeting.event_id != event.id,
            or_(Meeting.status == MeetingStatus.HELD, reported),
            when
            >= _months_before(events.starts_at(event) or clock.now(), event.met_before_months),
        )
    )


def _is_same(team: Any, then: Any) -> ColumnElement[bool]:
    return and_(team.organisation_id == then.organisation_id, team.name == then.name)


def _sides(event: Event, need: Any, achievement: Any) -> tuple[ColumnElement[bool], ...]:
    return (
        need.event_id == event.id, need.side == Side.NEED,
        achievement.event_id == event.id, achievement.side == Side.ACHIEVEMENT,
    )  # fmt: skip


def _months_before(moment: datetime, months: int) -> datetime:
    local = moment.astimezone(clock.LOCAL_ZONE)
    years, month = divmod(local.year * 12 + local.month - 1 - months, 12)
    if years < 1:
        return datetime.min.replace(year=1970, tzinfo=clock.LOCAL_ZONE)
    day = min(local.day, monthrange(years, month + 1)[1])
    return local.replace(year=years, month=month + 1, day=day)


def exclusions(session: Session, event: Event) -> list[Exclusion]:
    """What was declared at an event, newest first, with both teams; for organisers."""
    return _of_event(session, Exclusion, event)


def reunions(session: Session, event: Event) -> list[Reunion]:
    """Who met before and may meet again, newest first, with both teams; for organisers."""
    return _of_event(session, Reunion, event)


def _of_event(session: Session, kind: type[Pair], event: Event) -> list[Pair]:
    teams = [
        selectinload(side).options(joinedload(Team.event))
        for side in (kind.need_team, kind.achievement_team)
    ]
    statement = select(kind).where(kind.event_id == event.id)
    return list(session.scalars(statement.order_by(kind.id.desc()).options(*teams)).unique())


def one_exclusion(session: Session, event: Event, exclusion_id: int) -> Exclusion:
    """A declared exclusion of this event, with both teams.

    Raises:
        NotFoundError: there is none of this number here.

    """
    return _one(exclusions(session, event), exclusion_id)


def one_reunion(session: Session, event: Event, reunion_id: int) -> Reunion:
    """A pair of this event that may meet again, with both teams.

    Raises:
        NotFoundError: there is none of this number here.

    """
    return _one(reunions(session, event), reunion_id)


def _one(rows: Iterable[Pair], row_id: int) -> Pair:
    for row in rows:
        if row.id == row_id:
            return row
    raise NotFoundError


def declared_by(session: Session, team: Team) -> dict[int, Exclusion]:
    """The conflicts of interest that a team's own people declared, by the other team's id."""
    own = OF_EXCLUSION[team.side]
    people = select(User.id).where(
        or_(
            User.organisation_id == team.organisation_id,
            User.id.in_(select(Participant.user_id).where(Participant.team_id == team.id)),
        )
    )
    rows = session.scalars(
        select(Exclusion).where(
            own == team.id,
            Exclusion.reason == ExclusionReason.CONFLICT,
            Exclusion.declared_by_id.in_(people),
        )
    )
    need = team.side == Side.NEED
    return {row.achievement_team_id if need else row.need_team_id: row for row in rows}


OF_EXCLUSION = {
    Side.NEED: Exclusion.need_team_id,
    Side.ACHIEVEMENT: Exclusion.achievement_team_id,
}
