"""A person's day: meetings, talks, breaks and free stretches in order, and what has changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from matchmaker import clock
from matchmaker.events.queries import Phase, phase
from matchmaker.floor import policy, queries
from matchmaker.floor.cards import Card, as_next, cards_of, next_of
from matchmaker.timetables import queries as timetables
from models import (
    Event,
    EventDay,
    Participant,
    Talk,
    Team,
    TeamStatus,
    Timetable,
    TimetableStatus,
    User,
)


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the day."""

    kind: str
    """meeting, talk, break, free, away or now."""
    starts: datetime
    ends: datetime
    label: str = ""
    card: Card | None = None
    talk: Talk | None = None
    talks: tuple[Talk, ...] = ()
    """What one could hear in a free stretch."""
    past: bool = False

    @property
    def minutes(self) -> int:
        return int((self.ends - self.starts).total_seconds() // 60)


@dataclass(frozen=True, slots=True)
class Agenda:
    """All that the page shows."""

    day: EventDay | None
    rows: list[Row]
    changes: list[Card]
    waiting: list[Card]
    """Meetings that wait for a report, the oldest first, of all days."""
    people: list[Participant]
    teams: list[Team]
    everybody: bool
    colleagues: bool
    """Whether others of the own teams come too."""
    published: bool
    meetings: int
    counts: dict[int, int] = field(default_factory=dict)
    """Meetings by id of day."""
    next: Card | None = None
    minutes: int | None = None
    """Until the next one begins; None when it has begun or is not today."""
    me: Participant | None = None
    here: bool = False
    on_day: bool = False
    """Whether the day shown is today."""
    can_check_in: bool = False


def agenda_of(
    session: Session, actor: User, event: Event, *, everybody: bool = False, day: str = "",
    seen: datetime | None = None,
) -> Agenda | None:  # fmt: skip
    """Return a person's day; None when they have no team at this event."""
    teams = _teams(session, actor, event)
    if not teams:
        return None
    moment = clock.now()
    people = [p for team in teams if team.status == TeamStatus.APPROVED for p in team.members]
    me = next((p for p in people if p.user_id == actor.id), None)
    everybody = everybody or me is None
    shown = people if everybody or me is None else [me]
    chosen = _chosen_day(event, day, moment)
    cards = cards_of(session, event, actor, teams, shown, _since(session, event, seen))
    standing = [card for card in cards if card.meeting.slot is not None]
    upcoming = next_of(standing, moment)
    cards = [as_next(event, card) if upcoming and card is upcoming else card for card in cards]
    upcoming = next((card for card in cards if card.next), None)
    return Agenda(
        day=chosen,
        rows=_rows(session, event, chosen, cards, shown, moment, alone=len(shown) == 1),
        changes=[card for card in cards if card.change and _is_ahead(card, moment)],
        waiting=[card for card in cards if card.waits],
        people=shown, teams=teams, everybody=everybody, colleagues=len(people) > 1,
        published=timetables.current(session, event) is not None,
        meetings=len(standing),
        counts=_by_day(standing),
        next=upcoming,
        minutes=_minutes_to(upcoming, moment),
        me=me,
        here=me is not None and policy.is_here(me, moment),
        on_day=chosen is not None and chosen.day == moment.astimezone(clock.LOCAL_ZONE).date(),
        can_check_in=policy.is_open(event) and phase(event) == Phase.DAY,
    )  # fmt: skip


def _teams(session: Session, actor: User, event: Event) -> list[Team]:
    own = queries.own_team_ids(session, actor, event)
    statement = select(Team).where(Team.id.in_(own)).order_by(Team.id)
    options = selectinload(Team.members).selectinload(Participant.blocks)
    return list(session.scalars(statement.options(options)).unique()) if own else []


def _chosen_day(event: Event, asked: str, moment: datetime) -> EventDay | None:
    """Return the day asked for, else today, else the next, else the last."""
    today = moment.astimezone(clock.LOCAL_ZONE).date()
    named = [row for row in event.days if row.day.isoformat() == asked]
    coming = [row for row in event.days if row.day >= today]
    return next(iter([*named, *coming, *event.days[-1:]]), None)


def _since(session: Session, event: Event, seen: datetime | None) -> datetime | None:
    """Return when the person last looked; else when the first timetable was published."""
    if seen is not None:
        return seen
    return session.scalar(
        select(func.min(Timetable.published_at)).where(
            Timetable.event_id == event.id,
            Timetable.status.in_([TimetableStatus.PUBLISHED, TimetableStatus.SUPERSEDED]),
        )
    )


def _minutes_to(card: Card | None, moment: datetime) -> int | None:
    if card is None or card.slot is None or not policy.same_day(card.slot.starts_at, moment):
        return None
    seconds = (card.slot.starts_at - moment).total_seconds()
    return int(-(-seconds // 60)) if seconds > 0 else None


def _is_ahead(card: Card, moment: datetime) -> bool:
    return card.slot is not None and card.slot.ends_at > moment


def _by_day(cards: Iterable[Card]) -> dict[int, int]:
    found: dict[int, int] = {}
    for card in cards:
        assert card.slot is not None
        found[card.slot.day_id] = found.get(card.slot.day_id, 0) + 1
    return found


# ---- the lines of a day


def _rows(
    session: Session, event: Event, day: EventDay | None, cards: Sequence[Card],
    people: Sequence[Participant], moment: datetime, *, alone: bool,
) -> list[Row]:  # fmt: skip
    if day is None:
        return []
    talks = _talks(session, event, day)
    ids = {person.id for person in people}
    own = [talk for talk in talks if talk.speaker_id in ids]
    rows = [
        Row("meeting", card.slot.starts_at, card.slot.ends_at, card=card)
        for card in cards
        if card.slot is not None and card.slot.day_id == day.id
    ]
    rows += [Row("talk", talk.starts_at, talk.ends_at, talk=talk) for talk in own]
    rows += [
        Row("break", _at(day.day, item.starts), _at(day.day, item.ends), label=item.label)
        for item in day.breaks
    ]
    if alone and cards:
        others = [talk for talk in talks if talk.speaker_id not in ids]
        rows += _free(event, day, rows, people[0], others, moment)
    rows.sort(key=lambda row: (row.starts, row.ends))
    return _with_now([_aged(row, moment) for row in rows], day, moment)


def _talks(session: Session, event: Event, day: EventDay) -> list[Talk]:
    begin = _at(day.day, time())
    return list(
        session.scalars(
            select(Talk)
            .join(Team, Team.id == Talk.team_id)
            .where(
                Talk.event_id == event.id,
                Team.status == TeamStatus.APPROVED,
                Talk.starts_at >= begin,
                Talk.starts_at < begin + timedelta(days=1),
            )
            .order_by(Talk.starts_at, Talk.id)
            .options(joinedload(Talk.team), joinedload(Talk.speaker))
        ).unique()
    )


def _at(day: date, at: time) -> datetime:
    return datetime.combine(day, at, clock.LOCAL_ZONE)


def _free(
    event: Event, day: EventDay, rows: Sequence[Row], person: Participant,
    talks: Sequence[Talk], moment: datetime,
) -> list[Row]:  # fmt: skip
    """Return the stretches in which nothing is planned, those in which the person is away too."""
    away = {block.slot_id for block in person.blocks}
    taken = [row for row in rows if row.card is None or row.card.meeting.slot is not None]
    found: list[Row] = []
    for slot in event.slots:
        busy = any(row.starts < slot.ends_at and row.ends > slot.starts_at for row in taken)
        if slot.day_id != day.id or busy or slot.ends_at <= moment:
            continue
        kind = "away" if slot.id in away else "free"
        if kind == "free" and not slot.open:
            continue
        last = found[-1] if found else None
        if last is not None and last.kind == kind and last.ends == slot.starts_at:
            found[-1] = Row(kind, last.starts, slot.ends_at)
        else:
            found.append(Row(kind, slot.starts_at, slot.ends_at))
    return [_with_talks(row, talks) for row in found]


def _with_talks(row: Row, talks: Sequence[Talk]) -> Row:
    if row.kind != "free":
        return row
    heard = tuple(t for t in talks if t.starts_at < row.ends and t.ends_at > row.starts)
    return Row(row.kind, row.starts, row.ends, talks=heard)


def _aged(row: Row, moment: datetime) -> Row:
    return Row(
        row.kind, row.starts, row.ends, row.label, row.card, row.talk, row.talks,
        past=row.ends <= moment,
    )  # fmt: skip


def _with_now(rows: list[Row], day: EventDay, moment: datetime) -> list[Row]:
    """Draw the line of now before the first thing that is not over, on the day itself."""
    if moment.astimezone(clock.LOCAL_ZONE).date() != day.day or not rows:
        return rows
    at = next((n for n, row in enumerate(rows) if not row.past), len(rows))
    return [*rows[:at], Row("now", moment, moment), *rows[at:]]
