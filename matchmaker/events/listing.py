"""The list of events: what is coming, what is past, what is being prepared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from matchmaker import clock
from matchmaker.db import like_pattern
from matchmaker.events import policy, queries
from matchmaker.events.kinds import KINDS
from matchmaker.events.queries import Admitted
from matchmaker.guard import is_verified
from matchmaker.text import FORBIDDEN
from models import Event, EventDay, EventStatus, Participant, Region, Team, TeamStatus, User

PAGE = 20
TABS: dict[str, Any] = {
    "coming": _l("即将举行"),
    "past": _l("已结束"),
    "preparation": _l("筹备中"),
}
last_day = select(func.max(EventDay.day)).where(EventDay.event_id == Event.id).scalar_subquery()
first_day = select(func.min(EventDay.day)).where(EventDay.event_id == Event.id).scalar_subquery()


@dataclass(frozen=True, slots=True)
class Filters:
    """Which events are asked for."""

    tab: str = "coming"
    kind: str = ""
    text: str = ""

    @classmethod
    def of(cls, actor: User, arguments: Mapping[str, str]) -> Filters:
        """Read them from an address; what makes no sense asks for nothing."""
        tab, kind = arguments.get("tab", ""), arguments.get("kind", "")
        return cls(
            tab=tab if tab in tabs_for(actor) else "coming",
            kind=kind if kind in KINDS else "",
            text=FORBIDDEN.sub("", arguments.get("q", ""))[:60].strip(),
        )


@dataclass(frozen=True, slots=True)
class Row:
    """One event of the list."""

    event: Event
    admitted: Admitted
    own: tuple[TeamStatus, ...] = ()
    """How the reader's own teams stand."""


def tabs_for(actor: User) -> list[str]:
    """Return the parts of the list that the person has."""
    return [name for name in TABS if name != "preparation" or policy.is_office(actor)]


def found(actor: User, filters: Filters) -> Select[Event]:
    """Select the events that are asked for, in their order."""
    statement = queries.visible_to(actor).where(_is_in(filters.tab))
    if filters.kind:
        statement = statement.where(Event.kind == filters.kind)
    if filters.text:
        pattern = like_pattern(filters.text)
        named = select(Region.code).where(Region.name.ilike(pattern, escape="\\"))
        words = (Event.title, Event.summary, Event.venue, Event.address)
        statement = statement.where(
            or_(
                *(column.ilike(pattern, escape="\\") for column in words),
                Event.region_code.in_(named),
            )
        )
    return statement.order_by(*_order(filters.tab))


def counts(session: Session, actor: User) -> dict[str, int]:
    """How many events stand in each part of the list."""
    return {
        name: count(session, queries.visible_to(actor).where(_is_in(name)))
        for name in tabs_for(actor)
    }


def count(session: Session, statement: Select[Event]) -> int:
    ids = statement.with_only_columns(Event.id).order_by(None).subquery()
    return session.scalar(select(func.count()).select_from(ids)) or 0


def page_of(
    session: Session, actor: User, statement: Select[Event], offset: int, size: int = PAGE
) -> list[Row]:
    """Return one page of the list, with what it says of each event."""
    events = list(
        session.scalars(
            statement.options(*queries.loaded_for_list()).limit(size).offset(offset)
        ).unique()
    )
    ids = [event.id for event in events]
    admitted, own = queries.admitted(session, ids), own_teams(session, actor, ids)
    return [Row(event, admitted[event.id], own.get(event.id, ())) for event in events]


def own_teams(
    session: Session, actor: User, event_ids: list[int]
) -> dict[int, tuple[TeamStatus, ...]]:
    """How the person's own teams stand at these events, those that left aside."""
    if policy.is_office(actor):
        return {}
    mine = select(Participant.team_id).where(Participant.user_id == actor.id)
    belongs: ColumnElement[bool] = Team.id.in_(mine)
    if is_verified(actor):
        belongs = or_(belongs, Team.organisation_id == actor.organisation_id)
    rows = session.execute(
        select(Team.event_id, Team.status)
        .where(Team.event_id.in_(event_ids), belongs, Team.status != TeamStatus.WITHDRAWN)
        .order_by(Team.id)
    )
    result: dict[int, tuple[TeamStatus, ...]] = {}
    for event_id, status in rows:
        if status not in result.get(event_id, ()):
            result[event_id] = (*result.get(event_id, ()), status)
    return result


def _is_in(tab: str) -> ColumnElement[bool]:
    if tab == "preparation":
        return Event.status == EventStatus.DRAFT
    over = or_(Event.status == EventStatus.CLOSED, last_day.is_(None), last_day < clock.today())
    announced = Event.status != EventStatus.DRAFT
    return and_(announced, over) if tab == "past" else and_(announced, ~over)


def _order(tab: str) -> tuple[Any, ...]:
    if tab == "past":
        return (last_day.is_(None), last_day.desc(), Event.id.desc())
    return (first_day.is_(None), first_day, Event.id)
