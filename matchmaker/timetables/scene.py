"""Everything one look at the board needs, put together from what its address asks for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from flask import request
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker.paging import Page
from matchmaker.registration import queries as registration
from matchmaker.timetables import board, changes, conflicts, diff, left_out, queries
from matchmaker.timetables.blueprint import Asked, BoardPage
from matchmaker.timetables.board import Content, Pair
from matchmaker.timetables.changes import Changes
from matchmaker.timetables.instances import Seat, draft_seats, published_seats
from matchmaker.timetables.kinds import REFUSALS
from models import Event, EventDay, EventTable, Side, Timetable, TimetableStatus, UnscheduledReason

LIST_PAGE = 30
FIRST_CHANGES = 10
SHOWN_ELSEWHERE = 6


@dataclass(frozen=True, slots=True)
class Selected:
    """The meeting, or the wish without one, that somebody works on."""

    pair: Pair
    seat: Seat | None
    place: str
    people: str
    wrong: tuple[str, ...] = ()
    """Why it may not stand where it stands."""
    free: int = 0
    """To how many places it may go."""
    here: int = 0
    """How many of them the page shows."""
    elsewhere: tuple[tuple[str, str, int], ...] = ()
    """Other pages with such places: address, words, how many."""


@dataclass(slots=True)
class Scene:
    """One look at one version."""

    session: Session
    event: Event
    timetable: Timetable
    asked: Asked
    workable: bool
    """Whether the reader may change it."""
    seats: dict[int, Seat] = field(init=False)
    changes: Changes | None = field(init=False)

    def __post_init__(self) -> None:
        self.seats = _seats(self.session, self.event, self.timetable)
        is_draft = self.timetable.status == TimetableStatus.DRAFT
        self.changes = changes.of(self.session, self.timetable) if is_draft else None

    # ---- what is looked at

    @property
    def selected_seat(self) -> Seat | None:
        return self.seats.get(self.asked.wish)

    def day(self) -> EventDay | None:
        """Return the day asked for, else that of the selected meeting, else the first."""
        days = self.event.days
        if 0 < self.asked.day <= len(days):
            return days[self.asked.day - 1]
        seat = self.selected_seat
        slot = next((s for s in self.event.slots if seat and s.id == seat.slot_id), None)
        return next((d for d in days if slot and d.id == slot.day_id), days[0] if days else None)

    def context(self) -> dict[str, Any]:
        """Return what the template prints."""
        shown = {"tables": self._tables, "people": self._people, "list": self._list}
        context = shown[self.asked.view]()
        return {
            "timetable": self.timetable, "asked": self.asked, "workable": self.workable,
            "totals": diff.totals_of(self.changes, self.timetable.changes),
            "told": self.changes.people if self.changes else 0,
            "first": self.changes is not None and not self._has_base(),
            "day": self.day(), "meetings": len(self.seats),
            **context, **self._left_out(), **self._diff(),
        }  # fmt: skip

    def _has_base(self) -> bool:
        found = self.changes
        return bool(found and (found.kept or found.moved or found.cancelled))

    # ---- the three views

    def _tables(self) -> dict[str, Any]:
        day, tables = self.day(), self.event.tables
        lines = len(board.slots_of(self.event, day)) if day else 0
        size = board.columns_to_a_page(len(tables), lines)
        page = _page(len(tables), size, self._page_of_seat(tables, size))
        shown = tables[page.offset : page.offset + size]
        at_hand = {slot.id for slot in board.slots_of(self.event, day)} if day else set()
        content = self._content(
            seat for seat in self.seats.values()
            if seat.wish_id == self.asked.wish
            or (seat.slot_id in at_hand and seat.table_id in {table.id for table in shown})
        )  # fmt: skip
        content.barred, wrong = self._barred(content)
        talks = board.talks_of(self.session, self.event)
        rows = board.by_table(content, day, shown, talks) if day else []
        return {
            "columns": board.table_columns(self.session, shown), "lines": rows, "page": page,
            "selected": self._selected(content, wrong, rows, size),
        }  # fmt: skip

    def _people(self) -> dict[str, Any]:
        day, side = self.day(), Side(self.asked.side)
        statement = board.people_statement(self.event, side, self.asked.q)
        total = self.session.scalar(
            select(func.count()).select_from(statement.order_by(None).subquery())
        )
        lines = len(board.slots_of(self.event, day)) if day else 0
        size = board.columns_to_a_page(total or 0, lines)
        page = _page(total or 0, size, 0)
        found = self.session.execute(statement.limit(size).offset(page.offset))
        people = board.person_columns(found)
        ids = {person.id for person in people}
        content = self._content(
            seat for seat in self.seats.values()
            if seat.wish_id == self.asked.wish or ids & set(seat.people)
        )  # fmt: skip
        busy = registration.busy_slots(self.session, self.event)
        talks = board.talks_of(self.session, self.event)
        rows = board.by_person(content, day, people, busy, talks) if day else []
        return {
            "columns": people, "lines": rows, "page": page,
            "selected": self._selected(content, self._barred(content)[1], rows, size),
        }  # fmt: skip

    def _list(self) -> dict[str, Any]:
        content = self._content(self.seats.values())
        found = board.matching(content, self.asked.q, self.asked.table)
        page = Page.of(request, len(found), LIST_PAGE)
        slots = {slot.id: slot for slot in self.event.slots}
        shown = found[page.offset : page.offset + LIST_PAGE]
        return {
            "rows": [(slots[seat.slot_id], content.cell(seat)) for seat in shown], "page": page,
            "selected": self._selected(content, self._barred(content)[1], [], 0),
        }  # fmt: skip

    def _content(self, seats: Any) -> Content:
        found = {seat.wish_id: seat for seat in seats}
        wanted = {*found, *([self.asked.wish] if self.asked.wish else ())}
        people = {person for seat in found.values() for person in seat.people}
        return Content(
            self.event, found, board.pairs_of(self.session, self.event, wanted),
            board.people_of(self.session, self.event, people), self.changes,
        )  # fmt: skip

    def _page_of_seat(self, tables: Sequence[EventTable], size: int) -> int:
        seat = self.selected_seat
        places = [
            place for place, table in enumerate(tables) if seat and table.id == seat.table_id
        ]
        return places[0] // size + 1 if places else 0

    # ---- what is selected

    def _barred(
        self, content: Content
    ) -> tuple[dict[tuple[int, int], list[Any]] | None, list[Any]]:
        """Return what forbids each place where somebody asks, and what is wrong with its own."""
        seat = self.selected_seat
        moving = self.asked.act == "move" or seat is None
        if not self.workable or self.asked.wish not in content.pairs:
            return None, []
        desk = conflicts.desk_of(self.session, self.event, self.timetable, self.asked.wish)
        desk.take(self.asked.wish)
        wrong: list[Any] = []
        if seat is not None:
            found = desk.check(seat.wish_id, seat.slot_id, seat.table_id)
            wrong = found if isinstance(found, list) else []
        asking = moving and self.asked.view == "tables"
        return (desk.spots(self.asked.wish) if asking else None), wrong

    def _selected(
        self, content: Content, wrong: list[Any], lines: list[board.Line], size: int
    ) -> Selected | None:
        pair = content.pairs.get(self.asked.wish)
        if pair is None:
            return None
        seat = self.selected_seat
        cell = content.cell(seat) if seat else None
        found = Selected(
            pair, seat, self._place(seat), cell.people if cell else "", tuple(map(str, wrong))
        )
        if content.barred is None:
            return found
        free = [spot for spot, why in content.barred.items() if not why]
        here = sum(cell.target for line in lines for cell in line.cells)
        return replace(
            found, free=len(free), here=here, elsewhere=tuple(self._elsewhere(free, size))
        )

    def _place(self, seat: Seat | None) -> str:
        if seat is None:
            return ""
        slot = next((slot for slot in self.event.slots if slot.id == seat.slot_id), None)
        table = next((table for table in self.event.tables if table.id == seat.table_id), None)
        return board.place_words(self.event, slot, table)

    def _elsewhere(self, free: list[tuple[int, int]], size: int) -> Any:
        """Yield the pages of the board that have places for the selected meeting."""
        days = {day.id: place for place, day in enumerate(self.event.days, start=1)}
        day_of = {slot.id: days[slot.day_id] for slot in self.event.slots}
        tables = {table.id: place for place, table in enumerate(self.event.tables)}
        counts = Counter((day_of[slot], tables[table] // size + 1) for slot, table in free)
        names = [table.name for table in self.event.tables]
        here = self.day()
        shown = (days[here.id] if here else 0, self._page_number(size))
        for (day, page), n in sorted(counts.items())[:SHOWN_ELSEWHERE]:
            if (day, page) != shown:
                url = self.asked.url(self.event.id, day=day, page=page)
                last = min(page * size, len(names)) - 1
                yield url + "#board", f"{names[(page - 1) * size]}\u2013{names[last]}", n

    def _page_number(self, size: int) -> int:
        tables = self.event.tables
        return _page(len(tables), size, self._page_of_seat(tables, size)).number

    # ---- beside and below

    def _left_out(self) -> dict[str, Any]:
        counts = queries.count_unscheduled(self.session, self.timetable)
        ordered = {reason: counts[reason] for reason in UnscheduledReason if counts.get(reason)}
        reasons = left_out.chosen(self.asked.reason)
        total = sum(counts.get(reason, 0) for reason in reasons)
        last = max(1, -(-total // left_out.PAGE))
        number = min(max(self.asked.more, 1), last)
        rows = left_out.rows(
            self.session, self.event, self.timetable, self.asked.reason,
            offset=(number - 1) * left_out.PAGE,
        )  # fmt: skip
        return {
            "left_out": rows, "left_out_counts": ordered, "left_out_total": total,
            "left_out_page": number, "left_out_last": last, "refusals": REFUSALS,
        }  # fmt: skip

    def _diff(self) -> dict[str, Any]:
        if self.changes is not None:
            rows = diff.rows_of(self.event, self.changes) if self._has_base() else []
            return {"diff": rows[:FIRST_CHANGES], "diff_total": len(rows)}
        return {"diff": [], "diff_total": 0}


def _seats(session: Session, event: Event, timetable: Timetable) -> dict[int, Seat]:
    """Return where the meetings stand; of the published version, as they hold now."""
    holds = timetable.status == TimetableStatus.PUBLISHED
    seats = published_seats(session, event) if holds else draft_seats(session, timetable)
    return {seat.wish_id: seat for seat in seats}


def _page(total: int, size: int, wished: int) -> Page:
    """Read the page of the board; without a number it is the one of the selected meeting."""
    page = BoardPage.of(request, total, size)
    if wished and not request.args.get("page"):
        return replace(page, number=wished)
    return page
