"""What organisers see: how far the wishes of an event are, and every one of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.orm import Session, joinedload

from matchmaker.db import like_pattern
from matchmaker.wishes import queries
from matchmaker.wishes.kinds import AGREES
from models import (
    Event,
    ExclusionReason,
    Organisation,
    Side,
    Team,
    TeamStatus,
    Wish,
    WishChoice,
)

FILTERS = ("all", "mutual", "waiting", "declined", "promised", "excluded", "suggested")
PAGE = 50
TEXT_LIMIT = 60


@dataclass(frozen=True, slots=True)
class Figures:
    """How far the wishes of an event are."""

    teams: int
    idle: int
    """Teams that have chosen nobody."""
    asked: int
    """Wishes that at least one side said."""
    counts: dict[str, int]
    """How many wishes each filter finds."""
    musts: int


@dataclass(frozen=True, slots=True)
class Idle:
    """A team that has chosen nobody, and how many others wait for its answer."""

    team: Team
    asked: int


def figures(session: Session, event: Event, excluded: Sequence[int]) -> Figures:
    """Count everything once; `excluded` are the wishes of pairs that must not meet."""
    counted = {name: _sum(_is(event, name)) for name in FILTERS if name != "excluded"}
    said = or_(_agrees(Side.NEED), _agrees(Side.ACHIEVEMENT))
    statement = _among(
        event,
        select(_sum(said), *(_musts(side) for side in Side), *counted.values()),
    )
    asked, *numbers = (int(value or 0) for value in session.execute(statement).one())
    counts = dict(zip(counted, numbers[2:], strict=True)) | {"excluded": len(excluded)}
    teams = select(func.count()).select_from(queries.approved(event).subquery())
    silent = select(func.count()).select_from(idle(event).subquery())
    return Figures(
        teams=session.scalar(teams) or 0, idle=session.scalar(silent) or 0, asked=asked,
        counts=counts, musts=sum(numbers[:2]),
    )  # fmt: skip


def excluded_wishes(session: Session, event: Event) -> dict[int, ExclusionReason]:
    """The wishes of pairs that must not meet, with the reason."""
    pairs = queries.excluded_pairs(session, event)
    if not pairs:
        return {}
    rows = session.execute(
        _among(event, select(Wish.id, Wish.need_team_id, Wish.achievement_team_id))
    )
    return {key: pairs[a, b] for key, a, b in rows if (a, b) in pairs}


def listed(event: Event, name: str, text: str = "", excluded: Sequence[int] = ()) -> Select[int]:
    """Select the ids of the wishes of a filter: promised first, then who agrees, then the fit."""
    statement = _among(event, select(Wish.id))
    statement = statement.where(Wish.id.in_(excluded) if name == "excluded" else _is(event, name))
    if words := text.replace("\x00", "").strip()[:TEXT_LIMIT]:
        named = _named(event, words)
        statement = statement.where(
            or_(Wish.need_team_id.in_(named), Wish.achievement_team_id.in_(named))
        )
    need, achievement = (case((_agrees(side), 1), else_=0) for side in Side)
    agreed = (need + achievement).desc()
    ordered: Select[int] = statement.order_by(
        Wish.promised.desc(), agreed, Wish.score.desc(), Wish.id
    )
    return ordered


def load(session: Session, ids: Sequence[int]) -> list[Wish]:
    """Load what a list shows of some wishes, in this order."""
    sides = (joinedload(Wish.need_team), joinedload(Wish.achievement_team))
    rows = session.scalars(select(Wish).where(Wish.id.in_(ids)).options(*sides)).unique()
    found = {row.id: row for row in rows}
    return [found[key] for key in ids if key in found]


def load_idle(session: Session, event: Event, ids: Sequence[int]) -> list[Idle]:
    """Load some teams in this order, with how many wait for their answer."""
    found = {
        team.id: team for team in session.scalars(select(Team).where(Team.id.in_(ids))).unique()
    }
    asked: dict[int, int] = {}
    for side in Side:
        own = queries.OF[side].team
        rows = session.execute(
            select(own, func.count(Wish.id))
            .where(queries.is_unanswered(event, side), own.in_(ids))
            .group_by(own)
        )
        asked |= dict(rows.all())
    return [Idle(found[key], asked.get(key, 0)) for key in ids if key in found]


def idle(event: Event) -> Select[int]:
    """Select the ids of the teams that have chosen nobody, by side and name."""
    chosen = [
        select(columns.team).where(Wish.event_id == event.id, columns.choice.is_not(None))
        for columns in queries.OF.values()
    ]
    return (
        select(Team.id)
        .join(Organisation, Organisation.id == Team.organisation_id)
        .where(
            Team.event_id == event.id,
            Team.status == TeamStatus.APPROVED,
            *(Team.id.not_in(part) for part in chosen),
        )
        .order_by(Team.side.desc(), Organisation.name, Team.name, Team.id)
    )


def _among(event: Event, statement: Any) -> Any:
    """Keep the wishes between teams that come."""
    return statement.where(
        Wish.event_id == event.id,
        Wish.need_team_id.in_(queries.approved(event, Side.NEED)),
        Wish.achievement_team_id.in_(queries.approved(event, Side.ACHIEVEMENT)),
    )


def _is(event: Event, name: str) -> ColumnElement[bool]:
    both = and_(_agrees(Side.NEED), _agrees(Side.ACHIEVEMENT))
    silent = and_(*(columns.choice.is_(None) for columns in queries.OF.values()))
    return {
        "all": Wish.id.is_not(None),
        "mutual": both,
        "waiting": or_(*(queries.is_unanswered(event, side) for side in Side)),
        "declined": or_(*(c.choice == WishChoice.NO for c in queries.OF.values())),
        "promised": Wish.promised.is_(True),
        "suggested": and_(Wish.suggested, silent),
    }[name]


def _agrees(side: Side) -> ColumnElement[bool]:
    choice: Any = queries.OF[side].choice
    return and_(choice.is_not(None), choice.in_(AGREES))


def _sum(condition: ColumnElement[bool]) -> Any:
    return func.sum(case((condition, 1), else_=0))


def _musts(side: Side) -> Any:
    return _sum(queries.OF[side].choice == WishChoice.MUST)


def _named(event: Event, text: str) -> Select[int]:
    pattern = like_pattern(text)
    return (
        select(Team.id)
        .join(Organisation, Organisation.id == Team.organisation_id)
        .where(
            Team.event_id == event.id,
            or_(
                Team.name.like(pattern, escape="\\"), Organisation.name.like(pattern, escape="\\")
            ),
        )
    )
