"""The board: slots against tables or people, in cells that the page only has to print."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session, aliased, selectinload

from matchmaker import clock
from matchmaker.i18n import listed
from matchmaker.timetables.changes import Change, Changes
from matchmaker.timetables.instances import Seat
from models import (
    Event,
    EventDay,
    EventTable,
    Organisation,
    Participant,
    Side,
    Slot,
    Talk,
    Team,
    TeamStatus,
    Wish,
    WishChoice,
)

AT_ONCE = 12
"""So many columns stand side by side where there are no more of them."""
COLUMNS = 8
"""Otherwise so many to a page, which fits a common screen without scrolling."""
CELLS = 3_000
"""A page of the board never has more."""


@dataclass(frozen=True, slots=True)
class Pair:
    """The two sides of a wish, by name."""

    wish_id: int
    need_team_id: int
    achievement_team_id: int
    need: str
    achievement: str
    must: bool = False
    promised: bool = False

    def __str__(self) -> str:
        return f"{self.need} × {self.achievement}"


@dataclass(frozen=True, slots=True)
class Column:
    """A table or a person."""

    id: int
    name: str
    note: str = ""
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in a slot of a column.

    `kind`: meeting, gone (was here and is cancelled), free, busy (the person cannot come),
    reserve (the slot is not open), closed.
    """

    kind: str
    place: str = ""
    seat: Seat | None = None
    pair: Pair | None = None
    table: str = ""
    people: str = ""
    mark: str = ""
    was: str = ""
    barred: tuple[str, ...] | None = None
    """Why the selected meeting may not stand here; empty where it may, None where nobody asks."""

    @property
    def target(self) -> bool:
        return self.barred == () and self.kind in {"free", "gone"}


@dataclass(frozen=True, slots=True)
class Line:
    """A slot with its cells, or a stretch without slots: a break, talks."""

    at: datetime
    slot: Slot | None = None
    cells: tuple[Cell, ...] = ()
    words: str = ""


@dataclass(slots=True)
class Content:
    """What a version holds, by wish, with the names that a page needs."""

    event: Event
    seats: dict[int, Seat]
    pairs: dict[int, Pair]
    people: dict[int, str]
    changes: Changes | None = None
    barred: Mapping[tuple[int, int], Sequence[Any]] | None = None
    marks: dict[int, Change] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for change in self.changes.all if self.changes else ():
            self.marks[change.wish.id] = change

    def cell(self, seat: Seat, *, place: str = "", barred: tuple[str, ...] | None = None) -> Cell:
        """Return the cell of a meeting."""
        change = self.marks.get(seat.wish_id)
        return Cell(
            "meeting", place, seat, self.pairs.get(seat.wish_id),
            table=next((t.name for t in self.event.tables if t.id == seat.table_id), ""),
            people=listed(self.people.get(person, "—") for person in seat.people),
            mark=change.kind if change else "",
            was=was_words(self.event, change) if change else "", barred=barred,
        )  # fmt: skip


# ---- names, each with one question


def pairs_of(session: Session, event: Event, wish_ids: Iterable[int]) -> dict[int, Pair]:
    """Return who meets, by id of wish; wishes of other events are not found."""
    ids = list(wish_ids)
    ours, theirs = aliased(Team), aliased(Team)
    our_house, their_house = aliased(Organisation), aliased(Organisation)
    statement = (
        select(
            Wish.id, Wish.need_team_id, Wish.achievement_team_id, our_house.name, ours.name,
            their_house.name, theirs.name, Wish.need_choice, Wish.achievement_choice,
            Wish.promised,
        )
        .join(ours, ours.id == Wish.need_team_id)
        .join(our_house, our_house.id == ours.organisation_id)
        .join(theirs, theirs.id == Wish.achievement_team_id)
        .join(their_house, their_house.id == theirs.organisation_id)
        .where(Wish.event_id == event.id, Wish.id.in_(ids))
    )  # fmt: skip
    found = session.execute(statement) if ids else ()
    return {
        row[0]: Pair(
            row[0], row[1], row[2], f"{row[3]} {row[4]}".strip(), f"{row[5]} {row[6]}".strip(),
            must=WishChoice.MUST in row[7:9], promised=row[9],
        )
        for row in found
    }  # fmt: skip


def people_of(session: Session, event: Event, ids: Iterable[int]) -> dict[int, str]:
    """Return names of participants by id."""
    wanted = set(ids)
    statement = select(Participant.id, Participant.name).where(
        Participant.event_id == event.id, Participant.id.in_(wanted)
    )
    return dict(session.execute(statement).all()) if wanted else {}


def talks_of(session: Session, event: Event) -> list[Talk]:
    """Return the talks of an event, by time."""
    statement = (
        select(Talk)
        .where(Talk.event_id == event.id)
        .order_by(Talk.starts_at, Talk.id)
        .options(selectinload(Talk.team))
    )
    return list(session.scalars(statement))


# ---- columns


def columns_to_a_page(count: int, lines: int) -> int:
    """Return how many columns of that many lines a page shows; pages are about equally wide."""
    most = max(1, CELLS // max(lines, 1))
    wide = min(AT_ONCE if count <= AT_ONCE else COLUMNS, most)
    pages = max(1, -(-count // wide))
    return max(1, -(-count // pages))


def table_columns(session: Session, tables: Sequence[EventTable]) -> list[Column]:
    """Return tables as columns, with the team whose booth each is."""
    fixed = {table.fixed_for_id for table in tables if table.fixed_for_id}
    statement = (
        select(Team.id, Organisation.name, Team.name)
        .join(Organisation, Organisation.id == Team.organisation_id)
        .where(Team.id.in_(fixed))
    )
    names = {row[0]: f"{row[1]} {row[2]}".strip() for row in session.execute(statement)}
    return [
        Column(table.id, table.name, _note(table, names), closed=table.closed) for table in tables
    ]


def _note(table: EventTable, names: Mapping[int, str]) -> str:
    if table.closed:
        return str(_("停用"))
    if table.fixed_for_id is not None and table.fixed_for_id in names:
        return str(_("%(team)s 驻桌", team=names[table.fixed_for_id]))
    return table.room or table.topic or str(_("轮换"))


def people_statement(event: Event, side: Side, text: str) -> Any:
    """Select the people of one side who come; `text` is looked for in names and organisations."""
    statement = (
        select(Participant.id, Participant.name, Organisation.name, Team.name)
        .join(Team, Team.id == Participant.team_id)
        .join(Organisation, Organisation.id == Team.organisation_id)
        .where(Team.event_id == event.id, Team.side == side, Team.status == TeamStatus.APPROVED)
    )
    if text:
        statement = statement.where(
            Participant.name.icontains(text, autoescape=True)
            | Organisation.name.icontains(text, autoescape=True)
            | Team.name.icontains(text, autoescape=True)
        )
    return statement.order_by(
        Organisation.name, Team.name, Team.id, Participant.ordinal, Participant.id
    )


def person_columns(rows: Iterable[Any]) -> list[Column]:
    return [Column(row[0], row[1], f"{row[2]} {row[3]}".strip()) for row in rows]


# ---- lines


def slots_of(event: Event, day: EventDay) -> list[Slot]:
    return [slot for slot in event.slots if slot.day_id == day.id]


def by_table(content: Content, day: EventDay, tables: Sequence[EventTable],
             talks: Sequence[Talk]) -> list[Line]:  # fmt: skip
    """Return a day of the board, slots against tables."""
    at = {(seat.slot_id, seat.table_id): seat for seat in content.seats.values()}
    gone = {
        (change.before.slot.id, change.before.table.id): change
        for change in (content.changes.cancelled if content.changes else ())
        if change.before
    }
    closed = {table.id: {closure.slot_id for closure in table.closures} for table in tables}

    def cell(slot: Slot, table: EventTable) -> Cell:
        spot, place = (slot.id, table.id), f"{slot.id}:{table.id}"
        why = None if content.barred is None else tuple(map(str, content.barred.get(spot, ())))
        if spot in at:
            return content.cell(at[spot], place=place, barred=why)
        if table.closed or slot.id in closed[table.id]:
            return Cell("closed")
        if not slot.open:
            return Cell("reserve")
        if spot in gone:
            return _ghost(content, gone[spot], place, why)
        return Cell("free", place, barred=why)

    lines = [
        Line(slot.starts_at, slot, tuple(cell(slot, table) for table in tables))
        for slot in slots_of(content.event, day)
    ]
    return _with_breaks(lines, day, talks)


def _ghost(content: Content, change: Change, place: str, why: tuple[str, ...] | None) -> Cell:
    wish = change.wish
    pair = Pair(
        wish.id, wish.need_team_id, wish.achievement_team_id, wish.need_team.full_name,
        wish.achievement_team.full_name,
    )  # fmt: skip
    words = was_words(content.event, change)
    return Cell("gone", place, pair=pair, mark="cancelled", was=words, barred=why)


def by_person(content: Content, day: EventDay, people: Sequence[Column],
              busy: Mapping[int, set[int]], talks: Sequence[Talk]) -> list[Line]:  # fmt: skip
    """Return a day of the board, slots against people."""
    at = {(seat.slot_id, who): seat for seat in content.seats.values() for who in seat.people}

    def cell(slot: Slot, person: Column) -> Cell:
        if (slot.id, person.id) in at:
            return content.cell(at[slot.id, person.id])
        if slot.id in busy.get(person.id, ()):
            return Cell("busy")
        return Cell("free" if slot.open else "reserve")

    lines = [
        Line(slot.starts_at, slot, tuple(cell(slot, person) for person in people))
        for slot in slots_of(content.event, day)
    ]
    return _with_breaks(lines, day, talks)


def _with_breaks(lines: list[Line], day: EventDay, talks: Sequence[Talk]) -> list[Line]:
    """Put breaks and talks between the slots; talks in a break stand in its line."""
    rest = [talk for talk in talks if _date(talk.starts_at) == day.day]
    found = list(lines)
    for pause in day.breaks:
        begin, end = (
            datetime.combine(day.day, moment, clock.LOCAL_ZONE)
            for moment in (pause.starts, pause.ends)
        )
        within = [talk for talk in rest if begin <= talk.starts_at < end]
        rest = [talk for talk in rest if talk not in within]
        name = pause.label or str(_("休息"))
        until = _("到 %(time)s", time=clock.time_of_day(end))
        words = _("%(name)s，%(until)s", name=name, until=until)
        if within:
            words = _("%(name)s；报告：%(talks)s", name=words, talks=_talk_words(within))
        found.append(Line(begin, words=str(words)))
    for moment in sorted({talk.starts_at for talk in rest}):
        these = [talk for talk in rest if talk.starts_at == moment]
        found.append(Line(moment, words=str(_("报告：%(talks)s", talks=_talk_words(these)))))
    return sorted(found, key=lambda line: (line.at, line.slot is not None))


def _talk_words(talks: Sequence[Talk]) -> str:
    rooms = {talk.room for talk in talks if talk.room}
    words = listed(f"{talk.title} {talk.team.full_name}" for talk in talks)
    return (
        str(_("%(words)s（%(room)s）", words=words, room=listed(sorted(rooms))))
        if rooms
        else words
    )


def _date(moment: datetime) -> Any:
    return moment.astimezone(clock.LOCAL_ZONE).date()


# ---- a list of all


def in_order(content: Content) -> Iterator[Seat]:
    """Yield the meetings by time and table."""
    when = {slot.id: slot.starts_at for slot in content.event.slots}
    where = {table.id: place for place, table in enumerate(content.event.tables)}
    return iter(sorted(content.seats.values(), key=lambda s: (when[s.slot_id], where[s.table_id])))


def matching(content: Content, text: str, table_id: int) -> list[Seat]:
    """Return the meetings in which a name or table occurs, by time and table."""
    wanted = text.casefold()

    def found(seat: Seat) -> bool:
        pair = content.pairs.get(seat.wish_id)
        names = [str(pair or ""), *(content.people.get(person, "") for person in seat.people)]
        here = not table_id or seat.table_id == table_id
        return here and (not wanted or any(wanted in name.casefold() for name in names))

    return [seat for seat in in_order(content) if found(seat)]


# ---- words of places


def place_words(event: Event, slot: Slot | None, table: EventTable | None) -> str:
    """09:40　3 桌; with the day where the event has several."""
    if slot is None or table is None:
        return "—"
    at = clock.time_of_day(slot.starts_at, with_day=len(event.days) > 1)
    return f"{at}\u3000{table.name}"


def was_words(event: Event, change: Change) -> str:
    """Say where a changed meeting was before; empty for a new one."""
    if change.before is None:
        return ""
    place = place_words(event, change.before.slot, change.before.table)
    return str(_("原来在 %(place)s", place=place))
