"""What keeps a meeting from a place, in sentences; the rules are those of the planner."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from matchmaker import clock
from matchmaker.engine.timetable import Board, Instance, Place, Problem, instance_of
from matchmaker.events import queries as events
from matchmaker.timetables.instances import (
    Seat,
    draft_seats,
    name,
    number,
    published_seats,
    read,
)
from models import Event, EventTable, Participant, Slot, Team, Timetable

Sentence = Any
Spot = tuple[int, int]
"""Ids of slot and table."""
REFUSED = {
    "excluded": _l("这两个团队不安排见面。"),
    "declined": _l("有一方不见。"),
    "not_answered": _l("有一方还没有答复。"),
}
UNKNOWN = _l("这条意愿不在这次活动的可排范围里：团队没有确认参会，或者这场没有见成。")


@dataclass(frozen=True, slots=True)
class Free:
    """A place that a meeting may take, with the two people who come."""

    need_person_id: int
    achievement_person_id: int


class Desk:
    """An event with some meetings in their places: what may stand where beside them."""

    def __init__(
        self, session: Session, event: Event, seats: Sequence[Seat], more: Iterable[int] = ()
    ) -> None:
        """Lay out some meetings; `more` are ids of wishes that are to find a place."""
        self.event = event
        wish_ids = {seat.wish_id for seat in seats} | set(more)
        self.seats: dict[int, Seat] = {}
        self.sitting: dict[int, dict[int, Seat]] = defaultdict(dict)
        """By slot and table."""
        content, teams = read(session, event, wish_ids=wish_ids)
        self.instance: Instance = instance_of(content)
        self.problem = Problem(self.instance)
        self.teams: dict[int, Team] = {team.id: team for team in teams}
        self.people: dict[int, Participant] = {p.id: p for team in teams for p in team.members}
        self.slots: dict[int, Slot] = {slot.id: slot for slot in event.slots}
        self.tables: dict[int, EventTable] = {table.id: table for table in event.tables}
        self.closed = {(c.table_id, c.slot_id) for table in event.tables for c in table.closures}
        self.booths: dict[int, list[EventTable]] = defaultdict(list)
        for table in event.tables:
            if table.fixed_for_id is not None:
                self.booths[table.fixed_for_id].append(table)
        self.frozen = events.frozen_through(event)
        self.broken: list[int] = []
        """Wishes that stand where they cannot: their people, slot or table are gone."""
        self.board = Board(self.problem)
        for seat in seats:
            self.put(seat)

    def put(self, seat: Seat) -> None:
        """Lay a meeting on the desk."""
        self.seats[seat.wish_id] = seat
        self.sitting[seat.slot_id][seat.table_id] = seat
        place = self._place(seat)
        if place is None or any(self.board.at[person, place.slot] >= 0 for person in place[1:]):
            self.broken.append(seat.wish_id)
            return
        self.board.put(self.problem.wish[name("w", seat.wish_id)], place)

    def _place(self, seat: Seat) -> Place | None:
        problem = self.problem
        wish = problem.wish.get(name("w", seat.wish_id))
        slot = problem.slot.get(name("s", seat.slot_id))
        a, b = (problem.person.get(name("p", person)) for person in seat.people)
        if wish is None or slot is None or a is None or b is None or wish in problem.refused:
            return None
        return Place(slot, a, b)

    def take(self, wish_id: int) -> Seat | None:
        """Take a meeting off the desk, to see where else it could stand."""
        seat = self.seats.pop(wish_id, None)
        if seat is not None:
            self.sitting[seat.slot_id].pop(seat.table_id, None)
        wish = self.problem.wish.get(name("w", wish_id))
        if wish is not None and wish in self.board.places:
            self.board.take(wish)
        self.broken = [other for other in self.broken if other != wish_id]
        return seat

    # ---- where may it stand

    def check(
        self, wish_id: int, slot_id: int, table_id: int, people: tuple[int, int] | None = None
    ) -> Free | list[Sentence]:
        """Return who would come (`people`, where given), or the sentences that forbid the place."""
        wish = self.problem.wish.get(name("w", wish_id))
        if wish is None:
            return [UNKNOWN]
        if wish in self.problem.refused:
            return [REFUSED[self.problem.refused[wish]]]
        found = self._people(wish, wish_id, slot_id, people)
        forbidden = [*self._of_slot(slot_id), *self._of_table(wish, slot_id, table_id)]
        if isinstance(found, list):
            return [*forbidden, *found]
        return forbidden or found

    def spots(self, wish_id: int) -> dict[Spot, list[Sentence]]:
        """Return what forbids each place of a wish; nothing where it may stand."""
        found: dict[Spot, list[Sentence]] = {}
        for slot_id in self.slots:
            for table_id in self.tables:
                result = self.check(wish_id, slot_id, table_id)
                found[slot_id, table_id] = result if isinstance(result, list) else []
        return found

    def _people(
        self, wish: int, wish_id: int, slot_id: int, people: tuple[int, int] | None
    ) -> Free | list[Sentence]:
        slot = self.problem.slot.get(name("s", slot_id))
        if slot is None:
            return []
        ones, others = self.problem.candidates[wish]
        before = self.seats.get(wish_id)
        pairs = sorted(
            (
                (a, b)
                for a in ones
                for b in others
                if people is None or self._ids((a, b)) == people
            ),
            key=lambda pair: before is None or self._ids(pair) != before.people,
        )
        best: list[tuple[str, int]] | None = None
        for pair in pairs:
            kept = self._obstacles(wish, Place(slot, *pair))
            if not kept:
                return Free(*self._ids(pair))
            if best is None or len(kept) < len(best):
                best = kept
        return [self._sentence(kind, who, slot_id) for kind, who in best or ()]

    def _obstacles(self, wish: int, place: Place) -> list[tuple[str, int]]:
        found = [o for o in self.board.obstacles(wish, place) if o[0] != "table"]
        busy = {who for kind, who in found if kind == "busy"}
        return [o for o in found if not (o[0] == "max_in_a_row" and o[1] in busy)]

    def _ids(self, pair: Sequence[int]) -> tuple[int, int]:
        a, b = (number(self.instance.people[person].id) for person in pair)
        return a, b

    def _of_slot(self, slot_id: int) -> Iterator[Sentence]:
        slot = self.slots.get(slot_id)
        if slot is None or not slot.open:
            yield _l("这个时段没有开放。")
        elif self.frozen is not None and slot.starts_at <= self.frozen.starts_at:
            yield _l("这个时段已经开始或马上开始，不能再改。")

    def _of_table(self, wish: int, slot_id: int, table_id: int) -> Iterator[Sentence]:
        table = self.tables.get(table_id)
        if table is None or table.closed or (table_id, slot_id) in self.closed:
            yield _l("这张桌在这个时段停用。")
            return
        other = self.sitting[slot_id].get(table_id)
        if other is not None:
            yield _l("%(table)s 这时已有 %(pair)s。", table=table.name, pair=self.pair(other))
        sides = {number(self.instance.teams[team].id) for team in self.problem.teams[wish]}
        fixed = table.fixed_for_id if table.fixed_for_id in self.teams else None
        if fixed is not None and fixed not in sides:
            yield _l("这是 %(team)s 的展位。", team=self.teams[fixed].full_name)
        elif fixed is None and (own := self._own_table(sides, slot_id)) is not None:
            yield _l("这一方有自己的展位 %(table)s，请排在那里。", table=own.name)

    def _own_table(self, sides: set[int], slot_id: int) -> EventTable | None:
        """Return a free booth of one of the teams."""
        for table in (booth for team in sides for booth in self.booths.get(team, ())):
            taken = table.id in self.sitting[slot_id]
            if not taken and not table.closed and (table.id, slot_id) not in self.closed:
                return table
        return None

    def free_tables(self, wish_id: int, slot_id: int) -> list[int]:
        """Return the tables at which a wish could be held in a slot, its own booth first."""
        found = [t for t in self.tables if isinstance(self.check(wish_id, slot_id, t), Free)]
        return sorted(found, key=lambda t: self.tables[t].fixed_for_id is None)

    # ---- all at once

    def violations(self) -> list[Sentence]:
        """Return what is wrong with the meetings as they stand; empty for a timetable that holds."""
        found: list[Sentence] = []
        for seat in list(self.seats.values()):
            self.take(seat.wish_id)
            result = self.check(seat.wish_id, seat.slot_id, seat.table_id)
            begun = self.frozen is not None and self._starts(seat) <= self.frozen.starts_at
            if isinstance(result, list) and not begun:
                pair = self.pair(seat)
                found += [_l("%(pair)s：%(why)s", pair=pair, why=why) for why in result[:1]]
            self.put(seat)
        return found

    def _starts(self, seat: Seat) -> Any:
        slot = self.slots.get(seat.slot_id)
        return slot.starts_at if slot else clock.now()

    # ---- words

    def at(self, slot_id: int) -> str:
        """When a slot begins; with the day where the event has several."""
        several = len(self.event.days) > 1
        return clock.time_of_day(self.slots[slot_id].starts_at, with_day=several)

    def pair(self, seat: Seat) -> str:
        names = []
        for person_id in seat.people:
            person = self.people.get(person_id)
            names.append(self.teams[person.team_id].full_name if person else "—")
        return " × ".join(names)

    def _sentence(self, kind: str, who: int, slot_id: int) -> Sentence:
        if kind == "team":
            team = self.teams[number(self.instance.teams[who].id)]
            met = int(self.board.team_met[who])
            return _l("%(team)s 已有 %(n)d 场，到上限。", team=team.full_name, n=met)
        person = self.people[number(self.instance.people[who].id)]
        at = self.at(slot_id)
        if kind == "busy":
            other = self.board.at[who, self.problem.slot[name("s", slot_id)]]
            seat = self.seats[number(self.instance.wishes[int(other)].id)]
            return _l(
                "%(person)s %(at)s 已有一场：%(pair)s。",
                person=person.name, at=at, pair=self.pair(seat),
            )  # fmt: skip
        if kind == "opens":
            return _l("%(person)s %(at)s 不能来。", person=person.name, at=at)
        if kind == "max":
            met = int(self.board.met[who])
            return _l("%(person)s 已有 %(n)d 场，到上限。", person=person.name, n=met)
        most = self.event.most_in_a_row or 0
        return _l("%(person)s 会连续超过 %(n)d 场，没有休息。", person=person.name, n=most)


def desk_of(session: Session, event: Event, timetable: Timetable | None, *more: int) -> Desk:
    """Lay out a draft; without one, the meetings that people were told of.

    `more` are ids of wishes that are to find a place beside them.
    """
    seats = draft_seats(session, timetable) if timetable else published_seats(session, event)
    return Desk(session, event, seats, more)


def places(session: Session, timetable: Timetable, wish_id: int) -> dict[Spot, list[Sentence]]:
    """Return for every place of the event what forbids it to a wish; nothing where it is free."""
    desk = desk_of(session, _event(session, timetable), timetable, wish_id)
    desk.take(wish_id)
    return desk.spots(wish_id)


def check(
    session: Session, timetable: Timetable, wish_id: int, slot_id: int, table_id: int
) -> list[Sentence]:
    """Return what forbids one place to a wish."""
    desk = desk_of(session, _event(session, timetable), timetable, wish_id)
    desk.take(wish_id)
    found = desk.check(wish_id, slot_id, table_id)
    return found if isinstance(found, list) else []


def _event(session: Session, timetable: Timetable) -> Event:
    return session.get_one(Event, timetable.event_id)
