"""The hall as organisers see it: this slot and the next, table by table; and the wall."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from matchmaker import clock
from matchmaker.floor import policy, queries
from matchmaker.floor.kinds import WALL_ROWS
from matchmaker.timetables import queries as timetables
from models import Event, EventTable, Meeting, MeetingStatus, Participant, Side, Slot, Team

CHANGES_SHOWN = 4
COMPANY = re.compile(r"(股份|集团)?(有限)?(责任)?公司$")


@dataclass(frozen=True, slots=True)
class Seat:
    """One side at a table."""

    side: Side
    team: Team
    person: Participant
    here: bool
    doubtful: bool
    """Missed an earlier meeting today and has not come since."""
    late: int
    no_shows: int


@dataclass(frozen=True, slots=True)
class Line:
    """A meeting of a slot."""

    meeting: Meeting
    seats: tuple[Seat, Seat]
    state: str
    """waiting, ready, overdue, running, held."""
    acts: frozenset[str]
    disagrees: bool

    @property
    def asks(self) -> bool:
        """Whether somebody can be said to be late or absent."""
        return bool(self.acts & {"miss", "late"})

    @property
    def table(self) -> EventTable:
        assert self.meeting.table is not None
        return self.meeting.table


@dataclass(frozen=True, slots=True)
class Part:
    """A slot with its meetings."""

    slot: Slot
    lines: list[Line]
    begun: bool

    def count(self, *states: str) -> int:
        return sum(line.state in states for line in self.lines)


@dataclass(frozen=True, slots=True)
class Missed:
    """A meeting that gave up its place."""

    meeting: Meeting
    slot: Slot | None
    table: EventTable | None
    disagrees: bool


@dataclass(frozen=True, slots=True)
class Floor:
    """All that the page shows."""

    parts: list[Part]
    missed: list[Missed]
    doubtful: list[Line]
    disputed: list[Line]
    """Held, yet one side says that it was not."""


def chosen_slots(event: Event, asked: int, moment: datetime) -> list[Slot]:
    """Return the slot asked for and the one after; else this one and the next of the day."""
    wanted = next((n for n, slot in enumerate(event.slots) if slot.id == asked), None)
    if wanted is None:
        wanted = next(
            (n for n, slot in enumerate(event.slots) if slot.ends_at > moment),
            max(0, len(event.slots) - 1),
        )
    pair = event.slots[wanted : wanted + 2]
    return [slot for slot in pair if slot.day_id == pair[0].day_id]


def floor_of(session: Session, event: Event, asked: int = 0) -> Floor:
    """Return the hall in two slots, and what went wrong today."""
    moment = clock.now()
    slots = chosen_slots(event, asked, moment)
    rows = _rows(session, event, slots, moment)
    doubtful = queries.absent(session, event, moment)
    teams = [row.wish.team_of(side) for row in rows for side in Side]
    counts = queries.no_shows(session, {team.organisation_id for team in teams})
    lines = {row.id: _line(event, row, doubtful, counts, moment) for row in rows if row.slot}
    return Floor(
        parts=[
            Part(
                slot, [lines[row.id] for row in rows if row.slot_id == slot.id],
                slot.starts_at <= moment,
            )
            for slot in slots
        ],
        missed=[_missed(event, row) for row in rows if row.status == MeetingStatus.MISSED],
        doubtful=[
            line for line in lines.values()
            if line.state in {"waiting", "ready", "overdue"}
            and any(seat.doubtful for seat in line.seats)
        ],
        disputed=[line for line in lines.values() if line.disagrees],
    )  # fmt: skip


def _rows(
    session: Session, event: Event, slots: Sequence[Slot], moment: datetime
) -> list[Meeting]:
    """Return the meetings of these slots, those missed on that day, and what is still to come."""
    day = queries.midnight(slots[0].starts_at if slots else moment)
    ids = [slot.id for slot in slots]
    in_doubt = queries.absent(session, event, moment)
    statement = (
        select(Meeting)
        .outerjoin(Slot, Slot.id == Meeting.slot_id)
        .where(
            Meeting.event_id == event.id,
            or_(
                Meeting.slot_id.in_(ids),
                (Meeting.status == MeetingStatus.MISSED) & (Meeting.changed_at >= day),
                (Meeting.status == MeetingStatus.HELD) & (Slot.starts_at >= day)
                & Meeting.reports.any(met=False),
                (Meeting.status == MeetingStatus.PLANNED) & (Slot.ends_at > moment)
                & (Slot.starts_at < queries.midnight(moment) + timedelta(days=1))
                & or_(Meeting.need_person_id.in_(in_doubt),
                      Meeting.achievement_person_id.in_(in_doubt)),
            ),
        )
        .options(*timetables.shown())
    )  # fmt: skip
    found = session.scalars(statement).unique()
    return sorted(found, key=_order)


def _order(row: Meeting) -> tuple[float, int, int]:
    if row.slot is None or row.table is None:
        return -row.changed_at.timestamp(), 0, row.id
    return row.slot.starts_at.timestamp(), row.table.ordinal, row.table.id


def _line(
    event: Event, row: Meeting, doubtful: set[int], counts: dict[int, int], moment: datetime
) -> Line:
    need, achievement = (_seat(row, side, doubtful, counts, moment) for side in Side)
    return Line(
        meeting=row, seats=(need, achievement),
        state=_state(row, (need, achievement), moment),
        acts=_acts(event, row, moment), disagrees=policy.disagrees(row),
    )  # fmt: skip


def _seat(
    row: Meeting, side: Side, doubtful: set[int], counts: dict[int, int], moment: datetime
) -> Seat:
    team, person = row.wish.team_of(side), row.person_of(side)
    return Seat(
        side, team, person,
        here=policy.is_here(person, moment) and person.id not in doubtful,
        doubtful=person.id in doubtful,
        late=(row.late_minutes or 0) if row.late_side == side else 0,
        no_shows=counts.get(team.organisation_id, 0),
    )  # fmt: skip


def _state(row: Meeting, seats: tuple[Seat, Seat], moment: datetime) -> str:
    if row.status != MeetingStatus.PLANNED:
        return row.status.value
    assert row.slot is not None
    wait = timedelta(minutes=max(seat.late for seat in seats))
    if policy.may_miss(row, moment - wait):
        return "overdue"
    return "ready" if all(seat.here for seat in seats) else "waiting"


def _acts(event: Event, row: Meeting, moment: datetime) -> frozenset[str]:
    if not policy.is_open(event):
        return frozenset()
    may = {
        "start": policy.may_start(row, moment),
        "late": policy.may_be_late(row, moment),
        "miss": policy.may_miss(row, moment) or row.status == MeetingStatus.HELD,
        "finish": policy.may_finish(row, moment),
    }
    return frozenset(name for name, possible in may.items() if possible)


def _missed(event: Event, row: Meeting) -> Missed:
    was = row.was or {}
    slot = next((s for s in event.slots if s.id == was.get("slot")), None)
    table = next((t for t in event.tables if t.id == was.get("table")), None)
    return Missed(row, slot, table, policy.disagrees(row))


# ---- the wall


@dataclass(frozen=True, slots=True)
class WallLine:
    """A table on the wall."""

    table: str
    need: str
    achievement: str
    running: bool


@dataclass(frozen=True, slots=True)
class WallPart:
    """A slot on the wall, as much of it as fits on one picture."""

    slot: Slot
    lines: list[WallLine]
    total: int


@dataclass(frozen=True, slots=True)
class WallChange:
    """What changed within the last hour."""

    kind: str
    need: str
    achievement: str
    slot: Slot | None
    table: str


@dataclass(frozen=True, slots=True)
class Wall:
    """One picture of the wall, and which comes after it."""

    now: WallPart | None
    next: WallPart | None
    changes: list[WallChange]
    page: int
    pages: int

    @property
    def following(self) -> int:
        return self.page % self.pages + 1


def wall_of(session: Session, event: Event, page: int) -> Wall:
    """Return what the screen in the hall shows."""
    moment = clock.now()
    today = [slot for slot in event.slots if policy.same_day(slot.starts_at, moment)]
    now = next((slot for slot in today if slot.starts_at <= moment < slot.ends_at), None)
    coming = next((slot for slot in today if slot.starts_at > moment), None)
    rows = _wall_rows(session, event, [slot for slot in (now, coming) if slot], moment)
    of_slot = {
        slot.id: [_wall_line(row) for row in rows if row.slot_id == slot.id]
        for slot in (now, coming) if slot
    }  # fmt: skip
    pages = max(1, *(-(-len(lines) // WALL_ROWS) for lines in of_slot.values()), 1)
    page = min(max(page, 1), pages)

    def part(slot: Slot | None) -> WallPart | None:
        if slot is None:
            return None
        lines = of_slot[slot.id]
        begin = (page - 1) * WALL_ROWS
        return WallPart(slot, lines[begin : begin + WALL_ROWS], len(lines))

    return Wall(part(now), part(coming), _wall_changes(event, rows, moment), page, pages)


def _wall_rows(
    session: Session, event: Event, slots: Sequence[Slot], moment: datetime
) -> list[Meeting]:
    recent = moment - timedelta(hours=1)
    statement = select(Meeting).where(
        Meeting.event_id == event.id,
        or_(Meeting.slot_id.in_([slot.id for slot in slots]), Meeting.changed_at >= recent),
    )
    found = session.scalars(statement.options(*timetables.shown())).unique()
    return sorted(found, key=_order)


def _wall_line(row: Meeting) -> WallLine:
    need, achievement = (short_name(row.wish.team_of(side)) for side in Side)
    assert row.table is not None
    return WallLine(row.table.name, need, achievement, running=row.status == MeetingStatus.RUNNING)


def _wall_changes(event: Event, rows: Sequence[Meeting], moment: datetime) -> list[WallChange]:
    """Return what was moved, cancelled or added on the day itself and is still to come."""
    recent = max(moment - timedelta(hours=1), queries.midnight(moment))
    found: list[tuple[datetime, WallChange]] = []
    for row in rows:
        was = _missed(event, row)
        kind = _kind_of_change(row)
        slot = row.slot or was.slot
        if row.changed_at < recent or not kind or slot is None or slot.ends_at <= moment:
            continue
        need, achievement = (short_name(row.wish.team_of(side)) for side in Side)
        table = row.table.name if row.table else ""
        found.append((row.changed_at, WallChange(kind, need, achievement, slot, table)))
    found.sort(key=lambda item: item[0], reverse=True)
    return [change for _at, change in found[:CHANGES_SHOWN]]


def _kind_of_change(row: Meeting) -> str:
    if row.status == MeetingStatus.CANCELLED:
        return "cancelled"
    if row.status != MeetingStatus.PLANNED:
        return ""
    return "moved" if row.was else "new"


def short_name(team: Team) -> str:
    """Return a name for reading from far away: without 有限公司."""
    organisation = COMPANY.sub("", team.organisation.name) or team.organisation.name
    return f"{organisation} {team.name}".strip()
